import { describe, test } from 'vitest'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { va } from '#domain/shared/quantities.ts'
import { key, profile, rules, today } from '#test/support/arbitraries/high-risk-user.ts'
import { day, org, province } from '#test/support/arbitraries/values.ts'
import {
  byClerk,
  byLead,
  bySystem,
  changed,
  closed,
  type Data,
  dismissed,
  given,
  listed,
  nominated,
  onList,
  proposal,
  tomorrow,
} from '#test/support/high-risk-user.ts'

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
    data: { ...byLead, to, on: today, reason: 'score', rules, ...over },
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
  const review = (on: string, over: Partial<Data<'ReviewLevel'>> = {}): HighRiskUserCommand => ({
    type: 'ReviewLevel',
    data: { ...bySystem, on: day(on), ruleSetVersion: 3, computedLevel: 'III', score: 35, hardTriggers: [], ...over },
  })
  const reviewed = (on: string, over: Partial<Data<'ReviewLevel'>> = {}): HighRiskUserEvent => ({
    type: 'LevelReviewed',
    data: { ...key, ...(review(on, over).data as Data<'ReviewLevel'>) },
  })
  const listedEarlier: HighRiskUserEvent[] = [nominated, { ...listed, data: { ...listed.data, listedOn: day('2026-02-01') } }]
  test('reviews propose a level, one a day, in order', () => {
    given(...listedEarlier)
      .when(review('2026-03-01'))
      .thenYields(reviewed('2026-03-01'))
    given(...listedEarlier, reviewed('2026-03-01'))
      .when(review('2026-03-01'))
      .thenNothing()
    given(...listedEarlier, reviewed('2026-03-01'))
      .when(review('2026-03-01', { score: 90 }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-01'), earliest: today })
    given(...listedEarlier)
      .when(review('2026-03-03'))
      .thenRejected({ code: 'FUTURE_DATE', date: tomorrow, latest: today })
    given(...listedEarlier)
      .when(review('2026-01-31'))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-01-31'), earliest: day('2026-02-01') })
    given(nominated).when(review('2026-03-01')).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
  })
  test('it falls after two successive lower reviews and with no hard trigger open', () => {
    const [first, second] = [reviewed('2026-02-20'), reviewed('2026-03-01', { computedLevel: null, score: 10 })]
    given(...listedEarlier, first)
      .when(change('III'))
      .thenRejected({ code: 'LOWERING_TOO_SOON', reviews: 1, needed: 2 })
    given(...listedEarlier, first, second)
      .when(change('III'))
      .thenYields(changed('II', 'III'))
    given(...listedEarlier, first, reviewed('2026-03-01', { hardTriggers: ['停产'] }))
      .when(change('III'))
      .thenRejected({ code: 'HARD_TRIGGER_OPEN', triggers: ['停产'] })
    const fact: HighRiskUserEvent = {
      type: 'AdverseFactRecorded',
      data: { ...byClerk, ...key, factId: 'f1' as never, kind: 'stopped', on: today, source: 'site visit', evidence: [] },
    }
    given(...listedEarlier, first, second, fact)
      .when(change('III'))
      .thenRejected({ code: 'HARD_TRIGGER_OPEN', triggers: ['stopped'] })
    given(...listedEarlier, first, fact, second)
      .when(change('III'))
      .thenRejected({ code: 'HARD_TRIGGER_OPEN', triggers: ['stopped'] }) // the review was of a day before it was known
    given(...listedEarlier, first, fact, reviewed(today, { computedLevel: null, score: 10 }))
      .when(change('III'))
      .thenYields(changed('II', 'III'))
    const stricter = { version: 2, effectiveFrom: day('2026-01-01'), lowerReviews: 3, cleanMonths: 6 }
    given(...listedEarlier, first, second)
      .when(change('III', { rules: stricter }))
      .thenRejected({ code: 'LOWERING_TOO_SOON', reviews: 2, needed: 3 })
    given(...listedEarlier, first, reviewed('2026-02-25', { computedLevel: 'II' }), second)
      .when(change('III'))
      .thenRejected({ code: 'LOWERING_TOO_SOON', reviews: 1, needed: 2 })
    given(...listedEarlier, first, second, changed('II', 'I'))
      .when(change('II'))
      .thenRejected({ code: 'LOWERING_TOO_SOON', reviews: 0, needed: 2 })
  })
  test('without an override it becomes what the last review came to, whatever the caller says was computed', () => {
    const atOne: HighRiskUserEvent[] = [
      ...listedEarlier,
      changed('II', 'I'),
      reviewed('2026-02-20', { computedLevel: 'II' }),
      reviewed('2026-03-01', { computedLevel: 'II' }),
    ]
    for (const said of [{}, { computedLevel: 'III', score: 31 } as const])
      given(...atOne)
        .when(change('III', said))
        .thenRejected({ code: 'OVERRIDE_REQUIRED' })
    given(...atOne)
      .when(change('II'))
      .thenYields(changed('I', 'II'))
    given(...listedEarlier, reviewed('2026-03-01', { computedLevel: 'II' }))
      .when(change('I'))
      .thenRejected({ code: 'OVERRIDE_REQUIRED' })
    given(...listedEarlier, reviewed('2026-03-01', { hardTriggers: ['停产'] }))
      .when(change('I'))
      .thenYields(changed('II', 'I'))
  })
  test('the owner changes; to himself nothing', () => {
    const transfer: HighRiskUserCommand = { type: 'TransferOwner', data: { ...byLead, to: byLead.by } }
    const transferred: HighRiskUserEvent = { type: 'OwnerTransferred', data: { ...byLead, ...key, from: byClerk.by, to: byLead.by } }
    given(...onList)
      .when(transfer)
      .thenYields(transferred)
    given(...onList, transferred)
      .when(transfer)
      .thenNothing()
    given(nominated).when(transfer).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
  })
  test('a level unlike the computed one is an override with an end', () => {
    given(...onList)
      .when(change('I', { computedLevel: 'II', score: 60 }))
      .thenRejected({ code: 'OVERRIDE_REQUIRED' })
    const override = { expiresOn: day('2026-04-02') }
    given(...onList)
      .when(change('III', { computedLevel: 'I', score: 80, override }))
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
    data: { ...byClerk, changes, source: 'marketing', orgProvince: null, ...over },
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
