import { z } from 'zod'
import { addDays, BusinessDate, businessDateOf, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { AsOf } from '#projections/shared/as-of.ts'
import { FLOWS, STOCKS } from './supervision/counters.ts'
import { FlowFigures, flowOf, StockFigures, type Sums, stockOf } from './supervision/figures.ts'
import { MAIN } from './supervision/ledger.ts'
import { type Cut, earlier, endOf, laterThan, stockAt, together } from './supervision/slices.ts'
import { addUp, type Db, plus, SupervisionFilters } from './supervision/sums.ts'

export const SupervisionTrendQuery = z
  .object({
    from: BusinessDate,
    to: BusinessDate,
    /** Days after its own are not told; its own is told as it stands then. */
    now: Instant.optional(),
    filters: SupervisionFilters.default({}),
  })
  .refine(({ from, to }) => from <= to && addDays(from, 400) >= to, 'at most 401 days')
export type SupervisionTrendQuery = z.input<typeof SupervisionTrendQuery>

export const SupervisionTrend = z
  .object({ asOf: AsOf, days: z.array(z.object({ date: BusinessDate, flow: FlowFigures, stock: StockFigures })) })
  .meta({ id: 'SupervisionTrend' })
export type SupervisionTrend = z.output<typeof SupervisionTrend>

/** Day by day what happened and where orders stood at its end; every day has its point. */
export const supervisionTrend = async (db: Db, query: SupervisionTrendQuery, scope?: readonly ProvinceCode[]): Promise<SupervisionTrend> => {
  const { from, to, now, filters } = SupervisionTrendQuery.parse(query)
  const today = now === undefined ? to : businessDateOf(now)
  const last = earlier(today, to)
  const at = now !== undefined && last === today ? now : endOf(last)
  const days: Cut = {
    slices: [{ view: 'flow', period: '', grain: 'day', from, to: last }],
    strips: laterThan('flow', at),
  }
  const told = await addUp(db, MAIN, together([days, stockAt(endOf(addDays(from, -1)))]), 'on_date', { filters, scope }, DAILY)
  let standing = told.keys.reduce<Sums>((sum, key) => plus(sum, told.at('stock', key) ?? {}), {})
  const points: SupervisionTrend['days'] = []
  for (let date = from; date <= last; date = addDays(date, 1)) {
    const change = told.at('flow', date) ?? {}
    standing = plus(standing, change)
    points.push({ date, flow: flowOf(change), stock: stockOf(standing) })
  }
  return { asOf: told.asOf, days: points }
}
const DAILY = { flow: Object.keys({ ...FLOWS, ...STOCKS }), stock: Object.keys(STOCKS) }
