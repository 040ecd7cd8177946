import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Row } from '#domain/daily-report/fields.ts'
import type { CheckContext } from '#domain/daily-report/findings.ts'
import { checkRows, checks } from '#domain/daily-report/rows.ts'
import { opensAt, type ReportSchedule, rulesFor, scheduleOn } from '#domain/daily-report/schedule.ts'
import { arrearsOf, mismatches, totalsOf } from '#domain/daily-report/totals.ts'
import { fen, kwh, va } from '#domain/shared/quantities.ts'
import { bill, row, schedule } from '#test/support/arbitraries/daily-report.ts'
import { day, shanghai, trade } from '#test/support/arbitraries/values.ts'

const context: CheckContext = { date: day('2026-03-02'), previous: [], knowsTrade: (_, code) => code !== '9799', kwhJumpBasisPoints: 8_000 }
const found = (rows: Row[], over: Partial<CheckContext> = {}) =>
  checkRows(rows, { ...context, ...over }).map(({ code, severity, field, detail }) => ({ code, severity, field, detail }))
const codes = (rows: Row[], over: Partial<CheckContext> = {}) => found(rows, over).map(({ code }) => code)
const one = (over: Partial<Row>) => [row('1', over)]
const bills = (...of: Row['bills']) => one({ bills: of })

