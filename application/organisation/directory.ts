import { organisation } from '#domain/organisation/decider.ts'
import { type OrganisationEvent, organisationEvents } from '#domain/organisation/events.ts'
import type { OrgUnit } from '#domain/organisation/fields.ts'
import { isWithin, type OrgTree, provinceOf, provincesOn, unitOn, unitsOn } from '#domain/organisation/tree.ts'
import { type BusinessDate, epochOf } from '#domain/shared/dates.ts'
import type { OrgCode } from '#domain/shared/identity.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventStore } from '../ports/event-store.ts'
import type { OrgScope } from '../ports/organisation.ts'
import { readEvent } from '../shared/load.ts'

export const ORGANISATION = streamName('Organisation', 'national')

/** The organisation kept at hand: answers at once from the tree as last read. */
export type Directory = OrgScope & {
  readonly tree: () => OrgTree
  readonly unitOn: (code: OrgCode, date: BusinessDate) => OrgUnit | undefined
  readonly unitsOn: (date: BusinessDate) => readonly OrgUnit[]
  readonly provincesOn: (date: BusinessDate) => readonly OrgUnit[]
  /** Reads what was recorded since; at most once a second unless `now` is said, and one reading at a time. */
  readonly refresh: (how?: 'now') => Promise<void>
}

const FRESH_FOR_MS = 1000

/** Opens the directory with the organisation as it stands. Reads the stream from the last revision on, never again from the start. */
export const openDirectory = async (store: EventStore, clock: Clock): Promise<Directory> => {
  let state = organisation.initial
  let next = 0n
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  const read = async (): Promise<void> => {
    for await (const page of store.readStream(ORGANISATION, next)) {
      for (const recorded of page) {
        state = organisation.evolve(state, readEvent<OrganisationEvent>(organisationEvents, recorded).event)
        next = recorded.revision + 1n
      }
    }
    readAt = epochOf(clock.now())
  }
  const readOnce = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
  const refresh: Directory['refresh'] = async (how) => {
    if (how === 'now') {
      await reading?.catch(() => undefined) // one that began before cannot have seen the latest
      await readOnce()
    } else if (Math.abs(epochOf(clock.now()) - readAt) >= FRESH_FOR_MS) await readOnce()
  }
  await refresh('now')
  return {
    tree: () => state,
    isWithin: (unit, ancestor, date) => isWithin(state, unit, ancestor, date),
    provinceOf: (unit, date) => provinceOf(state, unit, date),
    unitOn: (code, date) => unitOn(state, code, date),
    unitsOn: (date) => unitsOn(state, date),
    provincesOn: (date) => provincesOn(state, date),
    refresh,
  }
}
