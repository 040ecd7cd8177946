import { describe, test } from 'vitest'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { key, profile } from '#test/support/arbitraries/high-risk-user.ts'
import { cons, day, province } from '#test/support/arbitraries/values.ts'
import { bySystem, closed, type Data, delisted, dismissed, given, listed, nominated, onList, proposal } from '#test/support/high-risk-user.ts'

const finding = {
  ruleSetVersion: 3,
  industryListVersion: 1,
  score: 45,
  hits: [{ ruleId: 'late-payments', inputs: { lateBills: '4' }, points: 45, text: { zh: '近12个月逾期4次', en: '4 late bills in 12 months' } }],
  proposedLevel: 'III' as const,
  hardTriggers: [],
  dataDate: day('2026-03-01'),
}
const screen = (over: Partial<Data<'ScreenCandidate'>> = {}): HighRiskUserCommand => ({
  type: 'ScreenCandidate',
  data: { ...bySystem, ...key, profile, ...finding, orgProvince: key.province, ruleSetInForce: 3, ...over },
})
const screened: HighRiskUserEvent = { type: 'CandidateScreened', data: { ...bySystem, ...key, profile, ...finding } }

describe('screening', () => {
  test('names a customer by the rule set in force, with every hit', () => {
    given().when(screen()).thenYields(screened)
    given()
      .when(screen({ ruleSetInForce: 4 }))
      .thenRejected({ code: 'STALE_REFERENCE', ruleSetVersion: 3, inForce: 4 })
    given()
      .when(screen({ ruleSetInForce: null }))
      .thenRejected({ code: 'STALE_REFERENCE', ruleSetVersion: 3, inForce: null })
    given()
      .when(screen({ orgProvince: province('P13N') }))
      .thenRejected({ code: 'ORG_OUTSIDE_PROVINCE', orgCode: profile.orgCode, province: key.province })
  })
  test('finds the same once, something else again; and never turns the record into another customer’s', () => {
    given(screened).when(screen()).thenNothing()
    const worse = { score: 75, proposedLevel: 'I' as const, dataDate: day('2026-03-02') }
    given(screened)
      .when(screen(worse))
      .thenYields({ ...screened, data: { ...screened.data, ...worse } } as HighRiskUserEvent)
    given(nominated).when(screen()).thenYields(screened)
    given(screened)
      .when(screen({ consNo: cons('1') }))
      .thenRejected({ code: 'KEY_IMMUTABLE', field: 'consNo' })
    given(screened)
      .when(screen({ province: province('P11') }))
      .thenRejected({ code: 'KEY_IMMUTABLE', field: 'province' })
  })
  test('brings a dismissed customer back from his date on, or at once over a hard trigger', () => {
    given(nominated, dismissed)
      .when(screen())
      .thenRejected({ code: 'RECHECK_LATER', recheckAfter: day('2026-06-01') })
    given(nominated, { ...dismissed, data: { ...dismissed.data, recheckAfter: day('2026-03-02') } })
      .when(screen())
      .thenYields(screened)
    const hardTriggers = ['stopped-production']
    given(nominated, dismissed)
      .when(screen({ hardTriggers }))
      .thenYields({ ...screened, data: { ...screened.data, hardTriggers } } as HighRiskUserEvent)
  })
  test('leaves alone who is or was listed', () => {
    given(...onList)
      .when(screen())
      .thenRejected({ code: 'ALREADY_LISTED' })
    given(...onList, proposal, delisted)
      .when(screen())
      .thenRejected({ code: 'INVALID_STATE', status: 'delisted' })
    given(...onList, closed)
      .when(screen())
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' })
  })
  test('is confirmed by a person, though the system named the customer, but not by who nominated before it', () => {
    const confirm: HighRiskUserCommand = {
      type: 'ConfirmListing',
      data: { at: listed.data.at, by: listed.data.by, level: 'II', owner: listed.data.owner, listedOn: listed.data.listedOn, basis: ['arrears'] },
    }
    given(screened).when(confirm).thenYields(listed)
    given(nominated, screened)
      .when({ ...confirm, data: { ...confirm.data, by: nominated.data.by } })
      .thenRejected({ code: 'SELF_APPROVAL' })
  })
})
