import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import { dailyReport } from '#domain/daily-report/decider.ts'
import { type DailyReportEvent, dailyReportEvents } from '#domain/daily-report/events.ts'
import { type Issue, type Row, Totals } from '#domain/daily-report/fields.ts'
import { hashOf } from '#domain/daily-report/sealing.ts'
import { totalsOf } from '#domain/daily-report/totals.ts'
import type { Instant } from '#domain/shared/dates.ts'
import { fen, kwh } from '#domain/shared/quantities.ts'
import { anyStep, at, bill, by, date, digest, key, row, rules } from '#test/support/arbitraries/daily-report.ts'
import { cons, day, instant, province, shanghai, trade, user, uuid } from '#test/support/arbitraries/values.ts'
import { specFor, walk } from '#test/support/spec.ts'

const decider = dailyReport({ digest, knowsTrade: (_, code) => code !== '9799' })
const { given } = specFor(dailyReportEvents, decider)

const signed = { at, by }
const sourceHash = digest('chunk')
const lead = user('hq.lead')
const seal = (...rows: Row[]) => hashOf(new Map(rows.map((one) => [one.consNo, one])), digest)

type Event<T extends DailyReportEvent['type']> = Extract<DailyReportEvent, { type: T }>
type Command<T extends DailyReportCommand['type']> = Extract<DailyReportCommand, { type: T }>

const opened = (...expected: string[]): Event<'ReportOpened'> => ({
  type: 'ReportOpened',
  data: { ...signed, ...key, expectedUsers: expected.map(cons), listVersion: 4, sourceMode: 'pushed', rules },
})
const open = (...expected: string[]): Command<'OpenReport'> => ({ type: 'OpenReport', data: opened(...expected).data })
const put = (...rows: Row[]): Command<'PutRows'> => ({ type: 'PutRows', data: { ...signed, chunkNo: 0, rows, sourceHash, previous: [] } })
const rowsPut = (rows: Row[], warnings: Issue[] = []): Event<'RowsPut'> => ({
  type: 'RowsPut',
  data: { ...signed, ...key, chunkNo: 0, rows, warnings, sourceHash },
})
const submit = (rows: Row[], over: Partial<Command<'SubmitReport'>['data']> = {}): Command<'SubmitReport'> => ({
  type: 'SubmitReport',
  data: { ...signed, totals: totalsOf(rows), nil: false, excused: [], ...over },
})
const submitted = (rows: Row[], over: Partial<Event<'ReportSubmitted'>['data']> = {}): Event<'ReportSubmitted'> => ({
  type: 'ReportSubmitted',
  data: {
    ...{ ...signed, ...key, version: 1, totals: totalsOf(rows), rowCount: rows.length, hash: seal(...rows) },
    ...{ onTime: true, nil: false, excused: [], warnedRows: 0, ...over },
  },
})
const returned: Event<'ReportReturned'> = { type: 'ReportReturned', data: { ...signed, ...key, reasons: [{ text: 'look again' }] } }
const correct = (rows: Row[], over: Partial<Command<'CorrectReport'>['data']> = {}): Command<'CorrectReport'> => ({
  type: 'CorrectReport',
  data: { ...signed, rows, removed: [], reason: 'payment slip found', correctionId: uuid(1), role: 'PV_LEAD', previous: [], ...over },
})
const late: Event<'ReportLate'> = { type: 'ReportLate', data: { ...signed, ...key, dueAt: rules.dueAt } }
const missing: Event<'ReportMissing'> = { type: 'ReportMissing', data: { ...signed, ...key, cutOffAt: rules.cutOffAt } }
const waived: Event<'ReportWaived'> = { type: 'ReportWaived', data: { ...signed, ...key, reason: 'earthquake' } }

const one = row('1')
const two = row('2')
const odd = row('3', { tradeCode: trade('9799') })
const oddIssue: Issue = {
  severity: 'warning',
  code: 'UNMAPPED_CODE',
  consNo: cons('3'),
  field: 'tradeCode',
  detail: { standard: 'GB/T 4754-2017', code: '9799' },
}
const answeredOdd = { ...odd, comment: 'trade code new this year' }

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

const walkThrough = (history: DailyReportEvent[]) => history.reduce(decider.evolve, decider.initial)

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
