import { describe, test } from 'vitest'
import { fen } from '#domain/shared/quantities.ts'
import type { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import { cons, day, org, province, shanghai, user } from '#test/support/arbitraries/values.ts'
import {
  answered,
  clerk,
  closed,
  type Data,
  draft,
  drafted,
  drafter,
  given,
  hqLead,
  inHand,
  issued,
  key,
  month,
  said,
  sla,
  subject,
  subjects,
  withdrawn,
  years,
} from '#test/support/warning-work-order.ts'

const issue = (over: Partial<Data<'IssueOrder'>> = {}): WarningWorkOrderCommand => ({
  type: 'IssueOrder',
  data: { ...said(hqLead, '2026-03-02', '10:00'), sla, years, ...over },
})

const voidIt: WarningWorkOrderCommand = { type: 'VoidNumber', data: { ...said(drafter, '2026-03-02', '09:00'), ...key } }
const voided: WarningWorkOrderEvent = { type: 'OrderNumberVoided', data: voidIt.data }

describe('an order is drafted', () => {
  test('for customers of the province, with the figures of a report', () => given().when(draft()).thenYields(drafted()))
  test('with at least one customer', () =>
    given()
      .when(draft({ subjects: [] }))
      .thenRejected({ code: 'NO_SUBJECTS' }))
  test('of at most 200', () =>
    given()
      .when(draft({ subjects: Array.from({ length: 201 }, (_, i) => subject(String(i))) }))
      .thenRejected({ code: 'TOO_MANY_SUBJECTS', most: 200 }))
  test('each named once', () =>
    given()
      .when(draft({ subjects: [subject('1'), subject('2'), subject('1')] }))
      .thenRejected({ code: 'DUPLICATE_SUBJECT', consNos: [cons('1')] }))
  test('and none of another province', () =>
    given()
      .when(draft({ strangers: [cons('0000000002')] }))
      .thenRejected({ code: 'SUBJECT_NOT_IN_PROVINCE', province: key.province, consNos: [cons('0000000002')] }))
  test.each([
    ['whose arrears are another sum', { arrears: fen(999_999n) }],
    ['with a bill twice', { bills: [1n, 2n].map((open) => ({ billMonth: month('202601'), open: fen(open) })), arrears: fen(3n) }],
    ['with a bill below zero', { bills: [{ billMonth: month('202601'), open: fen(-1n) }], arrears: fen(-1n) }],
  ])('not with figures %s', (_, over) =>
    given()
      .when(draft({ subjects: [subject('1', over)] }))
      .thenRejected({ code: 'FIGURES_MISMATCH', consNos: [cons('1')] }),
  )
  test('to be verified, also without bills', () =>
    given()
      .when(draft({ kind: 'verify', subjects: [subject('1', { bills: [], arrears: fen(0n) })] }))
      .thenYields(drafted({ kind: 'verify', subjects: [subject('1', { bills: [], arrears: fen(0n) })] })))
  test('under a number that is free', () => given(drafted()).when(draft()).thenRejected({ code: 'ORDER_NO_TAKEN', orderNo: key.orderNo }))
  test('and not under one that was voided, of which nothing else is known either', () => {
    const standing = given(voided)
    standing.when(draft()).thenRejected({ code: 'ORDER_NO_TAKEN', orderNo: key.orderNo })
    standing.when(issue()).thenRejected({ code: 'NOT_FOUND' })
  })
})

describe('a number is voided', () => {
  test('under which nothing was drafted, once', () => {
    given().when(voidIt).thenYields(voided)
    given(voided).when(voidIt).thenYields()
  })
  test('and not one of an order', () => given(drafted()).when(voidIt).thenRejected({ code: 'INVALID_STATE', status: 'draft' }))
})

describe('an order is issued', () => {
  test('and its clocks begin: orange is signed for in one working day and answered in three', () => given(drafted()).when(issue()).thenYields(issued()))
  test('red: signed for in 4 hours, answered in 2 days', () =>
    given(drafted({ grade: 'red' }))
      .when(issue())
      .thenYields(issued({ signDueAt: shanghai('2026-03-02', '15:30'), feedbackDueAt: shanghai('2026-03-04', '10:00') })))
  test('yellow: in 1 day and 5', () =>
    given(drafted({ grade: 'yellow' }))
      .when(issue())
      .thenYields(issued({ signDueAt: shanghai('2026-03-03', '10:00'), feedbackDueAt: shanghai('2026-03-09', '10:00') })))
  test('red: by another than who drafted it', () =>
    given(drafted({ grade: 'red' }))
      .when(issue({ by: drafter }))
      .thenRejected({ code: 'SELF_APPROVAL' }))
  test('orange: also by who drafted it', () =>
    given(drafted())
      .when(issue({ by: drafter }))
      .thenYields(issued({ by: drafter })))
  test('on figures of three days ago', () => {
    const old = subjects.map((one) => ({ ...one, asOf: day('2026-02-27') }))
    given(drafted({ subjects: old }))
      .when(issue())
      .thenYields(issued())
  })
  test('not on older ones', () =>
    given(drafted({ subjects: [subject('1'), subject('2', { asOf: day('2026-02-26') })] }))
      .when(issue())
      .thenRejected({ code: 'STALE_FIGURES', consNos: [cons('2')], oldest: day('2026-02-27') }))
  test('nor on those of a day to come', () =>
    given(drafted({ subjects: [subject('1', { asOf: day('2026-03-03') })] }))
      .when(issue())
      .thenRejected({ code: 'STALE_FIGURES', consNos: [cons('1')], oldest: day('2026-02-27') }))
  test('once', () => given(drafted(), issued()).when(issue()).thenRejected({ code: 'INVALID_STATE', status: 'issued' }))
  test('only when it was drafted', () => given().when(issue()).thenRejected({ code: 'NOT_FOUND' }))
  test('not after it was withdrawn', () => given(drafted(), withdrawn).when(issue()).thenRejected({ code: 'INVALID_STATE', status: 'withdrawn' }))
})

describe('a customer is appended', () => {
  const one = subject('0000000003')
  const append = (over: Partial<Data<'AppendSubject'>> = {}): WarningWorkOrderCommand => ({
    type: 'AppendSubject',
    data: { ...said(drafter, '2026-03-02', '16:00'), subject: one, strangers: [], sla, ...over },
  })
  const appended = { type: 'SubjectAppended' as const, data: { ...said(drafter, '2026-03-02', '16:00'), ...key, subject: one } }
  test('to an order that was issued', () => given(drafted(), issued()).when(append()).thenYields(appended))
  test('to one that was signed for', () =>
    given(...inHand)
      .when(append())
      .thenYields(appended))
  test('not to a draft', () => given(drafted()).when(append()).thenRejected({ code: 'INVALID_STATE', status: 'draft' }))
  test('not to one that was answered', () =>
    given(...answered)
      .when(append())
      .thenRejected({ code: 'INVALID_STATE', status: 'feedback-submitted' }))
  test('not twice', () =>
    given(...inHand, appended)
      .when(append())
      .thenRejected({ code: 'DUPLICATE_SUBJECT', consNos: [one.consNo] }))
  test('not from another province', () =>
    given(...inHand)
      .when(append({ strangers: [one.consNo] }))
      .thenRejected({ code: 'SUBJECT_NOT_IN_PROVINCE', province: key.province, consNos: [one.consNo] }))
  test('not on stale figures', () =>
    given(...inHand)
      .when(append({ subject: { ...one, asOf: day('2026-02-20') } }))
      .thenRejected({ code: 'STALE_FIGURES', consNos: [one.consNo], oldest: day('2026-02-27') }))
})

describe('an order is signed for', () => {
  const sign = (date: string, time: string): WarningWorkOrderCommand => ({ type: 'SignOrder', data: said(clerk, date, time) })
  test('in time up to the instant at which it is due', () =>
    given(drafted(), issued())
      .when(sign('2026-03-03', '10:00'))
      .thenYields({ type: 'OrderSigned', data: { ...said(clerk, '2026-03-03', '10:00'), ...key, onTime: true } }))
  test('late afterwards', () =>
    given(drafted(), issued())
      .when(sign('2026-03-03', '10:00:01'))
      .thenYields({ type: 'OrderSigned', data: { ...said(clerk, '2026-03-03', '10:00:01'), ...key, onTime: false } }))
  test('once: said again it is so already', () => {
    given(...inHand)
      .when(sign('2026-03-03', '11:00'))
      .thenNothing()
    given(...answered)
      .when(sign('2026-03-03', '11:00'))
      .thenNothing()
    given(...answered, closed())
      .when(sign('2026-03-05', '11:00'))
      .thenNothing()
  })
  test('not a draft, and not what was withdrawn', () => {
    given(drafted()).when(sign('2026-03-02', '11:00')).thenRejected({ code: 'INVALID_STATE', status: 'draft' })
    given(drafted(), issued(), withdrawn).when(sign('2026-03-02', '16:00')).thenRejected({ code: 'INVALID_STATE', status: 'withdrawn' })
  })
})

describe('an order is assigned', () => {
  const assign = (over: Partial<Data<'AssignOrder'>> = {}): WarningWorkOrderCommand => ({
    type: 'AssignOrder',
    data: {
      ...said(clerk, '2026-03-02', '15:00'),
      ...{ toOrg: org('13401'), toUser: user('ct.li'), dueAt: shanghai('2026-03-04', '12:00'), orgProvince: key.province },
      ...over,
    },
  })
  const { orgProvince: _, ...said15 } = (assign() as { data: Data<'AssignOrder'> }).data
  const assigned = { type: 'OrderAssigned' as const, data: { ...key, ...said15 } }
  test('to a unit of the province', () =>
    given(...inHand)
      .when(assign())
      .thenYields(assigned))
  test('again to the same: it is so already', () =>
    given(...inHand, assigned)
      .when(assign())
      .thenNothing())
  test('not outside the province', () => {
    const refusal = { code: 'ORG_OUTSIDE_PROVINCE', orgCode: org('13401'), province: key.province } as const
    given(...inHand)
      .when(assign({ orgProvince: province('P13N') }))
      .thenRejected(refusal)
    given(...inHand)
      .when(assign({ orgProvince: null }))
      .thenRejected(refusal)
  })
  test('to be answered before the province has to', () =>
    given(...inHand)
      .when(assign({ dueAt: shanghai('2026-03-05', '10:00:01') }))
      .thenRejected({ code: 'DUE_TOO_LATE', dueAt: shanghai('2026-03-05', '10:00:01'), latest: shanghai('2026-03-05', '10:00') }))
  test('not into the past', () =>
    given(...inHand)
      .when(assign({ dueAt: shanghai('2026-03-02', '15:00') }))
      .thenRejected({ code: 'INSTANT_TOO_EARLY', instant: shanghai('2026-03-02', '15:00'), earliest: shanghai('2026-03-02', '15:00') }))
  test('once it was signed for', () => given(drafted(), issued()).when(assign()).thenRejected({ code: 'INVALID_STATE', status: 'issued' }))
})

describe('an order is withdrawn', () => {
  const withdraw: WarningWorkOrderCommand = { type: 'WithdrawOrder', data: { ...said(hqLead, '2026-03-02', '15:00'), reason: 'paid' } }
  test.each([
    ['a draft', [drafted()]],
    ['issued', [drafted(), issued()]],
    ['answered', answered],
  ])('%s', (_, history) =>
    given(...history)
      .when(withdraw)
      .thenYields(withdrawn),
  )
  test('once', () => given(drafted(), withdrawn).when(withdraw).thenNothing())
  test('not after it was closed', () =>
    given(...answered, closed())
      .when(withdraw)
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' }))
})
