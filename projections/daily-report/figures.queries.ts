import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { Row } from '#domain/daily-report/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { sql } from '#projections/shared/sql.ts'
import { Basis } from './national-day/asking.ts'

/** A user's day as a version of his province's report gives it. */
const UserDay = z
  .object({
    province: ProvinceCode,
    date: BusinessDate,
    /** The version of the report asked for, and the one in which this row last changed. */
    version: z.int(),
    changedIn: z.int(),
    /** Whether the checks had found something that the comment answers. */
    warned: z.boolean(),
    row: Row,
  })
  .meta({ id: 'UserDay' })
type UserDay = z.output<typeof UserDay>

const Stored = z.object({
  province: ProvinceCode,
  date: BusinessDate,
  version: z.int(),
  changed_in: z.int(),
  warned: z.boolean(),
  row: z.record(z.string(), z.unknown()),
})

/** A row as it was reported, its numbers as text as everywhere in JSON; what was not reported is left out again in `asReported`. */
const row = sql.fragment`json_build_object(
  'consNo', u.cons_no, 'consName', u.cons_name, 'orgCode', u.org_code, 'standard', u.standard, 'tradeCode', u.trade_code, 'hecClass', u.hec_class,
  'electType', u.elect_type, 'voltage', u.voltage, 'contractCapacity', u.contract_capacity::text, 'runningCapacity', u.running_capacity::text,
  'electricityDay', u.electricity_day::text, 'electricityMonthToDate', u.electricity_mtd::text, 'receivedToday', u.received_today::text,
  'prepaidBalance', u.prepaid::text, 'inTransit', u.in_transit::text, 'powerOff', u.power_off, 'powerOffDate', u.power_off_date,
  'instalment', case when u.instalment_periods is not null then json_build_object(
    'periods', u.instalment_periods, 'planned', u.instalment_planned::text, 'received', u.instalment_received::text) end,
  'guaranteeAmount', u.guarantee::text, 'riskLevel', u.risk_level, 'measures', u.measures, 'remark', u.remark, 'comment', u.comment,
  'bills', (
    select coalesce(json_agg(json_build_object(
      'billMonth', b.bill_month, 'dueDate', b.due_date, 'receivable', b.receivable::text, 'received', b.received::text, 'writtenOff', b.written_off::text,
      'arrears', b.arrears::text, 'penaltyReceivable', b.penalty_receivable::text, 'penaltyReceived', b.penalty_received::text,
      'settleFlag', b.settle_flag) order by b.bill_month), '[]')
    from read_model.bill_day b
    where b.stat_date = u.stat_date and b.province = u.province and b.cons_no = u.cons_no and b.version_from <= p.version and b.version_to > p.version))`

const asReported = ({ changed_in, row, ...day }: z.output<typeof Stored>): UserDay => ({
  ...day,
  changedIn: changed_in,
  row: Row.parse(Object.fromEntries(Object.entries(row).filter(([name, value]) => value !== null || name === 'electricityDay'))),
})

const columns = sql.fragment`u.province, u.stat_date as date, p.version, u.version_from as changed_in, u.warned, ${row} as row`

export const UserDaysQuery = z.object({
  province: ProvinceCode,
  consNo: ConsNo,
  basis: Basis.default('corrected'),
  from: BusinessDate.optional(),
  to: BusinessDate.optional(),
  /** Days before this one: the `next` of the page before. */
  before: BusinessDate.optional(),
  limit: z.int().min(1).max(400).default(31),
})
export type UserDaysQuery = z.input<typeof UserDaysQuery>
export const UserDays = z.object({ days: z.array(UserDay), next: BusinessDate.nullable() }).meta({ id: 'UserDays' })
export type UserDays = z.output<typeof UserDays>

/** A user's days, the latest first. Nothing when the province is not in the caller's scope. */
export const userDays = async (pool: DatabasePool, query: UserDaysQuery, scope?: readonly ProvinceCode[]): Promise<UserDays> => {
  const { province, consNo, basis, from, to, before, limit } = UserDaysQuery.parse(query)
  if (scope && !scope.includes(province)) return { days: [], next: null }
  const within = [
    ...(from ? [sql.fragment`u.stat_date >= ${from}::date`] : []),
    ...(to ? [sql.fragment`u.stat_date <= ${to}::date`] : []),
    ...(before ? [sql.fragment`u.stat_date < ${before}::date`] : []),
  ]
  const rows = await pool.any(sql.type(Stored)`
    select ${columns}
    from read_model.user_day u
    join (select province, stat_date, case ${basis} when 'published' then published_version else latest_version end as version from read_model.report) p
      on p.province = u.province and p.stat_date = u.stat_date and u.version_from <= p.version and u.version_to > p.version
    where ${sql.join([sql.fragment`u.province = ${province}`, sql.fragment`u.cons_no = ${consNo}`, ...within], sql.fragment` and `)}
    order by u.stat_date desc limit ${limit + 1}`)
  const days = rows.slice(0, limit).map(asReported)
  return { days, next: rows.length > limit ? (days.at(-1)?.date ?? null) : null }
}

export const ReportRowsQuery = z.object({
  province: ProvinceCode,
  date: BusinessDate,
  /** The latest when left out. */
  version: z.int().min(1).optional(),
  after: ConsNo.optional(),
  limit: z.int().min(1).max(500).default(100),
})
export type ReportRowsQuery = z.input<typeof ReportRowsQuery>
export const ReportRows = z.object({ rows: z.array(UserDay), next: ConsNo.nullable() }).meta({ id: 'ReportRows' })
export type ReportRows = z.output<typeof ReportRows>

/** The rows of one version of a report by customer number, page by page; none for a version that does not exist. */
export const reportRows = async (pool: DatabasePool, query: ReportRowsQuery, scope?: readonly ProvinceCode[]): Promise<ReportRows> => {
  const { province, date, version, after, limit } = ReportRowsQuery.parse(query)
  if (scope && !scope.includes(province)) return { rows: [], next: null }
  const rows = await pool.any(sql.type(Stored)`
    select ${columns}
    from (
      select v.version from read_model.report_version v where v.province = ${province} and v.stat_date = ${date}::date
        and ${version ? sql.fragment`v.version = ${version}` : sql.fragment`true`} order by v.version desc limit 1) p
    cross join lateral (
      select * from read_model.user_day u where u.stat_date = ${date}::date and u.province = ${province} and u.version_from <= p.version and u.version_to > p.version
        and ${after ? sql.fragment`u.cons_no > ${after}` : sql.fragment`true`} order by u.cons_no limit ${limit + 1}) u
    order by u.cons_no`)
  const page = rows.slice(0, limit).map(asReported)
  return { rows: page, next: rows.length > limit ? (page.at(-1)?.row.consNo ?? null) : null }
}
