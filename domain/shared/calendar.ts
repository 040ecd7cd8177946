import { addDays, type BusinessDate, businessDateOf, epochOf, type Instant, instantAt, instantOfEpoch, weekday, yearOf } from './dates.ts'

/** A year as published: weekends off, and these holidays, but for these make-up days (调休). */
export type WorkYear = { readonly year: number; readonly holidays: readonly BusinessDate[]; readonly makeUpDays: readonly BusinessDate[] }
/** Published years as they are asked. A year that is not there has no calendar yet. */
export type WorkCalendar = ReadonlyMap<number, { readonly off: ReadonlySet<BusinessDate>; readonly on: ReadonlySet<BusinessDate> }>
/** Spans of a working day in minutes since midnight in Asia/Shanghai, in order and apart: 08:30-12:00 is {from: 510, until: 720}. */
export type WorkingHours = readonly { readonly from: number; readonly until: number }[]

/** An instant on the working clock; `provisional` when a year without a published calendar had part in it. */
export type WorkingInstant = { readonly at: Instant; readonly provisional: boolean }
export type WorkingMinutes = { readonly minutes: number; readonly provisional: boolean }

/** A calendar of published years; of two of the same year the later in the list counts. */
export const calendarOf = (years: Iterable<WorkYear>): WorkCalendar =>
  new Map([...years].map(({ year, holidays, makeUpDays }) => [year, { off: new Set(holidays), on: new Set(makeUpDays) }]))

/** Whether people work on a date. Without a published year: Monday to Friday. */
export const isWorkingDay = (date: BusinessDate, calendar: WorkCalendar): boolean => {
  const year = calendar.get(yearOf(date))
  if (year?.on.has(date)) return true
  if (year?.off.has(date)) return false
  return weekday(date) <= FRIDAY
}

/** The working day so many working days after a date; a date counts itself as none. `provisional` as above. */
export const addWorkingDays = (date: BusinessDate, days: number, calendar: WorkCalendar): { readonly date: BusinessDate; readonly provisional: boolean } => {
  let day = date
  let provisional = false
  for (let left = days; left > 0; ) {
    day = addDays(day, 1)
    provisional ||= !calendar.has(yearOf(day))
    if (isWorkingDay(day, calendar)) left--
  }
  return { date: day, provisional }
}

const FRIDAY = 5
const MINUTE = 60_000

/**
 * The instant at which so many working minutes have passed since `start`. What begins outside working hours begins to count
 * with the next of them; what ends with a span ends there, not at the next one's beginning. Throws RangeError for hours in
 * which nobody works, and for minutes below zero.
 */
export const addWorkingMinutes = (start: Instant, minutes: number, calendar: WorkCalendar, hours: WorkingHours): WorkingInstant => {
  if (minutes < 0 || !hours.some(({ from, until }) => until > from)) throw new RangeError('no working time to count')
  let left = Math.round(minutes * MINUTE)
  let provisional = false
  const begin = epochOf(start)
  for (let day = businessDateOf(start); left > 0; day = addDays(day, 1)) {
    provisional ||= !calendar.has(yearOf(day))
    if (!isWorkingDay(day, calendar)) continue
    for (const span of spansOf(day, hours)) {
      const from = Math.max(span.from, begin)
      if (from >= span.until) continue
      if (left <= span.until - from) return { at: instantOfEpoch(from + left), provisional }
      left -= span.until - from
    }
  }
  return { at: start, provisional }
}

/** Working minutes between two instants, whole ones; 0 when they stand the other way round. */
export const workingMinutesBetween = (start: Instant, end: Instant, calendar: WorkCalendar, hours: WorkingHours): WorkingMinutes => {
  const [begin, finish] = [epochOf(start), epochOf(end)]
  let worked = 0
  let provisional = false
  const last = businessDateOf(end)
  for (let day = businessDateOf(start); day <= last && begin < finish; day = addDays(day, 1)) {
    provisional ||= !calendar.has(yearOf(day))
    if (!isWorkingDay(day, calendar)) continue
    for (const { from, until } of spansOf(day, hours)) worked += Math.max(0, Math.min(until, finish) - Math.max(from, begin))
  }
  return { minutes: Math.floor(worked / MINUTE), provisional }
}

const spansOf = (day: BusinessDate, hours: WorkingHours): WorkingHours => {
  const midnight = epochOf(instantAt(day, 0))
  return hours.map(({ from, until }) => ({ from: midnight + from * MINUTE, until: midnight + until * MINUTE }))
}
