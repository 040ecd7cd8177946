import { createHash } from 'node:crypto'
import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { DailyReportEvent } from '#domain/daily-report/events.ts'
import type { BillFigure, Row } from '#domain/daily-report/fields.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import type { IndustryListEvent } from '#domain/industry-list/events.ts'
import type { Entry } from '#domain/industry-list/fields.ts'
import { addDays, addMonths, type BillMonth, type BusinessDate, firstDay, type Instant, instantAt, monthOf } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode, TradeCode, TradeStandard, UserId } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { fen, kwh, sum, va } from '#domain/shared/quantities.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { sql } from '#projections/shared/sql.ts'
import type { Log, Said } from '#test/support/projections.ts'

type One = Log[number]
const by = 'tester' as UserId
const digest = createHash('sha256').digest('hex')
const STANDARD = 'GB/T 4754-2017' as TradeStandard

const day = (text: string): BusinessDate => text as BusinessDate
const at = (text: string, minute = 0): Instant => instantAt(day(text), minute)

const said = <E extends Said>(stream: One[0], event: E): One => [stream, event]

export const list = (version: number, effectiveFrom: string, entries: readonly (Partial<Omit<Entry, 'code'>> & { readonly code: string })[]): One =>
  said<IndustryListEvent>(streamName('IndustryList', 'national'), {
    type: 'VersionPublished',
    data: {
      at: at('2024-01-01'),
      by,
      version,
      effectiveFrom: day(effectiveFrom),
      ackDueAt: at('2030-01-01'),
      entries: entries.map((entry) => ({ standard: STANDARD, includeChildren: false, category: 'OTHER', ...entry, code: entry.code as TradeCode })),
      diff: { added: [], removed: [], changed: [] },
    },
  })
export const revoked = (version: number): One =>
  said<IndustryListEvent>(streamName('IndustryList', 'national'), { type: 'VersionRevoked', data: { at: at('2024-01-02'), by, version, reason: 'mistaken' } })

const userStream = (province: string, consNo: string) => streamName('HighRiskUser', province, consNo)
const profile = (trade: string, standard: TradeStandard, orgCode = '11401') => ({
  name: 'A works',
  orgCode: orgCode as OrgCode,
  standard,
  tradeCode: trade as TradeCode,
  contractCapacity: va(1_000_000n),
  runningCapacity: va(800_000n),
})

export type Listing = { readonly level?: Level; readonly trade?: string; readonly standard?: TradeStandard; readonly unit?: string }
export const listed = (province: string, consNo: string, on: string, { level = 'II', trade = '3110', standard = STANDARD, unit }: Listing = {}): One =>
  said<HighRiskUserEvent>(userStream(province, consNo), {
    type: 'UserListed',
    data: {
      at: at(on, 600),
      by,
      province: province as ProvinceCode,
      consNo: consNo as ConsNo,
      level,
      owner: by,
      listedOn: day(on),
      basis: ['arrears'],
      profile: profile(trade, standard, unit),
    },
  })

const named = (province: string, consNo: string) => ({ by, province: province as ProvinceCode, consNo: consNo as ConsNo })
export const levelChanged = (province: string, consNo: string, on: string, from: Level, to: Level): One =>
  said<HighRiskUserEvent>(userStream(province, consNo), {
    type: 'RiskLevelChanged',
    data: { at: at(on), ...named(province, consNo), from, to, on: day(on), reason: 'review' },
  })
export const amended = (province: string, consNo: string, on: string, trade: string): One =>
  said<HighRiskUserEvent>(userStream(province, consNo), {
    type: 'ProfileAmended',
    data: {
      at: at(on),
      ...named(province, consNo),
      profile: profile(trade, STANDARD),
      changes: [{ field: 'tradeCode', before: '', after: trade }],
      source: 'marketing system',
    },
  })
export const delisted = (province: string, consNo: string, on: string): One =>
  said<HighRiskUserEvent>(userStream(province, consNo), { type: 'UserDelisted', data: { at: at(on), ...named(province, consNo), on: day(on), basis: 'clean' } })
