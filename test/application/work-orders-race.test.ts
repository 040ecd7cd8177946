import { expect, test } from 'vitest'
import { load, readEvent } from '#application/shared/load.ts'
import { orderNumbersAggregate, orderNumbersStream, warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import type { OrderCommand } from '#application/warning-work-order/bring.ts'
import type { OrderOutcome } from '#application/warning-work-order/use-cases.ts'
import type { Role } from '#domain/shared/actor.ts'
import { epochOf, instantOfEpoch } from '#domain/shared/dates.ts'
import { fold } from '#domain/shared/decider.ts'
import { type WarningWorkOrderEvent, warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import type { OrderNo, QuestionId } from '#domain/warning-work-order/fields.ts'
import { warningWorkOrder } from '#domain/warning-work-order/order.ts'
import { isIssued, type WarningWorkOrder } from '#domain/warning-work-order/state.ts'
import { day, org, shanghai } from '#test/support/arbitraries/values.ts'
import { ownLog } from '#test/support/postgres.ts'
import { answer, subject } from '#test/support/warning-work-order.ts'
import { drafting, isLive, workOrderWorld } from '#test/support/work-orders.ts'

const CALLERS = 64
const log = await ownLog()
const w = await workOrderWorld(log.store)

const eventsOf = async (orderNo: OrderNo): Promise<readonly WarningWorkOrderEvent[]> => {
  const found: WarningWorkOrderEvent[] = []
  for await (const page of w.store.readStream(warningWorkOrderStream(orderNo)))
    for (const recorded of page) found.push(readEvent<WarningWorkOrderEvent>(warningWorkOrderEvents, recorded).event)
  return found
}
type Caller = readonly [OrderCommand, string, ...Role[]]
/** All callers at once, each with a command of his own; none may be left without an answer of the business. */
const atOnce = async (orderNo: OrderNo, callers: readonly Caller[]): Promise<readonly OrderOutcome[]> => {
  const outcomes = await Promise.all(
    Array.from({ length: CALLERS }, (_, index) => {
      const [command, at, ...roles] = callers[index % callers.length]!
      return w.orders.execute(orderNo, command, w.by(at, ...roles))
    }),
  )
  for (const outcome of outcomes) expect(['done', 'rejected', 'unchanged']).toContain(outcome.kind)
  return outcomes
}
const written = (outcomes: readonly OrderOutcome[]): number => outcomes.filter((outcome) => outcome.kind === 'done' && outcome.recorded > 0).length

test('64 callers on one order never break what holds of it', async () => {
  const { orderNo } = await w.orders.draft(drafting(['1', '2']), w.by('HQ', 'HQ_TARIFF'))
  const number = orderNo!
  const answers = [answer('1'), answer('2')]
  const newDueAt = shanghai('2026-03-05', '16:00')
  const everything: readonly Caller[] = [
    [{ type: 'IssueOrder', data: {} }, 'HQ', 'HQ_LEAD'],
    [{ type: 'SignOrder', data: {} }, 'P13S', 'PV_TARIFF'],
    [{ type: 'Urge', data: { channel: 'phone', text: 'please' } }, 'HQ', 'HQ_TARIFF'],
    [{ type: 'AppendSubject', data: { subject: subject('3') } }, 'HQ', 'HQ_TARIFF'],
    [{ type: 'AssignOrder', data: { toOrg: org('13401'), dueAt: shanghai('2026-03-04', '10:00') } }, 'P13S', 'PV_LEAD'],
    [{ type: 'RequestExtension', data: { newDueAt: shanghai('2026-03-20', '10:00'), reason: 'court' } }, 'P13S', 'PV_LEAD'],
    [{ type: 'DecideExtension', data: { granted: true } }, 'HQ', 'HQ_LEAD'],
    [{ type: 'SubmitFeedback', data: { answers, attachments: [] } }, 'P13S', 'PV_LEAD'],
    [{ type: 'SubmitFeedback', data: { answers: [...answers, answer('3')], attachments: [] } }, 'P13S', 'PV_LEAD'],
    [{ type: 'ReturnFeedback', data: { reasons: [{ code: 'other', text: 'why' }], newDueAt, confirmed: true } }, 'HQ', 'HQ_TARIFF'],
    [{ type: 'Escalate', data: { level: 1, toRole: 'head', cause: 'manual' } }, 'HQ', 'HQ_LEAD'],
    [{ type: 'Escalate', data: { level: 2, toRole: 'vice president', cause: 'manual' } }, 'HQ', 'HQ_LEAD'],
    [{ type: 'AskQuestion', data: { questionId: 'q1' as QuestionId, text: 'who pays?' } }, 'HQ', 'HQ_TARIFF'],
    [{ type: 'AnswerQuestion', data: { questionId: 'q1' as QuestionId, text: 'the owner' } }, 'P13S', 'PV_LEAD'],
    [{ type: 'Pause', data: { reason: 'flood' } }, 'HQ', 'HQ_LEAD'],
    [{ type: 'Resume', data: {} }, 'HQ', 'HQ_LEAD'],
  ]
  for (let round = 0; round < 3; round++) {
    w.clock.at = instantOfEpoch(epochOf(w.clock.at) + 60_000)
    await atOnce(number, everything)
  }
  const history = await eventsOf(number)
  const count = (type: WarningWorkOrderEvent['type']) => history.filter((event) => event.type === type).length
  expect([count('OrderDrafted'), count('OrderIssued'), count('OrderSigned'), count('OrderUrged')]).toEqual([1, 1, 1, 1])
  expect(history.flatMap((event) => (event.type === 'OrderEscalated' ? [event.data.level] : []))).toSatisfy((levels: number[]) =>
    levels.every((level, index) => index === 0 || level > levels[index - 1]!),
  )
  expect(history.flatMap((event) => (event.type === 'FeedbackSubmitted' ? [event.data.no] : []))).toEqual(
    Array.from({ length: count('FeedbackSubmitted') }, (_, index) => index + 1),
  )
  expect(count('FeedbackSubmitted')).toBeGreaterThan(0)
  expect(count('ClockPaused') - count('ClockResumed')).toBeOneOf([0, 1])
  expect(count('SubjectAppended')).toBeLessThanOrEqual(1)
  expect(count('ExtensionGranted')).toBeLessThanOrEqual(2)
  const order = fold(warningWorkOrder, history)
  expect(isIssued(order) && (await w.claimOf('3'))?.orderNo).toBe(isIssued(order) && order.subjects.length === 3 ? number : undefined)
})

test('64 callers close one order, and it is closed once', async () => {
  const { orderNo } = await w.orders.draft(drafting(['11']), w.by('HQ', 'HQ_TARIFF'))
  const number = orderNo!
  for (const [command, at, ...roles] of [
    [{ type: 'IssueOrder', data: {} }, 'HQ', 'HQ_LEAD'],
    [{ type: 'SignOrder', data: {} }, 'P13S', 'PV_TARIFF'],
    [{ type: 'SubmitFeedback', data: { answers: [answer('11')], attachments: [] } }, 'P13S', 'PV_LEAD'],
  ] satisfies Caller[])
    expect(await w.orders.execute(number, command, w.by(at, ...(roles as Role[])))).toMatchObject({ kind: 'done' })
  const outcomes = await atOnce(number, [
    [{ type: 'AcceptAndClose', data: { result: 'recovered' } }, 'HQ', 'HQ_LEAD'],
    [
      { type: 'ReturnFeedback', data: { reasons: [{ code: 'other', text: 'why' }], newDueAt: shanghai('2026-03-09', '10:00'), confirmed: true } },
      'HQ',
      'HQ_TARIFF',
    ],
    [{ type: 'WithdrawOrder', data: { reason: 'paid' } }, 'HQ', 'HQ_LEAD'],
  ])
  const last = (await eventsOf(number)).map(({ type }) => type)
  expect(last.filter((type) => type === 'OrderClosed').length + last.filter((type) => type === 'OrderWithdrawn').length).toBe(1)
  expect(written(outcomes)).toBe(last.length - 4)
  expect(await w.claimOf('11')).toBeUndefined()
})

test('64 callers warn of one customer, and one order is drafted', async () => {
  const outcomes = await Promise.all(Array.from({ length: CALLERS }, (_, index) => w.orders.draft(drafting([`2${index}`, '20x']), w.by('HQ', 'HQ_TARIFF'))))
  const done = outcomes.flatMap((outcome) => (outcome.kind === 'done' ? [outcome.orderNo!] : []))
  expect(done).toHaveLength(1)
  for (const outcome of outcomes)
    if (outcome.kind !== 'done') expect(outcome).toMatchObject({ kind: 'rejected', rejection: { code: 'DUPLICATE_OPEN_ORDER', consNo: '20x' } })
  expect(await w.claimOf('20x')).toMatchObject({ orderNo: done[0] })
  const { state } = await load(w.store, orderNumbersAggregate, orderNumbersStream(day('2026-03-02')))
  const given = [...state.given.values()].flatMap(({ from, count }) => Array.from({ length: count }, (_, index) => from + index))
  expect(new Set(given).size).toBe(given.length)
})

/** What carries an order on from where it stands, or sometimes ends it; several who see the same try the same. */
const nextFor = (order: WarningWorkOrder, dice: number): Caller => {
  if (order.status === 'absent' || (order.status !== 'closed' && dice % 7 === 0)) return [{ type: 'WithdrawOrder', data: { reason: 'paid' } }, 'HQ', 'HQ_LEAD']
  switch (order.status) {
    case 'draft':
      return [{ type: 'IssueOrder', data: {} }, 'HQ', 'HQ_LEAD']
    case 'issued':
      return [{ type: 'SignOrder', data: {} }, 'P13S', 'PV_TARIFF']
    case 'feedback-submitted':
      return [{ type: 'AcceptAndClose', data: { result: 'recovered' } }, 'HQ', 'HQ_LEAD']
    case 'closed':
    case 'withdrawn':
      return [{ type: 'ReopenOrder', data: { reason: 'reversed', newDueAt: shanghai('2026-03-20', '10:00') } }, 'HQ', 'HQ_LEAD']
    default:
      return [{ type: 'SubmitFeedback', data: { answers: order.subjects.map(({ consNo }) => answer(consNo)), attachments: [] } }, 'P13S', 'PV_LEAD']
  }
}

test('whoever drafts, withdraws, closes and reopens at once: a customer is held by the open order that names him, and by no other', async () => {
  const customers = ['31', '32', '33', '34', '35', '36']
  const known: OrderNo[] = []
  const one = async (caller: number): Promise<void> => {
    for (let turn = 0; turn < 8; turn++) {
      const dice = caller * 13 + turn * 7
      const orderNo = known.at(-1 - (dice % Math.max(1, Math.min(4, known.length))))
      if (orderNo === undefined || dice % 5 === 0) {
        const mine = customers.filter((_, index) => (index + caller + turn) % 3 === 0)
        const outcome = await w.orders.draft(drafting(mine), w.by('HQ', 'HQ_TARIFF'))
        if (outcome.kind === 'done') known.push(outcome.orderNo!)
      } else {
        const [command, at, ...roles] = nextFor(await w.orderOf(orderNo), dice)
        await w.orders.execute(orderNo, command, w.by(at, ...roles))
      }
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => one(caller)))
  const orders = await Promise.all(known.map(async (orderNo) => ({ orderNo, order: await w.orderOf(orderNo), history: await eventsOf(orderNo) })))
  const holders = orders.flatMap(({ orderNo, order }) => (isLive(order) ? order.subjects.map(({ consNo }) => [consNo, orderNo] as const) : []))
  expect(new Set(holders.map(([consNo]) => consNo)).size).toBe(holders.length)
  for (const consNo of customers) expect((await w.claimOf(consNo))?.orderNo, consNo).toBe(holders.find(([held]) => held === consNo)?.[1])
  const met = new Set(orders.flatMap(({ history }) => history.map(({ type }) => type)))
  for (const type of ['OrderClosed', 'OrderReopened', 'OrderWithdrawn'] as const) expect(met).toContain(type)
})
