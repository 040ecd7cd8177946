import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { addDays, addMonths, type BillMonth, BusinessDate, firstDay, lastDay, monthOf, sameDay } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { rowset, sql } from '#projections/shared/sql.ts'
import {
  type Asked,
  addUp,
  allFlows,
  allSums,
  effective,
  type GroupBy,
  inForce,
  isWhole,
  NO_SUMS,
  narrowed,
  places,
  readFlows,
  readSums,
  source,
} from './asking.ts'
import { SUM_NAMES } from './columns.ts'
import type { Sums } from './kpis.ts'

export type RefName = 'day' | 'before' | 'month' | 'year'

/** How a province stands to its report of one day. */
export const Standing = z.object({
  ref: z.enum(['day', 'before', 'month', 'year']),
  on_date: BusinessDate,
  province: ProvinceCode,
  sealed: BusinessDate.nullable(),
  /** Users listed at the end of the day; null before anything is known of the province. */
  listed: z.string().nullable(),
  /** Whether anything is recorded of the report of this very day. */
  begun: z.boolean(),
  last_sealed_at: z.string().nullable(),
  expected_count: z.int().nullable(),
  on_time: z.boolean().nullable(),
  late: z.boolean().nullable(),
  missing: z.boolean().nullable(),
  waived: z.boolean().nullable(),
  corrections: z.int().nullable(),
  version: z.int().nullable(),
})
export type Standing = z.output<typeof Standing>

const Summed = z.object({ ref: z.string(), key: z.string(), sums: z.string() })
const Answer = z.object({
  standings: z.array(Standing),
  sums: z.array(Summed),
  tops: z.array(z.object({ ref: z.string(), key: z.string().nullable(), arrears: z.string() })),
  electricity: z.array(z.object({ ref: z.string(), key: z.string(), total: z.string() })),
  months: z.array(Summed),
  frozen: z.boolean(),
})

/** Everything that one day's page is made of. */
export type Told = {
  readonly standings: readonly Standing[]
  readonly keys: readonly string[]
  /** Whether last month's bills are closed (月结) on that day. */
  readonly lastMonthFrozen: boolean
  readonly at: (ref: RefName, key: string) => Sums
  readonly total: (ref: RefName) => Sums
  /** The last full month at the day, and the one before it: of one group, or of all when no key is given. */
  readonly fullMonth: (key?: string) => Sums
  readonly monthBefore: (key?: string) => Sums
}

const fullMonthAt = (date: BusinessDate): BillMonth => (date === lastDay(monthOf(date)) ? monthOf(date) : addMonths(monthOf(date), -1))

const aggregate = (of: FragmentSqlToken): FragmentSqlToken => sql.fragment`(select coalesce(json_agg(j), '[]') from (${of}) j)`

