import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen, fen } from '#domain/shared/quantities.ts'
import { sql } from '#projections/shared/sql.ts'
import { allSums, Basis, effective, Filters, GroupBy, inForce, ListedCategory, narrowed, places, readSums, source } from './national-day/asking.ts'
import type { Sums } from './national-day/kpis.ts'

const Question = z.object({ date: BusinessDate, basis: Basis.default('corrected'), filters: Filters.default({}) })

export const AgeingQuery = Question.extend({ groupBy: GroupBy.default('province') })
export type AgeingQuery = z.input<typeof AgeingQuery>

/** 账龄: the arrears by days past due; the buckets add up to `arrears`. */
const Ages = z.object({ notDue: Fen, from1To30: Fen, from31To60: Fen, from61To90: Fen, from91To180: Fen, from181To365: Fen, over365: Fen, arrears: Fen })
export const Ageing = z
  .object({ date: BusinessDate, basis: Basis, groupBy: GroupBy, rows: z.array(z.object({ key: z.string(), stale: z.boolean(), ...Ages.shape })), total: Ages })
  .meta({ id: 'ArrearsAgeing' })
export type Ageing = z.output<typeof Ageing>

const agesOf = (sums: Sums): z.output<typeof Ages> => ({
  notDue: fen(sums.aged_not_due ?? 0n),
  from1To30: fen(sums.aged_30 ?? 0n),
  from31To60: fen(sums.aged_60 ?? 0n),
  from61To90: fen(sums.aged_90 ?? 0n),
  from91To180: fen(sums.aged_180 ?? 0n),
  from181To365: fen(sums.aged_365 ?? 0n),
  over365: fen(sums.aged_over_365 ?? 0n),
  arrears: fen(sums.arrears ?? 0n),
})

/** The ageing of the arrears on a date, of each group and of all; carried forward where a province has not reported. */
export const ageing = async (pool: DatabasePool, query: AgeingQuery, scope?: readonly ProvinceCode[]): Promise<Ageing> => {
  const { date, basis, groupBy, filters } = AgeingQuery.parse(query)
  const asked = { basis, filters, scope }
  const from = source(asked, groupBy)
  const rows = await pool.any(sql.type(z.object({ key: z.string(), stale: z.boolean(), sums: z.string() }))`
    with place as materialized (${places(asked)}), e as materialized (${effective([{ ref: 'day', on: date }])})
    select ${from.key} as key, bool_or(e.sealed is distinct from e.on_date) as stale, ${allSums} as sums
    from ${inForce(from, basis)} group by 1 order by 1`)
  const told = rows.map(({ key, stale, sums }) => ({ key, stale, ...agesOf(readSums(sums)) }))
  const total = Object.fromEntries(
    Object.keys(Ages.shape).map((name) => [name, told.reduce((sum, row) => sum + row[name as keyof z.output<typeof Ages>], 0n)]),
  ) as z.output<typeof Ages>
  return { date, basis, groupBy, rows: told, total }
}

export const TopUsersQuery = Question.extend({ limit: z.int().min(1).max(10).default(10) })
export type TopUsersQuery = z.input<typeof TopUsersQuery>

const Owing = z.object({
  province: ProvinceCode,
  consNo: ConsNo,
  consName: z.string(),
  category: ListedCategory,
  level: Level,
  arrears: Fen,
  /** The day of which the figure stands. */
  asOf: BusinessDate,
})
export const TopUsers = z.object({ date: BusinessDate, basis: Basis, users: z.array(Owing) }).meta({ id: 'TopUsers' })
export type TopUsers = z.output<typeof TopUsers>

const OwingRow = z.object({ ...Owing.shape, arrears: z.bigint().transform(fen) })

/** The users who owe most of bills up to last month, ten at most. */
export const topUsers = async (pool: DatabasePool, query: TopUsersQuery, scope?: readonly ProvinceCode[]): Promise<TopUsers> => {
  const { date, basis, filters, limit } = TopUsersQuery.parse(query)
  const asked = { basis, filters, scope }
  const users = await pool.any(sql.type(OwingRow)`
    with place as materialized (${places(asked)}), e as materialized (${effective([{ ref: 'day', on: date }])})
    select s.province, s.cons_no as "consNo", s.cons_name as "consName", s.category, s.level, s.arrears, e.sealed as "asOf"
    from ${inForce({ table: sql.fragment`read_model.top_user`, also: narrowed(asked) }, basis)} where s.stat_date = e.sealed
    order by s.arrears desc, s.province, s.cons_no limit ${limit}`)
  return { date, basis, users: [...users] }
}

