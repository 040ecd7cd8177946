import { describe, expect, test } from 'vitest'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import type { Profile } from '#domain/high-risk-user/fields.ts'
import type { HighRiskUserRejection } from '#domain/high-risk-user/rejections.ts'
import { fen } from '#domain/shared/quantities.ts'
import { cutOff, figures, key, measures, profile, today } from '#test/support/arbitraries/high-risk-user.ts'
import { day, shanghai } from '#test/support/arbitraries/values.ts'
import { byClerk, byLead, type Data, given, held, id, listed, nominated, onList, planned, started } from '#test/support/high-risk-user.ts'

const measureId = id('cut')
const dunned = [planned('m1', 'M01'), started('m1', { channel: 'letter' })]
const grounds = { figures, cutOff }
const proof = { name: 'receipt', sha256: 'a'.repeat(64) }
/** Commands say when they are given; the chain takes days. */
const on = (date: string, time = '12:00') => ({ at: shanghai(date, time) })

const plan: HighRiskUserCommand = {
  type: 'PlanMeasure',
  data: { ...byClerk, ...grounds, measureId, code: 'M08', dueOn: day('2026-03-20'), details: {}, measure: measures.find(({ role }) => role === 'cut')! },
}
const approve = (over: Partial<Data<'ApproveCut'>> = {}): HighRiskUserCommand => ({
  type: 'ApproveCut',
  data: { ...byLead, ...grounds, measureId, reason: 'owes since January', plannedOn: day('2026-03-05'), ...over },
})
const serve = (over: Partial<Data<'ServeCutNotice'>> = {}): HighRiskUserCommand => ({
  type: 'ServeCutNotice',
  data: { ...byClerk, measureId, deliveredOn: today, proof, cutOff, ...over },
})
const giveLast = (over: Partial<Data<'GiveFinalNotice'>> = {}): HighRiskUserCommand => ({
  type: 'GiveFinalNotice',
  data: { ...byClerk, ...on('2026-03-05', '09:00'), measureId, givenAt: shanghai('2026-03-05', '09:00'), ...over },
})
const cut = (time: string, over: Partial<Data<'CutPower'>> = {}): HighRiskUserCommand => ({
  type: 'CutPower',
  data: { ...byClerk, ...on('2026-03-05', '18:00'), ...grounds, measureId, cutAt: shanghai('2026-03-05', time), ...over },
})
const restore = (over: Partial<Data<'RestorePower'>> = {}): HighRiskUserCommand => ({
  type: 'RestorePower',
  data: {
    ...byClerk,
    ...on('2026-03-10'),
    ...{ measureId, cutOff, causeGoneAt: shanghai('2026-03-06', '09:00'), restoredAt: shanghai('2026-03-07', '09:00') },
    ...over,
  },
})
const planM08 = planned('cut', 'M08')
const approved: HighRiskUserEvent = {
  type: 'CutApproved',
  data: { ...byLead, ...key, measureId, reason: 'owes since January', plannedOn: day('2026-03-05'), cutClass: 'other', rulesVersion: 1 },
}
const noticed: HighRiskUserEvent = { type: 'CutNoticeServed', data: { ...byClerk, ...key, measureId, deliveredOn: today, proof } }
const last: HighRiskUserEvent = {
  type: 'FinalNoticeGiven',
  data: { ...byClerk, ...key, ...on('2026-03-05', '09:00'), measureId, givenAt: shanghai('2026-03-05', '09:00') },
}
const off: HighRiskUserEvent = {
  type: 'PowerCut',
  data: { ...byClerk, ...key, ...on('2026-03-05', '18:00'), measureId, cutAt: shanghai('2026-03-05', '09:30') },
}
const back: HighRiskUserEvent = { type: 'PowerRestored', data: { ...key, ...(restore().data as Omit<Data<'RestorePower'>, 'cutOff'>) } }
delete (back.data as { cutOff?: unknown }).cutOff

const chain: HighRiskUserEvent[] = [...onList, ...dunned, planM08, approved, noticed, last, off, back]
const upTo = (event: (typeof chain)[number]) => chain.slice(0, chain.indexOf(event) + 1)

