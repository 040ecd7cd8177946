import { describe, expect, test } from 'vitest'
import type { Instant } from '#domain/shared/dates.ts'
import { fold } from '#domain/shared/decider.ts'
import type { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import { warningWorkOrder } from '#domain/warning-work-order/order.ts'
import { flagsOf, isIssued } from '#domain/warning-work-order/state.ts'
import { shanghai } from '#test/support/arbitraries/values.ts'
import {
  answered,
  closed,
  type Data,
  drafted,
  given,
  hqLead,
  inHand,
  issued,
  key,
  paused,
  pvLead,
  returned,
  said,
  sla,
  system,
  withdrawn,
  years,
} from '#test/support/warning-work-order.ts'

const signDue = shanghai('2026-03-03', '10:00')
const feedbackDue = shanghai('2026-03-05', '10:00')
const flags = (...history: readonly WarningWorkOrderEvent[]) => {
  const order = fold(warningWorkOrder, history)
  return isIssued(order) ? flagsOf(order) : undefined
}

describe('an extension', () => {
  const ask = (over: Partial<Data<'RequestExtension'>> = {}): WarningWorkOrderCommand => ({
    type: 'RequestExtension',
    data: { ...said(pvLead, '2026-03-04', '09:00'), newDueAt: shanghai('2026-03-09', '10:00'), reason: 'court on Monday', sla, ...over },
  })
  const asked = {
    type: 'ExtensionRequested' as const,
    data: { ...said(pvLead, '2026-03-04', '09:00'), ...key, newDueAt: shanghai('2026-03-09', '10:00'), reason: 'court on Monday' },
  }
  const decide = (over: Partial<Data<'DecideExtension'>> = {}): WarningWorkOrderCommand => ({
    type: 'DecideExtension',
    data: { ...said(hqLead, '2026-03-04', '11:00'), granted: true, ...over },
  })
  const granted = (newDueAt: Instant = asked.data.newDueAt) => ({
    type: 'ExtensionGranted' as const,
    data: { ...said(hqLead, '2026-03-04', '11:00'), ...key, newDueAt },
  })
  const refused = { type: 'ExtensionRefused' as const, data: { ...said(hqLead, '2026-03-04', '11:00'), ...key, reason: 'no need' } }

  test('is asked for before the answer is due', () =>
    given(...inHand)
      .when(ask())
      .thenYields(asked))
  test('not afterwards', () =>
    given(...inHand)
      .when(ask({ at: shanghai('2026-03-05', '10:00:01') }))
      .thenRejected({ code: 'TOO_LATE', latest: feedbackDue }))
  test('to a later time', () =>
    given(...inHand)
      .when(ask({ newDueAt: feedbackDue }))
      .thenRejected({ code: 'INSTANT_TOO_EARLY', instant: feedbackDue, earliest: feedbackDue }))
  test('one at a time', () => {
    given(...inHand, asked)
      .when(ask())
      .thenNothing()
    given(...inHand, asked)
      .when(ask({ newDueAt: shanghai('2026-03-10', '10:00') }))
      .thenRejected({ code: 'EXTENSION_PENDING', newDueAt: asked.data.newDueAt })
  })
  test('is granted, as asked or to another time', () => {
    given(...inHand, asked)
      .when(decide())
      .thenYields(granted())
    const other = shanghai('2026-03-06', '10:00')
    given(...inHand, asked)
      .when(decide({ newDueAt: other }))
      .thenYields(granted(other))
    expect(flags(...inHand, asked, granted())?.extendedTo).toBe(asked.data.newDueAt)
  })
  test('never to an earlier time than it was', () =>
    given(...inHand, asked)
      .when(decide({ newDueAt: shanghai('2026-03-05', '09:00') }))
      .thenRejected({ code: 'INSTANT_TOO_EARLY', instant: shanghai('2026-03-05', '09:00'), earliest: feedbackDue }))
  test('is refused with a reason', () => {
    given(...inHand, asked)
      .when(decide({ granted: false }))
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...inHand, asked)
      .when(decide({ granted: false, reason: 'no need' }))
      .thenYields(refused)
  })
  test('is decided by another than who asked, and once', () => {
    given(...inHand, asked)
      .when(decide({ by: pvLead }))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(...inHand)
      .when(decide())
      .thenRejected({ code: 'NO_EXTENSION_ASKED' })
    given(...inHand, asked, refused)
      .when(decide())
      .thenRejected({ code: 'NO_EXTENSION_ASKED' })
  })
  test('is granted twice at most; refusals do not count', () => {
    const later = { ...asked, data: { ...asked.data, newDueAt: shanghai('2026-03-10', '10:00') } }
    const third = ask({ newDueAt: shanghai('2026-03-12', '10:00') })
    given(...inHand, asked, granted(), later, granted(later.data.newDueAt))
      .when(third)
      .thenRejected({ code: 'TOO_MANY_EXTENSIONS', most: 2 })
    given(...inHand, asked, granted(), later, refused)
      .when(third)
      .thenYields({ ...asked, data: { ...asked.data, newDueAt: shanghai('2026-03-12', '10:00') } })
  })
  test('is no question once the order was answered', () =>
    given(...inHand, asked, answered.at(-1)!)
      .when(decide())
      .thenRejected({ code: 'INVALID_STATE', status: 'feedback-submitted' }))
})

