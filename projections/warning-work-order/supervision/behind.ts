import type { CounterName } from './counters.ts'
import type { CohortFigures, FlowFigures, StockFigures } from './figures.ts'

const OPEN = ['in_issued', 'in_signed', 'in_submitted', 'in_returned'] as const satisfies readonly CounterName[]

/** The sums that a figure is told from, by the name under which it is told: of a rate its numerator. Medians are no sums. */
export const BEHIND = {
  flow: {
    drafted: ['drafted_times'],
    issued: ['issued_times'],
    signed: ['signed_times'],
    feedback: ['feedback_times'],
    returned: ['returned_times'],
    closed: ['closed_times'],
    reopened: ['reopened_times'],
    withdrawn: ['withdrawn_times'],
    urged: ['urged_times'],
    escalated: ['escalated_times'],
    extended: ['extended_times'],
    warned: ['warned_flow'],
    recovered: ['recovered_flow'],
  },
  stock: {
    drafts: ['draft'],
    issued: ['ever_issued'],
    open: OPEN,
    closed: ['closed'],
    withdrawn: ['withdrawn'],
    toSign: ['in_issued'],
    signed: ['in_signed'],
    toReview: ['in_submitted'],
    returned: ['in_returned'],
    paused: ['paused'],
    overdue: ['overdue'],
    overdueSign: ['overdue_sign'],
    overdueFeedback: ['overdue_feedback'],
    overdueReview: ['overdue_review'],
  },
  cohort: {
    orders: ['orders'],
    open: OPEN,
    closed: ['closed'],
    withdrawn: ['withdrawn'],
    signedOnTime: ['signed_on_time'],
    answered: ['answered'],
    answeredOnTime: ['answered_on_time'],
    returned: ['returned'],
    meanReturns: ['returns'],
    firstPass: ['closed_unreturned'],
    overdue: ['overdue'],
    overdueSign: ['overdue_sign'],
    overdueFeedback: ['overdue_feedback'],
    closure: ['closed'],
    closedOnTime: ['closed_on_time'],
    meanMinutes: ['handling'],
    reviewMinutes: ['review_minutes'],
    provinceMinutes: ['province_minutes'],
    warned: ['warned'],
    recovered: ['recovered'],
    recoveredRate: ['recovered'],
    urged: ['urged'],
    escalated: ['escalated'],
  },
} as const satisfies {
  readonly flow: Readonly<Record<keyof FlowFigures, readonly CounterName[]>>
  readonly stock: Readonly<Record<keyof StockFigures, readonly CounterName[]>>
  readonly cohort: Readonly<Record<Exclude<keyof CohortFigures, 'medianMinutes' | 'p90Minutes'>, readonly CounterName[]>>
}
