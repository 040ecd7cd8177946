import { describe, test } from 'vitest'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import type { BillStanding } from '#domain/high-risk-user/fields.ts'
import type { BillMonth } from '#domain/shared/dates.ts'
import { fen } from '#domain/shared/quantities.ts'
import { caseRules, figures, key, today } from '#test/support/arbitraries/high-risk-user.ts'
import { day } from '#test/support/arbitraries/values.ts'
import {
  byClerk,
  byLead,
  bySystem,
  closed,
  type Data,
  delisted,
  dismissed,
  given,
  held,
  id,
  nominated,
  onList,
  proposal,
  tomorrow,
} from '#test/support/high-risk-user.ts'

const promiseId = id('p1')
const december = '202512' as BillMonth
const february = '202602' as BillMonth
const promise = (over: Partial<Data<'RecordPromise'>> = {}): HighRiskUserCommand => ({
  type: 'RecordPromise',
  data: { ...byClerk, promiseId, bills: [december], amount: fen(60_000n), dueOn: day('2026-03-10'), figures, ...over },
})
const made: HighRiskUserEvent = {
  type: 'PromiseMade',
  data: { ...byClerk, ...key, promiseId, bills: [december], amount: fen(60_000n), dueOn: day('2026-03-10'), receivedBefore: fen(20_000n) },
}

describe('a promise to pay', () => {
  test('is due in the future, of an amount, and knows what had come in before', () => {
    given(...onList)
      .when(promise())
      .thenYields(made)
    given(...onList)
      .when(promise({ figures: null }))
      .thenYields({ ...made, data: { ...made.data, receivedBefore: fen(0n) } })
    given(...onList)
      .when(promise({ dueOn: today }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: today, earliest: today })
    given(...onList)
      .when(promise({ amount: fen(0n) }))
      .thenRejected({ code: 'AMOUNT_INVALID', amount: fen(0n) })
    given(...onList)
      .when(promise({ bills: [december, '203001' as BillMonth] }))
      .thenRejected({ code: 'UNKNOWN_BILL', billMonth: '203001' as BillMonth })
    given(nominated).when(promise()).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
  })
  test('one open a bill', () => {
    given(...onList, made)
      .when(promise())
      .thenNothing()
    given(...onList, made)
      .when(promise({ amount: fen(1n) }))
      .thenRejected({ code: 'ID_TAKEN', id: promiseId })
    given(...onList, made)
      .when(promise({ promiseId: id('p2'), bills: [february, december] }))
      .thenRejected({ code: 'PROMISE_EXISTS', promiseId, billMonth: december })
    given(...onList, made)
      .when(promise({ promiseId: id('p2'), bills: [february, february] }))
      .thenYields({ ...made, data: { ...made.data, promiseId: id('p2'), bills: [february], receivedBefore: fen(0n) } })
  })

  const bill = (received: bigint, open: bigint, billMonth = december): BillStanding => ({
    billMonth,
    dueDate: day('2026-01-15'),
    received: fen(received),
    open: fen(open),
  })
  const settle = (reportDate: string, ...bills: BillStanding[]): HighRiskUserCommand => ({
    type: 'SettlePromise',
    data: { ...bySystem, promiseId, reportDate: day(reportDate), reportVersion: 1, bills },
  })
  const seen = (reportDate: string) => ({ ...bySystem, ...key, promiseId, reportDate: day(reportDate), reportVersion: 1 })
  const broken: HighRiskUserEvent = { type: 'PromiseBroken', data: { ...seen('2026-03-10'), shortfall: fen(1n) } }
  test('is kept as soon as the amount has come in since, or nothing is open', () => {
    given(...onList, made)
      .when(settle('2026-03-05', bill(80_000n, 20_000n)))
      .thenYields({ type: 'PromiseKept', data: { ...seen('2026-03-05'), received: fen(60_000n) } })
    given(...onList, made)
      .when(settle('2026-03-10', bill(50_000n, 0n)))
      .thenYields({ type: 'PromiseKept', data: { ...seen('2026-03-10'), received: fen(30_000n) } })
  })
  test('is broken on its due date, not before, and not by what came in before it was made', () => {
    given(...onList, made)
      .when(settle('2026-03-09', bill(79_999n, 20_001n)))
      .thenNothing()
    given(...onList, made)
      .when(settle('2026-03-10', bill(79_999n, 20_001n)))
      .thenYields(broken)
    given(...onList, made)
      .when(settle('2026-03-12', bill(20_000n, 80_000n)))
      .thenYields({ type: 'PromiseBroken', data: { ...seen('2026-03-12'), shortfall: fen(60_000n) } })
    given(...onList, made)
      .when(settle('2026-03-12', bill(10_000n, 90_000n)))
      .thenYields({ type: 'PromiseBroken', data: { ...seen('2026-03-12'), shortfall: fen(60_000n) } })
  })
  test('is settled once, also after the user has left, and only by a report that speaks of its bills', () => {
    given(...onList, made, broken)
      .when(settle('2026-03-12', bill(90_000n, 0n)))
      .thenNothing()
    given(...onList, made)
      .when(settle('2026-03-12', bill(0n, 0n, february)))
      .thenNothing()
    given(...onList, made, proposal, delisted)
      .when(settle('2026-03-10', bill(79_999n, 20_001n)))
      .thenYields(broken)
    given(...onList)
      .when(settle('2026-03-12', bill(0n, 0n)))
      .thenRejected({ code: 'UNKNOWN_PROMISE', promiseId })
    given(...onList, made, broken)
      .when(promise({ promiseId: id('p2'), dueOn: day('2026-03-20') }))
      .thenYields({ ...made, data: { ...made.data, promiseId: id('p2'), dueOn: day('2026-03-20') } })
  })
})