describe('an order is urged', () => {
  const urge = (date: string, time: string): WarningWorkOrderCommand => ({
    type: 'Urge',
    data: { ...said(hqLead, date, time), channel: 'phone', text: 'please sign', sla },
  })
  const urged = (n: number, date: string, time: string) => ({
    type: 'OrderUrged' as const,
    data: { ...said(hqLead, date, time), ...key, n, channel: 'phone' as const, text: 'please sign' },
  })
  test('while it is open', () =>
    given(drafted(), issued())
      .when(urge('2026-03-02', '11:00'))
      .thenYields(urged(1, '2026-03-02', '11:00')))
  test('again after four hours at the earliest', () => {
    const once = [...inHand, urged(1, '2026-03-02', '17:00')]
    given(...once)
      .when(urge('2026-03-02', '20:59'))
      .thenRejected({ code: 'URGED_TOO_SOON', earliest: shanghai('2026-03-02', '21:00') })
    given(...once)
      .when(urge('2026-03-02', '21:00'))
      .thenYields(urged(2, '2026-03-02', '21:00'))
    expect(flags(...once)?.urgeCount).toBe(1)
  })
  test('not as a draft, nor after its end', () => {
    given(drafted()).when(urge('2026-03-02', '11:00')).thenRejected({ code: 'INVALID_STATE', status: 'draft' })
    given(...answered, closed())
      .when(urge('2026-03-05', '11:00'))
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' })
    given(drafted(), issued(), withdrawn).when(urge('2026-03-05', '11:00')).thenRejected({ code: 'INVALID_STATE', status: 'withdrawn' })
  })
})

const mark = (clock: 'sign' | 'feedback' | 'review', dueAt: Instant, at: Instant): WarningWorkOrderCommand => ({
  type: 'MarkOverdue',
  data: { at, by: system, clock, dueAt },
})
const overdue = (type: 'SignOverdue' | 'FeedbackOverdue' | 'ReviewOverdue', dueAt: Instant, at: Instant) => ({
  type,
  data: { at, by: system, ...key, dueAt },
})
const justAfter = shanghai('2026-03-03', '10:00:01')

describe('an order is overdue', () => {
  const sent = [drafted(), issued()]
  const late = overdue('SignOverdue', signDue, justAfter)
  test('to be signed for, once for the instant at which it was due', () => {
    given(...sent)
      .when(mark('sign', signDue, justAfter))
      .thenYields(late)
    given(...sent, late)
      .when(mark('sign', signDue, justAfter))
      .thenNothing()
    expect(flags(...sent, late)).toMatchObject({ overdueSign: true, overdueFeedback: false })
    expect(flags(...sent, late, inHand[2]!)).toMatchObject({ overdueSign: false })
  })
  test('never before that', () =>
    given(...sent)
      .when(mark('sign', signDue, signDue))
      .thenRejected({ code: 'NOT_DUE', dueAt: signDue }))
  test('not for a time at which it is not due', () =>
    given(...sent)
      .when(mark('sign', shanghai('2026-03-03', '09:00'), justAfter))
      .thenNothing())
  test('to be answered, signed for or not', () => {
    const at = shanghai('2026-03-05', '10:01')
    given(...sent)
      .when(mark('feedback', feedbackDue, at))
      .thenYields(overdue('FeedbackOverdue', feedbackDue, at))
    given(...inHand)
      .when(mark('feedback', feedbackDue, at))
      .thenYields(overdue('FeedbackOverdue', feedbackDue, at))
    given(...inHand)
      .when(mark('sign', signDue, at))
      .thenNothing()
  })
  test('anew by the time stated when it was returned', () => {
    const at = shanghai('2026-03-06', '10:01')
    const history = [...answered, returned()]
    given(...history)
      .when(mark('feedback', feedbackDue, at))
      .thenNothing()
    given(...history)
      .when(mark('feedback', shanghai('2026-03-06', '10:00'), at))
      .thenYields(overdue('FeedbackOverdue', shanghai('2026-03-06', '10:00'), at))
  })
  test('to be reviewed', () => {
    const at = shanghai('2026-03-05', '10:01')
    given(...answered)
      .when(mark('review', feedbackDue, at))
      .thenYields(overdue('ReviewOverdue', feedbackDue, at))
    expect(flags(...answered, overdue('ReviewOverdue', feedbackDue, at))?.overdueReview).toBe(true)
  })
  test('not while it is paused in time', () => {
    given(...sent, paused('2026-03-03', '09:00'))
      .when(mark('sign', signDue, shanghai('2026-03-04', '10:00')))
      .thenNothing()
    given(...sent, paused('2026-03-03', '11:00'))
      .when(mark('sign', signDue, shanghai('2026-03-04', '10:00')))
      .thenYields(overdue('SignOverdue', signDue, shanghai('2026-03-04', '10:00')))
  })
  test('no more once it has ended', () => {
    given(...answered, closed())
      .when(mark('review', feedbackDue, shanghai('2026-03-06', '10:00')))
      .thenNothing()
    given(drafted(), issued(), withdrawn)
      .when(mark('sign', signDue, justAfter))
      .thenNothing()
  })
})

