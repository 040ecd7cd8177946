import { z } from 'zod'
import { addMonths, BusinessDate, daysInMonth, firstDay, lastDay, monthOf, yearOf } from '#domain/shared/dates.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { FLOW_NAMES, SUM_NAMES, SUMS, text, typed } from './columns.ts'
import type { Touch } from './given.ts'

/** Province days in one statement; bounds what it holds at a time. */
const CHUNK = 60

/** One province day to be summed: which version, against which earlier day, frozen at which New Year, under which list. */
const Work = z.object({
  province: z.string(),
  stat_date: BusinessDate,
  bases: z.array(z.string()),
  version: z.int().nullable(),
  before: BusinessDate.nullable(),
  before_version: z.int().nullable(),
  frozen_on: BusinessDate.nullable(),
  frozen_version: z.int().nullable(),
  list_version: z.int().nullable(),
})

/**
 * Sums every province day again that the touches reach: the days themselves; the next reported day, whose new and cleared arrears
 * are told against it; and the year after the last reported day of a year, whose prior-year arrears are frozen there.
 */
export const recompute = async (touches: readonly Touch[], db: ProjectionDb): Promise<void> => {
  if (touches.length === 0) return
  const works = await reached(touches, db)
  for (let at = 0; at < works.length; at += CHUNK) await sumUp(works.slice(at, at + CHUNK), db)
  if (works.length > 0) await sumMonths(works, db)
}

const TOUCH = 'province text, from_date date, to_date date, sealed boolean'

const reached = async (touches: readonly Touch[], db: ProjectionDb): Promise<readonly z.output<typeof Work>[]> => {
  const rows = touches.map(({ province, from, to, sealed }) => ({ province, from_date: from, to_date: to, sealed }))
  return db.any(sql.type(Work)`
    with t as materialized (select * from ${rowset(rows, TOUCH)}),
    dirty as (
      select p.province, p.stat_date from t join report p on (t.province is null or p.province = t.province) and p.stat_date between t.from_date and t.to_date
      union
      select t.province, (select min(n.stat_date) from report n where n.province = t.province and n.stat_date > t.from_date and n.latest_version is not null)
      from t where t.sealed
      union
      select n.province, n.stat_date from t join report n on n.province = t.province and n.latest_version is not null
        and n.stat_date >= date_trunc('year', t.from_date) + interval '1 year' and n.stat_date < date_trunc('year', t.from_date) + interval '2 years'
      where t.sealed and not exists (
        select 1 from report o where o.province = t.province and o.latest_version is not null
          and o.stat_date > t.from_date and o.stat_date < date_trunc('year', t.from_date) + interval '1 year')
    ),
    told as (
      select p.province, p.stat_date, basis,
        case basis when 'published' then p.published_version else p.latest_version end as version,
        b.stat_date as before, case basis when 'published' then b.published_version else b.latest_version end as before_version,
        z.stat_date as frozen_on, case basis when 'published' then z.published_version else z.latest_version end as frozen_version,
        l.version as list_version
      from dirty join report p using (province, stat_date)
      cross join unnest(array['published', 'corrected']) basis
      left join lateral (
        select b.stat_date, b.published_version, b.latest_version from report b
        where b.province = p.province and b.stat_date < p.stat_date and b.latest_version is not null and p.latest_version is not null
        order by b.stat_date desc limit 1) b on true
      left join lateral (
        select z.stat_date, z.published_version, z.latest_version from report z
        where z.province = p.province and z.latest_version is not null and p.latest_version is not null
          and z.stat_date < date_trunc('year', p.stat_date) and z.stat_date >= date_trunc('year', p.stat_date) - interval '1 year'
        order by z.stat_date desc limit 1) z on true
      left join lateral (
        select l.version from list_version l where l.effective_from <= p.stat_date and not l.revoked order by l.effective_from desc, l.version desc limit 1) l on true
    )
    select province, stat_date, array_agg(basis order by basis) as bases, version, before, before_version, frozen_on, frozen_version, list_version
    from told group by province, stat_date, version, before, before_version, frozen_on, frozen_version, list_version
    order by stat_date, province`)
}

