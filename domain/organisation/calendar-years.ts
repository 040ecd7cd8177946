import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { type BusinessDate, weekday, yearOf } from '#domain/shared/dates.ts'
import { accept, type Decision, reject } from '#domain/shared/decider.ts'
import type { WorkCalendarCommand } from './commands.ts'
import type { WorkCalendarEvent } from './events.ts'
import type { CalendarYear } from './fields.ts'
import type { WorkCalendarRejection } from './rejections.ts'

/** The newest version of every published year. */
export type CalendarYears = ReadonlyMap<number, CalendarYear>

/** A year's versions rise; its days are its own, each said once; make-up days fall on weekends. */
export const publishYear = ({ at, by, calendar }: WorkCalendarCommand['data'], years: CalendarYears): Decision<WorkCalendarEvent, WorkCalendarRejection> => {
  const standing = years.get(calendar.year)
  if (standing && canonicalJson(standing) === canonicalJson(calendar)) return accept()
  if (standing && calendar.version <= standing.version) return reject({ code: 'VERSION_NOT_NEWER', year: calendar.year, standing: standing.version })
  const wrong = wrongDays(calendar)
  return wrong ? reject(wrong) : accept({ type: 'CalendarYearPublished', data: { at, by, calendar } })
}

const wrongDays = ({ year, holidays, makeUpDays }: CalendarYear): WorkCalendarRejection | undefined => {
  const days = [...holidays, ...makeUpDays]
  const outside = days.filter((date) => yearOf(date) !== year)
  if (outside.length > 0) return { code: 'OUTSIDE_YEAR', dates: outside }
  const twice = repeated(days)
  if (twice.length > 0) return { code: 'DAY_TWICE', dates: twice }
  const weekdays = makeUpDays.filter((date) => weekday(date) <= FRIDAY)
  return weekdays.length > 0 ? { code: 'MAKE_UP_ON_WEEKDAY', dates: weekdays } : undefined
}

const FRIDAY = 5

const repeated = (days: readonly BusinessDate[]): BusinessDate[] => {
  const met = new Set<BusinessDate>()
  return days.filter((date) => met.has(date) || !met.add(date))
}
