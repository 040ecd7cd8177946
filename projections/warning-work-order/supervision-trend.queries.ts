import { z } from 'zod'
import { addDays, BusinessDate, businessDateOf, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { AsOf } from '#projections/shared/as-of.ts'
import { FLOWS, STOCKS } from './supervision/counters.ts'
import { FlowFigures, flowOf, less, StockFigures, stockOf } from './supervision/figures.ts'
import { MAIN } from './supervision/ledger.ts'
import { earlier, endOf, type Slice, stockAt } from './supervision/slices.ts'
import { addUp, type Db, SupervisionFilters } from './supervision/sums.ts'

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
  // Everything that was so far, day by day: the events of a day are what it has more than the day before.
  const slices: Slice[] = []
  for (let on = addDays(from, -1); on <= last; on = addDays(on, 1)) slices.push({ view: 'stock', period: '', on })
  const told = await addUp(db, MAIN, { slices, strips: stockAt(at).strips }, 'day', { filters, scope }, DAILY)
  const days = slices.slice(1).map(({ on: date }, index) => {
    const sums = told.at('stock', date)
    return { date, flow: flowOf(less(sums, told.at('stock', slices[index]!.on))), stock: stockOf(sums) }
  })
  return { asOf: told.asOf, days }
}
const DAILY = { stock: Object.keys({ ...FLOWS, ...STOCKS }) }
