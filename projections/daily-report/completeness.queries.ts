import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { sql } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>
const MODEL = 'daily-report-completeness'

/**
 * 未报 expected, 填报中 open, 已上报 submitted, 已退回 returned, 已更正 corrected, 迟报 late (due and not in), 缺报 missing
 * (past the cut-off and not in), 免报 waived.
 */
const ReportState = z.enum(['expected', 'open', 'submitted', 'returned', 'corrected', 'late', 'missing', 'waived'])
type ReportState = z.output<typeof ReportState>

/** One province's report of one day. Counts of users; `version` 0 before the first sealing. */
export const ReportStanding = z.object({
  province: z.string(),
  date: z.string(),
  state: ReportState,
  dueAt: z.string().nullable(),
  cutOffAt: z.string().nullable(),
  openedAt: z.string().nullable(),
  firstSubmittedAt: z.string().nullable(),
  submittedAt: z.string().nullable(),
  /** Of the first sealing; null before it. */
  onTime: z.boolean().nullable(),
  version: z.int(),
  nil: z.boolean(),
  sourceMode: z.string().nullable(),
  listVersion: z.int().nullable(),
  /** Users the report must hold; before it is opened, those listed at the end of its date. */
  expectedUsers: z.int(),
  /** Of them, with a row in the latest sealed version. */
  reportedUsers: z.int(),
  excusedUsers: z.int(),
  /** Expected, not excused, and without a row so far, sealed or not. */
  missingUsers: z.int(),
  /** Rows of the latest sealed version, and rows so far where none is sealed. */
  rows: z.int(),
  /** Rows on which a check remarked something. */
  warnedRows: z.int(),
  corrections: z.int(),
  returns: z.int(),
  correctionWaits: z.boolean(),
  waiveReason: z.string().nullable(),
})
export type ReportStanding = z.output<typeof ReportStanding>

const missing = sql.fragment`(select u from unnest(d.expected) u except select unnest(d.present) except select unnest(d.excused))`

/** By when the schedule wants the reports of that day; what binds a report already opened stands in the report itself. */
export type Deadlines = { readonly dueAt: Instant; readonly cutOffAt: Instant }

/** Deadlines are held against the instant asked about, so a report is late the moment it is, whether or not the clock job has said so. */
const standings = (date: BusinessDate, provinces: readonly ProvinceCode[], now: Instant, usual?: Deadlines): FragmentSqlToken => sql.fragment`
  select p.province, ${date}::date as date,
    case
      when d.state in ('submitted', 'returned', 'corrected', 'waived') then d.state
      when d.state = 'missing' or coalesce(d.cut_off_at, ${usual?.cutOffAt ?? null}) < ${now} then 'missing'
      when d.late or coalesce(d.due_at, ${usual?.dueAt ?? null}) < ${now} then 'late'
      else coalesce(d.state, 'expected') end as state,
    coalesce(d.due_at, ${usual?.dueAt ?? null}) as "dueAt", coalesce(d.cut_off_at, ${usual?.cutOffAt ?? null}) as "cutOffAt", d.opened_at as "openedAt", d.first_submitted_at as "firstSubmittedAt", d.submitted_at as "submittedAt",
    d.on_time as "onTime", coalesce(d.version, 0) as version, coalesce(d.nil, false) as nil, d.source_mode as "sourceMode", d.list_version as "listVersion",
    case when d.opened_at is not null then cardinality(d.expected) else listed.users end as "expectedUsers",
    coalesce(d.reported_users, 0) as "reportedUsers", coalesce(cardinality(d.excused), 0) as "excusedUsers",
    case when d.opened_at is not null then (select count(*)::int from ${missing} m) else listed.users end as "missingUsers",
    case when d.version > 0 then d.row_count else coalesce(cardinality(d.present), 0) end as rows,
    case when d.version > 0 then d.warned_rows else coalesce(cardinality(d.warned), 0) end as "warnedRows",
    coalesce(d.corrections, 0) as corrections, coalesce(d.returns, 0) as returns, d.proposal is not null as "correctionWaits", d.waive_reason as "waiveReason"
  from unnest(${sql.array([...provinces], 'text')}) with ordinality p (province, place)
  left join read_model.daily_report d on d.date = ${date} and d.province = p.province
  left join lateral (
    select count(*)::int as users from (
      select distinct on (cons_no) level from read_model.high_risk_user_level l
      where d.opened_at is null and l.province = p.province and l.on_date <= ${date} order by cons_no, revision desc
    ) standing where level is not null
  ) listed on true
  order by p.place`

/** Sums over the provinces; ratios are two of them, divided only where a person looks. Waived reports count nowhere but in `waived`. */
type NationalCompleteness = {
  readonly provinces: number
  readonly waived: number
  readonly submitted: number
  readonly submittedOnTime: number
  /** 报送完整率 = reportedUsers / expectedUsers. */
  readonly expectedUsers: number
  readonly reportedUsers: number
  /** 数据质量 = 1 - warnedRows / rows. */
  readonly rows: number
  readonly warnedRows: number
  readonly corrections: number
  readonly late: readonly string[]
  readonly missing: readonly string[]
}

export type CompletenessBoard = { readonly asOf: AsOf; readonly rows: readonly ReportStanding[]; readonly national: NationalCompleteness }

/** The board of a day: all of the provinces given, also those of which nothing was heard, in the order given. */
export const completenessBoard = async (
  db: Db,
  date: BusinessDate,
  provinces: readonly ProvinceCode[],
  now: Instant,
  usual?: Deadlines,
): Promise<CompletenessBoard> => {
  const { asOf, rows } = await readAsOf(db, MODEL, ReportStanding, standings(date, provinces, now, usual))
  return { asOf, rows, national: nationalOf(rows) }
}

const nationalOf = (rows: readonly ReportStanding[]): NationalCompleteness => {
  const due = rows.filter(({ state }) => state !== 'waived')
  const sum = (of: (row: ReportStanding) => number): number => due.reduce((total, row) => total + of(row), 0)
  const named = (state: ReportState): readonly string[] => due.filter((row) => row.state === state).map(({ province }) => province)
  return {
    provinces: due.length,
    waived: rows.length - due.length,
    submitted: due.filter(({ version }) => version > 0).length,
    submittedOnTime: due.filter(({ onTime }) => onTime === true).length,
    expectedUsers: sum(({ expectedUsers }) => expectedUsers),
    reportedUsers: sum(({ reportedUsers }) => reportedUsers),
    rows: sum(({ rows: count }) => count),
    warnedRows: sum(({ warnedRows }) => warnedRows),
    corrections: sum(({ corrections }) => corrections),
    late: named('late'),
    missing: named('missing'),
  }
}

const Detail = ReportStanding.extend({ missing: z.array(z.string()), excused: z.array(z.string()) })
export type ReportDetail = z.output<typeof Detail>

/** One report with the users it lacks, in the order of their numbers. */
export const reportStanding = async (
  db: Db,
  province: ProvinceCode,
  date: BusinessDate,
  now: Instant,
  usual?: Deadlines,
): Promise<{ readonly asOf: AsOf; readonly report: ReportDetail | undefined }> => {
  const { asOf, rows } = await readAsOf(
    db,
    MODEL,
    Detail,
    sql.fragment`select s.*, coalesce(array(select u from ${missing} m order by 1), '{}') as missing, coalesce(d.excused, '{}') as excused
      from (${standings(date, [province], now, usual)}) s left join read_model.daily_report d on d.date = s.date and d.province = s.province`,
  )
  return { asOf, report: rows[0] }
}
