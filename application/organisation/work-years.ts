import { workCalendar } from '#domain/organisation/decider.ts'
import { type WorkCalendarEvent, workCalendarEvents } from '#domain/organisation/events.ts'
import type { CalendarYear } from '#domain/organisation/fields.ts'
import { epochOf } from '#domain/shared/dates.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventStore } from '../ports/event-store.ts'
import { readEvent } from '../shared/load.ts'
import { WORK_CALENDAR } from './use-cases.ts'

/** A year as published, with the version that was. */
type PublishedYear = Omit<CalendarYear, 'source'>
/** The years published so far, of each the newest version; none before the first. Those read a moment ago are answered at once. */
export type WorkYears = () => Promise<readonly PublishedYear[]>

const FRESH_FOR_MS = 1000

/** The published years of the working calendar (工作日历), read from the stream's last known revision on, at most once a second. */
export const workYearsOf = (store: EventStore, clock: Clock): WorkYears => {
  let state = workCalendar.initial
  let years: readonly PublishedYear[] = []
  let next = 0n
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  const read = async (): Promise<void> => {
    const before = next
    for await (const page of store.readStream(WORK_CALENDAR, next)) {
      for (const recorded of page) {
        state = workCalendar.evolve(state, readEvent<WorkCalendarEvent>(workCalendarEvents, recorded).event)
        next = recorded.revision + 1n
      }
    }
    if (next !== before) years = [...state.values()].map(({ year, version, holidays, makeUpDays }) => ({ year, version, holidays, makeUpDays }))
    readAt = epochOf(clock.now())
  }
  return async () => {
    if (Math.abs(epochOf(clock.now()) - readAt) < FRESH_FOR_MS) return years
    reading ??= read().finally(() => {
      reading = undefined
    })
    await reading
    return years
  }
}