const KEY = {
  province: 'text',
  stat_date: 'date',
  bases: 'text[]',
  version: 'integer',
  before: 'date',
  before_version: 'integer',
  frozen_on: 'date',
  frozen_version: 'integer',
  list_version: 'integer',
  last_month: 'text',
  before_last_month: 'text',
  last_month_days: 'integer',
  year: 'text',
} as const

const keyOf = (work: z.output<typeof Work>) => {
  const lastMonth = addMonths(monthOf(work.stat_date), -1)
  return {
    ...work,
    last_month: lastMonth,
    before_last_month: work.before && addMonths(monthOf(work.before), -1),
    last_month_days: daysInMonth(+lastMonth.slice(0, 4), +lastMonth.slice(4)),
    year: `${yearOf(work.stat_date)}`,
  }
}

/** `DAYS` is put in once the days are known: constants, so that months that do not matter are gone before anything is planned. */
const rowsAt = (alias: string, date: string, version: string): string =>
  `${alias}.stat_date = any(DAYS) and ${alias}.stat_date = k.${date} and ${alias}.province = k.province and ${alias}.version_from <= k.${version} and ${alias}.version_to > k.${version}`

const inScope = (expression: string): string => `sum(${expression}) filter (where coalesce(d.bill_month, p.bill_month) <= k.last_month)`
const RISEN = 'greatest(coalesce(d.balance, 0) - coalesce(p.balance, 0), 0)'
const FALLEN = 'greatest(coalesce(p.balance, 0) - coalesce(d.balance, 0), 0)'
/** A payment taken back (冲正): what is counted as received fell, and the balance rose by it. */
const REVERSED = `least(${RISEN}, greatest(coalesce(p.received - d.received, 0), 0))`
/** Of a fall of the balance, what was written off since; the rest was paid. */
const WRITTEN_OFF = `least(${FALLEN}, greatest(coalesce(d.written_off - p.written_off, 0), 0))`
const CLEARED = `${FALLEN} - ${WRITTEN_OFF}`

const sumsOfUser = SUM_NAMES.map((name) => `coalesce(${SUMS[name].of}, 0)::bigint as ${name}`).join(', ')

/** How each user's bills moved since the reported day before. */
const moved = `
  select coalesce(d.cons_no, p.cons_no) as cons_no,
    sum(${RISEN}) as risen, sum(${REVERSED}) as reversed, sum(${CLEARED}) as cleared, sum(${WRITTEN_OFF}) as written_off,
    ${inScope(RISEN)} as scope_risen, ${inScope(REVERSED)} as scope_reversed, ${inScope(CLEARED)} as scope_cleared,
    ${inScope(WRITTEN_OFF)} as scope_written_off, null::numeric as rolled_in, null::numeric as frozen, null::numeric as still_open
  from (select * from bill_day d where ${rowsAt('d', 'stat_date', 'version')}) d
  full join (select * from bill_day p where ${rowsAt('p', 'before', 'before_version')}) p on p.cons_no = d.cons_no and p.bill_month = d.bill_month
  where coalesce(d.balance, 0) <> coalesce(p.balance, 0)
  group by 1`

const NO_MOVES = 'null, null, null, null, null, null, null, null'
/** What was open of the months that have since become last months: it enters the scope. */
const rolled = `
  select cons_no, ${NO_MOVES}, balance, null, null from bill_day p
  where k.before_last_month < k.last_month and ${rowsAt('p', 'before', 'before_version')}
    and p.bill_month > k.before_last_month and p.bill_month <= k.last_month`

/** What was open at New Year, and what is of the same bills now. */
const frozen = `
  select a.cons_no, ${NO_MOVES}, null, a.balance, coalesce(d.balance, 0)
  from (select * from bill_day a where ${rowsAt('a', 'frozen_on', 'frozen_version')} and a.balance > 0 and a.bill_month < k.year) a
  left join (select * from bill_day d where ${rowsAt('d', 'stat_date', 'version')} and d.bill_month < k.year) d
    on d.cons_no = a.cons_no and d.bill_month = a.bill_month`

