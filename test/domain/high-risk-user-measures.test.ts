import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { highRiskUser } from '#domain/high-risk-user/decider.ts'
import { type HighRiskUserEvent, highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import { fen } from '#domain/shared/quantities.ts'
import { clerk, cutOff, figures, key, measures, today } from '#test/support/arbitraries/high-risk-user.ts'
import { anyWork } from '#test/support/arbitraries/high-risk-user-work.ts'
import { day } from '#test/support/arbitraries/values.ts'
import { byClerk, byLead, type Data, delisted, given, id, nominate, nominated, onList, planned, proposal, started } from '#test/support/high-risk-user.ts'
import { walk } from '#test/support/spec.ts'

const measureId = id('m1')
const plan = (code = 'M06', over: Partial<Data<'PlanMeasure'>> = {}): HighRiskUserCommand => ({
  type: 'PlanMeasure',
  data: {
    ...byClerk,
    ...{ measureId, code, dueOn: day('2026-03-20'), details: {}, figures, cutOff },
    measure: measures.find((one) => one.code === code) ?? null,
    ...over,
  },
})
const start = (details: Record<string, string> = {}): HighRiskUserCommand => ({
  type: 'StartMeasure',
  data: { ...byClerk, measureId, details, catalogue: [...measures] },
})
const guarantee = planned('m1', 'M06')
const inForce = started('m1', { kind: 'mortgage', amount: '100' })
const complete: HighRiskUserCommand = { type: 'CompleteMeasure', data: { ...byClerk, measureId, amount: fen(5n), result: 'paid' } }
const done: HighRiskUserEvent = { type: 'MeasureCompleted', data: { ...byClerk, ...key, measureId, amount: fen(5n), result: 'paid' } }
const ending = (type: 'FailMeasure' | 'CancelMeasure', reason?: string): HighRiskUserCommand => ({
  type,
  data: { ...byClerk, measureId, ...(reason && { reason }) },
})
const failed: HighRiskUserEvent = { type: 'MeasureFailed', data: { ...byClerk, ...key, measureId, reason: 'refused' } }
const cancelled: HighRiskUserEvent = { type: 'MeasureCancelled', data: { ...byClerk, ...key, measureId, reason: 'refused' } }

describe('a measure', () => {
  test('is planned for a listed user, from the catalogue, for a day to come', () => {
    given(...onList)
      .when(plan())
      .thenYields(guarantee)
    given(...onList, guarantee)
      .when(plan())
      .thenNothing()
    given(...onList, guarantee)
      .when(plan('M01'))
      .thenRejected({ code: 'ID_TAKEN', id: measureId })
    given(...onList)
      .when(plan('M99'))
      .thenRejected({ code: 'UNKNOWN_MEASURE_CODE', measure: 'M99' })
    given(...onList)
      .when(plan('M13'))
      .thenRejected({ code: 'PLACE_A_HOLD' })
    given(...onList)
      .when(plan('M06', { dueOn: day('2026-03-01') }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-01'), earliest: today })
    given(...onList)
      .when(plan('M06', { target: fen(-1n) }))
      .thenRejected({ code: 'AMOUNT_INVALID', amount: fen(-1n) })
    given(...onList)
      .when(plan('M06', { target: fen(9n), dueOn: today }))
      .thenYields({ ...guarantee, data: { ...guarantee.data, target: fen(9n), dueOn: today } })
    given(nominated).when(plan()).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
    given().when(plan()).thenRejected({ code: 'NOT_FOUND' })
  })
  test('starts with every detail its kind needs', () => {
    given(...onList, guarantee)
      .when(start({ kind: 'mortgage' }))
      .thenRejected({ code: 'DETAILS_MISSING', details: ['amount'] })
    given(...onList, guarantee)
      .when(start({ kind: 'mortgage', amount: '100' }))
      .thenYields(inForce)
    given(...onList, { ...guarantee, data: { ...guarantee.data, details: { kind: 'mortgage' } } })
      .when(start({ amount: '100' }))
      .thenYields(inForce)
    given(...onList, guarantee, inForce)
      .when(start())
      .thenNothing()
    given(...onList, guarantee, cancelled)
      .when(start())
      .thenRejected({ code: 'MEASURE_STATE', is: 'cancelled' })
    given(...onList)
      .when(start())
      .thenRejected({ code: 'UNKNOWN_MEASURE', measureId })
  })
  test('ends once: done or failed from in force, cancelled also while planned', () => {
    given(...onList, guarantee, inForce)
      .when(complete)
      .thenYields(done)
    given(...onList, guarantee, inForce, done)
      .when(complete)
      .thenNothing()
    given(...onList, guarantee)
      .when(complete)
      .thenRejected({ code: 'MEASURE_STATE', is: 'planned' })
    given(...onList, guarantee, inForce)
      .when({ ...complete, data: { ...complete.data, amount: fen(-1n) } } as HighRiskUserCommand)
      .thenRejected({ code: 'AMOUNT_INVALID', amount: fen(-1n) })
    given(...onList, guarantee, inForce)
      .when(ending('FailMeasure', 'refused'))
      .thenYields(failed)
    given(...onList, guarantee)
      .when(ending('FailMeasure', 'refused'))
      .thenRejected({ code: 'MEASURE_STATE', is: 'planned' })
    given(...onList, guarantee, inForce, done)
      .when(ending('FailMeasure', 'refused'))
      .thenRejected({ code: 'MEASURE_STATE', is: 'done' })
    given(...onList, guarantee)
      .when(ending('CancelMeasure', 'refused'))
      .thenYields(cancelled)
    given(...onList, guarantee, inForce)
      .when(ending('CancelMeasure'))
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...onList, guarantee, failed)
      .when(ending('CancelMeasure', 'refused'))
      .thenRejected({ code: 'MEASURE_STATE', is: 'failed' })
    given(...onList)
      .when(ending('CancelMeasure', 'refused'))
      .thenRejected({ code: 'UNKNOWN_MEASURE', measureId })
  })
  test('is brought to its end after the user has left the list, but none is begun', () => {
    const left = [...onList, guarantee, inForce, proposal, delisted]
    given(...left)
      .when({ ...complete, data: { ...complete.data, ...byLead } } as HighRiskUserCommand)
      .thenYields({ ...done, data: { ...done.data, ...byLead } })
    given(...left)
      .when(start())
      .thenRejected({ code: 'INVALID_STATE', status: 'delisted' })
  })
})

test('whatever is done about a user, in whatever order: deciding never throws, and what is said twice is written once', () => {
  const reached = new Set<string>()
  const listing: HighRiskUserCommand[] = [
    nominate(),
    { type: 'ConfirmListing', data: { ...byLead, level: 'II', owner: clerk, listedOn: today, basis: ['arrears'] } },
    plan('M01', { measureId: id('M01') }),
    { type: 'StartMeasure', data: { ...byClerk, measureId: id('M01'), details: { channel: 'letter' }, catalogue: [...measures] } },
  ]
  fc.assert(
    fc.property(fc.array(anyWork, { maxLength: 150, size: 'max' }), (commands) => {
      for (const state of walk(highRiskUserEvents, highRiskUser, [...listing, ...commands])) {
        if (state.status === 'absent') continue
        const { measures: all, promises, hold } = state.work
        for (const measure of all.values()) {
          reached.add(measure.state)
          if (measure.cut) reached.add(`cut: ${measure.cut.step}`)
          if (measure.cut?.step === 'cut') expect(measure.state).toBe('in-force')
          if (measure.cut?.cutAt !== undefined) expect([measure.cut.deliveredOn, measure.cut.finalNoticeAt]).not.toContain(undefined)
        }
        const open = [...promises.values()].filter((promise) => promise.state === 'open').flatMap(({ bills }) => bills)
        expect(new Set(open).size).toBe(open.length)
        for (const promise of promises.values()) reached.add(`promise: ${promise.state}`)
        if (hold) reached.add('hold')
      }
    }),
  )
  expect([...reached].toSorted()).toEqual([
    ...['cancelled', 'cut: approved', 'cut: cut', 'cut: final-notice', 'cut: noticed', 'cut: restored', 'done', 'failed'],
    ...['hold', 'in-force', 'planned', 'promise: broken', 'promise: kept', 'promise: open'],
  ])
})