describe('what blocks', () => {
  test('nothing in a row that is in order', () => {
    expect(
      found([row('1'), row('2', { bills: [], electricityDay: null, electricityMonthToDate: kwh(0n), powerOff: true, powerOffDate: day('2026-03-02') })]),
    ).toEqual([])
  })
  test('a customer twice in a chunk, told at both rows', () => {
    expect(codes([row('1'), row('2'), row('1')])).toEqual(['DUPLICATE_CONS_NO', 'DUPLICATE_CONS_NO'])
  })
  test('a bill month twice in a row, told at the second', () => {
    expect(found(bills(bill('202602', 1n), bill('202601', 1n), bill('202602', 1n)))).toEqual([
      { code: 'DUPLICATE_BILL_MONTH', severity: 'error', field: 'bills.2.billMonth', detail: {} },
    ])
  })
  test.each(['prepaidBalance', 'inTransit', 'guaranteeAmount'] as const)('%s below zero', (field) => {
    expect(found(one({ [field]: fen(-1n) }))).toEqual([{ code: 'AMOUNT_NEGATIVE', severity: 'error', field, detail: { value: '-1' } }])
    expect(found(one({ [field]: fen(0n) }))).toEqual([])
  })
  test.each(['contractCapacity', 'runningCapacity'] as const)('%s below zero', (field) => {
    expect(codes(one({ [field]: va(-1n) }))).toEqual(['AMOUNT_NEGATIVE'])
  })
  test.each(['receivable', 'received', 'writtenOff', 'arrears', 'penaltyReceivable', 'penaltyReceived'] as const)('a bill’s %s below zero', (field) => {
    expect(found(bills(bill('202602', 100n, 0n, { [field]: fen(-1n) }))).filter(({ code }) => code === 'AMOUNT_NEGATIVE')).toEqual([
      { code: 'AMOUNT_NEGATIVE', severity: 'error', field: `bills.0.${field}`, detail: { value: '-1' } },
    ])
  })
  test.each(['planned', 'received'] as const)('an instalment’s %s below zero', (field) => {
    const instalment = { periods: 3, planned: fen(1n), received: fen(1n), [field]: fen(-1n) }
    expect(found(one({ instalment }))).toEqual([{ code: 'AMOUNT_NEGATIVE', severity: 'error', field: `instalment.${field}`, detail: { value: '-1' } }])
  })
  test('but not the day’s receipts: a reversal takes back', () => {
    expect(found(one({ receivedToday: fen(-500n) }))).toEqual([])
  })
  test('an amount so large that totals could not be written', () => {
    expect(codes(bills(bill('202602', 10_000_000_000_000n)))).toEqual(['AMOUNT_TOO_LARGE'])
    expect(codes(bills(bill('202602', 9_999_999_999_999n)))).toEqual([])
    expect(codes(one({ electricityMonthToDate: kwh(10_000_000_000_000n) }))).toEqual(['AMOUNT_TOO_LARGE'])
  })
  test('arrears that are not receivable - received - written off', () => {
    expect(codes(bills(bill('202602', 100n, 30n, { arrears: fen(70n) })))).toEqual([])
    expect(codes(bills(bill('202602', 100n, 30n, { arrears: fen(71n) })))).toEqual(['ARREARS_MISMATCH'])
    expect(codes(bills(bill('202602', 100n, 30n, { writtenOff: fen(20n), arrears: fen(70n) })))).toEqual(['ARREARS_MISMATCH'])
    expect(codes(bills(bill('202602', 100n, 30n, { writtenOff: fen(20n), arrears: fen(50n) })))).toEqual([])
  })
  test('a bill paid beyond its receivable', () => {
    const [overpaid] = found(bills(bill('202602', 100n, 101n, { arrears: fen(0n) }))).filter(({ code }) => code === 'OVERPAID')
    expect(overpaid).toEqual({
      code: 'OVERPAID',
      severity: 'error',
      field: 'bills.0.received',
      detail: { receivable: '100', received: '101', writtenOff: '0' },
    })
    expect(codes(bills(bill('202602', 100n, 60n, { writtenOff: fen(40n) })))).toEqual([])
  })
  test('a settle flag unlike the amounts', () => {
    const flag = (receivable: bigint, received: bigint, settleFlag: '01' | '02' | '03', writtenOff = 0n) =>
      codes(bills(bill('202602', receivable, received, { writtenOff: fen(writtenOff), arrears: fen(receivable - received - writtenOff), settleFlag })))
    expect([flag(100n, 0n, '01'), flag(100n, 1n, '02'), flag(100n, 100n, '03'), flag(0n, 0n, '03'), flag(100n, 0n, '02', 1n)].flat()).toEqual([])
    expect([flag(100n, 0n, '02'), flag(100n, 1n, '01'), flag(100n, 99n, '03'), flag(100n, 100n, '02'), flag(0n, 0n, '01')].flat()).toEqual(
      Array.from({ length: 5 }, () => 'SETTLE_FLAG_MISMATCH'),
    )
  })
  test('a bill of a month after the report’s', () => {
    expect(codes(bills(bill('202603', 1n)))).toEqual([])
    expect(found(bills(bill('202604', 1n)))).toEqual([
      { code: 'FUTURE_BILL_MONTH', severity: 'error', field: 'bills.0.billMonth', detail: { latest: '202603' } },
    ])
  })
  test('electricity below zero, and a month to date below the day', () => {
    expect(codes(one({ electricityDay: kwh(-1n) }))).toEqual(['KWH_NEGATIVE'])
    expect(codes(one({ electricityDay: null, electricityMonthToDate: kwh(-1n) }))).toEqual(['KWH_NEGATIVE', 'MTD_BELOW_DAY'])
    expect(codes(one({ electricityDay: kwh(2001n) }))).toEqual(['MTD_BELOW_DAY'])
    expect(codes(one({ electricityDay: kwh(2000n) }))).toEqual([])
  })
  test('a month to date below yesterday’s within a month, but not in a correction', () => {
    const previous = one({ electricityMonthToDate: kwh(2001n) })
    expect(found(one({}), { previous })).toEqual([
      { code: 'MTD_BELOW_YESTERDAY', severity: 'error', field: 'electricityMonthToDate', detail: { yesterday: '2001', monthToDate: '2000' } },
    ])
    expect(codes(one({}), { previous, correction: true })).toEqual([])
    expect(codes(one({}), { previous: one({}) })).toEqual([])
    expect(codes(one({}), { previous, date: day('2026-03-01') })).toEqual([]) // a new month begins
    expect(codes(one({}), { previous: [row('2', { electricityMonthToDate: kwh(9000n) })] })).toEqual([])
  })
  test('a power-off date of a customer with power, or after the report’s date', () => {
    expect(codes(one({ powerOffDate: day('2026-03-01') }))).toEqual(['POWER_OFF_DATE_MISMATCH'])
    expect(codes(one({ powerOff: true, powerOffDate: day('2026-03-03') }))).toEqual(['POWER_OFF_DATE_MISMATCH'])
    expect(codes(one({ powerOff: true }))).toEqual([])
  })
})

