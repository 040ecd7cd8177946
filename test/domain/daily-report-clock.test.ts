import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import { dailyReportEvents } from '#domain/daily-report/events.ts'
import { hashOf } from '#domain/daily-report/sealing.ts'
import { totalsOf } from '#domain/daily-report/totals.ts'
import type { Instant } from '#domain/shared/dates.ts'
import { anyStep, digest, key, rules } from '#test/support/arbitraries/daily-report.ts'
import { day, instant, province } from '#test/support/arbitraries/values.ts'
import { decider, given, late, missing, one, open, opened, returned, rowsPut, signed, submitted, waived } from '#test/support/daily-report.ts'
import { walk } from '#test/support/spec.ts'

describe('late, missing, waived', () => {
  const mark = (type: 'MarkLate' | 'MarkMissing', when: Instant): DailyReportCommand => ({ type, data: { ...signed, at: when } })
  const justAfter = { due: instant('2026-03-03T02:00:00.001Z'), cutOff: instant('2026-03-03T16:00:00.001Z') }

  test('late after the due instant, once, and never what is in', () => {
    given(opened('1')).when(mark('MarkLate', rules.dueAt)).thenRejected({ code: 'TOO_EARLY', notBefore: rules.dueAt })
    given(opened('1'))
      .when(mark('MarkLate', justAfter.due))
      .thenYields({ ...late, data: { ...late.data, at: justAfter.due } })
    given(opened('1'), late).when(mark('MarkLate', justAfter.due)).thenNothing()
    given(opened('1'), rowsPut([one]), submitted([one]))
      .when(mark('MarkLate', justAfter.due))
      .thenRejected({ code: 'INVALID_STATE', status: 'submitted' })
    given(opened('1'), rowsPut([one]), submitted([one]), returned)
      .when(mark('MarkLate', justAfter.due))
      .thenRejected({ code: 'INVALID_STATE', status: 'returned' })
  })
  test('missing after the cut-off, once, and never what is in', () => {
    given(opened('1')).when(mark('MarkMissing', rules.cutOffAt)).thenRejected({ code: 'TOO_EARLY', notBefore: rules.cutOffAt })
    given(opened('1'), late)
      .when(mark('MarkMissing', justAfter.cutOff))
      .thenYields({ ...missing, data: { ...missing.data, at: justAfter.cutOff } })
    given(opened('1'), missing).when(mark('MarkMissing', justAfter.cutOff)).thenNothing()
    given(opened('1'), missing)
      .when(mark('MarkLate', justAfter.cutOff))
      .thenYields({ ...late, data: { ...late.data, at: justAfter.cutOff } })
    given(opened('1'), rowsPut([one]), submitted([one]), returned)
      .when(mark('MarkMissing', justAfter.cutOff))
      .thenRejected({ code: 'INVALID_STATE', status: 'returned' })
  })
  test('waived with a reason: opened or not, missing or not, but not what is in', () => {
    const waive = (reason?: string): DailyReportCommand => ({ type: 'WaiveReport', data: { ...signed, ...key, rules, ...(reason && { reason }) } })
    given().when(waive('earthquake')).thenYields(waived)
    given(opened('1')).when(waive('earthquake')).thenYields(waived)
    given(opened('1'), missing).when(waive('earthquake')).thenYields(waived)
    given(waived).when(waive('earthquake')).thenNothing()
    given(opened('1')).when(waive()).thenRejected({ code: 'REASON_REQUIRED' })
    given(opened('1'), rowsPut([one]), submitted([one]))
      .when(waive('earthquake'))
      .thenRejected({ code: 'INVALID_STATE', status: 'submitted' })
    given(opened('1'), rowsPut([one]), submitted([one]), returned)
      .when(waive('earthquake'))
      .thenRejected({ code: 'INVALID_STATE', status: 'returned' })
  })
  test('a waiver tells the report’s own province and date', () => {
    given(opened('1'))
      .when({ type: 'WaiveReport', data: { ...signed, province: province('P11'), date: day('2026-01-01'), rules, reason: 'earthquake' } })
      .thenYields(waived)
  })
})

test('whatever is said, in whatever order: deciding never throws, and what is said twice is written once', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60, size: 'max' }), (steps) => {
      for (const state of walk(dailyReportEvents, decider, [open('1'), ...steps])) {
        reached.add(state.status)
        if ('proposal' in state && state.proposal) reached.add('with a proposal')
        if ('late' in state && state.late) reached.add('late')
        if ('version' in state && (state.status === 'submitted' || state.status === 'corrected')) {
          expect(state.totals).toEqual(totalsOf(state.rows.values()))
          expect(state.hash).toBe(hashOf(state.rows, digest))
          if (state.version > 2) reached.add('third version')
        }
      }
    }),
    { numRuns: 200 },
  )
  expect([...reached].toSorted()).toEqual(
    ['absent', 'corrected', 'late', 'missing', 'open', 'returned', 'submitted', 'third version', 'waived', 'with a proposal'].toSorted(),
  )
})
