import { dailyReport } from '#domain/daily-report/decider.ts'
import { dailyReportEvents } from '#domain/daily-report/events.ts'
import type { Issue, ReportRules, Row } from '#domain/daily-report/fields.ts'
import type { DailyReportRejection } from '#domain/daily-report/rejections.ts'
import { type ReportSchedule, rulesFor, scheduleOn } from '#domain/daily-report/schedule.ts'
import { addDays, type BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import type { KnowsTrade } from '#domain/shared/trade.ts'
import type { EventStore } from '../ports/event-store.ts'
import type { OrgScope } from '../ports/organisation.ts'
import type { ListedUsers } from '../ports/register.ts'
import { load } from '../shared/load.ts'
import type { Working } from '../shared/perform.ts'

export type ReportKey = { readonly province: ProvinceCode; readonly date: BusinessDate }
export const dailyReportStream = ({ province, date }: ReportKey): StreamName => streamName('DailyReport', province, date.replaceAll('-', ''))

/** What reporting needs beside the log: who is expected, by which list and schedule, and what the classification knows. */
export type Reporting = Working & {
  readonly listedUsers: ListedUsers
  /** The industry list's version in force on a date; 0 before the first. */
  readonly listVersionOn: (date: BusinessDate) => Promise<number>
  readonly schedules: readonly ReportSchedule[]
  readonly knowsTrade: KnowsTrade
  /** SHA-256 in hex. */
  readonly digest: (text: string) => string
}

/** What the report itself refuses, a date for which no schedule says when anything is due, and a province that was none that day. */
export type ReportRefusal =
  | DailyReportRejection
  | { readonly code: 'NO_SCHEDULE'; readonly date: BusinessDate }
  | { readonly code: 'UNKNOWN_PROVINCE'; readonly province: ProvinceCode; readonly date: BusinessDate }

/** A daily report as it is loaded and decided, with what the domain cannot know by itself. */
export const reportAggregate = ({ digest, knowsTrade }: Pick<Reporting, 'digest' | 'knowsTrade'>) => ({
  catalogue: dailyReportEvents,
  decider: dailyReport({ digest, knowsTrade }),
})
export type ReportAggregate = ReturnType<typeof reportAggregate>

/** The rules of a report that may come to be; or why there is none: the province did not exist that day, or nothing was due. */
export const rulesOf = ({ schedules, scope }: Reporting, { province, date }: ReportKey): ReportRules | Exclude<ReportRefusal, DailyReportRejection> => {
  // A province's code is that of its unit in the organisation.
  if (scope.provinceOf(province as string as OrgCode, date) !== province) return { code: 'UNKNOWN_PROVINCE', province, date }
  return rulesOn(schedules, date) ?? { code: 'NO_SCHEDULE', date }
}

/** The dates that hold for the report of a day; undefined when no schedule is in force. */
export const rulesOn = (schedules: readonly ReportSchedule[], date: BusinessDate): ReportRules | undefined => {
  const schedule = scheduleOn(schedules, date)
  return schedule && rulesFor(schedule, date)
}

/** The rows that stand in the report of the day before: its latest version, or what is filled in so far. */
export const rowsOfDayBefore = async (store: EventStore, aggregate: ReportAggregate, { province, date }: ReportKey): Promise<ReadonlyMap<ConsNo, Row>> => {
  const { state } = await load(store, aggregate, dailyReportStream({ province, date: addDays(date, -1) }))
  return 'rows' in state ? state.rows : new Map()
}

/** The previous rows of the same users, in the order of these; who has none is left out. */
export const rowsFor = (rows: readonly Row[], from: ReadonlyMap<ConsNo, Row>): Row[] => rows.flatMap(({ consNo }) => from.get(consNo) ?? [])

/** Rows whose unit did not belong to the province that day. Only the organisation knows; the row cannot. */
export const rowsOutside = (rows: readonly Row[], { province, date }: ReportKey, scope: OrgScope): readonly Issue[] => {
  const own = new Map<string, boolean>()
  return rows.flatMap(({ consNo, orgCode }) => {
    const inside = own.get(orgCode) ?? scope.provinceOf(orgCode, date) === province
    own.set(orgCode, inside)
    return inside ? [] : [{ severity: 'error' as const, code: 'ORG_OUTSIDE_PROVINCE', consNo, field: 'orgCode', detail: { orgCode, province } }]
  })
}
