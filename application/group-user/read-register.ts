import { type GroupRegisterEvent, groupRegisterEvents } from '#domain/group-user/events.ts'
import { evolve, type GroupRegister, initial } from '#domain/group-user/register-state.ts'
import type { Metadata } from '#domain/shared/envelope.ts'
import type { EventStore } from '../ports/event-store.ts'
import { readEvent } from '../shared/load.ts'
import { GROUP_REGISTER } from './aggregates.ts'

export type RegisterAsRead = { readonly register: GroupRegister; readonly next: bigint }
type Seen = (event: GroupRegisterEvent, revision: bigint, metadata: Metadata) => void

/** Reads the register on from where it was read, so that it is current at the price of what is new. */
export const readRegisterFrom = async (store: EventStore, from: RegisterAsRead, seen: Seen = () => undefined): Promise<RegisterAsRead> => {
  let { register, next } = from
  for await (const page of store.readStream(GROUP_REGISTER, next))
    for (const recorded of page) {
      const { event, metadata } = readEvent<GroupRegisterEvent>(groupRegisterEvents, recorded)
      register = evolve(register, event)
      next = recorded.revision + 1n
      seen(event, recorded.revision, metadata)
    }
  return { register, next }
}

export const NOTHING_READ: RegisterAsRead = { register: initial, next: 0n }

/** The register as the log has it now; what was read before is kept. */
export const registerReader = (store: EventStore): (() => Promise<GroupRegister>) => {
  let last = NOTHING_READ
  return async () => {
    const read = await readRegisterFrom(store, last)
    if (read.next > last.next) last = read
    return read.register
  }
}
