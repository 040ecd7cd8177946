import { businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { UserId } from '#domain/shared/identity.ts'
import type { Clock, EscalationCause, OrderNo, SlaRules, WorkYear } from '#domain/warning-work-order/fields.ts'
import { escalationAt, type Timing, timingOf } from '#domain/warning-work-order/sla.ts'
import type { Alone, CaughtUp } from '../ports/alone.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { oneByOne } from '../shared/one-by-one.ts'
import { newlyRecorded } from '../shared/outcome.ts'
import type { OrderTask, WarningWorkOrderUseCases } from '../warning-work-order/use-cases.ts'

/** A clock of an order that has run out. */
type PassedDue = { readonly orderNo: OrderNo; readonly dueAt: Instant }
/** An order that ran over a clock at `dueAt` and stands at a level of escalation. */
type OverdueOrder = PassedDue & { readonly cause: 'sign-overdue' | 'feedback-overdue'; readonly level: number }
type DuesPage<D extends PassedDue> = (page: {
  readonly slice: number
  readonly before: Instant
  readonly after: D | undefined
  readonly limit: number
}) => Promise<readonly D[]>

export type OrderTimerNeeds = {
  readonly executeMany: WarningWorkOrderUseCases['executeMany']
  readonly slaRules: readonly SlaRules[]
  readonly years: () => Promise<readonly WorkYear[]>
  /** Slices in which something waits for an instant before this one. */
  readonly slices: (before: Instant) => Promise<readonly number[]>
  readonly passed: (clock: Clock) => DuesPage<PassedDue>
  readonly overdue: DuesPage<OverdueOrder>
  readonly alone: Alone
  readonly caughtUp: CaughtUp
}

const AT_ONCE = 500
const ACTOR = { ...SYSTEM, userId: 'order-timers' as UserId }
const CLOCKS = ['sign', 'feedback', 'review'] as const satisfies readonly Clock[]
/**
 * The clocks of work orders (时限, P3): says that an order is overdue, once for each instant at which it was due, and escalates it
 * level by level. What runs out is read from a read model, slice by slice; a worker that has a slice keeps it until the model shows
 * what it said, so that workers share the orders. The orders themselves see to it that each thing is said once. Answers how much was.
 */
export const fireTimers = async (needs: OrderTimerNeeds, now: Instant): Promise<number> =>
  oneByOne(await needs.slices(now), async (slice) => (await needs.alone(`order-timers/${slice}`, () => ofSlice(needs, slice, now))) ?? 0)

const ofSlice = async (needs: OrderTimerNeeds, slice: number, now: Instant): Promise<number> => {
  let said = 0
  for (const clock of CLOCKS)
    said += await throughPages(needs.passed(clock), slice, now, (page) =>
      send(
        needs,
        page.map(({ orderNo, dueAt }) => overdueTask(orderNo, clock, dueAt, now)),
      ),
    )
  // What was overdue this moment is escalated from the model, so it must stand there first.
  if (said > 0 && !(await needs.caughtUp())) return said
  const escalated = await escalateSlice(needs, slice, now)
  if (escalated > 0) await needs.caughtUp()
  return said + escalated
}

const escalateSlice = async (needs: OrderTimerNeeds, slice: number, now: Instant): Promise<number> => {
  const years = await needs.years()
  const timings = needs.slaRules.map((sla) => timingOf({ sla, years }))
  const to = inForceOn(needs.slaRules, businessDateOf(now))?.escalateTo ?? []
  return throughPages(needs.overdue, slice, now, async (page) => {
    const orders = [...Map.groupBy(page, ({ orderNo }) => orderNo).values()].map(earliest)
    let escalated = 0
    for (const [index, toRole] of to.entries()) {
      const level = index + 1
      const reached = orders.filter((order) => order.level < level && isReached(timings, order.dueAt, level, now))
      escalated += await send(
        needs,
        reached.map(({ orderNo, dueAt, cause }) => escalationTask(orderNo, { level, toRole, cause, dueAt }, now)),
      )
    }
    return escalated
  })
}

const earliest = (orders: readonly OverdueOrder[]): OverdueOrder => orders.reduce((first, one) => (one.dueAt < first.dueAt ? one : first))

/** By one of the rules there are; the order knows by which it was issued, and has the last word. */
const isReached = (timings: readonly Timing[], dueAt: Instant, level: number, now: Instant): boolean =>
  timings.some((timing) => escalationAt(dueAt, level, timing) <= now)

const throughPages = async <D extends PassedDue>(
  read: DuesPage<D>,
  slice: number,
  before: Instant,
  work: (page: readonly D[]) => Promise<number>,
): Promise<number> => {
  let done = 0
  for (let after: D | undefined; ; ) {
    const page = await read({ slice, before, after, limit: AT_ONCE })
    if (page.length > 0) done += await work(page)
    if (page.length < AT_ONCE) return done
    after = page.at(-1)
  }
}

const overdueTask = (orderNo: OrderNo, clock: Clock, dueAt: Instant, now: Instant): OrderTask => {
  const commandId = derivedCommandId(`${orderNo}/${clock}/${dueAt}`, 'MarkOverdue')
  return { orderNo, command: { type: 'MarkOverdue', data: { clock, dueAt } }, asked: { actor: ACTOR, commandId, correlationId: commandId, at: now } }
}

type Escalation = { readonly level: number; readonly toRole: string; readonly cause: (typeof EscalationCause)['options'][number]; readonly dueAt: Instant }

const escalationTask = (orderNo: OrderNo, data: Escalation, now: Instant): OrderTask => {
  const commandId = derivedCommandId(`${orderNo}/${data.cause}/${data.dueAt}`, `Escalate/${data.level}`)
  return { orderNo, command: { type: 'Escalate', data }, asked: { actor: ACTOR, commandId, correlationId: commandId, at: now } }
}

const send = async ({ executeMany }: OrderTimerNeeds, tasks: readonly OrderTask[]): Promise<number> => {
  if (tasks.length === 0) return 0
  const outcomes = await executeMany(tasks)
  return outcomes.reduce((count, outcome) => count + newlyRecorded(outcome), 0)
}