describe('the grounds', () => {
  const refused = (because: string, history: readonly HighRiskUserEvent[], over: object) =>
    given(...history)
      .when({ ...plan, data: { ...plan.data, ...over } } as HighRiskUserCommand)
      .thenRejected({ code: 'CUT_NOT_ALLOWED', because } as HighRiskUserRejection)
  const owing = (dueDate: string, open: bigint) => ({ figures: { ...figures, bills: [{ ...figures.bills[0]!, dueDate: day(dueDate), open: fen(open) }] } })
  test('a bill overdue for more than 30 days: the 31st counts, the 30th does not', () => {
    refused('NO_FIGURES', [...onList, ...dunned], { figures: null })
    refused('NOT_OVERDUE', [...onList, ...dunned], owing('2026-01-31', 1n))
    refused('NOT_OVERDUE', [...onList, ...dunned], owing('2026-01-30', 0n))
    given(...onList, ...dunned)
      .when({ ...plan, data: { ...plan.data, ...owing('2026-01-30', 1n) } } as HighRiskUserCommand)
      .thenYields(planM08)
  })
  test('dunned without payment, and no hold that still runs', () => {
    refused('NOT_DUNNED', onList, {})
    refused('NOT_DUNNED', [...onList, dunned[0]!], {})
    refused('HOLD', [...onList, ...dunned, held('2026-03-02')], {})
    given(...onList, ...dunned, held('2026-03-01'))
      .when(plan)
      .thenYields(planM08)
  })
})