describe('an order is escalated', () => {
  const escalate = (over: Partial<Data<'Escalate'>> = {}): WarningWorkOrderCommand => ({
    type: 'Escalate',
    data: { ...said(hqLead, '2026-03-03', '09:00'), level: 2, toRole: 'province vice president', cause: 'manual', sla, years, ...over },
  })
  const escalated = (over: Partial<Extract<WarningWorkOrderEvent, { type: 'OrderEscalated' }>['data']> = {}) => ({
    type: 'OrderEscalated' as const,
    data: { ...said(hqLead, '2026-03-03', '09:00'), ...key, level: 2, toRole: 'province vice president', cause: 'manual' as const, ...over },
  })
  const byClock = (date: string, time: string, over: Partial<Data<'Escalate'>> = {}) =>
    escalate({ ...said(system, date, time), level: 1, toRole: 'department head', cause: 'sign-overdue', dueAt: signDue, ...over })
  const sent = [drafted(), issued()]
  test('by hand, and the level only rises', () => {
    given(...sent)
      .when(escalate())
      .thenYields(escalated())
    for (const level of [1, 2])
      given(...sent, escalated())
        .when(escalate({ level }))
        .thenRejected({ code: 'LEVEL_NOT_HIGHER', standing: 2 })
    given(...sent, escalated())
      .when(escalate({ level: 3 }))
      .thenYields(escalated({ level: 3 }))
    expect(flags(...sent, escalated())?.escalationLevel).toBe(2)
  })
  test('by the clock, one working day after it should have been signed for', () => {
    given(...sent)
      .when(byClock('2026-03-04', '09:59'))
      .thenRejected({ code: 'NOT_DUE', dueAt: shanghai('2026-03-04', '10:00') })
    const at = said(system, '2026-03-04', '10:00')
    given(...sent)
      .when(byClock('2026-03-04', '10:00'))
      .thenYields(escalated({ ...at, level: 1, toRole: 'department head', cause: 'sign-overdue' }))
  })
  test('by the clock no more when that is so already, or was met, or moved', () => {
    given(...sent, escalated())
      .when(byClock('2026-03-04', '10:00'))
      .thenNothing()
    given(...inHand)
      .when(byClock('2026-03-04', '10:00'))
      .thenNothing()
    given(...sent)
      .when(byClock('2026-03-04', '10:00', { dueAt: feedbackDue }))
      .thenNothing()
    given(...answered, closed())
      .when(byClock('2026-03-04', '10:00'))
      .thenNothing()
  })
  test('pauses left out', () => {
    const resumed: WarningWorkOrderEvent = {
      type: 'ClockResumed',
      data: {
        ...said(hqLead, '2026-03-04', '11:00'),
        ...key,
        ...{ pausedMinutes: 450, signDueAt: signDue, feedbackDueAt: shanghai('2026-03-06', '10:00'), calendar: { years: { 2026: 1 }, provisional: false } },
      },
    }
    given(...sent, paused('2026-03-03', '11:00'), resumed)
      .when(byClock('2026-03-05', '09:59'))
      .thenRejected({ code: 'NOT_DUE', dueAt: shanghai('2026-03-05', '10:00') })
  })
})