export const relisted = (province: string, consNo: string, on: string, level: Level): One =>
  said<HighRiskUserEvent>(userStream(province, consNo), {
    type: 'UserRelisted',
    data: { at: at(on), ...named(province, consNo), level, on: day(on), reason: 'owing again', previousDelistOn: day(on) },
  })
export const closed = (province: string, consNo: string, on: string): One =>
  said<HighRiskUserEvent>(userStream(province, consNo), {
    type: 'RecordClosed',
    data: { at: at(on), ...named(province, consNo), kind: 'accountCancelled', on: day(on), wasListed: true },
  })

export type BillOptions = { readonly due?: string; readonly writtenOff?: bigint; readonly penalty?: readonly [bigint, bigint] }
/** A bill month, due on the 15th of the month after unless said. */
export const bill = (month: string, receivable: bigint, received: bigint, { due, writtenOff = 0n, penalty = [0n, 0n] }: BillOptions = {}): BillFigure => {
  const arrears = receivable - received - writtenOff
  return {
    billMonth: month as BillMonth,
    dueDate: due ? day(due) : addDays(firstDay(addMonths(month as BillMonth, 1)), 14),
    receivable: fen(receivable),
    received: fen(received),
    writtenOff: fen(writtenOff),
    arrears: fen(arrears),
    penaltyReceivable: fen(penalty[0]),
    penaltyReceived: fen(penalty[1]),
    settleFlag: arrears === 0n ? '03' : received > 0n ? '02' : '01',
  }
}

export type RowOptions = Partial<Omit<Row, 'consNo' | 'bills' | 'tradeCode' | 'standard'>> & { readonly trade?: string; readonly standard?: TradeStandard }
export const row = (consNo: string, bills: readonly BillFigure[], { trade = '3110', standard = STANDARD, ...rest }: RowOptions = {}): Row => ({
  consNo: consNo as ConsNo,
  consName: `Works ${consNo}`,
  orgCode: '11401' as OrgCode,
  standard,
  tradeCode: trade as TradeCode,
  contractCapacity: va(1_000_000n),
  runningCapacity: va(800_000n),
  electricityDay: kwh(100n),
  electricityMonthToDate: kwh(100n),
  receivedToday: fen(0n),
  prepaidBalance: fen(0n),
  inTransit: fen(0n),
  powerOff: false,
  riskLevel: 'II',
  measures: [],
  bills: [...bills],
  ...rest,
})

const reportStream = (province: string, date: string) => streamName('DailyReport', province, date.replaceAll('-', ''))
const report = <T extends DailyReportEvent['type']>(province: string, date: string, type: T, data: object): One =>
  said(reportStream(province, date), { type, data: { by, province, date, ...data } } as unknown as DailyReportEvent)

const totals = (rows: readonly Row[]) => {
  const bills = rows.flatMap(({ bills }) => bills)
  return {
    users: rows.length,
    electricity: sum(rows.flatMap(({ electricityDay }) => electricityDay ?? [])),
    receivable: sum(bills.map((bill) => bill.receivable)),
    received: sum(bills.map((bill) => bill.received)),
    arrears: sum(bills.map((bill) => bill.arrears)),
    penaltyReceivable: sum(bills.map((bill) => bill.penaltyReceivable)),
    penaltyReceived: sum(bills.map((bill) => bill.penaltyReceived)),
  }
}

/** Minutes of D+1 in Shanghai: due at 10:00, cut off at 24:00. */
const DUE = 600
const CUT_OFF = 1440

