import { z } from 'zod'
import { BusinessDate, firstDay, lastDay, monthOf } from '#domain/shared/dates.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql, text } from '#projections/shared/sql.ts'
import { FLOW_NAMES, MEMBER_NAMES, SUM_NAMES } from './columns.ts'
import type { Touch } from './given.ts'
import { membersOf, usersOf } from './one-day.sql.ts'
import { keysOf, reached, touched, type Work } from './reach.ts'

/** Province days in one statement; bounds what it holds at a time. */
const CHUNK = 60
const MEMBERS_CHUNK = 500

/**
 * Sums every province day again that the touches reach: a reported day from its users' rows, any other from who was listed. Days of
 * which nothing is said any more (a revoked list, a listing taken back) go.
 */
export const recompute = async (touches: readonly Touch[], db: ProjectionDb): Promise<void> => {
  if (touches.length === 0) return
  const gone = await forget(touches, db)
  const works = await reached(touches, db)
  for (const keys of chunks(works, MEMBERS_CHUNK)) await clear(keys, db)
  for (const keys of chunks(works.filter(isReported), CHUNK)) await sumUp(keys, db)
  const unreported = works.filter((work) => !isReported(work))
  for (const keys of chunks(unreported, MEMBERS_CHUNK)) await countMembers(keys, db)
  if (works.length + gone.length > 0) await sumMonths([...works, ...gone], db)
}

const isReported = ({ version }: Work): boolean => version !== null

function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}

type Day = Pick<Work, 'province' | 'stat_date'>
const Day = z.object({ province: z.string(), stat_date: BusinessDate })
const TABLES = ['top_user', 'statistic', 'province_day'] as const

/** Empties the touched spans of days; a touch of one day is a report's, and reports stay. */
const forget = async (touches: readonly Touch[], db: ProjectionDb): Promise<readonly Day[]> => {
  const spans = touches.filter(({ from, to }) => from < to)
  if (spans.length === 0) return []
  const [first] = spans.map(({ from }) => from).toSorted()
  let gone: readonly Day[] = []
  for (const table of TABLES)
    gone = await db.any(sql.type(Day)`
      with t as materialized (${touched(spans)}), gone as (
        delete from ${sql.identifier([table])} s using t
        where s.basis in ('published', 'corrected') and s.stat_date >= ${first!}::date and (t.province is null or s.province = t.province)
          and s.stat_date between t.from_date and t.to_date returning s.province, s.stat_date)
      select distinct province, stat_date from gone`)
  return gone
}

const clear = async (days: readonly Day[], db: ProjectionDb): Promise<void> => {
  const keys = rowset(days, 'province text, stat_date date')
  const dates = sql.array([...new Set(days.map(({ stat_date }) => stat_date))], 'date')
  for (const table of TABLES)
    await db.query(run`
      delete from ${sql.identifier([table])} s using ${keys}
      where s.basis in ('published', 'corrected') and s.stat_date = any(${dates}) and s.province = r.province and s.stat_date = r.stat_date`)
}

const listOf = (columns: readonly string[], as: (name: string) => string = (name) => name) => text(columns.map(as).join(', '))
const columns = listOf(SUM_NAMES)
const added = listOf(SUM_NAMES, (name) => `sum(${name}) as ${name}`)

const sumUp = async (works: readonly Work[], db: ProjectionDb): Promise<void> => {
  const keys = keysOf(works)
  await db.query(run`
    with k as materialized (select row_number() over () as day, r.* from ${keys}),
    x as materialized (select k.day, x.* from k cross join lateral (${text(usersOf(works))}) x),
    cell as materialized (select day, category, level, ${added} from x group by day, category, level),
    cells as (
      insert into statistic (basis, stat_date, province, category, level, ${columns})
      select basis, k.stat_date, k.province, s.category, s.level, ${listOf(SUM_NAMES, (name) => `s.${name}`)}
      from cell s join k using (day) cross join unnest(k.bases) basis),
    days as (
      insert into province_day (basis, stat_date, province, ${columns})
      select basis, k.stat_date, k.province, ${listOf(SUM_NAMES, (name) => `s.${name}`)}
      from (select day, ${added} from cell group by day) s join k using (day) cross join unnest(k.bases) basis)
    insert into top_user (basis, stat_date, province, category, level, place, cons_no, cons_name, arrears, province_place)
    select basis, k.stat_date, k.province, s.category, s.level, s.place, s.cons_no, s.cons_name, s.arrears, s.province_place
    from (
      select day, category, level, cons_no, cons_name, arrears,
        row_number() over (partition by day, category, level order by arrears desc, cons_no) as place,
        row_number() over (partition by day order by arrears desc, cons_no) as province_place
      from x where arrears > 0) s
    join k using (day) cross join unnest(k.bases) basis
    where s.place <= 10`)
}

const counts = listOf(MEMBER_NAMES)
const countsAdded = listOf(MEMBER_NAMES, (name) => `sum(${name}) as ${name}`)

/** Counts the listed users of days that nobody has reported; every other sum of such a day is nought, and no reader asks for it. */
const countMembers = async (works: readonly Work[], db: ProjectionDb): Promise<void> => {
  const keys = rowset(works, 'province text, stat_date date, list_version integer')
  await db.query(run`
    with k as materialized (select * from ${keys}),
    cell as materialized (
      select k.province, k.stat_date, x.category, x.level, ${countsAdded} from k cross join lateral (${text(membersOf)}) x
      group by k.province, k.stat_date, x.category, x.level),
    cells as (
      insert into statistic (basis, stat_date, province, category, level, ${counts})
      select basis, stat_date, province, category, level, ${counts} from cell cross join unnest(array['published', 'corrected']) basis)
    insert into province_day (basis, stat_date, province, ${counts})
    select basis, stat_date, province, ${countsAdded} from cell cross join unnest(array['published', 'corrected']) basis
    group by basis, stat_date, province`)
}

const flows = listOf(FLOW_NAMES)

/** Adds up the months to which the days belong. */
const sumMonths = async (days: readonly Day[], db: ProjectionDb): Promise<void> => {
  const months = new Map(days.map(({ province, stat_date }) => [`${province} ${monthOf(stat_date)}`, { province, month: monthOf(stat_date) }]))
  const rows = [...months.values()].map((key) => ({ ...key, first: firstDay(key.month), last: lastDay(key.month) }))
  const keys = rowset(rows, 'province text, month text, first date, last date')
  await db.query(run`delete from statistic_month s using ${keys} where s.province = r.province and s.month = r.month`)
  await db.query(run`
    insert into statistic_month (basis, month, province, category, level, ${flows})
    select basis, month, province, category, level, ${listOf(FLOW_NAMES, (name) => `sum(${name})`)}
    from (
      select s.basis, r.month, r.province, s.category, s.level, ${listOf(FLOW_NAMES, (name) => `s.${name}`)}
      from ${keys} cross join unnest(array['published', 'corrected']) basis
      cross join lateral (
        select * from statistic s where s.basis = basis.basis and s.province = r.province and s.stat_date between r.first and r.last offset 0) s) s
    group by basis, month, province, category, level`)
}
