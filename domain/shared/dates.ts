import { z } from 'zod'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** Asia/Shanghai has kept UTC+8 without daylight saving since 1991; business dates before that do not occur. */
const SHANGHAI = 8 * 60 * MINUTE

export const daysInMonth = (year: number, month: number): number => {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** An instant in UTC to the millisecond. */
export const Instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'an instant such as 2026-01-31T01:00:00.000Z')
  .brand<'Instant'>()
export type Instant = z.output<typeof Instant>

const isDate = (text: string): boolean => {
  const [, y, m, d] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  if (y === undefined || m === undefined || d === undefined) return false
  return +y >= 1 && +m >= 1 && +m <= 12 && +d >= 1 && +d <= daysInMonth(+y, +m)
}

/** A business date in Asia/Shanghai. */
export const BusinessDate = z.string().refine(isDate, 'a date such as 2026-02-28').brand<'BusinessDate'>().meta({ type: 'string', format: 'date' })
export type BusinessDate = z.output<typeof BusinessDate>

/** The month for which a bill was issued (电费年月), yyyymm. */
export const BillMonth = z
  .string()
  .regex(/^\d{4}(0[1-9]|1[0-2])$/, 'a month such as 202602')
  .brand<'BillMonth'>()
export type BillMonth = z.output<typeof BillMonth>

const pad = (value: number, width = 2): string => String(value).padStart(width, '0')

/** Days since 1970-01-01, by the civil-calendar algorithm; no time zone takes part. */
export const dayNumber = (date: BusinessDate): number => {
  const year = +date.slice(0, 4)
  const month = +date.slice(5, 7)
  const day = +date.slice(8, 10)
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

/** The date that `dayNumber` counts so; by arithmetic alone, since a Date would bring a time zone. */
export const dateOfDayNumber = (days: number): BusinessDate => {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const doe = z - era * 146_097
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365)
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100))
  const mp = Math.floor((5 * doy + 2) / 153)
  const month = mp + (mp < 10 ? 3 : -9)
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0)
  return `${pad(year, 4)}-${pad(month)}-${pad(doy - Math.floor((153 * mp + 2) / 5) + 1)}` as BusinessDate
}

/** The date so many days later; earlier for less than none. */
export const addDays = (date: BusinessDate, days: number): BusinessDate => dateOfDayNumber(dayNumber(date) + days)
/** Days from the one to the other; below zero when the other is earlier. */
export const daysBetween = (from: BusinessDate, to: BusinessDate): number => dayNumber(to) - dayNumber(from)
/** 1 Monday ... 7 Sunday. */
export const weekday = (date: BusinessDate): number => ((((dayNumber(date) + 3) % 7) + 7) % 7) + 1

/** The month that a date lies in. */
export const monthOf = (date: BusinessDate): BillMonth => (date.slice(0, 4) + date.slice(5, 7)) as BillMonth
export const yearOf = (value: BusinessDate | BillMonth): number => +value.slice(0, 4)
/** The month so many months later; earlier for less than none. */
export const addMonths = (month: BillMonth, count: number): BillMonth => {
  const index = +month.slice(0, 4) * 12 + (+month.slice(4) - 1) + count
  return `${pad(Math.floor(index / 12), 4)}${pad((index % 12) + 1)}` as BillMonth
}
export const firstDay = (month: BillMonth): BusinessDate => `${month.slice(0, 4)}-${month.slice(4)}-01` as BusinessDate
export const lastDay = (month: BillMonth): BusinessDate =>
  `${month.slice(0, 4)}-${month.slice(4)}-${pad(daysInMonth(+month.slice(0, 4), +month.slice(4)))}` as BusinessDate
/** The same day so many months away, clamped to that month's last day (月环比, 同比). */
export const sameDay = (date: BusinessDate, months: number): BusinessDate => {
  const month = addMonths(monthOf(date), months)
  const day = Math.min(+date.slice(8, 10), daysInMonth(+month.slice(0, 4), +month.slice(4)))
  return `${month.slice(0, 4)}-${month.slice(4)}-${pad(day)}` as BusinessDate
}

/** How often a month has passed from one day to another: 31 January to 28 February is one; a day that has not come yet counts none. */
export const wholeMonths = (from: BusinessDate, to: BusinessDate): number => {
  const months = (yearOf(to) - yearOf(from)) * 12 + +to.slice(5, 7) - +from.slice(5, 7)
  return Math.max(0, sameDay(from, months) <= to ? months : months - 1)
}

const epoch = (instant: Instant): number =>
  dayNumber(instant.slice(0, 10) as BusinessDate) * DAY +
  +instant.slice(11, 13) * 60 * MINUTE +
  +instant.slice(14, 16) * MINUTE +
  +instant.slice(17, 19) * 1000 +
  +instant.slice(20, 23)

export const instantOfEpoch = (ms: number): Instant => {
  const days = Math.floor(ms / DAY)
  const rest = ms - days * DAY
  const seconds = Math.floor(rest / 1000)
  return `${dateOfDayNumber(days)}T${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}.${pad(rest % 1000, 3)}Z` as Instant
}
export const epochOf = epoch

/** The business date on which an instant falls, in Asia/Shanghai. */
export const businessDateOf = (instant: Instant): BusinessDate => dateOfDayNumber(Math.floor((epoch(instant) + SHANGHAI) / DAY))
/** Minutes since midnight in Asia/Shanghai. */
export const minuteOfDay = (instant: Instant): number => Math.floor(((((epoch(instant) + SHANGHAI) % DAY) + DAY) % DAY) / MINUTE)
/** The instant at which the clock in Asia/Shanghai shows that date and minute; minute 1440 is the end of the day. */
export const instantAt = (date: BusinessDate, minute: number): Instant => instantOfEpoch(dayNumber(date) * DAY - SHANGHAI + minute * MINUTE)