describe('a hold', () => {
  const place = (until: string, over: Partial<Data<'PlaceHold'>> = {}): HighRiskUserCommand => ({
    type: 'PlaceHold',
    data: { ...byLead, kind: 'dispute', until: day(until), reason: 'meter disputed', caseRules, ...over },
  })
  const release = (reason?: string): HighRiskUserCommand => ({ type: 'ReleaseHold', data: { ...byLead, ...(reason && { reason }) } })
  const released: HighRiskUserEvent = { type: 'HoldReleased', data: { ...byLead, ...key, reason: 'agreed' } }
  test('lasts 90 days at most', () => {
    given(...onList)
      .when(place('2026-05-31'))
      .thenYields(held('2026-05-31'))
    given(...onList)
      .when(place('2026-06-01'))
      .thenRejected({ code: 'HOLD_TOO_LONG', until: day('2026-06-01'), latest: day('2026-05-31') })
    given(...onList)
      .when(place('2026-03-01'))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-01'), earliest: today })
    const bare = place('2026-03-10')
    delete (bare.data as Data<'PlaceHold'>).reason
    given(...onList)
      .when(bare)
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(nominated).when(place('2026-03-10')).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
  })
  test('is one at a time, and none when its day is over', () => {
    given(...onList, held('2026-03-02'))
      .when(place('2026-03-10'))
      .thenRejected({ code: 'HOLD_EXISTS', until: today })
    given(...onList, held('2026-03-10'))
      .when(place('2026-03-10'))
      .thenNothing()
    given(...onList, held('2026-03-01'))
      .when(place('2026-03-10'))
      .thenYields(held('2026-03-10'))
  })
  test('is released with a reason, once', () => {
    given(...onList, held('2026-03-10'))
      .when(release('agreed'))
      .thenYields(released)
    given(...onList, held('2026-03-10'))
      .when(release())
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...onList, held('2026-03-10'), released)
      .when(release('agreed'))
      .thenRejected({ code: 'NO_HOLD' })
    given(...onList, held('2026-03-01'))
      .when(release('agreed'))
      .thenRejected({ code: 'NO_HOLD' })
  })
})

describe('what is known', () => {
  const contact: HighRiskUserCommand = {
    type: 'RecordContact',
    data: { ...byClerk, contactId: id('c1'), channel: 'phone', person: 'Li Ming', phone: '13800001234', outcome: 'will pay on Friday', nextOn: tomorrow },
  }
  const logged: HighRiskUserEvent = { type: 'ContactLogged', data: { ...key, ...(contact.data as Data<'RecordContact'>) } }
  const fact = (on = today): HighRiskUserCommand => ({
    type: 'RaiseAlertFact',
    data: { ...byClerk, factId: id('f1'), kind: 'stopped', on, source: 'site visit', evidence: [] },
  })
  const recorded: HighRiskUserEvent = { type: 'AdverseFactRecorded', data: { ...key, ...(fact().data as Data<'RaiseAlertFact'>) } }
  test('contacts and adverse facts are written once, of anybody with an open record', () => {
    given(nominated).when(contact).thenYields(logged)
    given(nominated, logged).when(contact).thenNothing()
    given(nominated).when(fact()).thenYields(recorded)
    given(nominated, recorded).when(fact()).thenNothing()
    given(nominated).when(fact(tomorrow)).thenRejected({ code: 'FUTURE_DATE', date: tomorrow, latest: today })
    given(...onList, closed)
      .when(fact())
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' })
  })
  test('who is dismissed over an open hard trigger is so in sight of headquarters', () => {
    given(nominated, recorded)
      .when({ type: 'DismissCandidate', data: { ...byLead, reason: 'paid meanwhile', recheckAfter: day('2026-06-01') } })
      .thenYields({ ...dismissed, data: { ...dismissed.data, openHardTriggers: ['stopped'] } })
  })
  test('adverse credit alone is no hard trigger', () => {
    const credit = { ...recorded, data: { ...recorded.data, kind: 'creditAdverse' } } as HighRiskUserEvent
    given(nominated, credit)
      .when({ type: 'DismissCandidate', data: { ...byLead, reason: 'paid meanwhile', recheckAfter: day('2026-06-01') } })
      .thenYields(dismissed)
  })
})
