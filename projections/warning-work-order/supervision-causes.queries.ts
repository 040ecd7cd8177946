import { z } from 'zod'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { Cause, Result } from '#domain/warning-work-order/fields.ts'
import { AsOf } from '#projections/shared/as-of.ts'
import { CAUSES, causeColumn, RESULTS, resultColumn, SHARES } from './supervision/counters.ts'
import type { Sums } from './supervision/figures.ts'
import { SHARE } from './supervision/ledger.ts'
import { cohortOf } from './supervision/slices.ts'
import { addUp, type Db } from './supervision/sums.ts'
import { periodOf, type SupervisionQuery } from './supervision.queries.ts'

const Shares = z.object({
  /** Users by the cause that their province answered last, with what it says came in and what remains. */
  causes: z.array(z.object({ cause: Cause, users: z.int(), recovered: Fen, remaining: Fen })),
  /** Closed orders by their result. */
  results: z.array(z.object({ result: Result, orders: z.int(), recovered: Fen, remaining: Fen })),
})

export const SupervisionCauses = z
  .object({
    asOf: AsOf,
    at: Instant,
    period: z.object({ from: BusinessDate, to: BusinessDate }),
    rows: z.array(Shares.extend({ key: z.string() })),
    total: Shares,
  })
  .meta({ id: 'SupervisionCauses' })
export type SupervisionCauses = z.output<typeof SupervisionCauses>

/** Why users owe, as their provinces answered, and how orders ended (反馈原因与办结结果): of the orders issued in a period and not withdrawn. */
export const supervisionCauses = async (db: Db, query: SupervisionQuery, scope?: readonly ProvinceCode[]): Promise<SupervisionCauses> => {
  const { groupBy, filters, at, period } = periodOf(query)
  const told = await addUp(db, SHARE, cohortOf(period, at), groupBy, { filters, scope }, COLUMNS)
  return {
    ...{ asOf: told.asOf, at, period },
    rows: told.keys.map((key) => ({ key, ...sharesOf(told.at('cohort', key)) })),
    total: sharesOf(told.total('cohort')),
  }
}
const COLUMNS = { cohort: Object.keys(SHARES) }

const sharesOf = (sums: Sums): z.output<typeof Shares> => {
  const count = (column: string): number => Number(sums(column))
  const money = (column: string): Fen => sums(column) as Fen
  return {
    causes: CAUSES.map((cause) => ({
      ...{ cause, users: count(causeColumn(cause, 'users')), recovered: money(causeColumn(cause, 'recovered')) },
      remaining: money(causeColumn(cause, 'remaining')),
    })),
    results: RESULTS.map((result) => ({
      ...{ result, orders: count(resultColumn(result, 'orders')), recovered: money(resultColumn(result, 'recovered')) },
      remaining: money(resultColumn(result, 'remaining')),
    })),
  }
}
