import type { IndustryListEvent } from '#domain/industry-list/events.ts'
import { industryListEvents } from '#domain/industry-list/events.ts'
import { evolve, type IndustryList, initial, versionOn } from '#domain/industry-list/state.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { EventStore, ExpectedRevision, Position } from '../ports/event-store.ts'
import { readEvent } from '../shared/load.ts'
import { INDUSTRY_LIST } from './use-cases.ts'

export type ListAsRead = { readonly list: IndustryList; readonly revision: ExpectedRevision; readonly position: Position | undefined }

/** Reads the industry list from the log, from where it was last read on, so that who has just published sees it. */
export const listReader = (store: EventStore): (() => Promise<ListAsRead>) => {
  let last: ListAsRead = { list: initial, revision: 'absent', position: undefined }
  return async () => {
    let { list, revision, position } = last
    for await (const page of store.readStream(INDUSTRY_LIST, revision === 'absent' ? 0n : revision + 1n)) {
      for (const recorded of page) {
        list = evolve(list, readEvent<IndustryListEvent>(industryListEvents, recorded).event)
        revision = recorded.revision
        position = recorded.position
      }
    }
    const read: ListAsRead = { list, revision, position }
    if (isNewer(read, last)) last = read
    return read
  }
}

const isNewer = (a: ListAsRead, b: ListAsRead): boolean => a.revision !== 'absent' && (b.revision === 'absent' || a.revision > b.revision)

/** The number of the version in force on a date; 0 before the first. */
export const listVersionInForce =
  (read: () => Promise<ListAsRead>): ((date: BusinessDate) => Promise<number>) =>
  async (date) =>
    versionOn((await read()).list, date)?.version ?? 0