describe('the chain', () => {
  test('goes step by step, each once, and no step before the one that leads to it', () => {
    const steps = [approve(), serve(), giveLast(), cut('09:30'), restore()]
    const events = [approved, noticed, last, off, back]
    const names = ['approved', 'noticed', 'final-notice', 'cut', 'restored'] as const
    for (const [i, command] of steps.entries()) {
      for (const [j] of events.entries()) {
        const history = chain.slice(0, onList.length + dunned.length + 1 + j)
        const outcome = given(...history).when(command)
        const standing = j === 0 ? null : names[j - 1]!
        if (j === i) outcome.thenYields(events[i]!)
        else if (j === i + 1) outcome.thenNothing()
        else outcome.thenRejected({ code: 'CUT_STEP_ORDER', step: standing, needs: i === 0 ? null : names[i - 1]! })
      }
    }
    expect(steps).toHaveLength(events.length)
  })
  test('is approved by another than who planned it, with a reason, and no sooner than notice can be given', () => {
    given(...upTo(planM08))
      .when(approve({ by: byClerk.by }))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(...upTo(planM08))
      .when(approve({ plannedOn: day('2026-03-04') }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-04'), earliest: day('2026-03-05') })
    const bare = approve()
    delete (bare.data as Data<'ApproveCut'>).reason
    given(...upTo(planM08))
      .when(bare)
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...upTo(planM08), held('2026-03-30'))
      .when(approve())
      .thenRejected({ code: 'CUT_NOT_ALLOWED', because: 'HOLD' })
  })
  test('keeps its days: 3 from the notice, 30 minutes from the last word', () => {
    given(...upTo(last))
      .when(cut('09:29'))
      .thenRejected({ code: 'NOTICE_TOO_SHORT', step: 'final-notice', earliest: shanghai('2026-03-05', '09:30') })
    const tooEarly = { ...on('2026-03-04', '18:00'), cutAt: shanghai('2026-03-04', '17:00') }
    const lastOnFourth = { ...last, data: { ...last.data, givenAt: shanghai('2026-03-04', '09:00') } } as HighRiskUserEvent
    given(...upTo(noticed), lastOnFourth)
      .when(cut('00:00', tooEarly))
      .thenRejected({ code: 'NOTICE_TOO_SHORT', step: 'noticed', earliest: shanghai('2026-03-05', '00:00') })
    const approvedLater = { ...approved, data: { ...approved.data, plannedOn: day('2026-03-06') } } as HighRiskUserEvent
    given(...upTo(planM08), approvedLater, noticed, last)
      .when(cut('12:00'))
      .thenRejected({ code: 'INSTANT_TOO_EARLY', instant: shanghai('2026-03-05', '12:00'), earliest: shanghai('2026-03-06', '00:00') })
    const residents = { ...cutOff, classes: { ...cutOff.classes, other: { ...cutOff.classes.other, noticeDays: 7 } } }
    given(...upTo(last))
      .when(cut('12:00', { cutOff: residents }))
      .thenRejected({ code: 'NOTICE_TOO_SHORT', step: 'noticed', earliest: shanghai('2026-03-09', '00:00') })
  })
  test('stops when the customer has paid meanwhile, or a hold came', () => {
    given(...upTo(last))
      .when(cut('09:30', { figures: { ...figures, bills: [] } }))
      .thenRejected({ code: 'CUT_NOT_ALLOWED', because: 'NOT_OVERDUE' })
    given(...upTo(last), held('2026-03-30'))
      .when(cut('09:30'))
      .thenRejected({ code: 'CUT_NOT_ALLOWED', because: 'HOLD' })
  })
  test('says nothing of what is still to come', () => {
    given(...upTo(approved))
      .when(serve({ deliveredOn: day('2026-03-03') }))
      .thenRejected({ code: 'FUTURE_DATE', date: day('2026-03-03'), latest: today })
    given(...upTo(noticed))
      .when(giveLast({ givenAt: shanghai('2026-03-05', '09:01') }))
      .thenRejected({ code: 'FUTURE_INSTANT', instant: shanghai('2026-03-05', '09:01'), latest: shanghai('2026-03-05', '09:00') })
    given(...upTo(last))
      .when(cut('18:01'))
      .thenRejected({ code: 'FUTURE_INSTANT', instant: shanghai('2026-03-05', '18:01'), latest: shanghai('2026-03-05', '18:00') })
    given(...upTo(off))
      .when(restore({ restoredAt: shanghai('2026-03-11', '09:00') }))
      .thenRejected({ code: 'FUTURE_INSTANT', instant: shanghai('2026-03-11', '09:00'), latest: shanghai('2026-03-10', '12:00') })
  })
  test('ends with supply restored in time, or explained', () => {
    given(...upTo(off))
      .when(restore({ restoredAt: shanghai('2026-03-05', '09:00') }))
      .thenRejected({ code: 'INSTANT_TOO_EARLY', instant: shanghai('2026-03-05', '09:00'), earliest: shanghai('2026-03-06', '09:00') })
    const late = { restoredAt: shanghai('2026-03-09', '09:01') }
    given(...upTo(off))
      .when(restore(late))
      .thenRejected({ code: 'EXPLANATION_REQUIRED', due: shanghai('2026-03-09', '09:00') })
    given(...upTo(off))
      .when(restore({ ...late, explanation: 'flood' }))
      .thenYields({ ...back, data: { ...back.data, ...late, explanation: 'flood' } } as HighRiskUserEvent)
  })
  test('neither starts nor ends around its steps', () => {
    given(...upTo(planM08))
      .when({ type: 'StartMeasure', data: { ...byClerk, measureId, details: {}, catalogue: [...measures] } })
      .thenRejected({ code: 'CUT_STEP_ORDER', step: null, needs: 'approved' })
    given(...upTo(off))
      .when({ type: 'CancelMeasure', data: { ...byClerk, measureId, reason: 'paid' } })
      .thenRejected({ code: 'POWER_STILL_OFF' })
    const cancelled: HighRiskUserEvent = { type: 'MeasureCancelled', data: { ...byClerk, ...key, measureId, reason: 'paid' } }
    given(...upTo(noticed))
      .when({ type: 'CancelMeasure', data: { ...byClerk, measureId, reason: 'paid' } })
      .thenYields(cancelled)
    given(...upTo(noticed), cancelled)
      .when(giveLast())
      .thenRejected({ code: 'MEASURE_STATE', is: 'cancelled' })
    given(...upTo(planM08))
      .when({ ...serve(), data: { ...serve().data, measureId: id('m1') } } as HighRiskUserCommand)
      .thenRejected({ code: 'NOT_A_CUT' })
    given(...onList)
      .when(serve())
      .thenRejected({ code: 'UNKNOWN_MEASURE', measureId })
  })
})

describe('who he is', () => {
  const of = (over: Partial<Profile>) => [
    nominated,
    { ...listed, data: { ...listed.data, profile: { ...profile, ...over } } } as HighRiskUserEvent,
    ...dunned,
    planM08,
  ]
  const as = (cutClass: 'residential' | 'important') => ({ ...approved, data: { ...approved.data, cutClass } }) as HighRiskUserEvent
  test('a resident has the longer notice', () => {
    const resident = of({ electType: '居民生活用电' })
    given(...resident)
      .when(approve())
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-05'), earliest: day('2026-03-09') })
    const later = { plannedOn: day('2026-03-09') }
    given(...resident)
      .when(approve(later))
      .thenYields({ ...as('residential'), data: { ...as('residential').data, ...later } } as HighRiskUserEvent)
  })
  test('for an important user there is a safety plan, and the authority is told', () => {
    const important = of({ importance: 'first' })
    given(...important)
      .when(approve())
      .thenRejected({ code: 'SAFETY_PLAN_REQUIRED' })
    const safe = { ...as('important'), data: { ...as('important').data, safetyPlan: proof } } as HighRiskUserEvent
    given(...important)
      .when(approve({ safetyPlan: proof }))
      .thenYields(safe)
    given(...important, safe)
      .when(serve())
      .thenRejected({ code: 'AUTHORITY_NOTICE_REQUIRED' })
    given(...important, safe)
      .when(serve({ authorityNotifiedOn: today }))
      .thenYields({ ...noticed, data: { ...noticed.data, authorityNotifiedOn: today } } as HighRiskUserEvent)
    given(...important, safe)
      .when(serve({ authorityNotifiedOn: day('2026-03-03') }))
      .thenRejected({ code: 'FUTURE_DATE', date: day('2026-03-03'), latest: today })
  })
})
