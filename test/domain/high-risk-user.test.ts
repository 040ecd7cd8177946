import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { highRiskUser } from '#domain/high-risk-user/decider.ts'
import { type HighRiskUserEvent, highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import { fen, va } from '#domain/shared/quantities.ts'
import { anyCommand, at, clerk, key, lead, profile, today } from '#test/support/arbitraries/high-risk-user.ts'
import { cons, day, org, province, user } from '#test/support/arbitraries/values.ts'
import { specFor, walk } from '#test/support/spec.ts'

const { given } = specFor(highRiskUserEvents, highRiskUser)
type Event<T extends HighRiskUserEvent['type']> = Extract<HighRiskUserEvent, { type: T }>
type Data<T extends HighRiskUserCommand['type']> = Extract<HighRiskUserCommand, { type: T }>['data']

const byClerk = { at, by: clerk }
const byLead = { at, by: lead }
const tomorrow = day('2026-03-03')

const nominate = (over: Partial<Data<'NominateCandidate'>> = {}): HighRiskUserCommand => ({
  type: 'NominateCandidate',
  data: { ...byClerk, ...key, profile, proposedLevel: 'II', reason: 'arrears of 3 months', evidence: [], ...over },
})
const nominated: Event<'CandidateNominated'> = {
  type: 'CandidateNominated',
  data: { ...byClerk, ...key, profile, proposedLevel: 'II', reason: 'arrears of 3 months', evidence: [] },
}
const dismissed: Event<'CandidateDismissed'> = {
  type: 'CandidateDismissed',
  data: { ...byLead, ...key, reason: 'paid meanwhile', recheckAfter: day('2026-06-01') },
}
const listed: Event<'UserListed'> = {
  type: 'UserListed',
  data: { ...byLead, ...key, level: 'II', owner: clerk, listedOn: today, basis: ['arrears'], profile },
}
const proposal: Event<'DelistProposed'> = { type: 'DelistProposed', data: { ...byClerk, ...key, basis: 'clean', arrears: fen(0n), cleanMonths: 3 } }
const delisted: Event<'UserDelisted'> = { type: 'UserDelisted', data: { ...byLead, ...key, on: tomorrow, basis: 'clean' } }
const closed: Event<'RecordClosed'> = { type: 'RecordClosed', data: { ...byLead, ...key, kind: 'accountCancelled', on: today, wasListed: true } }
const changed = (from: 'I' | 'II' | 'III', to: 'I' | 'II' | 'III'): Event<'RiskLevelChanged'> => ({
  type: 'RiskLevelChanged',
  data: { ...byLead, ...key, from, to, on: today, reason: 'score' },
})
const onList = [nominated, listed]

describe('nominating', () => {
  test('wants a reason or evidence', () => {
    given().when(nominate()).thenYields(nominated)
    const bare = nominate()
    delete (bare.data as Data<'NominateCandidate'>).reason
    given().when(bare).thenRejected({ code: 'EVIDENCE_REQUIRED' })
    const evidence = [{ name: 'court notice', sha256: 'a'.repeat(64) }]
    const proved = { ...bare, data: { ...bare.data, evidence } } as HighRiskUserCommand
    const { reason: _, ...rest } = nominated.data
    given()
      .when(proved)
      .thenYields({ type: 'CandidateNominated', data: { ...rest, evidence } })
  })
  test('is for a customer of the province', () => {
    given()
      .when(nominate({ orgProvince: province('P13S') }))
      .thenYields(nominated)
    given()
      .when(nominate({ orgProvince: province('P13N') }))
      .thenRejected({ code: 'ORG_OUTSIDE_PROVINCE', orgCode: profile.orgCode, province: key.province })
  })
  test('said again changes nothing; nor can it turn the record into another customer’s', () => {
    given(nominated).when(nominate()).thenNothing()
    given(nominated)
      .when(nominate({ proposedLevel: 'I' }))
      .thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
    given(nominated, dismissed)
      .when(nominate({ consNo: cons('1') }))
      .thenRejected({ code: 'KEY_IMMUTABLE', field: 'consNo' })
    given(nominated, dismissed)
      .when(nominate({ province: province('P11') }))
      .thenRejected({ code: 'KEY_IMMUTABLE', field: 'province' })
  })
  test('again after a dismissal, but not of who is or was listed', () => {
    given(nominated, dismissed).when(nominate()).thenYields(nominated)
    given(...onList)
      .when(nominate())
      .thenRejected({ code: 'ALREADY_LISTED' })
    given(...onList, proposal)
      .when(nominate())
      .thenRejected({ code: 'ALREADY_LISTED' })
    given(...onList, proposal, delisted)
      .when(nominate())
      .thenRejected({ code: 'INVALID_STATE', status: 'delisted' })
    given(...onList, closed)
      .when(nominate())
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' })
  })
})

describe('judging a candidate', () => {
  const dismiss = (over: Partial<Data<'DismissCandidate'>> = {}): HighRiskUserCommand => ({
    type: 'DismissCandidate',
    data: { ...byLead, reason: 'paid meanwhile', recheckAfter: day('2026-06-01'), ...over },
  })
  const confirm = (over: Partial<Data<'ConfirmListing'>> = {}): HighRiskUserCommand => ({
    type: 'ConfirmListing',
    data: { ...byLead, level: 'II', owner: clerk, listedOn: today, basis: ['arrears'], ...over },
  })
  test('dismissed with a reason and a date to look again', () => {
    given(nominated).when(dismiss()).thenYields(dismissed)
    given(nominated, dismissed).when(dismiss()).thenNothing()
    const bare = dismiss()
    delete (bare.data as Data<'DismissCandidate'>).reason
    given(nominated).when(bare).thenRejected({ code: 'REASON_REQUIRED' })
    given(nominated)
      .when(dismiss({ recheckAfter: day('2026-03-01') }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-01'), earliest: today })
    given(...onList)
      .when(dismiss())
      .thenRejected({ code: 'INVALID_STATE', status: 'listed' })
    given().when(dismiss()).thenRejected({ code: 'NOT_FOUND' })
  })
  test('listed by another than who nominated, not ahead of time, once', () => {
    given(nominated).when(confirm()).thenYields(listed)
    given(nominated)
      .when(confirm({ by: clerk }))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(nominated)
      .when(confirm({ listedOn: tomorrow }))
      .thenRejected({ code: 'FUTURE_DATE', date: tomorrow, latest: today })
    given(...onList)
      .when(confirm())
      .thenRejected({ code: 'ALREADY_LISTED' })
    given(nominated, dismissed).when(confirm()).thenRejected({ code: 'INVALID_STATE', status: 'dismissed' })
    given().when(confirm()).thenRejected({ code: 'NOT_FOUND' })
  })
  test('listed with the profile as amended meanwhile', () => {
    const now = { ...profile, voltage: '35kV' }
    const amended: HighRiskUserEvent = {
      type: 'ProfileAmended',
      data: { ...byClerk, ...key, profile: now, changes: [{ field: 'voltage', before: '110kV', after: '35kV' }], source: 'marketing' },
    }
    given(nominated, amended)
      .when(confirm())
      .thenYields({ ...listed, data: { ...listed.data, profile: now } })
  })
})

describe('while listed', () => {
  const report: HighRiskUserCommand = { type: 'MarkReported', data: { ...byClerk, reportDate: today, reportVersion: 1 } }
  const reported: HighRiskUserEvent = { type: 'UserReportedToHq', data: { ...byClerk, ...key, reportDate: today, reportVersion: 1 } }
  test('the first report is noted, the first time only', () => {
    given(...onList)
      .when(report)
      .thenYields(reported)
    given(...onList, reported)
      .when(report)
      .thenNothing()
    given(...onList, proposal)
      .when(report)
      .thenYields(reported)
    given(nominated).when(report).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
    given().when(report).thenRejected({ code: 'NOT_FOUND' })
  })

  const change = (to: 'I' | 'II' | 'III', over: Partial<Data<'ChangeLevel'>> = {}): HighRiskUserCommand => ({
    type: 'ChangeLevel',
    data: { ...byLead, to, on: today, lowerReviews: 0, openHardTriggers: [], reason: 'score', ...over },
  })
  test('the level rises at once', () => {
    given(...onList)
      .when(change('I'))
      .thenYields(changed('II', 'I'))
    given(...onList, changed('II', 'I'))
      .when(change('I'))
      .thenRejected({ code: 'NO_CHANGE' })
    const bare = change('I')
    delete (bare.data as Data<'ChangeLevel'>).reason
    given(...onList)
      .when(bare)
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...onList)
      .when(change('I', { on: tomorrow }))
      .thenRejected({ code: 'FUTURE_DATE', date: tomorrow, latest: today })
  })
  test('it falls after two successive lower reviews and with no hard trigger open', () => {
    given(...onList)
      .when(change('III', { lowerReviews: 1 }))
      .thenRejected({ code: 'LOWERING_TOO_SOON', reviews: 1, needed: 2 })
    given(...onList)
      .when(change('III', { lowerReviews: 2 }))
      .thenYields(changed('II', 'III'))
    given(...onList)
      .when(change('III', { lowerReviews: 2, openHardTriggers: ['停产'] }))
      .thenRejected({ code: 'HARD_TRIGGER_OPEN', triggers: ['停产'] })
    const rules = { version: 2, effectiveFrom: day('2026-01-01'), lowerReviews: 3, cleanMonths: 6 }
    given(...onList)
      .when(change('III', { lowerReviews: 2, rules }))
      .thenRejected({ code: 'LOWERING_TOO_SOON', reviews: 2, needed: 3 })
  })
  test('a level unlike the computed one is an override with an end', () => {
    given(...onList)
      .when(change('I', { computedLevel: 'II', score: 60 }))
      .thenRejected({ code: 'OVERRIDE_REQUIRED' })
    const override = { expiresOn: day('2026-04-02') }
    given(...onList)
      .when(change('III', { computedLevel: 'I', score: 80, override, openHardTriggers: ['停产'] }))
      .thenYields({ type: 'RiskLevelChanged', data: { ...changed('II', 'III').data, computedLevel: 'I', score: 80, override } })
    given(...onList)
      .when(change('III', { override: { expiresOn: today } }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: today, earliest: today })
  })
  test('only a listed user has a level to change', () => {
    given(...onList, proposal)
      .when(change('I'))
      .thenRejected({ code: 'INVALID_STATE', status: 'delist-pending' })
    given(nominated).when(change('I')).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
  })

  const amend = (changes: Data<'AmendProfile'>['changes'], over: Partial<Data<'AmendProfile'>> = {}): HighRiskUserCommand => ({
    type: 'AmendProfile',
    data: { ...byClerk, changes, source: 'marketing', ...over },
  })
  test('the profile is amended field by field, and only where it differs', () => {
    given(...onList)
      .when(amend({ voltage: '110kV', runningCapacity: va(1n), hecClass: '0' }))
      .thenYields({
        type: 'ProfileAmended',
        data: {
          ...{ ...byClerk, ...key, profile: { ...profile, runningCapacity: va(1n), hecClass: '0' }, source: 'marketing' },
          changes: [
            { field: 'hecClass', before: '', after: '0' },
            { field: 'runningCapacity', before: '40000000', after: '1' },
          ],
        },
      })
    given(...onList)
      .when(amend({ voltage: '110kV' }))
      .thenNothing()
    given(...onList)
      .when(amend({}))
      .thenNothing()
  })
  test('the unit stays within the province', () => {
    given(...onList)
      .when(amend({ orgCode: org('13999') }, { orgProvince: province('P13N') }))
      .thenRejected({ code: 'ORG_OUTSIDE_PROVINCE', orgCode: org('13999'), province: key.province })
    given(nominated, dismissed)
      .when(amend({ voltage: '35kV' }))
      .thenRejected({ code: 'INVALID_STATE', status: 'dismissed' })
    given(...onList, closed)
      .when(amend({ voltage: '35kV' }))
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' })
  })
})

describe('leaving the list', () => {
  const propose = (over: Partial<Data<'ProposeDelist'>> = {}): HighRiskUserCommand => ({
    type: 'ProposeDelist',
    data: { ...byClerk, basis: 'clean', arrears: fen(0n), cleanMonths: 3, openWorkOrders: [], ...over },
  })
  test('is proposed with nothing owed and three clean months, or a reasoned exception', () => {
    given(...onList)
      .when(propose())
      .thenYields(proposal)
    given(...onList)
      .when(propose({ arrears: fen(1n) }))
      .thenRejected({ code: 'ARREARS_OPEN', arrears: fen(1n) })
    given(...onList)
      .when(propose({ cleanMonths: 2 }))
      .thenRejected({ code: 'CLEAN_MONTHS_TOO_FEW', cleanMonths: 2, needed: 3 })
    const exception = 'bankruptcy closed by the court'
    given(...onList)
      .when(propose({ arrears: fen(1n), cleanMonths: 0, exception }))
      .thenYields({ type: 'DelistProposed', data: { ...proposal.data, arrears: fen(1n), cleanMonths: 0, exception } })
    const rules = { version: 2, effectiveFrom: day('2026-01-01'), lowerReviews: 3, cleanMonths: 6 }
    given(...onList)
      .when(propose({ rules }))
      .thenRejected({ code: 'CLEAN_MONTHS_TOO_FEW', cleanMonths: 3, needed: 6 })
  })
  test('never over an open work order', () => {
    given(...onList)
      .when(propose({ openWorkOrders: ['20260301000017'], exception: 'whatever' }))
      .thenRejected({ code: 'OPEN_WORK_ORDER', orders: ['20260301000017'] })
  })
  test('is proposed once, of who is listed', () => {
    given(...onList, proposal)
      .when(propose())
      .thenRejected({ code: 'INVALID_STATE', status: 'delist-pending' })
    given(nominated).when(propose()).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
  })

  const approve = (over: Partial<Data<'ApproveDelist'>> = {}): HighRiskUserCommand => ({ type: 'ApproveDelist', data: { ...byLead, on: tomorrow, ...over } })
  test('is approved by another, from tomorrow at the latest and not before it was listed', () => {
    given(...onList, proposal)
      .when(approve())
      .thenYields(delisted)
    given(...onList, proposal)
      .when(approve({ by: clerk }))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(...onList, proposal)
      .when(approve({ on: day('2026-03-04') }))
      .thenRejected({ code: 'FUTURE_DATE', date: day('2026-03-04'), latest: tomorrow })
    given(...onList, proposal)
      .when(approve({ on: day('2026-03-01') }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-01'), earliest: today })
    given(...onList)
      .when(approve())
      .thenRejected({ code: 'INVALID_STATE', status: 'listed' })
  })
  test('is declined by another, with a reason', () => {
    const decline = (by = lead, reason?: string): HighRiskUserCommand => ({ type: 'RejectDelist', data: { at, by, ...(reason && { reason }) } })
    const rejected: HighRiskUserEvent = { type: 'DelistRejected', data: { ...byLead, ...key, reason: 'too soon' } }
    given(...onList, proposal)
      .when(decline(lead, 'too soon'))
      .thenYields(rejected)
    given(...onList, proposal)
      .when(decline(clerk, 'too soon'))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(...onList, proposal)
      .when(decline())
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...onList)
      .when(decline(lead, 'too soon'))
      .thenRejected({ code: 'INVALID_STATE', status: 'listed' })
    given(...onList, proposal, rejected)
      .when(propose())
      .thenYields(proposal)
  })
  test('can be undone: the record goes on', () => {
    const wasDelisted: HighRiskUserEvent = { ...delisted, data: { ...delisted.data, on: today } }
    const relist = (over: Partial<Data<'Relist'>> = {}): HighRiskUserCommand => ({
      type: 'Relist',
      data: { ...byLead, level: 'I', on: today, reason: 'owes again', ...over },
    })
    const relisted: HighRiskUserEvent = {
      type: 'UserRelisted',
      data: { ...byLead, ...key, level: 'I', on: today, reason: 'owes again', previousDelistOn: today },
    }
    given(...onList, proposal, wasDelisted)
      .when(relist())
      .thenYields(relisted)
    given(...onList, proposal, wasDelisted, relisted)
      .when(relist())
      .thenRejected({ code: 'ALREADY_LISTED' })
    given(...onList, proposal, wasDelisted, relisted)
      .when({ type: 'ChangeLevel', data: { ...byLead, to: 'I', on: today, lowerReviews: 0, openHardTriggers: [], reason: 'x' } })
      .thenRejected({ code: 'NO_CHANGE' })
    const bare = relist()
    delete (bare.data as Data<'Relist'>).reason
    given(...onList, proposal, wasDelisted)
      .when(bare)
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...onList, proposal, wasDelisted)
      .when(relist({ on: tomorrow }))
      .thenRejected({ code: 'FUTURE_DATE', date: tomorrow, latest: today })
    given(...onList, proposal, delisted)
      .when(relist())
      .thenRejected({ code: 'DATE_TOO_EARLY', date: today, earliest: tomorrow })
    given(nominated).when(relist()).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
  })
})

describe('closing the record', () => {
  const close = (over: Partial<Data<'CloseRecord'>> = {}): HighRiskUserCommand => ({
    type: 'CloseRecord',
    data: { ...byLead, kind: 'accountCancelled', arrears: fen(0n), on: today, ...over },
  })
  test('wants nothing owed, or the debt recognised as bad, or a successor', () => {
    given(...onList)
      .when(close())
      .thenYields(closed)
    given(...onList)
      .when(close({ arrears: fen(1n) }))
      .thenRejected({ code: 'ARREARS_OPEN', arrears: fen(1n) })
    for (const kind of ['duplicateOf', 'badDebtRecognised'] as const) {
      given(...onList)
        .when(close({ kind, arrears: fen(1n) }))
        .thenRejected({ code: 'REFERENCE_REQUIRED' })
      given(...onList)
        .when(close({ kind, arrears: fen(1n), ref: '0012345679' }))
        .thenYields({ type: 'RecordClosed', data: { ...closed.data, kind, ref: '0012345679' } })
    }
  })
  test('says whether a listed user goes; is not ahead of time; happens once', () => {
    given(nominated)
      .when(close())
      .thenYields({ type: 'RecordClosed', data: { ...closed.data, wasListed: false } })
    given(...onList, proposal)
      .when(close())
      .thenYields(closed)
    given(...onList)
      .when(close({ on: tomorrow }))
      .thenRejected({ code: 'FUTURE_DATE', date: tomorrow, latest: today })
    given(...onList, closed)
      .when(close())
      .thenNothing()
    given().when(close()).thenRejected({ code: 'NOT_FOUND' })
    given(...onList, closed)
      .when({ type: 'ChangeLevel', data: { ...byLead, to: 'I', on: today, lowerReviews: 0, openHardTriggers: [], reason: 'x' } })
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' })
  })
})

test('whatever is said, in whatever order: deciding never throws, and what is said twice is written once', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 100, size: 'max' }), (commands) => {
      for (const state of walk(highRiskUserEvents, highRiskUser, commands)) {
        reached.add(state.status)
        if ('reported' in state && state.reported) reached.add('reported')
        if (state.status === 'listed') expect([state.level, state.owner]).toEqual([expect.stringMatching(/^I{1,3}$/), user('p13s.tariff')])
        if (state.status !== 'absent') expect([state.province, state.consNo]).toEqual([key.province, key.consNo])
      }
    }),
  )
  expect([...reached].toSorted()).toEqual(['absent', 'candidate', 'closed', 'delist-pending', 'delisted', 'dismissed', 'listed', 'reported'])
})
