import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import type { BillFigure, Row } from '#domain/daily-report/fields.ts'
import { type ReportSchedule, rulesFor } from '#domain/daily-report/schedule.ts'
import type { DailyReport } from '#domain/daily-report/state.ts'
import { totalsOf } from '#domain/daily-report/totals.ts'
import type { BillMonth } from '#domain/shared/dates.ts'
import { fen, kwh, va } from '#domain/shared/quantities.ts'
import type { Step } from '../spec.ts'
import { cons, day, org, province, shanghai, trade, user, uuid } from './values.ts'

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

export const schedule: ReportSchedule = {
  version: 1,
  effectiveFrom: day('2020-01-01'),
  opensAtMinute: 30,
  dueAtMinute: 600,
  cutOffAtMinute: 1440,
  returnDays: 3,
  freeCorrectionDays: 3,
  monthCloseDay: 6,
  largeChangeBasisPoints: 500,
  kwhJumpBasisPoints: 8_000,
}

export const date = day('2026-03-02')
export const key = { province: province('P13S'), date }
export const rules = rulesFor(schedule, date)
export const by = user('p13s.tariff')
export const at = shanghai('2026-03-03', '08:00')

/** A bill, said by what was billed and what came in; the rest follows. */
export const bill = (billMonth: string, receivable: bigint, received = 0n, over: Partial<BillFigure> = {}): BillFigure => {
  const open = receivable - received - (over.writtenOff ?? 0n)
  return {
    billMonth: billMonth as BillMonth,
    dueDate: day(`${billMonth.slice(0, 4)}-${billMonth.slice(4)}-28`),
    receivable: fen(receivable),
    received: fen(received),
    writtenOff: fen(0n),
    arrears: fen(open),
    penaltyReceivable: fen(0n),
    penaltyReceived: fen(0n),
    settleFlag: open <= 0n ? '03' : received + (over.writtenOff ?? 0n) === 0n ? '01' : '02',
    ...over,
  }
}

export const row = (consNo: string, over: Partial<Row> = {}): Row => ({
  consNo: cons(consNo),
  consName: `User ${consNo}`,
  orgCode: org('13401'),
  standard: 'GB/T 4754-2017',
  tradeCode: trade('3110'),
  contractCapacity: va(10_000_000n),
  runningCapacity: va(8_000_000n),
  electricityDay: kwh(1000n),
  electricityMonthToDate: kwh(2000n),
  receivedToday: fen(0n),
  prepaidBalance: fen(0n),
  inTransit: fen(0n),
  powerOff: false,
  riskLevel: 'II',
  measures: ['M01'],
  bills: [bill('202602', 100_000n)],
  ...over,
})

const rowsOf = fc.tuple(fc.constantFrom('1', '2', '3'), fc.constantFrom(0n, 40_000n, 95_000n, 99_000n), fc.constantFrom(undefined, 'seen by the clerk'))
const anyRow = rowsOf.map(([consNo, received, comment]) =>
  row(consNo, { bills: [bill('202602', 100_000n, received)], tradeCode: trade(consNo === '3' ? '9799' : '3110'), ...(comment !== undefined && { comment }) }),
)
const someRows = fc.uniqueArray(anyRow, { selector: ({ consNo }) => consNo, minLength: 1, maxLength: 3 })

const instants = fc.constantFrom(
  at,
  shanghai('2026-03-03', '10:00'),
  shanghai('2026-03-03', '11:00'),
  shanghai('2026-03-04', '00:01'),
  shanghai('2026-03-05', '09:00'),
  shanghai('2026-03-06', '09:00'),
  shanghai('2026-04-06', '00:00'),
)
const people = fc.constantFrom(by, user('p13s.lead'), user('hq.lead'))

/** Commands as they come in a report's life, biased to those that carry it on. */
export const anyStep: fc.Arbitrary<Step<DailyReportCommand, DailyReport>> = fc.tuple(instants, people).chain(([when, who]) => {
  const said = { at: when, by: who }
  const correctionId = fc.integer({ min: 1, max: 6 }).map(uuid)
  return fc.oneof<fc.MaybeWeightedArbitrary<Step<DailyReportCommand, DailyReport>>[]>(
    fc.constantFrom(['1', '2'], ['1']).map(
      (expected): DailyReportCommand => ({
        type: 'OpenReport',
        data: { ...said, ...key, expectedUsers: expected.map(cons), listVersion: 1, sourceMode: 'pushed', rules },
      }),
    ),
    {
      weight: 3,
      arbitrary: someRows.map(
        (rows): DailyReportCommand => ({
          type: 'PutRows',
          data: { ...said, chunkNo: 0, rows, sourceHash: digest('chunk'), previous: [] },
        }),
      ),
    },
    fc.constantFrom('1', '2', '3').map((consNo): DailyReportCommand => ({ type: 'RemoveRow', data: { ...said, consNo: cons(consNo), reason: 'twice' } })),
    {
      weight: 6,
      arbitrary: fc.boolean().map(
        (right) =>
          (report: DailyReport): DailyReportCommand => ({
            type: 'SubmitReport',
            data: {
              ...said,
              totals: totalsOf(right && 'rows' in report ? report.rows.values() : []),
              nil: false,
              excused: ['1', '2'].map((consNo) => ({ consNo: cons(consNo), reason: 'meter burnt' })),
            },
          }),
      ),
    },
    fc.constant<DailyReportCommand>({ type: 'ReturnReport', data: { ...said, reasons: [{ text: 'row 1 looks old' }] } }),
    {
      weight: 4,
      arbitrary: fc.tuple(someRows, correctionId, fc.constantFrom('PV_LEAD' as const, 'HQ_LEAD' as const)).map(
        ([rows, id, role]): DailyReportCommand => ({
          type: 'CorrectReport',
          data: { ...said, rows, removed: [], reason: 'late payment slip', correctionId: id, role, previous: [] },
        }),
      ),
    },
    { weight: 3, arbitrary: correctionId.map((id): DailyReportCommand => ({ type: 'ApproveCorrection', data: { ...said, correctionId: id } })) },
    correctionId.map((id): DailyReportCommand => ({ type: 'RejectCorrection', data: { ...said, correctionId: id, reason: 'no slip' } })),
    fc.constant<DailyReportCommand>({ type: 'MarkMissing', data: said }),
    fc
      .integer({ min: 1, max: 20 })
      .map(
        (luck): DailyReportCommand =>
          luck === 1 ? { type: 'WaiveReport', data: { ...said, ...key, rules, reason: 'earthquake' } } : { type: 'MarkLate', data: said },
      ),
  )
})
