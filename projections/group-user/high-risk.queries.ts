import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { BusinessDate, type BusinessDate as Day, instantAt } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { sql } from '#projections/shared/sql.ts'
import { Ratio } from './figures.queries.ts'

type Db = Pick<DatabasePool, 'any'>

/** What stands on record of a group's members as high-risk users on a date; the figures as their provinces reported them, by the latest versions. */
export const GroupRisk = z
  .object({
    users: z.int().describe('Members listed as high-risk users'),
    levelI: z.int(),
    levelII: z.int(),
    levelIII: z.int(),
    worstLevel: Level.nullable(),
    reported: z.int().describe('Of them in the reports of the day, or the last before it'),
    arrears: Fen.describe('As reported, bills up to last month'),
    measures: z.int().describe('Measures in force'),
    measuredUsers: z.int(),
    guarantee: Fen.describe('担保, as reported'),
    openOrders: z.int().describe('Work orders that name a member, issued and not closed at the end of the day'),
    reportedSince: BusinessDate.nullable().describe('The oldest of the reports in it'),
    nationalShare: Ratio.nullable().describe('Share of the nation’s high-risk arrears; headquarters only'),
  })
  .meta({ id: 'GroupRisk' })
export type GroupRisk = z.output<typeof GroupRisk>

const Found = z.object({
  provinces: z.int(),
  users: z.int(),
  one: z.int(),
  two: z.int(),
  three: z.int(),
  reported: z.int(),
  arrears: z.bigint(),
  measures: z.int(),
  measured: z.int(),
  guarantee: z.bigint(),
  since: z.string().nullable(),
  orders: z.int(),
  national: z.bigint().nullable(),
})

type Asked = {
  readonly groupNo: GroupNo
  readonly date: Day
  readonly membershipOn: Day
  readonly descendants: boolean
  readonly provinces: readonly ProvinceCode[] | undefined
}

/** The last day up to a date whose report of a province stands. */
const SEALED = (on: Day) => sql.fragment`
  select z.stat_date, z.latest_version from read_model.report z
  where z.province = p.province and z.stat_date <= ${on}::date and z.latest_version is not null order by z.stat_date desc limit 1`

/** What stands on record of a group's members, and in how many provinces they are. */
export const groupRisk = async (
  db: Db,
  { groupNo, date, membershipOn, descendants, provinces }: Asked,
): Promise<{ readonly risk: GroupRisk; readonly provincesTouched: number }> => {
  const endOfDay = instantAt(date, 24 * 60)
  const seen = provinces === undefined ? null : `{${provinces.join()}}`
  const [row] = await db.any(sql.prepared('group-risk', Found)`
    with member as materialized (
      select m.province, m.cons_no from read_model.group_membership m
      join read_model.group_ancestor t on t.ancestor = ${groupNo} and t.group_no = m.group_no and t.valid_from <= ${membershipOn}::date
        and t.valid_to > ${membershipOn}::date and (t.depth = 0 or ${descendants})
      where m.valid_from <= ${membershipOn}::date and m.valid_to > ${membershipOn}::date and (${seen}::text[] is null or m.province = any(${seen}::text[]))),
    listed as materialized (
      select m.province, m.cons_no, l.level from member m cross join lateral (
        select l.level from read_model.high_risk_user_level l
        where l.province = m.province and l.cons_no = m.cons_no and l.on_date <= ${date}::date order by l.revision desc limit 1) l
      where l.level is not null),
    sealed as materialized (
      select p.province, s.stat_date, s.latest_version from (select distinct province from listed) p cross join lateral (${SEALED(date)}) s),
    day as materialized (
      select s.stat_date, u.arrears, u.guarantee, u.measures from sealed s join listed l using (province)
      join read_model.user_day u on u.stat_date = s.stat_date and u.province = l.province and u.cons_no = l.cons_no
        and u.version_from <= s.latest_version and u.version_to > s.latest_version),
    named as (
      select distinct s.order_no from member m join read_model.work_order_subject s using (province, cons_no)
      join read_model.work_order o on o.order_no = s.order_no and o.issued_at is not null and o.issued_at < ${endOfDay}::timestamptz
        and (o.closed_at is null or o.closed_at >= ${endOfDay}::timestamptz) and (o.status <> 'withdrawn' or o.changed_at >= ${endOfDay}::timestamptz))
    select l.*, d.*, (select count(distinct province)::int from member) as provinces, (select count(*)::int from named) as orders, n.national
    from (select count(*)::int as users, (count(*) filter (where level = 'I'))::int as one, (count(*) filter (where level = 'II'))::int as two,
        (count(*) filter (where level = 'III'))::int as three from listed) l
    cross join (select count(*)::int as reported, coalesce(sum(arrears), 0)::bigint as arrears, coalesce(sum(cardinality(measures)), 0)::int as measures,
        (count(*) filter (where cardinality(measures) > 0))::int as measured, coalesce(sum(guarantee), 0)::bigint as guarantee, min(stat_date) as since from day) d
    cross join (
      select sum(x.arrears)::bigint as national from read_model.reporter p cross join lateral (${SEALED(date)}) s
      join read_model.province_day x on x.basis = 'corrected' and x.province = p.province and x.stat_date = s.stat_date
      where ${provinces === undefined}::boolean) n`)
  return { risk: riskOf(row!), provincesTouched: row!.provinces }
}

const riskOf = (row: z.output<typeof Found>): GroupRisk => ({
  users: row.users,
  levelI: row.one,
  levelII: row.two,
  levelIII: row.three,
  worstLevel: row.one > 0 ? 'I' : row.two > 0 ? 'II' : row.three > 0 ? 'III' : null,
  reported: row.reported,
  arrears: row.arrears as GroupRisk['arrears'],
  measures: row.measures,
  measuredUsers: row.measured,
  guarantee: row.guarantee as GroupRisk['guarantee'],
  openOrders: row.orders,
  reportedSince: row.since as GroupRisk['reportedSince'],
  nationalShare: row.national === null || row.national === 0n ? null : { numerator: row.arrears, denominator: row.national },
})