describe('what is asked about', () => {
  test('arrears that rose by more than was billed', () => {
    const previous = bills(bill('202601', 100n, 40n), bill('202602', 100n, 40n))
    expect(found(bills(bill('202601', 100n, 39n), bill('202602', 100n, 40n)), { previous })).toEqual([
      { code: 'UNEXPLAINED_RISE', severity: 'warning', field: 'bills', detail: { before: '120', after: '121', billed: '0' } },
    ])
    expect(codes(bills(bill('202602', 100n, 40n), bill('202601', 100n, 40n), bill('202603', 50n)), { previous })).toEqual([]) // a new bill
    expect(codes(bills(bill('202601', 100n, 40n), bill('202602', 150n, 40n)), { previous })).toEqual([]) // billed more
    expect(codes(bills(bill('202601', 90n, 30n), bill('202602', 100n, 39n)), { previous })).toEqual(['UNEXPLAINED_RISE'])
    expect(codes(bills(bill('202602', 500n)), { previous: [] })).toEqual([]) // nothing to compare with
  })
  test('a day’s kWh beyond 80 % of yesterday’s, either way', () => {
    const previous = one({ electricityDay: kwh(1000n) })
    const of = (value: bigint | null, over: Partial<CheckContext> = {}) =>
      codes(one({ electricityDay: value === null ? null : kwh(value), electricityMonthToDate: kwh(3000n) }), { previous, ...over })
    expect([of(1800n), of(200n), of(null)].flat()).toEqual([])
    expect([of(1801n), of(199n)].flat()).toEqual(['KWH_JUMP', 'KWH_JUMP'])
    expect(of(1501n, { kwhJumpBasisPoints: 5000 })).toEqual(['KWH_JUMP'])
    expect(of(1801n, { previous: one({ electricityDay: null }) })).toEqual([])
    expect(of(1801n, { previous: one({ electricityDay: kwh(0n) }) })).toEqual([]) // no share of nothing
  })
  test('a trade that the edition does not have', () => {
    expect(found(one({ tradeCode: trade('9799') }))).toEqual([
      { code: 'UNMAPPED_CODE', severity: 'warning', field: 'tradeCode', detail: { standard: 'GB/T 4754-2017', code: '9799' } },
    ])
    expect(codes(one({ tradeCode: trade('D3110') }))).toEqual(['UNMAPPED_CODE'])
    expect(codes(one({ tradeCode: trade('C3110') }))).toEqual([])
  })
})

test('every check has its own code and its rule in words', () => {
  expect(new Set(checks.map(({ code }) => code)).size).toBe(checks.length)
  for (const { rule } of checks) expect(rule).toMatch(/\.$/)
})

test('totals are sums: in any order, and of any split', () => {
  const rows = fc.array(
    fc.record({
      day: fc.option(fc.bigInt({ min: 0n, max: 10n ** 9n })),
      receivable: fc.bigInt({ min: 0n, max: 10n ** 12n }),
      paid: fc.integer({ min: 0, max: 100 }),
    }),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(rows, fc.nat(20), (given, at) => {
      const all = given.map(({ day: read, receivable, paid }, index) =>
        row(String(index), { electricityDay: read === null ? null : kwh(read), bills: [bill('202602', receivable, (receivable * BigInt(paid)) / 100n)] }),
      )
      const [a, b, whole] = [totalsOf(all.slice(0, at)), totalsOf(all.slice(at)), totalsOf(all.toReversed())]
      expect(whole.users).toBe(a.users + b.users)
      for (const field of ['electricity', 'receivable', 'received', 'arrears'] as const) expect(whole[field]).toBe(a[field] + b[field])
      expect(whole.arrears).toBe(all.reduce((sum, one_) => sum + arrearsOf(one_), 0n))
      expect(mismatches(whole, totalsOf(all))).toEqual([])
    }),
  )
})

describe('the schedule', () => {
  test('works out the instants of a day, in Shanghai', () => {
    expect(rulesFor(schedule, day('2026-02-28'))).toEqual({
      scheduleVersion: 1,
      dueAt: shanghai('2026-03-01', '10:00'),
      cutOffAt: shanghai('2026-03-02', '00:00'),
      returnableUntil: shanghai('2026-03-04', '00:00'),
      freeCorrectionUntil: shanghai('2026-03-04', '00:00'),
      closesAt: shanghai('2026-03-06', '00:00'),
      largeChangeBasisPoints: 500,
      kwhJumpBasisPoints: 8_000,
    })
    expect(opensAt(schedule, day('2026-02-28'))).toBe(shanghai('2026-03-01', '00:30'))
    expect(rulesFor(schedule, day('2025-12-31')).closesAt).toBe(shanghai('2026-01-06', '00:00'))
    expect(rulesFor({ ...schedule, kwhJumpBasisPoints: 5000 }, day('2026-02-28')).kwhJumpBasisPoints).toBe(5000)
  })
  test('is the one in force on the report’s date', () => {
    const next: ReportSchedule = { ...schedule, version: 2, effectiveFrom: day('2026-01-01') }
    const amended: ReportSchedule = { ...next, version: 3 }
    expect(scheduleOn([amended, next, schedule], day('2025-12-31'))).toBe(schedule)
    expect(scheduleOn([amended, next, schedule], day('2026-01-01'))).toBe(amended)
    expect(scheduleOn([next, schedule, amended], day('2026-06-01'))).toBe(amended)
    expect(scheduleOn([schedule], day('2019-12-31'))).toBeUndefined()
  })
})
