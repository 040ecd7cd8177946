import { describe, test } from 'vitest'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { key, rules, today } from '#test/support/arbitraries/high-risk-user.ts'
import { day } from '#test/support/arbitraries/values.ts'
import { byClerk, byLead, bySystem, changed, closed, type Data, proposal as delisting, given, id, nominated, onList } from '#test/support/high-risk-user.ts'

const finding: Omit<Data<'ProposeReview'>, 'at' | 'by'> = {
  industryListVersion: 2,
  ruleSetVersion: 1,
  causes: ['trade-off-list'],
  score: 20,
  computedLevel: null,
  hardTriggers: [],
  dataDate: today,
}
const propose = (over: Partial<Data<'ProposeReview'>> = {}): HighRiskUserCommand => ({ type: 'ProposeReview', data: { ...bySystem, ...finding, ...over } })
const proposed: HighRiskUserEvent = { type: 'ReviewProposed', data: { ...bySystem, ...key, ...finding } }
const dismiss: HighRiskUserCommand = { type: 'DismissReview', data: { ...byLead, reason: 'still owes' } }
const dismissed: HighRiskUserEvent = { type: 'ReviewDismissed', data: { ...byLead, ...key, industryListVersion: 2, reason: 'still owes' } }
const reviewed: HighRiskUserEvent = {
  type: 'LevelReviewed',
  data: { ...byLead, ...key, on: today, ruleSetVersion: 1, computedLevel: 'III', score: 40, hardTriggers: [] },
}

describe('a proposed review', () => {
  test('is said of a listed user once for each version of the list, and takes nobody off it', () => {
    given(...onList)
      .when(propose())
      .thenYields(proposed)
    given(...onList, proposed)
      .when(propose())
      .thenNothing()
    given(...onList, proposed, dismissed)
      .when(propose())
      .thenNothing()
    given(...onList, proposed, dismissed)
      .when(propose({ industryListVersion: 3 }))
      .thenYields({ ...proposed, data: { ...proposed.data, industryListVersion: 3 } } as HighRiskUserEvent)
    given(...onList, { ...proposed, data: { ...proposed.data, industryListVersion: 3 } } as HighRiskUserEvent)
      .when(propose())
      .thenNothing()
  })
  test('says nothing of who is to leave anyway, nor of days before he was listed, nor of who is not listed', () => {
    given(...onList, delisting)
      .when(propose())
      .thenNothing()
    given(...onList)
      .when(propose({ dataDate: day('2026-03-01') }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-01'), earliest: today })
    given(nominated).when(propose()).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
    given(...onList, closed)
      .when(propose())
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' })
  })
  test('is set aside with a reason, while it waits', () => {
    given(...onList, proposed)
      .when(dismiss)
      .thenYields(dismissed)
    given(...onList, proposed)
      .when({ type: 'DismissReview', data: byLead })
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...onList)
      .when(dismiss)
      .thenRejected({ code: 'NO_OPEN_REVIEW' })
    given(...onList, proposed, dismissed)
      .when(dismiss)
      .thenRejected({ code: 'NO_OPEN_REVIEW' })
  })
  test('is answered by a review of the level, a change of it, or a proposal to delist', () => {
    const rejected: HighRiskUserEvent = { type: 'DelistRejected', data: { ...byLead, ...key, reason: 'no' } }
    for (const answers of [[reviewed], [changed('II', 'I')], [delisting, rejected]])
      given(...onList, proposed, ...answers)
        .when(dismiss)
        .thenRejected({ code: 'NO_OPEN_REVIEW' })
  })
})

describe('an adverse fact withdrawn', () => {
  const recorded = (factId: string): HighRiskUserEvent => ({
    type: 'AdverseFactRecorded',
    data: { ...byClerk, ...key, factId: id(factId), kind: 'stopped', on: today, source: 'visit', evidence: [] },
  })
  const withdrawn: HighRiskUserEvent = {
    type: 'AdverseFactWithdrawn',
    data: { ...byLead, ...key, factId: id('f1'), kind: 'stopped', cause: 'ended', reason: 'it works again' },
  }
  const withdraw = (over: Partial<Data<'WithdrawAlertFact'>> = {}): HighRiskUserCommand => ({
    type: 'WithdrawAlertFact',
    data: { ...byLead, factId: id('f1'), cause: 'ended', reason: 'it works again', ...over },
  })
  const lower = (reviews: readonly HighRiskUserEvent[]) =>
    given(...onList, ...reviews).when({ type: 'ChangeLevel', data: { ...byLead, to: 'III', on: today, reason: 'score', rules: { ...rules, lowerReviews: 0 } } })

  test('is one that was recorded, with a reason, once', () => {
    given(...onList, recorded('f1'))
      .when(withdraw())
      .thenYields(withdrawn)
    given(...onList, recorded('f1'))
      .when({ type: 'WithdrawAlertFact', data: { ...byLead, factId: id('f1'), cause: 'mistaken' } })
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...onList)
      .when(withdraw())
      .thenRejected({ code: 'UNKNOWN_FACT', factId: id('f1') })
    given(...onList, recorded('f1'), withdrawn)
      .when(withdraw())
      .thenNothing()
  })
  test('no longer keeps the level up, unless another of its kind stands', () => {
    lower([recorded('f1')]).thenRejected({ code: 'HARD_TRIGGER_OPEN', triggers: ['stopped'] })
    lower([recorded('f1'), withdrawn]).thenYields(changed('II', 'III'))
    lower([recorded('f1'), recorded('f2'), withdrawn]).thenRejected({ code: 'HARD_TRIGGER_OPEN', triggers: ['stopped'] })
  })
})