export const opened = (province: string, date: string, expected: readonly string[]): One => {
  const next = addDays(day(date), 1)
  return report(province, date, 'ReportOpened', {
    at: instantAt(next, 30),
    expectedUsers: expected,
    listVersion: 1,
    sourceMode: 'pushed',
    rules: {
      scheduleVersion: 1,
      dueAt: instantAt(next, DUE),
      cutOffAt: instantAt(next, CUT_OFF),
      returnableUntil: instantAt(addDays(next, 2), CUT_OFF),
      freeCorrectionUntil: instantAt(addDays(next, 2), CUT_OFF),
      closesAt: instantAt(addDays(firstDay(addMonths(monthOf(day(date)), 1)), 5), 0),
      largeChangeBasisPoints: 500,
      kwhJumpBasisPoints: 8_000,
    },
  })
}
export const put = (province: string, date: string, rows: readonly Row[], warned: readonly string[] = [], chunkNo = 0): One =>
  report(province, date, 'RowsPut', {
    at: instantAt(addDays(day(date), 1), 60),
    chunkNo,
    rows,
    warnings: warned.map((consNo) => ({ severity: 'warning', code: 'UNEXPLAINED_RISE', consNo, field: 'arrears', detail: {} })),
    sourceHash: digest,
  })
export const removed = (province: string, date: string, consNo: string): One =>
  report(province, date, 'RowRemoved', { at: instantAt(addDays(day(date), 1), 61), consNo, reason: 'twice' })
/** `minute` counts from midnight of D+1. */
export const submitted = (province: string, date: string, rows: readonly Row[], { version = 1, minute = 540, excused = [] as readonly string[] } = {}): One =>
  report(province, date, 'ReportSubmitted', {
    at: instantAt(addDays(day(date), 1), minute),
    version,
    totals: totals(rows),
    rowCount: rows.length,
    hash: digest,
    onTime: minute <= DUE,
    nil: rows.length === 0,
    excused: excused.map((consNo) => ({ consNo, reason: 'no reading' })),
    warnedRows: 0,
  })
export const returned = (province: string, date: string): One =>
  report(province, date, 'ReportReturned', { at: instantAt(addDays(day(date), 1), 700), reasons: [{ text: 'check the bills' }] })
export const corrected = (
  province: string,
  date: string,
  version: number,
  rows: readonly Row[],
  { minute = 2000, gone = [] as readonly string[], all = rows } = {},
): One =>
  report(province, date, 'ReportCorrected', {
    at: instantAt(addDays(day(date), 1), minute),
    version,
    rows,
    removed: gone,
    diff: [{ consNo: rows[0]?.consNo ?? gone[0], field: 'received', before: null, after: null }],
    reason: 'bank sent it late',
    totals: totals(all),
    rowCount: all.length,
    hash: digest,
  })
export const late = (province: string, date: string): One =>
  report(province, date, 'ReportLate', { at: instantAt(addDays(day(date), 1), DUE), dueAt: instantAt(addDays(day(date), 1), DUE) })
export const missing = (province: string, date: string): One =>
  report(province, date, 'ReportMissing', { at: instantAt(addDays(day(date), 1), CUT_OFF), cutOffAt: instantAt(addDays(day(date), 1), CUT_OFF) })
export const waived = (province: string, date: string): One =>
  report(province, date, 'ReportWaived', { at: instantAt(addDays(day(date), 1), 100), reason: 'typhoon' })

/** A day opened, put and sealed in time. */
export const sealed = (
  province: string,
  date: string,
  rows: readonly Row[],
  options: { readonly expected?: readonly string[]; readonly minute?: number } = {},
): Log => [
  opened(province, date, options.expected ?? rows.map(({ consNo }) => consNo)),
  ...(rows.length > 0 ? [put(province, date, rows)] : []),
  submitted(province, date, rows, { minute: options.minute ?? 540 }),
]

/** Every row of every table of a read model, as text in a fixed order: two builds can be compared by it. */
export const dump = async (pool: DatabasePool, tables: readonly string[]): Promise<Readonly<Record<string, string>>> => {
  const out: Record<string, string> = {}
  for (const table of tables)
    out[table] = await pool.oneFirst(
      sql.type(z.object({ rows: z.string() }))`
        select coalesce(string_agg(t::text, E'\n' order by t::text), '') as rows from ${sql.identifier(['read_model', table])} t`,
    )
  return out
}
