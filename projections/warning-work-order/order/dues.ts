import type { Instant } from '#domain/shared/dates.ts'
import type { Clock } from '#domain/warning-work-order/fields.ts'
import { pauseOf } from './columns.ts'
import type { OrderDocument } from './document.ts'

/** A clock that runs, or an order that ran over one and may be escalated. */
type DueClock = Clock | 'escalation'

/**
 * What an order waits for. Of a clock the instant at which it runs out, until that was recorded; of an escalation the instant that was
 * missed, from which the next level counts, with the level reached so far.
 */
type OrderDue = {
  readonly clock: DueClock
  readonly cause: Clock | 'sign-overdue' | 'feedback-overdue'
  readonly dueAt: Instant
  readonly level: number
}

const LAST_LEVEL = 3

/** Everything of an order that waits for an instant; nothing while its clocks stand still. */
export const duesOf = (order: OrderDocument): readonly OrderDue[] => {
  const standing = order.dues.at(-1)
  if (!standing || pauseOf(order)) return []
  const level = Math.max(0, ...order.escalations.map((one) => one.level))
  const recorded = (clock: Clock, dueAt: Instant): boolean => order.overdues.some((one) => one.clock === clock && one.dueAt === dueAt)
  return runningClocks(order).flatMap(([clock, dueAt]): readonly OrderDue[] => {
    if (!recorded(clock, dueAt)) return [{ clock, cause: clock, dueAt, level }]
    return clock === 'review' || level >= LAST_LEVEL ? [] : [{ clock: 'escalation', cause: `${clock}-overdue`, dueAt, level }]
  })
}

const runningClocks = ({ status, dues }: OrderDocument): readonly (readonly [Clock, Instant])[] => {
  const due = dues.at(-1)
  if (!due) return []
  if (status === 'feedback-submitted') return due.reviewDueAt === null ? [] : [['review', due.reviewDueAt]]
  if (status === 'signed' || status === 'returned') return [['feedback', due.feedbackDueAt]]
  if (status !== 'issued') return []
  return [
    ['sign', due.signDueAt],
    ['feedback', due.feedbackDueAt],
  ]
}
