import { Cause, Result } from '#domain/warning-work-order/fields.ts'

/** Column names, each with its type in SQL. */
export type Counters = Readonly<Record<string, 'int' | 'bigint'>>

const ints = <N extends string>(...names: readonly N[]) => Object.fromEntries(names.map((name) => [name, 'int'])) as Record<N, 'int'>
const bigints = <N extends string>(...names: readonly N[]) => Object.fromEntries(names.map((name) => [name, 'bigint'])) as Record<N, 'bigint'>

/** What happened so far, never taken back: the events of a day are its change on that day. */
export const FLOWS = {
  ...ints('drafted_times', 'issued_times', 'signed_times', 'feedback_times', 'returned_times', 'closed_times', 'reopened_times', 'withdrawn_times'),
  ...ints('urged_times', 'escalated_times', 'extended_times'),
  ...bigints('warned_flow', 'recovered_flow'),
} as const

/** Where orders stand; `ever_issued` = open + closed + withdrawn. */
export const STOCKS = {
  ...ints('draft', 'ever_issued', 'in_issued', 'in_signed', 'in_submitted', 'in_returned', 'closed', 'withdrawn', 'paused'),
  ...ints('overdue', 'overdue_sign', 'overdue_feedback', 'overdue_review'),
} as const

/** Of issued orders that were not withdrawn (the cohort's N). Beside each rate's numerator stands what it is held against. */
export const COHORT = {
  ...ints('orders', 'sign_due', 'signed_on_time', 'feedback_due', 'answered', 'answered_on_time', 'returned', 'returns'),
  ...ints('closed_unreturned', 'closed_on_time', 'urged', 'escalated'),
  ...bigints('handling', 'review_minutes', 'province_minutes', 'warned', 'recovered'),
} as const

export const SUPERVISION = { ...STOCKS, ...COHORT, ...FLOWS } as const
export type CounterName = keyof typeof SUPERVISION

/** What is told of the orders issued in a period: all but the events of days. */
export const OF_PERIODS: ReadonlySet<string> = new Set(Object.keys({ ...STOCKS, ...COHORT }).filter((name) => name !== 'draft'))

const snake = (name: string): string => name.replaceAll('-', '_')
export const CAUSES = Cause.options
export const RESULTS = Result.options
export const causeColumn = (cause: Cause, part: 'users' | 'recovered' | 'remaining'): string => `cause_${snake(cause)}_${part}`
export const resultColumn = (result: Result, part: 'orders' | 'recovered' | 'remaining'): string => `result_${snake(result)}_${part}`

/** Of the same orders: users by the cause that was answered last, closed orders by their result, with the money of both. */
export const SHARES: Counters = Object.fromEntries([
  ...CAUSES.flatMap((cause) => [
    [causeColumn(cause, 'users'), 'int'],
    [causeColumn(cause, 'recovered'), 'bigint'],
    [causeColumn(cause, 'remaining'), 'bigint'],
  ]),
  ...RESULTS.flatMap((result) => [
    [resultColumn(result, 'orders'), 'int'],
    [resultColumn(result, 'recovered'), 'bigint'],
    [resultColumn(result, 'remaining'), 'bigint'],
  ]),
])
