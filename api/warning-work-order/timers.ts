import { z } from 'zod'
import type { WorkOrders } from '#application/warning-work-order/work-orders.ts'
import { calendarOf, workingMinutesBetween } from '#domain/shared/calendar.ts'
import { businessDateOf, epochOf, Instant } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import { Clock } from '#domain/warning-work-order/fields.ts'
import type { ListedOrder } from '#projections/warning-work-order/orders.queries.ts'

/** A clock that runs. Minutes left are below zero once it has run out; `working`: of them those in which people work, by the published calendar. */
export const Timer = z
  .strictObject({ clock: Clock, dueAt: Instant, minutesLeft: z.int(), workingMinutesLeft: z.int(), overdue: z.boolean(), paused: z.boolean() })
  .meta({ id: 'WorkOrderTimer' })
export type Timer = z.output<typeof Timer>

type Standing = Pick<ListedOrder, 'status' | 'signDueAt' | 'feedbackDueAt' | 'reviewDueAt' | 'paused'> & { readonly pausedAt?: Instant | undefined }

const RUNNING: Readonly<Record<string, readonly Clock[]>> = {
  issued: ['sign', 'feedback'],
  signed: ['feedback'],
  returned: ['feedback'],
  'feedback-submitted': ['review'],
}
const MINUTE = 60_000

/** Tells of orders which clocks run and how long they have left; the calendar is read once for all of them. */
export const timers = async ({ slaRules, years }: Pick<WorkOrders, 'slaRules' | 'years'>, now: Instant): Promise<(order: Standing) => Timer[]> => {
  const calendar = calendarOf(await years())
  const hours = inForceOn(slaRules, businessDateOf(now))?.hours ?? []
  const working = (from: Instant, until: Instant): number => workingMinutesBetween(from, until, calendar, hours).minutes
  return ({ status, paused, pausedAt, ...dues }) =>
    (RUNNING[status] ?? []).flatMap((clock) => {
      const dueAt = dues[`${clock}DueAt`]
      if (dueAt === null) return []
      const at = pausedAt ?? now
      const minutesLeft = Math.floor((epochOf(dueAt) - epochOf(at)) / MINUTE)
      const workingMinutesLeft = at <= dueAt ? working(at, dueAt) : 0 - working(dueAt, at)
      return [{ clock, dueAt, minutesLeft, workingMinutesLeft, overdue: dueAt < at, paused }]
    })
}
