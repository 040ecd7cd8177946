import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { highRiskUser } from '#domain/high-risk-user/decider.ts'
import { type HighRiskUserEvent, highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import { fen } from '#domain/shared/quantities.ts'
import { anyCommand, clerk, figures, key, profile, rules, today } from '#test/support/arbitraries/high-risk-user.ts'
import { cons, day, province, user } from '#test/support/arbitraries/values.ts'
import {
  byClerk,
  byLead,
  closed,
  type Data,
  delisted,
  dismissed,
  given,
  listed,
  nominate,
  nominated,
  onList,
  proposal,
  tomorrow,
} from '#test/support/high-risk-user.ts'
import { walk } from '#test/support/spec.ts'

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
    given(nominated, dismissed)
      .when(dismiss({ recheckAfter: day('2026-07-01') }))
      .thenRejected({ code: 'INVALID_STATE', status: 'dismissed' })
    given(nominated)
      .when(dismiss({ recheckAfter: today }))
      .thenYields({ ...dismissed, data: { ...dismissed.data, recheckAfter: today } })
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

describe('closing the record', () => {
  const close = (over: Partial<Data<'CloseRecord'>> = {}): HighRiskUserCommand => ({
    type: 'CloseRecord',
    data: { ...byLead, kind: 'accountCancelled', arrears: fen(0n), on: today, figures: null, ...over },
  })
  test('wants nothing owed, or the debt recognised as bad, or a successor', () => {
    given(...onList)
      .when(close())
      .thenYields(closed)
    given(...onList)
      .when(close({ arrears: fen(1n) }))
      .thenRejected({ code: 'ARREARS_OPEN', arrears: fen(1n) })
    given(...onList)
      .when(close({ figures }))
      .thenRejected({ code: 'ARREARS_OPEN', arrears: fen(80_000n) })
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
      .when({ type: 'ChangeLevel', data: { ...byLead, to: 'I', on: today, reason: 'x', rules } })
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