/**
 * Every user of one province day with his sums: a lateral per day, so that each is planned by its own key and its month's
 * partition. All are full joins, which are never nested loops, whatever the planner believes of a day it has no statistics for.
 */
const oneDay = `
  select cons_no, coalesce(u.cons_name, v.cons_name, '') as cons_name, coalesce(c.category, 'UNLISTED') as category,
    coalesce(m.level, w.level, u.risk_level, v.risk_level, m0.level) as level, ${sumsOfUser}
  from (select * from membership m where m.province = k.province and m.valid_from <= k.stat_date and m.valid_to > k.stat_date) m
  full join (select * from membership m where m.province = k.province and m.valid_from < k.stat_date and m.valid_to >= k.stat_date) m0 using (cons_no)
  full join (
    select cons_no, count(*) filter (where kind = 'listed') as listed, count(*) filter (where kind = 'relisted') as relisted,
      count(*) filter (where kind = 'delisted') as delisted, count(*) filter (where kind = 'closed') as closed,
      (array_agg(level order by seq desc))[1] as level, (array_agg(standard order by seq desc))[1] as standard,
      (array_agg(trade_code order by seq desc))[1] as trade_code
    from membership_move where province = k.province and on_date = k.stat_date group by cons_no) w using (cons_no)
  full join (select * from user_day u where ${rowsAt('u', 'stat_date', 'version')}) u using (cons_no)
  full join (select * from user_day v where ${rowsAt('v', 'before', 'before_version')}) v using (cons_no)
  full join (
    select cons_no, sum(risen) as risen, sum(reversed) as reversed, sum(cleared) as cleared, sum(written_off) as written_off,
      sum(scope_risen) as scope_risen, sum(scope_reversed) as scope_reversed, sum(scope_cleared) as scope_cleared,
      sum(scope_written_off) as scope_written_off, sum(rolled_in) as rolled_in, sum(frozen) as frozen, sum(still_open) as still_open
    from (${moved} union all ${rolled} union all ${frozen}) b group by cons_no) b using (cons_no)
  left join trade_category c on c.version = k.list_version
    and c.standard = coalesce(m.standard, w.standard, u.standard, v.standard, m0.standard)
    and c.code = coalesce(m.trade_code, w.trade_code, u.trade_code, v.trade_code, m0.trade_code)
  where coalesce(m.level, w.level, u.risk_level, v.risk_level, m0.level) is not null
  offset 0`

const daysOf = (works: readonly z.output<typeof Work>[]): string => {
  const days = new Set(works.flatMap(({ stat_date, before, frozen_on }) => [stat_date, before ?? stat_date, frozen_on ?? stat_date]))
  return `'{${[...days].join(',')}}'::date[]`
}

const listOf = (columns: readonly string[], as: (name: string) => string = (name) => name) => text(columns.map(as).join(', '))
const columns = listOf(SUM_NAMES)
const added = listOf(SUM_NAMES, (name) => `sum(${name}) as ${name}`)

const sumUp = async (works: readonly z.output<typeof Work>[], db: ProjectionDb): Promise<void> => {
  const keys = rowset(works.map(keyOf), typed(KEY))
  const dates = sql.array([...new Set(works.map(({ stat_date }) => stat_date))], 'date')
  for (const table of ['statistic', 'province_day', 'top_user'])
    await db.query(run`
      delete from ${sql.identifier([table])} s using ${keys}
      where s.basis in ('published', 'corrected') and s.stat_date = any(${dates}) and s.province = r.province and s.stat_date = r.stat_date`)
  await db.query(run`
    with k as materialized (select row_number() over () as day, r.* from ${keys}),
    x as materialized (select k.day, x.* from k cross join lateral (${text(oneDay.replaceAll('DAYS', daysOf(works)))}) x),
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

const flows = listOf(FLOW_NAMES)

/** Adds up the months to which the days belong. */
const sumMonths = async (works: readonly z.output<typeof Work>[], db: ProjectionDb): Promise<void> => {
  const months = new Map(works.map(({ province, stat_date }) => [`${province} ${monthOf(stat_date)}`, { province, month: monthOf(stat_date) }]))
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
