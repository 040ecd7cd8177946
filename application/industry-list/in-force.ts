import type { IndustryListEvent } from '#domain/industry-list/events.ts'
import { industryListEvents } from '#domain/industry-list/events.ts'
import { evolve, type IndustryList, initial, versionOn } from '#domain/industry-list/state.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { EventStore } from '../ports/event-store.ts'
import { readEvent } from '../shared/load.ts'
import { INDUSTRY_LIST } from './use-cases.ts'

/** The industry list's version in force on a date, read from the log from where it was last read; 0 before the first. */
export const listVersionInForce = (store: EventStore): ((date: BusinessDate) => Promise<number>) => {
  let list: IndustryList = initial
  let next = 0n
  return async (date) => {
    let [state, from] = [list, next]
    for await (const page of store.readStream(INDUSTRY_LIST, from)) {
      for (const recorded of page) {
        state = evolve(state, readEvent<IndustryListEvent>(industryListEvents, recorded).event)
        from = recorded.revision + 1n
      }
    }
    if (from > next) [list, next] = [state, from]
    return versionOn(state, date)?.version ?? 0
  }
}
