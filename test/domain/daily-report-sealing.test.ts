import { describe, test } from 'vitest'
import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import { Totals } from '#domain/daily-report/fields.ts'
import { at, row, rules } from '#test/support/arbitraries/daily-report.ts'
import { cons, instant } from '#test/support/arbitraries/values.ts'
import { answeredOdd, given, late, missing, odd, oddIssue, one, opened, returned, rowsPut, signed, submit, submitted, two } from '#test/support/daily-report.ts'

describe('sealing', () => {
  test('carries totals, count and one digest, whatever the order in which rows came', () => {
    given(opened('1', '2'), rowsPut([two]), rowsPut([one]))
      .when(submit([one, two]))
      .thenYields(submitted([one, two]))
    given(opened('1', '2'), rowsPut([one, two]), submitted([one, two]))
      .when(submit([one, two]))
      .thenNothing()
    given(opened('1', '2'), rowsPut([one, two]), submitted([one, two]))
      .when(submit([one]))
      .thenRejected({ code: 'INVALID_STATE', status: 'submitted' })
  })
  test('wants every expected user, or an excuse', () => {
    given(opened('1', '2', '3'), rowsPut([one]))
      .when(submit([one]))
      .thenRejected({ code: 'MISSING_ROWS', consNos: [cons('2'), cons('3')] })
    const excused = [{ consNo: cons('2'), reason: 'meter burnt' }]
    given(opened('1', '2', '3'), rowsPut([one]))
      .when(submit([one], { excused }))
      .thenRejected({ code: 'MISSING_ROWS', consNos: [cons('3')] })
    given(opened('1', '2'), rowsPut([one]))
      .when(submit([one], { excused: [...excused, ...excused, { consNo: cons('1'), reason: 'needless' }] }))
      .thenYields(submitted([one], { excused }))
  })
  test('takes in users whom nobody expected', () => {
    given(opened('1'), rowsPut([one, two]))
      .when(submit([one, two]))
      .thenYields(submitted([one, two]))
  })
  test('of nothing has to be said', () => {
    given(opened()).when(submit([])).thenRejected({ code: 'NIL_NOT_DECLARED' })
    given(opened())
      .when(submit([], { nil: true }))
      .thenYields(submitted([], { nil: true }))
    given(opened(), rowsPut([one]))
      .when(submit([one], { nil: true }))
      .thenRejected({ code: 'NOT_NIL', rows: 1 })
    given(opened('1'))
      .when(submit([], { nil: true }))
      .thenRejected({ code: 'MISSING_ROWS', consNos: [cons('1')] })
  })
  test('wants warnings answered in the row', () => {
    given(opened(), rowsPut([odd], [oddIssue]))
      .when(submit([odd]))
      .thenRejected({ code: 'UNANSWERED_WARNINGS', issues: [oddIssue] })
    given(opened(), rowsPut([odd], [oddIssue]), rowsPut([answeredOdd], [oddIssue]))
      .when(submit([odd]))
      .thenYields(submitted([answeredOdd], { warnedRows: 1 }))
    const mapped = row('3')
    given(opened(), rowsPut([odd], [oddIssue]), rowsPut([mapped]))
      .when(submit([mapped]))
      .thenYields(submitted([mapped]))
  })
  test('recomputes the totals', () => {
    const totals = Totals.parse({
      users: 1,
      electricity: '1000',
      receivable: '100000',
      received: '1',
      arrears: '99999',
      penaltyReceivable: '0',
      penaltyReceived: '0',
    })
    given(opened('1'), rowsPut([one]))
      .when(submit([one], { totals }))
      .thenRejected({
        code: 'TOTALS_MISMATCH',
        mismatches: [
          { field: 'received', declared: '1', computed: '0' },
          { field: 'arrears', declared: '99999', computed: '100000' },
        ],
      })
  })
  test('is on time up to the due instant itself', () => {
    const after = instant('2026-03-03T02:00:00.001Z')
    given(opened('1'), rowsPut([one]))
      .when(submit([one], { at: rules.dueAt }))
      .thenYields(submitted([one], { at: rules.dueAt }))
    given(opened('1'), rowsPut([one]))
      .when(submit([one], { at: after }))
      .thenYields(submitted([one], { at: after, onTime: false }))
    given(opened('1'), late, missing, rowsPut([one]))
      .when(submit([one], { at: after }))
      .thenYields(submitted([one], { at: after, onTime: false }))
  })
  test('once more after a return, as the next version', () => {
    given(opened('1'), rowsPut([one]), submitted([one]), returned, rowsPut([two]))
      .when(submit([one, two]))
      .thenYields(submitted([one, two], { version: 2 }))
  })
})

describe('sending back', () => {
  const sendBack = (when = at): DailyReportCommand => ({ type: 'ReturnReport', data: { ...signed, at: when, reasons: [{ text: 'look again' }] } })
  test('while the days for it last', () => {
    given(opened('1'), rowsPut([one]), submitted([one]))
      .when(sendBack())
      .thenYields(returned)
    given(opened('1'), rowsPut([one]), submitted([one]))
      .when(sendBack(rules.returnableUntil))
      .thenYields({ ...returned, data: { ...returned.data, at: rules.returnableUntil } })
    given(opened('1'), rowsPut([one]), submitted([one]))
      .when(sendBack(instant('2026-03-05T16:00:00.001Z')))
      .thenRejected({ code: 'PERIOD_CLOSED', since: instant('2026-03-05T16:00:00.000Z') })
  })
  test('only what was sealed', () => {
    given(opened('1')).when(sendBack()).thenRejected({ code: 'INVALID_STATE', status: 'open' })
    given(opened('1'), rowsPut([one]), submitted([one]), returned)
      .when(sendBack())
      .thenRejected({ code: 'INVALID_STATE', status: 'returned' })
  })
})
