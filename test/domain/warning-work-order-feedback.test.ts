import { describe, test } from 'vitest'
import { fen } from '#domain/shared/quantities.ts'
import type { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import { cons, day, shanghai } from '#test/support/arbitraries/values.ts'
import {
  answer,
  answered,
  answers,
  closed,
  type Data,
  drafted,
  drafter,
  given,
  hqLead,
  inHand,
  issued,
  key,
  month,
  paused,
  pvLead,
  returned,
  reviewer,
  said,
  sla,
  submitted,
  years,
} from '#test/support/warning-work-order.ts'

const [A, B] = ['0000000001', '0000000002'] as const

describe('an order is answered', () => {
  const submit = (over: Partial<Data<'SubmitFeedback'>> = {}): WarningWorkOrderCommand => ({
    type: 'SubmitFeedback',
    data: { ...said(pvLead, '2026-03-03', '10:00'), answers, attachments: [], billed: [], sla, years, ...over },
  })
  test('customer by customer, and the review is due in two working days', () =>
    given(...inHand)
      .when(submit())
      .thenYields(submitted()))
  test('late, after it was due', () =>
    given(...inHand)
      .when(submit(said(pvLead, '2026-03-05', '10:00:01')))
      .thenYields(
        submitted({ ...said(pvLead, '2026-03-05', '10:00:01'), onTime: false, reviewDueAt: shanghai('2026-03-09', '10:00:01'), provinceMinutes: 1350 }),
      ))
  test('in time after all when the clock stood still', () =>
    given(...inHand, paused('2026-03-03', '10:00'))
      .when(submit(said(pvLead, '2026-03-06', '10:00')))
      .thenYields(submitted({ ...said(pvLead, '2026-03-06', '10:00'), reviewDueAt: shanghai('2026-03-10', '10:00'), provinceMinutes: 450 })))
  test('not before it was signed for', () => given(drafted(), issued()).when(submit()).thenRejected({ code: 'INVALID_STATE', status: 'issued' }))
  test('every one, once', () => {
    given(...inHand)
      .when(submit({ answers: [answer(A)] }))
      .thenRejected({ code: 'INCOMPLETE_FEEDBACK', missing: [cons(B)], twice: [] })
    given(...inHand)
      .when(submit({ answers: [answer(A), answer(B), answer(A)] }))
      .thenRejected({ code: 'INCOMPLETE_FEEDBACK', missing: [], twice: [cons(A)] })
  })
  test('nobody else', () =>
    given(...inHand)
      .when(submit({ answers: [...answers, answer('9')] }))
      .thenRejected({ code: 'NOT_A_SUBJECT', consNos: [cons('9')] }))
  test.each([{ recovered: fen(-1n) }, { remaining: fen(-1n) }])('with no amount below zero: %o', (over) =>
    given(...inHand)
      .when(submit({ answers: [answer(A, over), answer(B)] }))
      .thenRejected({ code: 'AMOUNT_INVALID', consNo: cons(A), amount: fen(-1n) }),
  )
  test('with no more come in than the order named', () =>
    given(...inHand)
      .when(submit({ answers: [answer(A, { recovered: fen(1_000_001n) }), answer(B)] }))
      .thenRejected({ code: 'RECOVERED_TOO_HIGH', consNo: cons(A), recovered: fen(1_000_001n), most: fen(1_000_000n) }))
  test('and was billed since: not the bills that it names, nor older ones', () => {
    const bill = (billMonth: string, receivable: bigint) => ({ consNo: cons(A), billMonth: month(billMonth), receivable: fen(receivable) })
    const billed = [bill('202512', 5n), bill('202601', 5n), bill('202602', 5n), bill('202603', 40n)]
    const more = (recovered: bigint) => [answer(A, { recovered: fen(recovered) }), answer(B)]
    given(...inHand)
      .when(submit({ billed, answers: more(1_000_040n) }))
      .thenYields(submitted({ answers: more(1_000_040n) }))
    given(...inHand)
      .when(submit({ billed, answers: more(1_000_041n) }))
      .thenRejected({ code: 'RECOVERED_TOO_HIGH', consNo: cons(A), recovered: fen(1_000_041n), most: fen(1_000_040n) })
  })
  test('with plans that lie ahead', () =>
    given(...inHand)
      .when(submit({ answers: [answer(A, { planDate: day('2026-03-02') }), answer(B)] }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-02'), earliest: day('2026-03-03') }))
  test('anew after it was returned, by the time that was stated', () =>
    given(...answered, returned())
      .when(submit(said(pvLead, '2026-03-06', '10:00')))
      .thenYields(submitted({ ...said(pvLead, '2026-03-06', '10:00'), no: 2, reviewDueAt: shanghai('2026-03-10', '10:00'), provinceMinutes: 1080 })))
})

describe('an answer is returned', () => {
  const giveBack = (over: Partial<Data<'ReturnFeedback'>> = {}): WarningWorkOrderCommand => {
    const { orderNo: _o, province: _p, no: _n, reviewMinutes: _r, ...data } = returned().data
    return { type: 'ReturnFeedback', data: { ...data, confirmed: false, sla, years, ...over } }
  }
  test('with reasons and a new time', () =>
    given(...answered)
      .when(giveBack())
      .thenYields(returned()))
  test('not without a reason', () =>
    given(...answered)
      .when(giveBack({ reasons: [] }))
      .thenRejected({ code: 'REASON_REQUIRED' }))
  test('for customers that it is about', () =>
    given(...answered)
      .when(giveBack({ reasons: [{ consNo: cons('9'), code: 'other', text: 'who is that' }] }))
      .thenRejected({ code: 'NOT_A_SUBJECT', consNos: [cons('9')] }))
  test('not by a time that has passed', () =>
    given(...answered)
      .when(giveBack({ newDueAt: shanghai('2026-03-03', '16:00') }))
      .thenRejected({ code: 'INSTANT_TOO_EARLY', instant: shanghai('2026-03-03', '16:00'), earliest: shanghai('2026-03-03', '16:00') }))
  test('only when there is one', () =>
    given(...inHand)
      .when(giveBack())
      .thenRejected({ code: 'INVALID_STATE', status: 'signed' }))
  test('a third time only when the reviewer confirms it', () => {
    const twice = [...answered, returned(), submitted({ no: 2 }), returned({ no: 2 }), submitted({ no: 3 })]
    given(...twice)
      .when(giveBack())
      .thenRejected({ code: 'MANY_RETURNS', returns: 2 })
    given(...twice)
      .when(giveBack({ confirmed: true }))
      .thenYields(returned({ no: 3 }))
  })
})

describe('an order is closed', () => {
  const close = (over: Partial<Data<'AcceptAndClose'>> = {}): WarningWorkOrderCommand => ({
    type: 'AcceptAndClose',
    data: { ...said(hqLead, '2026-03-04', '10:00'), result: 'recovered', sla, years, ...over },
  })
  const rest = [answer(A, { recovered: fen(400_000n), remaining: fen(600_000n) }), answer(B)]
  const partly = [...inHand, submitted({ answers: rest })]
  const sums = { recovered: fen(1_400_000n), remaining: fen(600_000n) }
  test('with what the answers add up to', () =>
    given(...answered)
      .when(close())
      .thenYields(closed()))
  test('by another than who drafted it, and than who answered', () => {
    given(...answered)
      .when(close({ by: drafter }))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(...answered)
      .when(close({ by: pvLead }))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(...answered)
      .when(close({ by: reviewer }))
      .thenYields(closed({ by: reviewer }))
  })
  test('not as recovered while something remains', () =>
    given(...partly)
      .when(close())
      .thenRejected({ code: 'NOT_RECOVERED', remaining: fen(600_000n) }))
  test('with a day to follow up what remains', () => {
    given(...partly)
      .when(close({ result: 'under-plan' }))
      .thenRejected({ code: 'FOLLOW_UP_REQUIRED', remaining: fen(600_000n) })
    given(...partly)
      .when(close({ result: 'under-plan', followUpOn: day('2026-03-03') }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-03'), earliest: day('2026-03-04') })
    given(...partly)
      .when(close({ result: 'under-plan', followUpOn: day('2026-04-01') }))
      .thenYields(closed({ result: 'under-plan', ...sums, followUpOn: day('2026-04-01') }))
  })
  test('only when it was answered', () =>
    given(...inHand)
      .when(close())
      .thenRejected({ code: 'INVALID_STATE', status: 'signed' }))
  test('in time until the review is due after the feedback was', () => {
    const latest = said(hqLead, '2026-03-09', '10:00')
    given(...answered)
      .when(close(latest))
      .thenYields(closed({ ...latest, handlingMinutes: 2250, reviewMinutes: 1800 }))
    const late = said(hqLead, '2026-03-09', '10:01')
    given(...answered)
      .when(close(late))
      .thenYields(closed({ ...late, onTime: false, handlingMinutes: 2251, reviewMinutes: 1801 }))
  })
  test('not in time when the answer was late', () =>
    given(...inHand, submitted({ onTime: false }))
      .when(close())
      .thenYields(closed({ onTime: false })))
  test('pauses left out of its minutes', () =>
    given(...answered, paused('2026-03-03', '14:30'))
      .when(close())
      .thenYields(closed({ handlingMinutes: 630, reviewMinutes: 180 })))
})

describe('a closed order is reopened', () => {
  const reopen = (over: Partial<Data<'ReopenOrder'>> = {}): WarningWorkOrderCommand => ({
    type: 'ReopenOrder',
    data: { ...said(hqLead, '2026-06-02', '10:00'), reason: 'paid back', newDueAt: shanghai('2026-06-05', '10:00'), sla, ...over },
  })
  const reopened = {
    type: 'OrderReopened' as const,
    data: { ...said(hqLead, '2026-06-02', '10:00'), ...key, reason: 'paid back', newDueAt: shanghai('2026-06-05', '10:00') },
  }
  const done = [...answered, closed()]
  test('within 90 days', () =>
    given(...done)
      .when(reopen())
      .thenYields(reopened))
  test('not afterwards', () =>
    given(...done)
      .when(reopen({ at: shanghai('2026-06-02', '10:01') }))
      .thenRejected({ code: 'TOO_LATE', latest: shanghai('2026-06-02', '10:00') }))
  test('with time to answer anew', () =>
    given(...done)
      .when(reopen({ newDueAt: shanghai('2026-06-02', '09:00') }))
      .thenRejected({ code: 'INSTANT_TOO_EARLY', instant: shanghai('2026-06-02', '09:00'), earliest: shanghai('2026-06-02', '10:00') }))
  test('not what was never closed', () =>
    given(...answered)
      .when(reopen())
      .thenRejected({ code: 'INVALID_STATE', status: 'feedback-submitted' }))
  test('by other rules than it was issued by: no', () =>
    given(...done)
      .when(reopen({ sla: { ...sla, version: 2 } }))
      .thenRejected({ code: 'OTHER_RULES', slaVersion: 1 }))
  test('and is answered and closed again; the time between does not count', () => {
    const again = submitted({ ...said(pvLead, '2026-06-02', '12:00'), no: 2, reviewDueAt: shanghai('2026-06-04', '12:00'), provinceMinutes: 120 })
    given(...done, reopened)
      .when({ type: 'SubmitFeedback', data: { ...said(pvLead, '2026-06-02', '12:00'), answers, attachments: [], billed: [], sla, years } })
      .thenYields(again)
    given(...done, reopened, again)
      .when({ type: 'AcceptAndClose', data: { ...said(hqLead, '2026-06-02', '15:30'), result: 'recovered', sla, years } })
      .thenYields(closed({ ...said(hqLead, '2026-06-02', '15:30'), handlingMinutes: 900 + 120 + 120, reviewMinutes: 120 }))
  })
})
