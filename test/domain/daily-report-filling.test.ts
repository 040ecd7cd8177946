import { describe, test } from 'vitest'
import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import type { DailyReportEvent } from '#domain/daily-report/events.ts'
import type { Instant } from '#domain/shared/dates.ts'
import { fen, kwh } from '#domain/shared/quantities.ts'
import { bill, date, key, row } from '#test/support/arbitraries/daily-report.ts'
import { cons, shanghai, uuid } from '#test/support/arbitraries/values.ts'
import {
  type Command,
  correct,
  given,
  missing,
  odd,
  oddIssue,
  one,
  open,
  opened,
  put,
  returned,
  rowsPut,
  signed,
  submit,
  submitted,
  two,
  waived,
} from '#test/support/daily-report.ts'

describe('opening', () => {
  test('once for a province and date', () => {
    given().when(open('1', '2')).thenYields(opened('1', '2'))
    given(opened('1')).when(open('1')).thenNothing()
    given(opened('1')).when(open('1', '2')).thenRejected({ code: 'ALREADY_OPENED' })
    given(opened('1')).when(open('2')).thenRejected({ code: 'ALREADY_OPENED' })
    given(waived).when(open('1')).thenRejected({ code: 'INVALID_STATE', status: 'waived' })
  })
  test('when the day is over', () => {
    const early = (when: Instant): Command<'OpenReport'> => ({ type: 'OpenReport', data: { ...open('1').data, at: when } })
    given()
      .when(early(shanghai('2026-03-02', '23:59')))
      .thenRejected({ code: 'FUTURE_DATE', date, today: date })
    given()
      .when(early(shanghai('2026-03-03', '00:00')))
      .thenYields({ type: 'ReportOpened', data: { ...opened('1').data, at: shanghai('2026-03-03', '00:00') } })
  })
  test('comes before everything else', () => {
    const others: DailyReportCommand[] = [
      put(one),
      { type: 'RemoveRow', data: { ...signed, consNo: one.consNo, reason: 'x' } },
      submit([]),
      { type: 'ReturnReport', data: { ...signed, reasons: [{ text: 'x' }] } },
      correct([one]),
      { type: 'ApproveCorrection', data: { ...signed, correctionId: uuid(1) } },
      { type: 'RejectCorrection', data: { ...signed, correctionId: uuid(1), reason: 'x' } },
      { type: 'MarkLate', data: signed },
      { type: 'MarkMissing', data: signed },
    ]
    for (const command of others) {
      given().when(command).thenRejected({ code: 'NOT_FOUND' })
      given(waived).when(command).thenRejected({ code: 'INVALID_STATE', status: 'waived' })
    }
  })
})

describe('putting rows', () => {
  test('keeps a chunk, and says it once', () => {
    given(opened('1'))
      .when(put(one, two))
      .thenYields(rowsPut([one, two]))
    given(opened('1'), rowsPut([one, two]))
      .when(put(one, two))
      .thenNothing()
  })
  test('replaces a user’s earlier row', () => {
    const now = row('1', { electricityDay: kwh(7n) })
    given(opened('1'), rowsPut([one]))
      .when(put(now))
      .thenYields(rowsPut([now]))
    given(opened('1'), rowsPut([one]), rowsPut([now]))
      .when(submit([now]))
      .thenYields(submitted([now]))
  })
  test('refuses the whole chunk for one bad row, with everything that was found', () => {
    const bad = row('2', { bills: [bill('202602', 100n, 0n, { arrears: fen(90n) })] })
    given(opened('1'))
      .when(put(one, bad, odd))
      .thenRejected({
        code: 'VALIDATION_FAILED',
        issues: [
          {
            severity: 'error',
            code: 'ARREARS_MISMATCH',
            consNo: cons('2'),
            billMonth: bad.bills[0]!.billMonth,
            field: 'bills.0.arrears',
            detail: { receivable: '100', received: '0', writtenOff: '0', arrears: '90' },
          },
          oddIssue,
        ],
      })
  })
  test('keeps warnings beside the rows', () => {
    given(opened('1'))
      .when(put(odd))
      .thenYields(rowsPut([odd], [oddIssue]))
  })
  test('is open to a report that is missing or sent back, and to no other', () => {
    given(opened('1'), missing)
      .when(put(one))
      .thenYields(rowsPut([one]))
    given(opened('1'), rowsPut([one]), submitted([one]), returned)
      .when(put(two))
      .thenYields(rowsPut([two]))
    given(opened('1'), rowsPut([one]), submitted([one]))
      .when(put(two))
      .thenRejected({ code: 'INVALID_STATE', status: 'submitted' })
  })
  test('a row is removed with a reason', () => {
    const remove = (reason?: string): DailyReportCommand => ({ type: 'RemoveRow', data: { ...signed, consNo: one.consNo, ...(reason && { reason }) } })
    const removed: DailyReportEvent = { type: 'RowRemoved', data: { ...signed, ...key, consNo: one.consNo, reason: 'not ours' } }
    given(opened(), rowsPut([one]))
      .when(remove('not ours'))
      .thenYields(removed)
    given(opened(), rowsPut([one]))
      .when(remove())
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(opened())
      .when(remove('not ours'))
      .thenRejected({ code: 'UNKNOWN_ROW', consNos: [one.consNo] })
    given(opened(), rowsPut([one]), submitted([one]))
      .when(remove('not ours'))
      .thenRejected({ code: 'INVALID_STATE', status: 'submitted' })
    given(opened(), rowsPut([odd], [oddIssue]), { ...removed, data: { ...removed.data, consNo: odd.consNo } })
      .when(submit([], { nil: true }))
      .thenYields(submitted([], { nil: true }))
  })
})
