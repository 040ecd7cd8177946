import { describe, expect, test } from 'vitest'
import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import type { DailyReportEvent } from '#domain/daily-report/events.ts'
import type { Row } from '#domain/daily-report/fields.ts'
import { totalsOf } from '#domain/daily-report/totals.ts'
import { fen, kwh } from '#domain/shared/quantities.ts'
import { at, bill, by, key, row, rules } from '#test/support/arbitraries/daily-report.ts'
import { cons, instant, trade, uuid } from '#test/support/arbitraries/values.ts'
import {
  answeredOdd,
  correct,
  decider,
  type Event,
  given,
  lead,
  oddIssue,
  opened,
  returned,
  rowsPut,
  seal,
  signed,
  submit,
  submitted,
} from '#test/support/daily-report.ts'

const walkThrough = (history: DailyReportEvent[]) => history.reduce(decider.evolve, decider.initial)

describe('correcting', () => {
  // 12 x 100 000 fen of arrears: five per cent is 60 000.
  const rows = Array.from({ length: 12 }, (_, index) => row(String(index + 1)))
  const [first, second] = rows as [Row, Row]
  const paid = (base: Row, received: bigint): Row => ({ ...base, bills: [bill('202602', 100_000n, received)] })
  const now = (...changed: Row[]): Row[] => rows.map((base) => changed.find(({ consNo }) => consNo === base.consNo) ?? base)
  const history = [opened('1'), rowsPut(rows), submitted(rows)]
  const payment = (consNo: string, received: bigint) => [
    { consNo: cons(consNo), billMonth: first.bills[0]!.billMonth, field: 'received', before: '0', after: String(received) },
    { consNo: cons(consNo), billMonth: first.bills[0]!.billMonth, field: 'arrears', before: '100000', after: String(100_000n - received) },
    { consNo: cons(consNo), billMonth: first.bills[0]!.billMonth, field: 'settleFlag', before: '01', after: '02' },
  ]
  const corrected = (changed: Row[], over: Partial<Event<'ReportCorrected'>['data']> = {}): Event<'ReportCorrected'> => ({
    type: 'ReportCorrected',
    data: {
      ...{ ...signed, ...key, version: 2, rows: changed, removed: [], diff: payment('1', 60_000n), reason: 'payment slip found', correctionId: uuid(1) },
      ...{ totals: totalsOf(now(...changed)), rowCount: 12, hash: seal(...now(...changed)) },
      ...over,
    },
  })
  const proposed = (changed: Row[], over: Partial<Event<'CorrectionProposed'>['data']> = {}): Event<'CorrectionProposed'> => ({
    type: 'CorrectionProposed',
    data: {
      ...{ ...signed, ...key, correctionId: uuid(1), rows: changed, removed: [], diff: payment('1', 60_001n) },
      ...{ reason: 'payment slip found', cause: 'LARGE_CHANGE', ...over },
    },
  })
  const small = paid(first, 60_000n)
  const large = paid(first, 60_001n)

  test('a small one stands at once, field by field', () => {
    given(...history)
      .when(correct([small]))
      .thenYields(corrected([small]))
    given(...history, corrected([small]))
      .when(correct([small]))
      .thenRejected({ code: 'DUPLICATE_CORRECTION', correctionId: uuid(1) })
    given(...history, corrected([small]))
      .when(correct([{ ...second, remark: 'moved' }], { correctionId: uuid(2) }))
      .thenYields(
        corrected([{ ...second, remark: 'moved' }], {
          ...{ version: 3, correctionId: uuid(2), totals: totalsOf(now(small)), hash: seal(...now(small, { ...second, remark: 'moved' })) },
          diff: [{ consNo: cons('2'), field: 'remark', before: null, after: 'moved' }],
        }),
      )
  })
  test('a row may go, and a bill', () => {
    const gone = rows.filter(({ consNo }) => consNo !== '12')
    const result = decider.decide(correct([{ ...first, bills: [] }], { removed: [cons('12')] }), walkThrough(history))
    expect(result.ok && result.events[0]?.type).toBe('CorrectionProposed')
    const noted = { ...first, instalment: { periods: 3, planned: fen(9n), received: fen(0n) } }
    given(opened(), rowsPut([first, row('2', { bills: [] })]), submitted([first, row('2', { bills: [] })]))
      .when(correct([noted], { removed: [cons('2')] }))
      .thenYields({
        type: 'ReportCorrected',
        data: {
          ...{ ...signed, ...key, version: 2, rows: [noted], removed: [cons('2')], reason: 'payment slip found', correctionId: uuid(1) },
          ...{ totals: totalsOf([noted]), rowCount: 1, hash: seal(noted) },
          diff: [
            { consNo: cons('1'), field: 'instalment', before: null, after: '{"periods":3,"planned":"9","received":"0"}' },
            ...Object.entries({
              ...{ consNo: '2', consName: 'User 2', orgCode: '13401', standard: 'GB/T 4754-2017', tradeCode: '3110' },
              ...{ contractCapacity: '10000000', runningCapacity: '8000000', electricityDay: '1000', electricityMonthToDate: '2000' },
              ...{ receivedToday: '0', prepaidBalance: '0', inTransit: '0', powerOff: 'false', riskLevel: 'II' },
            }).map(([field, before]) => ({ consNo: cons('2'), field, before, after: null })),
            { consNo: cons('2'), field: 'measures', before: '["M01"]', after: null },
          ],
        },
      })
    expect(gone).toHaveLength(11)
  })
  test('wants a reason, a change, rows that pass the checks, and comments where they warn', () => {
    const noReason = correct([small])
    delete noReason.data.reason
    given(...history)
      .when(noReason)
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...history)
      .when(correct([first]))
      .thenRejected({ code: 'NO_CHANGE' })
    given(...history)
      .when(correct([], { removed: [cons('99')] }))
      .thenRejected({ code: 'UNKNOWN_ROW', consNos: [cons('99')] })
    const strange = { ...first, tradeCode: trade('9799') }
    const warning = { ...oddIssue, consNo: cons('1') }
    given(...history)
      .when(correct([strange]))
      .thenRejected({ code: 'UNANSWERED_WARNINGS', issues: [warning] })
    given(...history)
      .when(correct([{ ...strange, electricityDay: kwh(-1n) }]))
      .thenRejected({
        code: 'VALIDATION_FAILED',
        issues: [{ severity: 'error', code: 'KWH_NEGATIVE', consNo: cons('1'), field: 'electricityDay', detail: { value: '-1' } }, warning],
      })
    given(...history)
      .when(correct([small], { removed: [cons('1')] }))
      .thenRejected({
        code: 'VALIDATION_FAILED',
        issues: [{ severity: 'error', code: 'PUT_AND_REMOVED', consNo: cons('1'), field: 'consNo', detail: {} }],
      })
  })
  test('a reading that comes late was none before', () => {
    const unread = { ...first, electricityDay: null }
    given(opened(), rowsPut([unread]), submitted([unread]))
      .when(correct([first]))
      .thenYields(
        corrected([first], {
          diff: [{ consNo: cons('1'), field: 'electricityDay', before: null, after: '1000' }],
          ...{ totals: totalsOf([first]), rowCount: 1, hash: seal(first) },
        }),
      )
  })
  test('may lower the month to date, which a first report may not', () => {
    const previous = [{ ...first, electricityMonthToDate: kwh(2500n) }]
    given(...history)
      .when(correct([{ ...first, electricityMonthToDate: kwh(2400n) }], { previous }))
      .thenYields(
        corrected([{ ...first, electricityMonthToDate: kwh(2400n) }], {
          totals: totalsOf(rows),
          diff: [{ consNo: cons('1'), field: 'electricityMonthToDate', before: '2000', after: '2400' }],
        }),
      )
  })
  test('a large one waits for headquarters: five per cent exactly is not large, one fen more is', () => {
    given(...history)
      .when(correct([large]))
      .thenYields(proposed([large]))
    given(...history, proposed([large]))
      .when(correct([large]))
      .thenNothing()
  })
  test('what moves from one user to another is measured at both', () => {
    const moved = [paid(first, 40_000n), paid(second, 30_000n)]
    given(...history)
      .when(correct(moved))
      .thenYields(proposed(moved, { diff: [...payment('1', 40_000n), ...payment('2', 30_000n)] }))
  })
  test('a late one waits for headquarters', () => {
    const free = rules.freeCorrectionUntil
    const after = instant('2026-03-05T16:00:00.001Z')
    given(...history)
      .when(correct([small], { at: free }))
      .thenYields(corrected([small], { at: free }))
    given(...history)
      .when(correct([small], { at: after }))
      .thenYields(proposed([small], { at: after, diff: payment('1', 60_000n), cause: 'AFTER_FREE_PERIOD' }))
  })
  test('after month close only headquarters may, and still somebody else approves', () => {
    const closed = rules.closesAt
    given(...history)
      .when(correct([small], { at: closed }))
      .thenRejected({ code: 'PERIOD_CLOSED', since: closed })
    const justBefore = instant('2026-04-05T15:59:59.999Z')
    given(...history)
      .when(correct([small], { at: justBefore }))
      .thenYields(proposed([small], { at: justBefore, diff: payment('1', 60_000n), cause: 'AFTER_FREE_PERIOD' }))
    given(...history)
      .when(correct([small], { at: closed, role: 'HQ_LEAD' }))
      .thenYields(proposed([small], { at: closed, diff: payment('1', 60_000n), cause: 'AFTER_FREE_PERIOD' }))
  })
  test('one waits at a time; a small one passes it by', () => {
    const other = paid(second, 70_000n)
    given(...history, proposed([large]))
      .when(correct([other], { correctionId: uuid(2) }))
      .thenRejected({ code: 'CORRECTION_PENDING', correctionId: uuid(1) })
    given(...history, proposed([large]))
      .when(correct([paid(second, 1n)], { correctionId: uuid(2) }))
      .thenYields(corrected([paid(second, 1n)], { correctionId: uuid(2), diff: payment('2', 1n) }))
  })

  const approve = (by_ = lead): DailyReportCommand => ({ type: 'ApproveCorrection', data: { at, by: by_, correctionId: uuid(1) } })
  const approved = corrected([large], { by: lead, diff: payment('1', 60_001n), proposedBy: by })

  test('headquarters approves what another proposed, once', () => {
    given(...history, proposed([large]))
      .when(approve())
      .thenYields(approved)
    given(...history, proposed([large]), approved)
      .when(approve())
      .thenNothing()
    given(...history, proposed([large]))
      .when(approve(by))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(...history)
      .when(approve())
      .thenRejected({ code: 'UNKNOWN_CORRECTION', correctionId: uuid(1) })
  })
  test('an approved one is laid upon what is in force by then', () => {
    const passing = paid(second, 1n)
    given(...history, proposed([large]), corrected([passing], { correctionId: uuid(2), diff: payment('2', 1n) }))
      .when(approve())
      .thenYields(
        corrected([large], {
          ...{ by: lead, version: 3, diff: payment('1', 60_001n), proposedBy: by },
          ...{ totals: totalsOf(now(large, passing)), hash: seal(...now(large, passing)) },
        }),
      )
  })
  test('and is refused when its own rows changed meanwhile', () => {
    given(...history, proposed([large]), corrected([paid(first, 1n)], { correctionId: uuid(2), diff: payment('1', 1n) }))
      .when(approve())
      .thenRejected({ code: 'STALE_REFERENCE', consNos: [cons('1')] })
    given(...history, proposed([large]), corrected([first, paid(second, 1n)], { correctionId: uuid(2), diff: payment('2', 1n) }))
      .when(approve())
      .thenYields(
        corrected([large], {
          ...{ by: lead, version: 3, diff: payment('1', 60_001n), proposedBy: by },
          ...{ totals: totalsOf(now(large, paid(second, 1n))), hash: seal(...now(large, paid(second, 1n))) },
        }),
      )
  })

  const decline = (reason?: string): DailyReportCommand => ({
    type: 'RejectCorrection',
    data: { at, by: lead, correctionId: uuid(1), ...(reason !== undefined && { reason }) },
  })
  const declined: DailyReportEvent = { type: 'CorrectionRejected', data: { at, by: lead, ...key, correctionId: uuid(1), reason: 'no slip' } }

  test('headquarters declines with a reason, once; that id is spent', () => {
    given(...history, proposed([large]))
      .when(decline('no slip'))
      .thenYields(declined)
    given(...history, proposed([large]), declined)
      .when(decline('no slip'))
      .thenNothing()
    given(...history, proposed([large]))
      .when(decline())
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...history)
      .when(decline('no slip'))
      .thenRejected({ code: 'UNKNOWN_CORRECTION', correctionId: uuid(1) })
    given(...history, proposed([large]), declined)
      .when(approve())
      .thenRejected({ code: 'UNKNOWN_CORRECTION', correctionId: uuid(1) })
    given(...history, proposed([large]), declined)
      .when(correct([large]))
      .thenRejected({ code: 'DUPLICATE_CORRECTION', correctionId: uuid(1) })
  })
  test('a return voids what waits', () => {
    given(...history, proposed([large]), returned, submitted(rows, { version: 2 }))
      .when(approve())
      .thenRejected({ code: 'UNKNOWN_CORRECTION', correctionId: uuid(1) })
    given(...history, proposed([large]), returned)
      .when(approve())
      .thenRejected({ code: 'INVALID_STATE', status: 'returned' })
  })
  test('is for what was sealed', () => {
    given(opened('1'))
      .when(correct([small]))
      .thenRejected({ code: 'INVALID_STATE', status: 'open' })
    given(opened('1')).when(approve()).thenRejected({ code: 'INVALID_STATE', status: 'open' })
  })
  test('of arrears that were none, every rise is large', () => {
    const clear = row('1', { bills: [bill('202602', 100n, 100n)] })
    const owing = row('1', { bills: [bill('202602', 100n, 99n)] })
    const month = clear.bills[0]!.billMonth
    given(opened('1'), rowsPut([clear]), submitted([clear]))
      .when(correct([owing]))
      .thenYields(
        proposed([owing], {
          diff: [
            { consNo: cons('1'), billMonth: month, field: 'received', before: '100', after: '99' },
            { consNo: cons('1'), billMonth: month, field: 'arrears', before: '0', after: '1' },
            { consNo: cons('1'), billMonth: month, field: 'settleFlag', before: '03', after: '02' },
          ],
        }),
      )
  })
  test('answers the warnings of the row it replaces', () => {
    const mapped = row('3')
    const fixed: DailyReportEvent = {
      type: 'ReportCorrected',
      data: { ...corrected([mapped]).data, totals: totalsOf([mapped]), rowCount: 1, hash: seal(mapped) },
    }
    given(opened(), rowsPut([answeredOdd], [oddIssue]), submitted([answeredOdd], { warnedRows: 1 }), fixed, returned)
      .when(submit([mapped]))
      .thenYields(submitted([mapped], { version: 3 }))
  })
})