export const OwingUsersQuery = Question.extend({
  /** Only users who owe strictly more than this; 1 000 000.00 yuan when left out (百万以上欠费户). */
  above: Fen.default(fen(100_000_000n)),
  /** Customers of these units only. */
  orgCodes: z.array(OrgCode).optional(),
  after: z.object({ arrears: Fen, province: ProvinceCode, consNo: ConsNo }).optional(),
  limit: z.int().min(1).max(500).default(100),
})
export type OwingUsersQuery = z.output<typeof OwingUsersQuery>

const OwingUser = Owing.extend({ orgCode: OrgCode, arrearsPriorYear: Fen, arrearsCurrentMonth: Fen, prepaid: Fen, powerOff: z.boolean() })
export const OwingUsers = z
  .object({ date: BusinessDate, basis: Basis, users: z.array(OwingUser), next: z.object({ arrears: Fen, province: ProvinceCode, consNo: ConsNo }).nullable() })
  .meta({ id: 'OwingUsers' })
export type OwingUsers = z.output<typeof OwingUsers>

const money = z.bigint().transform(fen)
const OwingUserRow = OwingUser.extend({ arrears: money, arrearsPriorYear: money, arrearsCurrentMonth: money, prepaid: money })

/** Users who owe more than a sum, the greatest debts first, page by page. */
export const owingUsers = async (pool: DatabasePool, query: OwingUsersQuery, scope?: readonly ProvinceCode[]): Promise<OwingUsers> => {
  const { date, basis, filters, above, orgCodes, after, limit } = query
  const asked = { basis, filters, scope }
  const rows = await pool.any(sql.type(OwingUserRow)`
    with place as materialized (${places(asked)}), e as materialized (${effective([{ ref: 'day', on: date }])}),
    s as (
      select u.*, e.sealed, coalesce(m.org_code, u.org_code) as unit, coalesce(m.level, u.risk_level) as level, coalesce(c.category, 'UNLISTED') as category
      from e join (
        select province, stat_date, case ${basis} when 'published' then published_version else latest_version end as version
        from read_model.report) p on p.province = e.province and p.stat_date = e.sealed
      cross join lateral (
        select * from read_model.user_day u where u.stat_date = e.sealed and u.province = e.province
          and u.version_from <= p.version and u.version_to > p.version and u.arrears > ${above} offset 0) u
      left join read_model.membership m on m.province = u.province and m.cons_no = u.cons_no and m.valid_from <= e.sealed and m.valid_to > e.sealed
      left join lateral (
        select l.version from read_model.list_version l where l.effective_from <= e.sealed and not l.revoked
        order by l.effective_from desc, l.version desc limit 1) l on true
      left join read_model.trade_category c on c.version = l.version
        and c.standard = coalesce(m.standard, u.standard) and c.code = coalesce(m.trade_code, u.trade_code))
    select s.province, s.cons_no as "consNo", s.cons_name as "consName", s.category, s.level, s.arrears, s.sealed as "asOf", s.unit as "orgCode",
      s.arrears_prior_year as "arrearsPriorYear", s.open_current as "arrearsCurrentMonth", s.prepaid, s.power_off as "powerOff"
    from s where ${narrowed(asked)} and ${orgCodes ? sql.fragment`s.unit = any(${sql.array(orgCodes, 'text')})` : sql.fragment`true`}
      and ${after ? sql.fragment`(-s.arrears, s.province, s.cons_no) > (${0n - BigInt(after.arrears)}, ${after.province}, ${after.consNo})` : sql.fragment`true`}
    order by -s.arrears, s.province, s.cons_no limit ${limit + 1}`)
  const users = rows.slice(0, limit)
  const last = rows.length > limit ? users.at(-1) : undefined
  return { date, basis, users, next: last ? { arrears: last.arrears, province: last.province, consNo: last.consNo } : null }
}
