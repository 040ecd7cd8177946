import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarOf, workingMinutesBetween } from '#domain/shared/calendar.ts'
import { addDays, businessDateOf, epochOf, type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import { fold } from '#domain/shared/decider.ts'
import type { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import type { Grade, WorkYear } from '#domain/warning-work-order/fields.ts'
import { warningWorkOrder } from '#domain/warning-work-order/order.ts'
import { isIssued } from '#domain/warning-work-order/state.ts'
import { anyInstant, day, shanghai } from '#test/support/arbitraries/values.ts'
import {
  answered,
  closed,
  type Data,
  drafted,
  type Event,
  given,
  hqLead,
  inHand,
  issued,
  key,
  paused,
  returned,
  said,
  signed,
  sla,
  subject,
  submitted,
  system,
  year2025,
  year2026,
  years,
} from '#test/support/warning-work-order.ts'

const issuedAt = (date: string, time: string, grade: Grade = 'orange', published: WorkYear[] = years) => {
  const at = shanghai(date, time)
  const subjects = [subject('1', { asOf: addDays(businessDateOf(at), -1) })]
  const command: WarningWorkOrderCommand = { type: 'IssueOrder', data: { at, by: hqLead, sla, years: published } }
  const decision = warningWorkOrder.decide(command, fold(warningWorkOrder, [drafted({ grade, subjects })]))
  if (!decision.ok) throw new Error(decision.rejection.code)
  return (decision.events[0] as Event<'OrderIssued'>).data
}
const year2027: WorkYear = { year: 2027, version: 1, holidays: ['2027-01-01', '2027-01-02', '2027-01-03'].map(day), makeUpDays: [] }

describe('due instants when an order is issued', () => {
  test('stop over lunch', () => expect(issuedAt('2026-03-02', '11:30', 'red').signDueAt).toBe(shanghai('2026-03-02', '17:00')))
  test('go on on make-up Saturdays and pass over the Spring Festival', () =>
    expect(issuedAt('2026-02-13', '16:30')).toMatchObject({
      signDueAt: shanghai('2026-02-14', '16:30'),
      feedbackDueAt: shanghai('2026-02-25', '16:30'),
      calendar: { years: { 2026: 1 }, provisional: false },
    }))
  test('begin with the next working time when it is issued at night', () =>
    expect(issuedAt('2026-03-06', '20:00', 'red').signDueAt).toBe(shanghai('2026-03-09', '14:00')))
  test('across a year end name both years', () =>
    expect(issuedAt('2025-12-31', '16:30')).toMatchObject({
      signDueAt: shanghai('2026-01-04', '16:30'),
      feedbackDueAt: shanghai('2026-01-06', '16:30'),
      calendar: { years: { 2025: 1, 2026: 1 }, provisional: false },
    }))
  test('across the end of the last published year are provisional', () =>
    expect(issuedAt('2026-12-31', '16:30')).toMatchObject({
      signDueAt: shanghai('2027-01-01', '16:30'),
      feedbackDueAt: shanghai('2027-01-05', '16:30'),
      calendar: { years: { 2026: 1 }, provisional: true },
    }))
  test('without any published year are provisional, Monday to Friday', () =>
    expect(issuedAt('2026-02-13', '16:30', 'orange', [])).toMatchObject({
      signDueAt: shanghai('2026-02-16', '16:30'),
      calendar: { years: {}, provisional: true },
    }))
})

const resume = (date: string, time: string, published = years): WarningWorkOrderCommand => ({
  type: 'Resume',
  data: { ...said(hqLead, date, time), sla, years: published },
})
const resumed = (over: Partial<Event<'ClockResumed'>['data']>): Event<'ClockResumed'> => ({
  type: 'ClockResumed',
  data: {
    ...said(hqLead, '2026-03-04', '10:00'),
    ...key,
    pausedMinutes: 450,
    signDueAt: shanghai('2026-03-04', '10:00'),
    feedbackDueAt: shanghai('2026-03-06', '10:00'),
    calendar: { years: { 2026: 1 }, provisional: false },
    ...over,
  },
})

describe('the clocks stand still', () => {
  const pause: WarningWorkOrderCommand = { type: 'Pause', data: { ...said(hqLead, '2026-03-03', '09:30'), reason: 'flood' } }
  const sent = [drafted(), issued()]
  test('when headquarters says so, once', () => {
    given(...sent)
      .when(pause)
      .thenYields(paused('2026-03-03', '09:30'))
    given(...sent, paused('2026-03-03', '09:00'))
      .when(pause)
      .thenRejected({ code: 'ALREADY_PAUSED' })
  })
  test('not before the order was issued, nor after its end', () => {
    given(drafted()).when(pause).thenRejected({ code: 'INVALID_STATE', status: 'draft' })
    given(...answered, closed())
      .when(pause)
      .thenRejected({ code: 'INVALID_STATE', status: 'closed' })
  })
  test('and go on later by the working minutes of the pause', () =>
    given(...sent, paused('2026-03-03', '09:30'))
      .when(resume('2026-03-04', '09:30'))
      .thenYields(resumed(said(hqLead, '2026-03-04', '09:30'))))
  test('a pause at night holds up nothing', () =>
    given(...sent, paused('2026-03-02', '18:00'))
      .when(resume('2026-03-03', '08:00'))
      .thenYields(
        resumed({
          ...said(hqLead, '2026-03-03', '08:00'),
          pausedMinutes: 0,
          signDueAt: shanghai('2026-03-03', '10:00'),
          feedbackDueAt: shanghai('2026-03-05', '10:00'),
        }),
      ))
  test('what had run out before is not held up', () =>
    given(...sent, paused('2026-03-03', '10:30'))
      .when(resume('2026-03-04', '10:30'))
      .thenYields(resumed({ ...said(hqLead, '2026-03-04', '10:30'), signDueAt: shanghai('2026-03-03', '10:00') })))
  test('a clock that began during the pause is held up from then on', () =>
    given(...inHand, paused('2026-03-03', '09:00'), submitted())
      .when(resume('2026-03-04', '10:00'))
      .thenYields(
        resumed({
          pausedMinutes: 510,
          signDueAt: shanghai('2026-03-03', '10:00'),
          feedbackDueAt: shanghai('2026-03-05', '10:00'),
          reviewDueAt: shanghai('2026-03-06', '10:00'),
        }),
      ))
  test('a time that a person stated is held up as well', () =>
    given(...answered, returned(), paused('2026-03-05', '10:00'))
      .when(resume('2026-03-05', '14:30'))
      .thenYields(
        resumed({
          ...said(hqLead, '2026-03-05', '14:30'),
          pausedMinutes: 180,
          signDueAt: shanghai('2026-03-03', '10:00'),
          feedbackDueAt: shanghai('2026-03-06', '14:30'),
        }),
      ))
  test('only what stands still goes on', () =>
    given(...sent)
      .when(resume('2026-03-04', '10:00'))
      .thenRejected({ code: 'NOT_PAUSED' }))
})

describe('a year is published', () => {
  const over = issuedAt('2026-12-31', '16:30')
  const sent = [drafted({ subjects: [subject('1', { asOf: day('2026-12-30') })] }), issued(over)]
  const recompute = (published: WorkYear[], over2: Partial<Data<'RecomputeDues'>> = {}): WarningWorkOrderCommand => ({
    type: 'RecomputeDues',
    data: { ...said(system, '2026-12-31', '18:00'), sla, years: published, ...over2 },
  })
  const recomputed = (over2: Partial<Event<'DuesRecomputed'>['data']> = {}): Event<'DuesRecomputed'> => ({
    type: 'DuesRecomputed',
    data: {
      ...said(system, '2026-12-31', '18:00'),
      ...key,
      signDueAt: shanghai('2027-01-04', '16:30'),
      feedbackDueAt: shanghai('2027-01-06', '16:30'),
      calendar: { years: { 2026: 1, 2027: 1 }, provisional: false },
      ...over2,
    },
  })
  test('and what was provisional is worked out anew', () =>
    given(...sent)
      .when(recompute([year2026, year2027]))
      .thenYields(recomputed()))
  test('once', () =>
    given(...sent, recomputed())
      .when(recompute([year2026, year2027]))
      .thenNothing())
  test('and only clocks that still run', () =>
    given(...sent, { ...signed, data: { ...signed.data, ...said(hqLead, '2026-12-31', '17:00') } })
      .when(recompute([year2026, year2027]))
      .thenYields(recomputed({ signDueAt: over.signDueAt })))
  test('nothing is said when nothing comes out differently', () => {
    given(...sent)
      .when(recompute([year2026]))
      .thenNothing()
    given(...inHand)
      .when(recompute([year2025, { ...year2026, version: 2 }, year2027]))
      .thenNothing()
  })
  test('and what comes out the same is provisional no more', () => {
    const working: WorkYear = { year: 2027, version: 1, holidays: [], makeUpDays: [] }
    given(...sent)
      .when(recompute([year2026, working]))
      .thenYields(recomputed({ signDueAt: over.signDueAt, feedbackDueAt: over.feedbackDueAt }))
  })
  test('not by other rules, and not of what has ended', () => {
    given(...sent)
      .when(recompute([year2026], { sla: { ...sla, version: 2 } }))
      .thenRejected({ code: 'OTHER_RULES', slaVersion: 1 })
    given(...answered, closed())
      .when(recompute([]))
      .thenNothing()
  })
})

test('always: from issue to what is due pass the minutes of the rules and those of the pauses, whenever it was paused', () => {
  const calendar = calendarOf(years)
  const minutes = (from: Instant, until: Instant) => workingMinutesBetween(from, until, calendar, sla.hours).minutes
  const whole = (instant: Instant) => instantOfEpoch(Math.floor(epochOf(instant) / 60_000) * 60_000)
  fc.assert(
    fc.property(
      anyInstant('2025-12-01', '2026-02-28').map(whole),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 3000 })), { maxLength: 4, size: 'max' }),
      fc.constantFrom<Grade>('red', 'orange', 'yellow'),
      (at, pauses, grade) => {
        const history: WarningWorkOrderEvent[] = [drafted({ grade, subjects: [subject('1', { asOf: businessDateOf(at) })] })]
        const say = (command: WarningWorkOrderCommand) => {
          const decision = warningWorkOrder.decide(command, fold(warningWorkOrder, history))
          expect(decision).toMatchObject({ ok: true })
          if (decision.ok) history.push(...decision.events)
        }
        say({ type: 'IssueOrder', data: { at, by: hqLead, sla, years } })
        let now = epochOf(at)
        let stood = 0
        for (const [after, lasting] of pauses) {
          const order = fold(warningWorkOrder, history)
          const begun = instantOfEpoch(now + after * 60_000)
          const ended = instantOfEpoch(now + (after + lasting) * 60_000)
          now = epochOf(ended)
          if (!isIssued(order) || begun > order.feedbackDue.dueAt) break
          say({ type: 'Pause', data: { at: begun, by: hqLead, reason: 'flood' } })
          say({ type: 'Resume', data: { at: ended, by: hqLead, sla, years } })
          stood += minutes(begun, ended)
        }
        const order = fold(warningWorkOrder, history)
        if (isIssued(order)) expect(minutes(at, order.feedbackDue.dueAt)).toBe(sla.grades[grade].feedbackMinutes + stood)
      },
    ),
    { numRuns: 200 },
  )
})
