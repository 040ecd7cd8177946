import { z } from 'zod'
import { Fen } from '#domain/shared/quantities.ts'
import type { CounterName } from './counters.ts'

/** Sums by counter; nought where there is none. */
export type Sums = (counter: string) => bigint
/** One sum less another. */
export const less =
  (a: Sums, b: Sums): Sums =>
  (counter) =>
    a(counter) - b(counter)

/** A whole number of any size, as text in JSON. */
export const Whole = z
  .codec(z.string().regex(/^-?\d+$/), z.bigint(), { decode: (digits) => BigInt(digits), encode: (value) => value.toString() })
  .meta({ type: 'string', pattern: '^-?\\d+$' })
/** Two sums, divided only where a person looks; null when there is nothing to divide by. */
const Ratio = z.object({ numerator: Whole, denominator: Whole }).meta({ description: 'A ratio as its two sums; never a float' })
export type Ratio = z.output<typeof Ratio>
const rate = Ratio.nullable()
const count = z.int()

/** Events of the days asked for (流量). */
export const FlowFigures = z
  .object({
    ...{ drafted: count, issued: count, signed: count, feedback: count, returned: count, closed: count, reopened: count, withdrawn: count },
    ...{ urged: count, escalated: count, extended: count },
    /** What issued and appended orders warned of, and what was counted as recovered, on these days. */
    ...{ warned: Fen, recovered: Fen },
  })
  .meta({ id: 'SupervisionFlow' })
export type FlowFigures = z.output<typeof FlowFigures>

/** Where orders stood (存量): `issued` = `open` + `closed` + `withdrawn`. */
export const StockFigures = z
  .object({
    ...{ drafts: count, issued: count, open: count, closed: count, withdrawn: count },
    /** Of the open ones. */
    ...{ toSign: count, signed: count, toReview: count, returned: count, paused: count },
    /** 逾期: past the due time to sign or to answer; headquarters' own review apart. */
    ...{ overdue: count, overdueSign: count, overdueFeedback: count, overdueReview: count },
  })
  .meta({ id: 'SupervisionStock' })
export type StockFigures = z.output<typeof StockFigures>

/** The orders issued in a period and not withdrawn (domain brief 4.2), as they stood. Minutes are working minutes. */
export const CohortFigures = z
  .object({
    orders: count,
    open: count,
    closed: count,
    /** Issued in the period and withdrawn since: counted nowhere else here. */
    withdrawn: count,
    /** 按时签收率: of those signed or past the due time. */
    signedOnTime: rate,
    /** 反馈率 and 按时反馈率 (the first feedback): of those answered or past the due time. */
    answered: rate,
    answeredOnTime: rate,
    /** 退回率: orders returned at least once, and returns, of the orders with feedback. */
    returned: rate,
    meanReturns: rate,
    /** 一次通过率: closed without a return, of the closed. */
    firstPass: rate,
    /** 逾期: open and past a due time, of all. */
    overdue: rate,
    ...{ overdueSign: count, overdueFeedback: count },
    /** 办结率 and 按时办结率, of all. */
    closure: rate,
    closedOnTime: rate,
    /** 办理时长 of the closed: mean, median and 90th percentile by nearest rank; of it headquarters' review and the province's own time. */
    meanMinutes: rate,
    medianMinutes: count.nullable(),
    p90Minutes: count.nullable(),
    reviewMinutes: rate,
    provinceMinutes: rate,
    /** 预警金额, 督办回收金额 and the one of the other. */
    warned: Fen,
    recovered: Fen,
    recoveredRate: rate,
    /** 催办率, 升级率: at least once, of all. */
    urged: rate,
    escalated: rate,
  })
  .meta({ id: 'SupervisionCohort' })
export type CohortFigures = z.output<typeof CohortFigures>

export const ratio = (numerator: bigint, denominator: bigint): Ratio | null => (denominator === 0n ? null : { numerator, denominator })
const counts =
  (sums: Sums) =>
  (counter: CounterName): number =>
    Number(sums(counter))

export const flowOf = (s: Sums): FlowFigures => {
  const n = counts(s)
  return {
    drafted: n('drafted_times'),
    issued: n('issued_times'),
    signed: n('signed_times'),
    feedback: n('feedback_times'),
    returned: n('returned_times'),
    closed: n('closed_times'),
    reopened: n('reopened_times'),
    withdrawn: n('withdrawn_times'),
    urged: n('urged_times'),
    escalated: n('escalated_times'),
    extended: n('extended_times'),
    warned: s('warned_flow') as Fen,
    recovered: s('recovered_flow') as Fen,
  }
}

const openIn = (n: (counter: CounterName) => number): number => n('in_issued') + n('in_signed') + n('in_submitted') + n('in_returned')

export const stockOf = (s: Sums): StockFigures => {
  const n = counts(s)
  return {
    drafts: n('draft'),
    issued: n('ever_issued'),
    open: openIn(n),
    closed: n('closed'),
    withdrawn: n('withdrawn'),
    toSign: n('in_issued'),
    signed: n('in_signed'),
    toReview: n('in_submitted'),
    returned: n('in_returned'),
    paused: n('paused'),
    overdue: n('overdue'),
    overdueSign: n('overdue_sign'),
    overdueFeedback: n('overdue_feedback'),
    overdueReview: n('overdue_review'),
  }
}

/** Of closed orders how long the middle one took, and the one that nine in ten do not exceed. */
export type Quantiles = { readonly median: number | null; readonly p90: number | null }

export const cohortFigures = (sums: Sums, { median, p90 }: Quantiles): CohortFigures => {
  const n = counts(sums)
  const of = (part: CounterName, whole: CounterName): Ratio | null => ratio(sums(part), sums(whole))
  return {
    orders: n('orders'),
    open: openIn(n),
    closed: n('closed'),
    withdrawn: n('withdrawn'),
    signedOnTime: of('signed_on_time', 'sign_due'),
    answered: of('answered', 'feedback_due'),
    answeredOnTime: of('answered_on_time', 'feedback_due'),
    returned: of('returned', 'answered'),
    meanReturns: of('returns', 'answered'),
    firstPass: of('closed_unreturned', 'closed'),
    overdue: of('overdue', 'orders'),
    overdueSign: n('overdue_sign'),
    overdueFeedback: n('overdue_feedback'),
    closure: of('closed', 'orders'),
    closedOnTime: of('closed_on_time', 'orders'),
    meanMinutes: of('handling', 'closed'),
    medianMinutes: median,
    p90Minutes: p90,
    reviewMinutes: of('review_minutes', 'closed'),
    provinceMinutes: of('province_minutes', 'closed'),
    warned: sums('warned') as Fen,
    recovered: sums('recovered') as Fen,
    recoveredRate: of('recovered', 'warned'),
    urged: of('urged', 'orders'),
    escalated: of('escalated', 'orders'),
  }
}
