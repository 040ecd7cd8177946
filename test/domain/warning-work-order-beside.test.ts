import { describe, expect, test } from 'vitest'
import { fold } from '#domain/shared/decider.ts'
import { fen } from '#domain/shared/quantities.ts'
import type { WarningSilencesCommand, WarningSubjectCommand, WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import { orderNumberEvents, type WarningSilenceEvent, warningSilenceEvents, warningSubjectEvents } from '#domain/warning-work-order/events.ts'
import type { CountedBill, Grade, Matcher, OrderKind, OrderNo, SilenceId } from '#domain/warning-work-order/fields.ts'
import { orderNumbers } from '#domain/warning-work-order/numbers.ts'
import { silencing, warningSilences } from '#domain/warning-work-order/silences.ts'
import { warningSubject } from '#domain/warning-work-order/subject.ts'
import { cons, day, province, shanghai } from '#test/support/arbitraries/values.ts'
import { specFor } from '#test/support/spec.ts'
import {
  answered,
  clerk,
  closed,
  drafted,
  drafter,
  given,
  hebei,
  hqLead,
  inHand,
  key,
  month,
  questionId,
  said,
  system,
} from '#test/support/warning-work-order.ts'

describe('recovered money', () => {
  const A = cons('0000000001')
  const bill = (billMonth: string, open: bigint, counted: bigint, over: Partial<CountedBill> = {}): CountedBill => ({
    consNo: A,
    billMonth: month(billMonth),
    open: fen(open),
    counted: fen(counted),
    ...over,
  })
  const count = (bills: CountedBill[], reportDate = '2026-03-03', reportVersion = 1): WarningWorkOrderCommand => ({
    type: 'CountRecovery',
    data: { ...said(system, '2026-03-04', '01:00'), reportDate: day(reportDate), reportVersion, bills },
  })
  const counted = (bills: CountedBill[], recovered: bigint, reportDate = '2026-03-03', reportVersion = 1) => ({
    type: 'RecoveryCounted' as const,
    data: { ...said(system, '2026-03-04', '01:00'), ...key, reportDate: day(reportDate), reportVersion, bills, recovered: fen(recovered) },
  })
  const first = counted([bill('202601', 100_000n, 200_000n)], 200_000n)

  test('counts on the named bills, what changed of them', () =>
    given(...inHand)
      .when(count([bill('202601', 100_000n, 200_000n), bill('202602', 700_000n, 0n)]))
      .thenYields(first))
  test('adds up over bills and reports', () =>
    given(...inHand, first)
      .when(count([bill('202601', 100_000n, 200_000n), bill('202602', 0n, 700_000n)], '2026-03-04'))
      .thenYields(counted([bill('202602', 0n, 700_000n)], 900_000n, '2026-03-04')))
  test('is taken back when a payment is reversed', () =>
    given(...inHand, first)
      .when(count([bill('202601', 300_000n, 0n)], '2026-03-04'))
      .thenYields(counted([bill('202601', 300_000n, 0n)], 0n, '2026-03-04')))
  test('is counted once: the same again, or an older report, says nothing', () => {
    given(...inHand, first)
      .when(count([bill('202601', 100_000n, 200_000n)]))
      .thenNothing()
    given(...inHand, first)
      .when(count([bill('202601', 300_000n, 0n)], '2026-03-02', 9))
      .thenNothing()
    const corrected = counted([bill('202601', 0n, 300_000n)], 300_000n, '2026-03-03', 2)
    given(...inHand, first, corrected)
      .when(count([bill('202601', 100_000n, 200_000n)]))
      .thenNothing()
  })
  test('is never more than what the bill had open, less what it has open now', () =>
    given(...inHand)
      .when(count([bill('202601', 100_000n, 200_001n)]))
      .thenRejected({ code: 'RECOVERY_TOO_HIGH', consNo: A, billMonth: month('202601'), most: fen(200_000n) }))
  test('is never below zero, and never on another bill', () => {
    given(...inHand)
      .when(count([bill('202601', 300_000n, -1n)]))
      .thenRejected({ code: 'AMOUNT_INVALID', consNo: A, amount: fen(-1n) })
    given(...inHand)
      .when(count([bill('202512', 0n, 1n)]))
      .thenRejected({ code: 'BILL_NOT_NAMED', consNo: A, billMonth: month('202512') })
  })
  test('stays as it is once the order is closed', () =>
    given(...answered, closed())
      .when(count([bill('202601', 0n, 300_000n)]))
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' }))
})

describe('a question on an order', () => {
  const q = { questionId: questionId('q1'), text: 'who paid?' }
  const ask: WarningWorkOrderCommand = { type: 'AskQuestion', data: { ...said(drafter, '2026-03-02', '16:00'), ...q, side: 'headquarters' } }
  const asked = { type: 'QuestionAsked' as const, data: { ...said(drafter, '2026-03-02', '16:00'), ...key, ...q, side: 'headquarters' as const } }
  const reply = (side: 'headquarters' | 'province'): WarningWorkOrderCommand => ({
    type: 'AnswerQuestion',
    data: { ...said(clerk, '2026-03-02', '17:00'), questionId: q.questionId, text: 'the owner', side },
  })
  const replied = { type: 'QuestionAnswered' as const, data: { ...said(clerk, '2026-03-02', '17:00'), ...key, questionId: q.questionId, text: 'the owner' } }
  const read = (side: 'headquarters' | 'province'): WarningWorkOrderCommand => ({
    type: 'ReadQuestion',
    data: { ...said(clerk, '2026-03-02', '16:30'), questionId: q.questionId, side },
  })
  const wasRead = { type: 'QuestionRead' as const, data: { ...said(clerk, '2026-03-02', '16:30'), ...key, questionId: q.questionId } }
  test('is asked under an id of its own', () => {
    given(...inHand)
      .when(ask)
      .thenYields(asked)
    given(...inHand, asked)
      .when(ask)
      .thenRejected({ code: 'ID_TAKEN', id: q.questionId })
  })
  test('is answered by the other side, once', () => {
    given(...inHand, asked)
      .when(reply('province'))
      .thenYields(replied)
    given(...inHand, asked)
      .when(reply('headquarters'))
      .thenRejected({ code: 'OWN_QUESTION' })
    given(...inHand, asked, replied)
      .when(reply('province'))
      .thenRejected({ code: 'ALREADY_ANSWERED' })
  })
  test('leaves a receipt of its first reader on the other side', () => {
    given(...inHand, asked)
      .when(read('province'))
      .thenYields(wasRead)
    given(...inHand, asked)
      .when(read('headquarters'))
      .thenNothing()
    given(...inHand, asked, wasRead)
      .when(read('province'))
      .thenNothing()
  })
  test('is one that was asked, of an order that was issued', () => {
    given(...inHand)
      .when(reply('province'))
      .thenRejected({ code: 'UNKNOWN_QUESTION', questionId: q.questionId })
    given(...inHand)
      .when(read('province'))
      .thenRejected({ code: 'UNKNOWN_QUESTION', questionId: q.questionId })
    given(drafted()).when(ask).thenRejected({ code: 'INVALID_STATE', status: 'draft' })
  })
})

describe('the warnings of one customer', () => {
  const spec = specFor(warningSubjectEvents, warningSubject)
  const one = { province: hebei, consNo: cons('1') }
  const no = (n: number) => `20260302-${n}` as OrderNo
  const bills = [{ billMonth: month('202601'), open: fen(1n) }]
  const claim = (n: number, kind: OrderKind = 'arrears-warning', grade: Grade = 'yellow', origin: 'manual' | 'rules' = 'manual'): WarningSubjectCommand => ({
    type: 'ClaimSubject',
    data: { ...said(drafter, '2026-03-02', '09:00'), ...one, kind, grade, orderNo: no(n), bills, origin },
  })
  const claimed = (n: number, kind: OrderKind = 'arrears-warning', grade: Grade = 'yellow') => ({
    type: 'SubjectClaimed' as const,
    data: { ...said(drafter, '2026-03-02', '09:00'), ...one, kind, grade, orderNo: no(n), bills },
  })
  const release = (n: number): WarningSubjectCommand => ({
    type: 'ReleaseSubject',
    data: { ...said(system, '2026-03-04', '09:00'), ...one, kind: 'arrears-warning', orderNo: no(n) },
  })
  const released = (n: number) => ({
    type: 'SubjectReleased' as const,
    data: { ...said(system, '2026-03-04', '09:00'), ...one, kind: 'arrears-warning' as const, orderNo: no(n) },
  })
  test('have one open order of a kind, and the refusal names it', () => {
    spec.given().when(claim(1)).thenYields(claimed(1))
    spec.given(claimed(1)).when(claim(1)).thenNothing()
    spec
      .given(claimed(1))
      .when(claim(2))
      .thenRejected({ code: 'DUPLICATE_OPEN_ORDER', consNo: one.consNo, kind: 'arrears-warning', orderNo: no(1), since: shanghai('2026-03-02', '09:00') })
    spec.given(claimed(1)).when(claim(2, 'verify')).thenYields(claimed(2, 'verify'))
  })
  test('are free again once it is let go of, by that order only', () => {
    spec.given(claimed(1)).when(release(1)).thenYields(released(1))
    spec.given(claimed(1)).when(release(2)).thenNothing()
    spec.given(claimed(1), released(1)).when(release(1)).thenNothing()
    spec.given(claimed(1), released(1)).when(claim(2)).thenYields(claimed(2))
  })
  test('by rule give way to a graver open order; those of people do not', () => {
    const red = claimed(1, 'supervision', 'red')
    spec
      .given(red)
      .when(claim(2, 'arrears-warning', 'orange', 'rules'))
      .thenRejected({ code: 'INHIBITED', consNo: one.consNo, orderNo: no(1), grade: 'red' })
    spec
      .given(red)
      .when(claim(2, 'arrears-warning', 'red', 'rules'))
      .thenYields(claimed(2, 'arrears-warning', 'red'))
    spec.given(red).when(claim(2)).thenYields(claimed(2))
  })
  test('that were not given are on record, each reason once', () => {
    const why = { ...one, kind: 'arrears-warning', grade: 'yellow', rules: ['A1'], reportDate: day('2026-03-01'), why: 'duplicate', orderNo: no(1) } as const
    const suppress: WarningSubjectCommand = { type: 'SuppressWarning', data: { ...said(system, '2026-03-02', '09:00'), ...why, rules: [...why.rules] } }
    const suppressed = { type: 'WarningSuppressed' as const, data: { ...suppress.data } }
    spec.given(claimed(1)).when(suppress).thenYields(suppressed)
    spec.given(claimed(1), suppressed).when(suppress).thenNothing()
  })
})

describe('a silence', () => {
  const spec = specFor(warningSilenceEvents, warningSilences)
  const id = (text: string) => text as SilenceId
  const silence = (matcher: Matcher, until = shanghai('2026-03-10', '00:00'), silenceId = id('s1')): Extract<WarningSilencesCommand, { type: 'Silence' }> => ({
    type: 'Silence',
    data: { ...said(hqLead, '2026-03-02', '09:00'), silenceId, matcher, until, reason: 'restructuring agreed' },
  })
  const silenced = (matcher: Matcher, until?: ReturnType<typeof shanghai>, silenceId?: SilenceId) => ({
    type: 'Silenced' as const,
    data: silence(matcher, until, silenceId).data,
  })
  const end: WarningSilencesCommand = { type: 'EndSilence', data: { ...said(hqLead, '2026-03-03', '09:00'), silenceId: id('s1'), reason: 'broken' } }
  const ended = { type: 'SilenceEnded' as const, data: end.data }
  const one = { consNo: cons('1') }
  test('is set until a time to come', () => {
    spec.given().when(silence(one)).thenYields(silenced(one))
    const now = shanghai('2026-03-02', '09:00')
    spec.given().when(silence(one, now)).thenRejected({ code: 'INSTANT_TOO_EARLY', instant: now, earliest: now })
  })
  test('has an id of its own', () => {
    spec.given(silenced(one)).when(silence(one)).thenNothing()
    spec
      .given(silenced(one))
      .when(silence({ grade: 'yellow' }))
      .thenRejected({ code: 'SILENCE_ID_TAKEN', id: id('s1') })
  })
  test('is ended before its time, once', () => {
    spec.given(silenced(one)).when(end).thenYields(ended)
    spec.given(silenced(one), ended).when(end).thenNothing()
    spec
      .given()
      .when(end)
      .thenRejected({ code: 'UNKNOWN_SILENCE', silenceId: id('s1') })
  })
  test('keeps from being given what it matches, while it lasts', () => {
    const warned = { ...one, province: hebei, kind: 'arrears-warning', grade: 'yellow', rules: ['A1', 'A2'] } as const
    const now = shanghai('2026-03-05', '00:00')
    const by = (...events: readonly WarningSilenceEvent[]) => silencing(fold(warningSilences, events), now, warned)
    expect(by(silenced(one))).toBe('s1')
    expect(by(silenced({ province: hebei, kind: 'arrears-warning', grade: 'yellow' }))).toBe('s1')
    expect(by(silenced(one), ended)).toBeUndefined()
    expect(by(silenced(one, now))).toBeUndefined()
    for (const other of [{ province: province('P13N') }, { consNo: cons('2') }, { kind: 'verify' }, { grade: 'red' }, { rule: 'A3' }] satisfies Matcher[])
      expect(by(silenced(other))).toBeUndefined()
    expect(by(silenced({ rule: 'A1' })), 'another rule still speaks').toBeUndefined()
    expect(by(silenced({ rule: 'A1' }), silenced({ rule: 'A2' }, undefined, id('s2')))).toBe('s2')
  })
})

describe('the numbers of a day', () => {
  const spec = specFor(orderNumberEvents, orderNumbers)
  const take = (count: number, purpose: string) => ({ type: 'TakeNumbers' as const, data: { ...said(drafter, '2026-03-02', '09:00'), count, purpose } })
  const taken = (from: number, count: number, purpose: string) => ({
    type: 'NumbersTaken' as const,
    data: { ...said(drafter, '2026-03-02', '09:00'), from, count, purpose },
  })
  test('follow one another', () => {
    spec
      .given()
      .when(take(3, 'a'))
      .thenYields(taken(1, 3, 'a'))
    spec
      .given(taken(1, 3, 'a'))
      .when(take(1, 'b'))
      .thenYields(taken(4, 1, 'b'))
  })
  test('are given once for a purpose', () =>
    spec
      .given(taken(1, 3, 'a'))
      .when(take(3, 'a'))
      .thenNothing())
  test('have seven digits at most', () =>
    spec
      .given(taken(1, 9_999_998, 'a'))
      .when(take(2, 'b'))
      .thenRejected({ code: 'NUMBERS_EXHAUSTED', left: 1 }))
})
