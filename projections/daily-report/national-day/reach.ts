import type { FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { addMonths, BusinessDate, daysInMonth, monthOf, yearOf } from '#domain/shared/dates.ts'
import { typed } from '#projections/shared/columns.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, sql } from '#projections/shared/sql.ts'
import { OPEN_DATE } from './columns.ts'
import type { Touch } from './given.ts'

/** One province day to be summed: which version (none: nothing was reported, only users are counted), against which earlier day, frozen at which New Year, under which list. */
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
export type Work = z.output<typeof Work>

const TOUCH = 'province text, from_date date, to_date date, sealed boolean'

/** Days on which it changes who is listed, and how, without any report. A touch of one day is a report's. */
const EDGES = sql.fragment`
  union
  select m.province, d.on_date from t join membership m on t.province is null or m.province = t.province
  cross join lateral (values (m.valid_from), (m.valid_to)) d (on_date) where d.on_date between t.from_date and t.to_date and d.on_date < ${OPEN_DATE}::date
  union
  select m.province, m.on_date from t join membership_move m on (t.province is null or m.province = t.province) and m.on_date between t.from_date and t.to_date
  union
  select p.province, l.effective_from from t join reporter p on t.province is null or p.province = t.province
  join list_version l on l.effective_from between t.from_date and t.to_date and not l.revoked`

/** Touches with a row each, as `t` of a statement. */
export const touched = (touches: readonly Touch[]) =>
  sql.fragment`select * from ${rowset(
    touches.map(({ province, from, to, sealed }) => ({ province, from_date: from, to_date: to, sealed })),
    TOUCH,
  )}`

/**
 * The province days that the touches reach: of those touched the days with a report and the days on which the listed users, their
 * levels or categories change; the next reported day, whose new and cleared arrears are told against it; and the year after the last
 * reported day of a year, whose prior-year arrears are frozen there.
 */
export const reached = async (touches: readonly Touch[], db: ProjectionDb): Promise<readonly Work[]> => {
  const edges = touches.some(({ from, to }) => from < to) ? EDGES : sql.fragment``
  return db.any(sql.type(Work)`
    with t as materialized (${touched(touches)}),
    dirty as (
      select p.province, p.stat_date from t join report p on (t.province is null or p.province = t.province) and p.stat_date between t.from_date and t.to_date
      ${edges}
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
      select dirty.province, dirty.stat_date, basis,
        case basis when 'published' then p.published_version else p.latest_version end as version,
        b.stat_date as before, case basis when 'published' then b.published_version else b.latest_version end as before_version,
        z.stat_date as frozen_on, case basis when 'published' then z.published_version else z.latest_version end as frozen_version,
        l.version as list_version
      from dirty left join report p on p.province = dirty.province and p.stat_date = dirty.stat_date
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
        select l.version from list_version l where l.effective_from <= dirty.stat_date and not l.revoked order by l.effective_from desc, l.version desc limit 1) l on true
      where dirty.stat_date is not null
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

const keyOf = (work: Work) => {
  const lastMonth = addMonths(monthOf(work.stat_date), -1)
  return {
    ...work,
    last_month: lastMonth,
    before_last_month: work.before && addMonths(monthOf(work.before), -1),
    last_month_days: daysInMonth(+lastMonth.slice(0, 4), +lastMonth.slice(4)),
    year: `${yearOf(work.stat_date)}`,
  }
}

/** Days to be summed as rows `r`, with the months that their figures are told by. */
export const keysOf = (works: readonly Work[]): FragmentSqlToken => rowset(works.map(keyOf), typed(KEY))