/** The sums of a day, of the day before, of the same day last month and last year, and of two full months, in one round trip. */
export const tell = async (pool: DatabasePool, date: BusinessDate, groupBy: GroupBy, asked: Asked): Promise<Told> => {
  const refs = [
    { ref: 'day', on: date },
    { ref: 'before', on: addDays(date, -1) },
    { ref: 'month', on: sameDay(date, -1) },
    { ref: 'year', on: sameDay(date, -12) },
  ] as const
  const from = source(asked, groupBy)
  const { table, key, also } = from
  const fullMonth = fullMonthAt(date)
  const monthBefore = addMonths(fullMonth, -1)
  const months = sql.array([fullMonth, monthBefore], 'text')
  const toDate = refs.filter(({ ref }) => ref !== 'month').map(({ ref, on }) => ({ ref, first: firstDay(monthOf(on)), last: on }))
  const cells = isWhole(asked) && groupBy === 'province' ? sql.fragment`` : sql.fragment`, s.category, s.level`
  const answer = await pool.one(sql.type(Answer)`
    with place as materialized (${places(asked)}), e as materialized (${effective(refs)}), m as materialized (${reportedMonths([fullMonth, monthBefore])})
    select ${aggregate(sql.fragment`
        select e.ref, e.on_date, e.province, e.sealed, e.users::text as listed, p.province is not null as begun, case when p.due_at is not null then p.expected_count end as expected_count, p.on_time, p.late, p.missing,
          p.waived, p.corrections, to_char(p.last_sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as last_sealed_at,
          case ${asked.basis} when 'published' then p.published_version else p.latest_version end as version
        from e left join read_model.report p on p.province = e.province and p.stat_date = e.on_date order by e.province`)} as standings,
      ${aggregate(sql.fragment`
        select e.ref, ${key} as key, ${allSums} as sums from ${inForce(from, asked.basis)} group by 1, 2`)} as sums,
      ${aggregate(topTen(groupBy, asked))} as tops,
      ${aggregate(sql.fragment`
        select r.ref, ${key} as key, sum(s.electricity_day)::text as total
        from ${rowset(toDate, 'ref text, first date, last date')} cross join lateral (
          select s.province, s.electricity_day${cells} from ${table} s where s.basis = ${asked.basis} and s.stat_date between r.first and r.last and ${also} offset 0) s
        join e on e.ref = r.ref and e.province = s.province and e.sealed >= r.first group by 1, 2`)} as electricity,
      ${aggregate(sql.fragment`
        select s.month as ref, s.${sql.identifier([groupBy])} as key, ${allFlows} as sums
        from read_model.statistic_month s left join m on m.month = s.month and m.province = s.province
        where s.basis = ${asked.basis} and s.month = any(${months}) and s.province in (select province from place) and ${narrowed(asked)} group by 1, 2`)} as months,
      exists (
        select from read_model.report p where p.stat_date between ${firstDay(addMonths(monthOf(date), -1))}::date and ${lastDay(addMonths(monthOf(date), -1))}::date
          and (p.closes_at at time zone 'Asia/Shanghai')::date <= ${date}::date) as frozen`)
  return told(answer, groupBy, asked, { fullMonth, monthBefore })
}

/** The months of which a province has reported any day; of others only the listed users' moves are known. */
const reportedMonths = (months: readonly BillMonth[]): FragmentSqlToken => sql.fragment`
  select p.province, r.month from place p
  cross join ${rowset(
    months.map((month) => ({ month, first: firstDay(month), last: lastDay(month) })),
    'month text, first date, last date',
  )}
  where exists (
    select from read_model.report z where z.province = p.province and z.stat_date between r.first and r.last and z.latest_version is not null)`

/** The ten users who owe most, of each group and of all (key null): the tops of the parts hold the top of the whole. */
const topTen = (groupBy: GroupBy, asked: Asked): FragmentSqlToken => {
  const top = (key: FragmentSqlToken, also: FragmentSqlToken): FragmentSqlToken => sql.fragment`
    select ref, key, sum(arrears)::text as arrears from (
      select e.ref, ${key} as key, s.arrears, row_number() over (partition by e.ref, ${key} order by s.arrears desc) as place
      from ${inForce({ table: sql.fragment`read_model.top_user`, also }, asked.basis)} where s.stat_date = e.sealed) t
    where place <= 10 group by ref, key`
  const ofProvinces = sql.fragment`s.province_place <= 10`
  const cells = narrowed(asked)
  return sql.fragment`
    ${top(sql.fragment`s.${sql.identifier([groupBy])}`, isWhole(asked) && groupBy === 'province' ? ofProvinces : cells)}
    union all ${top(sql.fragment`null::text`, isWhole(asked) ? ofProvinces : cells)}`
}

const told = (answer: z.output<typeof Answer>, groupBy: GroupBy, asked: Asked, months: { fullMonth: string; monthBefore: string }): Told => {
  const parts = answer.sums.map(({ ref, key, sums }) => ({ ref, id: `${ref} ${key}`, sums: readSums(sums) }))
  const sums = new Map(parts.map((each) => [each.id, each.sums]))
  const flows = new Map(answer.months.map((each) => [`${each.ref} ${each.key}`, monthOfFlows(each.sums)]))
  const tops = new Map(answer.tops.map((each) => [`${each.ref} ${each.key ?? ''}`, BigInt(each.arrears)]))
  const electricity = new Map(answer.electricity.map((each) => [`${each.ref} ${each.key}`, BigInt(each.total)]))
  const standing = new Map(answer.standings.map((each) => [`${each.ref} ${each.province}`, each]))
  const provinces = [...new Set(answer.standings.map(({ province }) => province))]
  const keys = groupBy === 'province' ? provinces : [...new Set(answer.sums.filter(({ ref }) => ref === 'day').map(({ key }) => key))].sort()
  const at = (ref: RefName, key: string): Sums => {
    const own = sums.get(`${ref} ${key}`) ?? (isReported(standing.get(`${ref} ${key}`)) ? ZERO : NO_SUMS)
    const top = tops.get(`${ref} ${key}`) ?? (own.arrears === null ? null : 0n)
    return {
      ...own,
      top_ten: top,
      electricity_to_date: electricity.get(`${ref} ${key}`) ?? null,
      ...(groupBy === 'province' && isWhole(asked) ? duties(standing.get(`${ref} ${key}`)) : {}),
    }
  }
  const month =
    (name: string) =>
    (key?: string): Sums =>
      key === undefined ? addUp([...flows].filter(([id]) => id.startsWith(name)).map(([, each]) => each)) : (flows.get(`${name} ${key}`) ?? NO_SUMS)
  return {
    standings: answer.standings,
    keys,
    lastMonthFrozen: answer.frozen,
    at,
    total: (ref) => {
      const reported = answer.standings.some((each) => each.ref === ref && isReported(each))
      const added = addUp([reported ? ZERO : NO_SUMS, ...parts.filter((each) => each.ref === ref).map((each) => each.sums)])
      const days = answer.electricity.filter((each) => each.ref === ref)
      const due = isWhole(asked) ? addUp(provinces.map((province) => ({ ...NO_SUMS, ...duties(standing.get(`${ref} ${province}`)) }))) : NO_SUMS
      return {
        ...added,
        top_ten: tops.get(`${ref} `) ?? (added.arrears === null ? null : 0n),
        electricity_to_date: days.length === 0 ? null : days.reduce((total, each) => total + BigInt(each.total), 0n),
        expected: due.expected,
        on_time: due.on_time,
        due: due.due,
      }
    },
    fullMonth: month(months.fullMonth),
    monthBefore: month(months.monthBefore),
  }
}

/** A report that stands with nothing to sum in it says nought, not nothing. */
const ZERO: Sums = { ...readSums(''), ...Object.fromEntries(SUM_NAMES.map((name) => [name, 0n])) }
const isReported = (standing: Standing | undefined): boolean => standing !== undefined && standing.sealed === standing.on_date

/** Over a full month the days to date are the month's days. */
const monthOfFlows = (text: string): Sums => {
  const sums = readFlows(text)
  return { ...sums, electricity_to_date: sums.electricity_day }
}

/**
 * What a province owed the day: its expected users' rows, and one report in time. Before a report is opened all listed users are
 * expected. Nothing when it was let off, or when nothing is known of it.
 */
const duties = (standing: Standing | undefined): Pick<Sums, 'expected' | 'on_time' | 'due'> => {
  if (!standing || standing.waived || (standing.listed === null && !standing.begun)) return { expected: null, on_time: null, due: null }
  const expected = standing.expected_count ?? standing.listed
  const inTime = standing.sealed === standing.on_date && standing.on_time === true
  return { expected: expected === null ? null : BigInt(expected), on_time: inTime ? 1n : 0n, due: 1n }
}
