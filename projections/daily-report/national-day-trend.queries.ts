import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BusinessDate, daysBetween } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { sql } from '#projections/shared/sql.ts'
import { allSums, Basis, Filters, GroupBy, inForce, places, readSums, source } from './national-day/asking.ts'
import { Figures, KPI_NAMES, type KpiName } from './national-day/kpis.ts'
import { figuresOf } from './national-day/measure.ts'

/** Figures that want more than the sums of their own day are not told over time. */
const ALONE = ['electricityMonthToDate', 'topTenArrears', 'concentration', 'completeness', 'onTime'] as const
type TrendFigure = Exclude<KpiName, (typeof ALONE)[number]>
const TREND_FIGURES = KPI_NAMES.filter((name): name is TrendFigure => !(ALONE as readonly string[]).includes(name))
const MOST_DAYS = 1100

export const TrendQuery = z
  .object({
    from: BusinessDate,
    to: BusinessDate,
    basis: Basis.default('corrected'),
    groupBy: GroupBy.optional(),
    filters: Filters.default({}),
    figures: z
      .array(z.enum(TREND_FIGURES as [TrendFigure, ...TrendFigure[]]))
      .min(1)
      .max(12),
  })
  .refine(({ from, to }) => to >= from && daysBetween(from, to) < MOST_DAYS, { path: ['to'], error: `from the first day on, at most ${MOST_DAYS} days` })
export type TrendQuery = z.input<typeof TrendQuery>

export const Trend = z
  .object({
    basis: Basis,
    points: z.array(
      z.object({
        date: BusinessDate,
        key: z.string().nullable(),
        /** Provinces whose report of the day stands, and those whose stocks are carried forward. */
        reported: z.int(),
        carried: z.int(),
        figures: Figures.partial(),
      }),
    ),
  })
  .meta({ id: 'StatisticsTrend' })
export type Trend = z.output<typeof Trend>

const Point = z.object({ date: BusinessDate, key: z.string().nullable(), reported: z.int(), carried: z.int(), sums: z.string() })

/** Some figures day by day. Stocks of a province that has not reported are carried forward; flows count only where reported. */
export const trend = async (pool: DatabasePool, query: TrendQuery, scope?: readonly ProvinceCode[]): Promise<Trend> => {
  const { from: first, to: last, basis, groupBy, filters, figures } = TrendQuery.parse(query)
  const asked = { basis, filters, scope }
  const from = source(asked, groupBy)
  // A day's figures hold until the next: the spans are spread over the days, so that no day looks for its own.
  const spread = (days: ReturnType<typeof sql.fragment>) => sql.fragment`
    select s.province, s.stat_date, d::date as on_date
    from (
      select p.province, p.stat_date, lead(p.stat_date, 1, ${last}::date + 1) over (partition by p.province order by p.stat_date) - 1 as until
      from ${days} and p.stat_date <= ${last}::date and p.province in (select province from place)) s
    cross join lateral generate_series(greatest(s.stat_date, ${first}::date), s.until, interval '1 day') d
    where s.until >= ${first}::date`
  const points = await pool.any(sql.type(Point)`
    with place as materialized (${places(asked)}),
      e as materialized (
        select on_date, province, z.stat_date as sealed, k.stat_date as known
        from (${spread(sql.fragment`read_model.province_day p where p.basis = ${basis}`)}) k
        full join (${spread(sql.fragment`read_model.report p where p.latest_version is not null`)}) z using (on_date, province)),
      c as (
        select on_date, count(*) filter (where sealed = on_date)::int as reported, count(*) filter (where sealed < on_date)::int as carried from e group by on_date),
      t as (
        select e.on_date, ${from.key} as key, ${allSums} as sums from ${inForce(from, basis)} group by 1, 2)
    select c.on_date as date, t.key, c.reported, c.carried, t.sums from t join c using (on_date) order by 1, 2`)
  return {
    basis,
    points: points.map(({ sums, ...point }) => {
      const all = figuresOf(readSums(sums))
      return { ...point, figures: Object.fromEntries(figures.map((name) => [name, all[name]])) }
    }),
  }
}
