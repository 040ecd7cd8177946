import { z } from 'zod'
import { BusinessDate, businessDateOf, firstDay, Instant, monthOf } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { SupervisionScore } from '#domain/warning-work-order/fields.ts'
import { AsOf } from '#projections/shared/as-of.ts'
import { COHORT, FLOWS, STOCKS } from './supervision/counters.ts'
import { CohortFigures, cohortFigures, FlowFigures, flowOf, less, type Quantiles, StockFigures, type Sums, stockOf } from './supervision/figures.ts'
import { MAIN } from './supervision/ledger.ts'
import { type Quantiled, quantilesOf } from './supervision/quantiles.ts'
import { scored } from './supervision/score.ts'
import { before, cohortOf, endOf, stockAt, together, type View } from './supervision/slices.ts'
import { type Asked, addUp, type Db, SUPERVISION_MODEL, SupervisionFilters, SupervisionGroupBy, type Told } from './supervision/sums.ts'

export const SUPERVISION = SUPERVISION_MODEL

export const SupervisionQuery = z.object({
  /** The day of the flow and, at its end, of stock and cohort. */
  date: BusinessDate,
  /** Tell it as it stands now, when the day is not over: nothing that comes due later today counts yet. */
  now: Instant.optional(),
  /** 考核期: orders issued in these days; the month of the date up to it when left out. */
  period: z.object({ from: BusinessDate, to: BusinessDate }).optional(),
  groupBy: SupervisionGroupBy.default('province'),
  filters: SupervisionFilters.default({}),
})
export type SupervisionQuery = z.input<typeof SupervisionQuery>

const Line = z.object({ flow: FlowFigures, stock: StockFigures, cohort: CohortFigures })
const Scored = z.object({
  /** Hundredths of a point of 100; null where nothing can be told. */
  score: z.int().nullable(),
  rank: z.int().nullable(),
})

/** 总部预警督办日统计. */
export const SupervisionStatistics = z
  .object({
    asOf: AsOf,
    date: BusinessDate,
    /** The instant of which stock and cohort are told. */
    at: Instant,
    period: z.object({ from: BusinessDate, to: BusinessDate }),
    groupBy: SupervisionGroupBy,
    /** By what the rows are ranked: percentages of the rates of signing and answering in time, of passing at the first time, of money recovered, of closing. */
    score: SupervisionScore.nullable(),
    /** In the order of their keys. A group of which no order was ever known has none. */
    rows: z.array(Line.extend({ key: z.string(), ...Scored.shape })),
    /** From the sums of the rows, never a mean of their rates; the median is that of all orders. */
    total: Line,
  })
  .meta({ id: 'SupervisionStatistics' })
export type SupervisionStatistics = z.output<typeof SupervisionStatistics>

/**
 * The daily statistics of supervision (预警督办日统计): what happened on a date, where orders stood at its end, and what had become by then of the orders
 * issued in a period. `scope`: provinces the caller may see, all when undefined. `scores`: the weights of the ranking as they came into
 * effect; rows of provinces are ranked by those in force on the date.
 */
export const supervisionStatistics = async (
  db: Db,
  query: SupervisionQuery,
  scores: readonly SupervisionScore[],
  scope?: readonly ProvinceCode[],
): Promise<SupervisionStatistics> => {
  const { date, groupBy, filters, at, period } = periodOf(query)
  const asked: Asked = { filters, scope }
  const cut = together([stockAt(at), before(date), cohortOf(period, at)])
  const { told, quantiles } = await ofOneMoment(async () => {
    const told = await addUp(db, MAIN, cut, groupBy, asked, COLUMNS)
    // Nothing closed after the last event: then the rest of the day changes nothing, and what was read for it serves.
    const until = told.asOf.at !== null && told.asOf.at <= at ? endOf(date) : at
    const stock = told.total('stock')
    const ends = [stock('closed_times'), stock('reopened_times'), stock('withdrawn_times')].join(' ')
    return { told, quantiles: await quantilesOf(db, { period, at: until, groupBy, asked }, ends, told.asOf.position) }
  })
  const lines = told.keys.map((key) => ({ key, ...lineOf((view) => told.at(view, key), quantiles.of(key)) }))
  const score = inForceOn(scores, date) ?? null
  const places =
    score && groupBy === 'province'
      ? scored(
          lines.map(({ cohort }) => cohort),
          score.weights,
        )
      : undefined
  return {
    ...{ asOf: told.asOf, date, at, period, groupBy, score },
    rows: lines.map((line, index) => ({ ...line, ...(places?.[index] ?? { score: null, rank: null }) })),
    total: lineOf(told.total, quantiles.total),
  }
}

const COLUMNS = { stock: Object.keys({ ...STOCKS, ...FLOWS }), before: Object.keys(FLOWS), cohort: Object.keys({ ...STOCKS, ...COHORT }) }

/** What is asked, with the instant and the period that it comes to. */
export const periodOf = (query: SupervisionQuery) => {
  const { date, now, groupBy, filters, period = { from: firstDay(monthOf(date)), to: date } } = SupervisionQuery.parse(query)
  return { date, groupBy, filters, period, at: instantOf(date, now) }
}

const TRIES = 5
type Parts = { readonly told: Told; readonly quantiles: Quantiled }
/** Sums and medians are two statements: where the read model moved between them, they are asked again. */
const ofOneMoment = async (ask: () => Promise<Parts>): Promise<Parts> => {
  for (let left = TRIES; ; left--) {
    const parts = await ask()
    if (parts.told.asOf.position === parts.quantiles.position || left === 0) return parts
  }
}

/** The end of a day, or now when that is not yet over. */
const instantOf = (date: BusinessDate, now: Instant | undefined): Instant => (now !== undefined && businessDateOf(now) === date ? now : endOf(date))

const lineOf = (sums: (view: View) => Sums, quantiles: Quantiles): z.output<typeof Line> => ({
  flow: flowOf(less(sums('stock'), sums('before'))),
  stock: stockOf(sums('stock')),
  cohort: cohortFigures(sums('cohort'), quantiles),
})
