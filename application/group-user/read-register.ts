import { type GroupRegisterEvent, groupRegisterEvents } from '#domain/group-user/events.ts'
import { evolve, type GroupRegister, initial } from '#domain/group-user/register-state.ts'
import type { Metadata } from '#domain/shared/envelope.ts'
import type { EventStore, Position } from '../ports/event-store.ts'
import { type Loaded, readEvent } from '../shared/load.ts'
import { GROUP_REGISTER } from './aggregates.ts'

type Place = { readonly revision: bigint; readonly position: Position }
export type RegisterAsRead = {
  readonly register: GroupRegister
  readonly next: bigint
  readonly last: Place | undefined
  /** Where the last event of each command stands; grows in place, for what is read once stays so. */
  readonly answered: Map<string, Place>
}
type Seen = (event: GroupRegisterEvent, revision: bigint, metadata: Metadata) => void

/** Reads the register on from where it was read, so that it is current at the price of what is new. */
export const readRegisterFrom = async (store: EventStore, from: RegisterAsRead, seen: Seen = () => undefined): Promise<RegisterAsRead> => {
  let { register, next, last } = from
  for await (const page of store.readStream(GROUP_REGISTER, next))
    for (const recorded of page) {
      const { event, metadata } = readEvent<GroupRegisterEvent>(groupRegisterEvents, recorded)
      register = evolve(register, event)
      next = recorded.revision + 1n
      last = { revision: recorded.revision, position: recorded.position }
      from.answered.set(metadata.commandId, last)
      seen(event, recorded.revision, metadata)
    }
  return { register, next, last, answered: from.answered }
}

export const nothingRead = (): RegisterAsRead => ({ register: initial, next: 0n, last: undefined, answered: new Map() })

export type RegisterReader = {
  /** The register as the log has it now. */
  (): Promise<GroupRegister>
  /** The same as a command is decided on. */
  readonly loaded: (commandId: string) => Promise<Loaded<GroupRegister>>
}

/** Reads the register as the log has it now; what was read before is kept, so that thousands of groups are not folded for every command. */
export const registerReader = (store: EventStore): RegisterReader => {
  let known = nothingRead()
  const read = async (): Promise<RegisterAsRead> => {
    const now = await readRegisterFrom(store, known)
    if (now.next > known.next) known = now
    return now
  }
  return Object.assign(async () => (await read()).register, {
    loaded: async (commandId: string): Promise<Loaded<GroupRegister>> => {
      const { register, last, answered } = await read()
      return { state: register, revision: last?.revision ?? 'absent', position: last?.position, answered: answered.get(commandId) }
    },
  })
}
