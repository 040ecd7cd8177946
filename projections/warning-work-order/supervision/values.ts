import type { Instant } from '#domain/shared/dates.ts'
import { type CounterName, causeColumn, resultColumn } from './counters.ts'
import type { Standing } from './course.ts'

/** Figures by column; what is not there is nought. */
export type Values = Readonly<Record<string, number | bigint>>

/** A clock has passed its due instant; one that stands still had passed it when it was stopped. */
const passed = (due: Instant | undefined, { pausedAt }: Standing, at: Instant): boolean => due !== undefined && due < (pausedAt ?? at)

const IN = { issued: 'in_issued', signed: 'in_signed', 'feedback-submitted': 'in_submitted', returned: 'in_returned', closed: 'closed' } as const
/** One where a condition holds. */
const one = (condition: boolean | undefined): number => (condition === true ? 1 : 0)

/** What an order counts for at an instant (domain brief 4.2). */
export const valuesAt = (order: Standing, at: Instant): Values => {
  if (order.status === 'absent') return {}
  if (order.status === 'draft') return { ...flows(order), draft: 1 }
  if (order.issuedAt === undefined) return flows(order) // a draft that was withdrawn
  if (order.status === 'withdrawn') return { ...flows(order), ever_issued: 1, withdrawn: 1 }
  return { ...flows(order), ever_issued: 1, [IN[order.status]]: 1, ...clocks(order, at), ...course(order, at), ...shares(order) }
}

const flows = ({ times, warned, recovered, issuedAt }: Standing): Partial<Record<CounterName, number | bigint>> => ({
  ...{ drafted_times: times.drafted ?? 0, issued_times: times.issued ?? 0, signed_times: times.signed ?? 0, feedback_times: times.submitted ?? 0 },
  ...{ returned_times: times.returned ?? 0, closed_times: times.closed ?? 0, reopened_times: times.reopened ?? 0 },
  ...{ withdrawn_times: issuedAt === undefined ? 0 : (times.withdrawn ?? 0), urged_times: times.urged ?? 0, escalated_times: times.escalated ?? 0 },
  ...{ extended_times: times.extended ?? 0, warned_flow: warned, recovered_flow: recovered },
})

const clocks = (order: Standing, at: Instant): Partial<Record<CounterName, number>> => {
  const { status } = order
  const sign = status === 'issued' && passed(order.sign, order, at)
  const feedback = (status === 'issued' || status === 'signed' || status === 'returned') && passed(order.feedback, order, at)
  return {
    paused: one(order.pausedAt !== undefined),
    ...{ overdue: one(sign || feedback), overdue_sign: one(sign), overdue_feedback: one(feedback) },
    overdue_review: one(status === 'feedback-submitted' && passed(order.review, order, at)),
  }
}

const course = (order: Standing, at: Instant): Partial<Record<CounterName, number | bigint>> => {
  const { times, signedOnTime, answeredOnTime, warned, recovered } = order
  const returns = times.returned ?? 0
  const closing = order.status === 'closed' ? order.closing : undefined
  return {
    orders: 1,
    sign_due: one(signedOnTime !== undefined || passed(order.sign, order, at)),
    signed_on_time: one(signedOnTime),
    feedback_due: one(answeredOnTime !== undefined || passed(order.feedback, order, at)),
    ...{ answered: one(answeredOnTime !== undefined), answered_on_time: one(answeredOnTime), returned: one(returns > 0), returns },
    ...{ urged: one((times.urged ?? 0) > 0), escalated: one((times.escalated ?? 0) > 0), warned, recovered },
    ...(closing && {
      ...{ closed_unreturned: one(returns === 0), closed_on_time: one(closing.onTime), handling: closing.handling },
      ...{ review_minutes: order.reviewMinutes, province_minutes: order.provinceMinutes },
    }),
  }
}

const shares = (order: Standing): Values => {
  const values: Record<string, number | bigint> = {}
  for (const [cause, { users, recovered, remaining }] of Object.entries(order.answers) as Entries<Standing['answers']>) {
    values[causeColumn(cause, 'users')] = users
    values[causeColumn(cause, 'recovered')] = recovered
    values[causeColumn(cause, 'remaining')] = remaining
  }
  if (order.status === 'closed' && order.closing) {
    const { result, recovered, remaining } = order.closing
    values[resultColumn(result, 'orders')] = 1
    values[resultColumn(result, 'recovered')] = recovered
    values[resultColumn(result, 'remaining')] = remaining
  }
  return values
}
type Entries<R extends object> = [keyof R, NonNullable<R[keyof R]>][]
