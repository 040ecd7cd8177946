import type { Instant } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import { type Answer, type Data, keyed } from './answer.ts'
import { resumed } from './evolve.ts'
import type { CalendarUsed, Clock } from './fields.ts'
import { calendarUsed, dueOf, type OrderClock, type Timing, timingOf, workedMinutes } from './sla.ts'
import { type IssuedOrder, runningClocks } from './state.ts'

/** The clocks stand still, as in a disaster. */
export const pause = (data: Data<'Pause'>, order: IssuedOrder): Answer =>
  order.pausedAt !== undefined ? reject({ code: 'ALREADY_PAUSED' }) : accept({ type: 'ClockPaused', data: { ...keyed(data, order), reason: data.reason } })

/** The clocks go on, each later by the working minutes for which the pause held it up. */
export const resume = (data: Data<'Resume'>, order: IssuedOrder): Answer => {
  if (order.pausedAt === undefined) return reject({ code: 'NOT_PAUSED' })
  const timing = timingOf(data)
  const pausedMinutes = workedMinutes({ from: order.pausedAt, until: data.at }, [], timing)
  return accept({ type: 'ClockResumed', data: { ...keyed(data, order), pausedMinutes, ...duesOf(resumed(order, data.at), timing) } })
}

/** After a year was published: recorded only when an open clock is due at another instant, or no longer provisionally. */
export const recomputeDues = (data: Data<'RecomputeDues'>, order: IssuedOrder): Answer => {
  const timing = timingOf(data)
  const dues = duesOf(order, timing)
  const same = runningClocks(order).every(([name, clock]) => dues[`${name}DueAt`] === clock.dueAt) && dues.calendar.provisional === order.calendar.provisional
  return same ? accept() : accept({ type: 'DuesRecomputed', data: { ...keyed(data, order), ...dues } })
}

type Dues = { readonly signDueAt: Instant; readonly feedbackDueAt: Instant; readonly reviewDueAt?: Instant; readonly calendar: CalendarUsed }

/** Due instants by a calendar: of clocks that run; the others stay as they ended. */
const duesOf = (order: IssuedOrder, timing: Timing): Dues => {
  const running = runningClocks(order).map(([name, clock]): readonly [Clock, OrderClock] => [
    name,
    { ...clock, dueAt: dueOf(name, clock, order.grade, timing) },
  ])
  const dues = new Map<Clock, Instant>(running.map(([name, { dueAt }]) => [name, dueAt]))
  const reviewDueAt = dues.get('review')
  return {
    signDueAt: dues.get('sign') ?? order.sign.dueAt,
    feedbackDueAt: dues.get('feedback') ?? order.feedbackDue.dueAt,
    ...(reviewDueAt !== undefined && { reviewDueAt }),
    calendar: calendarUsed(
      running.map(([, clock]) => clock),
      timing,
    ),
  }
}
