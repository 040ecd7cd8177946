import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerWarnings, prefill } from '#application/daily-report/prefill.ts'
import type { ImportDeps } from '#application/extraction/import.ts'
import type { Row } from '#domain/daily-report/fields.ts'
import { checkRows } from '#domain/daily-report/rows.ts'
import { PenaltyRules } from '#domain/penalty/penalty.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { bring, depsOn, reference, resultsOf, trades } from './support.ts'

let database: TestDatabase
let deps: ImportDeps
let source: ReturnType<typeof openSourceFigures>
const penaltyRules = reference.penaltyRules.map((rules) => PenaltyRules.parse(rules))
const END = '2026-04-30' as BusinessDate
const P37 = 'P37' as ProvinceCode

beforeAll(async () => {
  database = await freshDatabase()
  deps = depsOn(database.url)
  source = openSourceFigures(database.url, 2)
  const customer = (no: string, residential = '0', cut = '') =>
    `P37,${no},第${no}户,C3701,GB/T 4754-2017,3110,0,大工业用电,10kV,315.000000,250.5,normal,${residential},${cut}`
  const put = async (name: 'customers' | 'bills' | 'payments' | 'daily-kwh', header: string, lines: readonly string[], date = END): Promise<void> => {
    const results = resultsOf(await bring(deps, name, `${[header, ...lines].join('\n')}\n`, { date }))
    expect(results).toMatchObject([{ outcome: 'stored', quarantined: 0 }])
  }
  await put(
    'customers',
    'province,cons_no,name,org_code,trade_standard,trade_code,hec_class,elect_type,voltage,contract_kva,running_kva,status,residential,power_off_on',
    [...['1', '2', '3', '4', '5', '6', '8', '9'].map((no) => customer(no)), customer('7', '1', '2026-03-05')],
  )
  await put('bills', 'province,cons_no,bill_id,bill_month,kind,receivable_yuan,electricity_kwh,issued_on,due_on', [
    // 1: one bill of 2,000.00, paid in two parts
    'P37,1,a,202602,01,2000.00,100,2026-03-01,2026-03-10',
    // 2: paid, then reversed
    'P37,2,a,202602,01,500.00,,2026-03-01,2026-03-10',
    // 3: two settlements of one month
    'P37,3,a,202602,01,300.00,,2026-02-16,2026-02-25',
    'P37,3,b,202602,01,700.00,,2026-03-01,2026-03-20',
    // 4: instalments beside the month's own bill; and one of a kind nobody explained
    'P37,4,p1,202603,11,100.00,,2026-03-04,2026-03-08',
    'P37,4,p2,202603,12,100.00,,2026-03-14,2026-03-18',
    'P37,4,p3,202603,04,100.00,,2026-03-24,2026-03-28',
    'P37,4,a,202602,05,40.00,,2026-03-01,2026-03-20',
    // 5: the exam's case: two bills, paid together, across a New Year
    'P37,5,a,202511,01,2000.00,,2025-12-01,2025-12-15',
    'P37,5,b,202512,01,3000.00,,2026-01-02,2026-01-15',
    'P37,5,z,202510,01,10.00,,2025-11-01,2025-11-15',
    // 6: written off in part, overpaid in another month
    'P37,6,a,202501,01,900.00,,2025-02-01,2025-02-15',
    'P37,6,b,202602,01,50.00,,2026-03-01,2026-03-15',
    // 6: written off and paid after all
    'P37,6,c,202601,01,300.00,,2026-02-01,2026-02-15',
    // 5: of the year's last month, and settled within it
    'P37,5,y,202412,01,60.00,,2024-12-11,2024-12-20',
    // 8: see below
    'P37,8,c,202603,01,10.00,,2026-03-31,2026-04-15',
    // 7: a household
    'P37,7,a,202602,01,1000.00,,2026-03-01,2026-03-10',
    // 8: an adjustment that takes back a part
    'P37,8,a,202602,01,100.00,,2026-03-01,2026-03-15',
    'P37,8,b,202602,02,-30.00,,2026-03-03,2026-03-15',
  ])
  await put('payments', 'province,cons_no,payment_id,bill_month,kind,amount_yuan,paid_on,credited_on', [
    'P37,1,1,202602,cash,500.00,2026-03-12,2026-03-12',
    'P37,1,2,202602,transfer,1500.00,2026-03-14,2026-03-17',
    'P37,2,1,202602,transfer,500.00,2026-03-09,2026-03-10',
    'P37,2,2,202602,transfer,-500.00,2026-03-13,2026-03-13',
    'P37,3,1,202602,cash,400.00,2026-03-02,2026-03-02',
    'P37,4,i1,202603,instalment,100.00,2026-03-08,2026-03-08',
    'P37,5,1,202511,cash,2000.00,2026-01-18,2026-01-18',
    'P37,5,2,202512,cash,3000.00,2026-01-18,2026-01-18',
    'P37,5,3,202510,cash,10.00,2025-11-10,2025-11-10',
    'P37,5,4,202511,penalty,190.00,2026-01-18,2026-01-18',
    'P37,6,1,202501,write-off,400.00,2026-03-02,2026-03-02',
    'P37,6,2,202602,cash,80.00,2026-03-10,2026-03-10',
    'P37,6,3,,prepayment,20.00,2026-03-11,2026-03-11',
    'P37,6,4,202602,prepayment-applied,0.00,2026-03-11,2026-03-11',
    'P37,6,5,202601,write-off,300.00,2026-02-20,2026-02-20',
    'P37,6,6,202601,cash,120.00,2026-02-25,2026-02-25',
    'P37,6,7,202601,cash,-120.00,2026-02-27,2026-02-27',
    'P37,5,5,202412,cash,60.00,2024-12-20,2024-12-20',
    'P37,9,1,202603,transfer,77.00,2026-03-11,',
  ])
  await put('daily-kwh', 'province,cons_no,day,kwh', ['P37,1,2026-02-28,999', 'P37,1,2026-03-01,10', 'P37,1,2026-03-02,', 'P37,1,2026-03-03,30'])
})
afterAll(async () => {
  await source.close()
  await database.drop()
})

const rowOn = async (consNo: string, date: string): Promise<Row> => {
  const { rows } = await prefill(
    { figures: source.figures, penaltyRules },
    { province: P37, date: date as BusinessDate, users: [{ consNo: consNo as ConsNo, level: 'II' }] },
  )
  expect(rows).toHaveLength(1)
  return rows[0]!
}
const bill = async (consNo: string, date: string, month: string) => (await rowOn(consNo, date)).bills.find(({ billMonth }) => billMonth === month)

describe('a bill paid in parts', () => {
  test('before it is due', async () =>
    expect(await bill('1', '2026-03-10', '202602')).toEqual({
      billMonth: '202602',
      dueDate: '2026-03-10',
      receivable: 200_000n,
      received: 0n,
      writtenOff: 0n,
      arrears: 200_000n,
      penaltyReceivable: 0n,
      penaltyReceived: 0n,
      settleFlag: '01',
    }))
  // 2000.00 x 2 days x 2‰ = 8.00, then 1500.00 x 1 day x 2‰ = 3.00
  test('a part changes the principal from the next day', async () =>
    expect(await bill('1', '2026-03-13', '202602')).toMatchObject({ received: 50_000n, arrears: 150_000n, settleFlag: '02', penaltyReceivable: 1100n }))
  test('money on its way is in transit and settles nothing yet', async () => {
    const row = await rowOn('1', '2026-03-16')
    expect(row).toMatchObject({ inTransit: 150_000n, receivedToday: 0n })
    // not credited yet: 8.00 + 1500.00 x 4 days x 2‰ = 12.00
    expect(row.bills[0]).toMatchObject({ arrears: 150_000n, penaltyReceivable: 2000n })
  })
  // credited on the 17th, but paid on the 14th: 8.00 + 1500.00 x 2 days x 2‰
  test('when it is credited the penalty ends with the day it was paid', async () => {
    const row = await rowOn('1', '2026-03-17')
    expect(row).toMatchObject({ inTransit: 0n, receivedToday: 150_000n })
    expect(row.bills[0]).toMatchObject({ received: 200_000n, arrears: 0n, settleFlag: '03', penaltyReceivable: 1400n })
  })
  test('before it was issued there is no bill', async () => expect((await rowOn('1', '2026-02-28')).bills).toEqual([]))
})

describe('a reversal', () => {
  test('opens the bill again, shows as negative receipts and is remarked upon', async () => {
    expect(await bill('2', '2026-03-12', '202602')).toMatchObject({ received: 50_000n, arrears: 0n, penaltyReceivable: 0n })
    const row = await rowOn('2', '2026-03-13')
    expect(row).toMatchObject({ receivedToday: -50_000n, remark: 'a receipt of 500.00 yuan was reversed (冲正)' })
    expect(row.bills[0]).toMatchObject({ received: 0n, arrears: 50_000n, settleFlag: '01' })
    // open again from the day after the reversal: 500.00 x 2 days x 2‰ = 2.00
    expect(await bill('2', '2026-03-15', '202602')).toMatchObject({ penaltyReceivable: 200n })
  })
  test('the warning it causes is answered by the remark', async () => {
    const [before, after] = [await rowOn('2', '2026-03-12'), await rowOn('2', '2026-03-13')]
    const context = { date: '2026-03-13' as BusinessDate, previous: [before], knowsTrade: trades.knows, kwhJumpBasisPoints: 8_000 }
    const issues = checkRows([after], context)
    expect(issues).toMatchObject([{ severity: 'warning', code: 'UNEXPLAINED_RISE' }])
    expect(answerWarnings([after], issues)).toMatchObject([{ comment: 'a receipt of 500.00 yuan was reversed (冲正)' }])
  })
})

test('two settlements of one month: the one due first is paid first, the due date is that of the oldest open', async () => {
  expect(await bill('3', '2026-02-20', '202602')).toMatchObject({ receivable: 30_000n, dueDate: '2026-02-25' })
  // 300.00 x 5 days x 2‰ = 3.00 on the first; the second is not due
  expect(await bill('3', '2026-03-10', '202602')).toMatchObject({
    receivable: 100_000n,
    received: 40_000n,
    arrears: 60_000n,
    dueDate: '2026-03-20',
    penaltyReceivable: 300n,
  })
  // and 600.00 x 2 days x 2‰ = 2.40 on the second
  expect(await bill('3', '2026-03-22', '202602')).toMatchObject({ penaltyReceivable: 540n })
})

test('instalment kinds stay out of the arrears and stand apart; kind 05 is kept', async () => {
  const row = await rowOn('4', '2026-03-20')
  expect(row.bills).toMatchObject([{ billMonth: '202602', receivable: 4000n, arrears: 4000n }])
  expect(row.instalment).toEqual({ periods: 2, planned: 20_000n, received: 10_000n })
  expect(row.receivedToday).toBe(0n)
})

describe('across the New Year', () => {
  test('at its end every bill of the year is in; afterwards those open then, and no other', async () => {
    expect((await rowOn('5', '2025-12-31')).bills.map(({ billMonth }) => billMonth)).toEqual(['202510', '202511'])
    expect((await rowOn('5', '2026-01-10')).bills.map(({ billMonth }) => billMonth)).toEqual(['202511', '202512'])
    // settled by then, but open when the year began
    expect((await rowOn('5', '2026-03-01')).bills.map(({ billMonth, arrears }) => [billMonth, arrears])).toEqual([
      ['202511', 0n],
      ['202512', 0n],
    ])
  })
  test('last month is in whole, also in January: its recovery rate needs what was settled before the year began', async () => {
    expect((await rowOn('5', '2025-01-31')).bills).toMatchObject([{ billMonth: '202412', receivable: 6000n, received: 6000n, settleFlag: '03' }])
    expect((await rowOn('5', '2025-02-01')).bills).toEqual([])
  })
  // 2000 x 16 days x 2‰ = 64, 2000 x 18 days x 3‰ = 108; 3000 x 3 days x 2‰ = 18: together 190.00
  test('the rate rises with the year; what was paid for the penalty stands beside it', async () => {
    expect(await bill('5', '2026-01-18', '202511')).toMatchObject({ penaltyReceivable: 17_200n, penaltyReceived: 19_000n, received: 200_000n })
    expect(await bill('5', '2026-01-18', '202512')).toMatchObject({ penaltyReceivable: 1800n, penaltyReceived: 0n })
  })
})

test('a write-off is no receipt, and what is paid beyond a bill stands in the prepaid balance', async () => {
  const row = await rowOn('6', '2026-03-11')
  expect(row).toMatchObject({ prepaidBalance: 5000n, receivedToday: 0n })
  expect(row.bills).toMatchObject([
    { billMonth: '202501', received: 0n, writtenOff: 40_000n, arrears: 50_000n, settleFlag: '02' },
    { billMonth: '202601', received: 0n, writtenOff: 30_000n, arrears: 0n, settleFlag: '03' },
    { billMonth: '202602', receivable: 5000n, received: 5000n, arrears: 0n, settleFlag: '03' },
  ])
  expect((await rowOn('6', '2026-03-10')).receivedToday).toBe(8000n)
})

test('what is paid of a debt that was written off is received, not prepaid: the debt was kept on record (账销案存); taken back, it is written off again', async () => {
  const on = async (date: string) => {
    const { prepaidBalance, bills } = await rowOn('6', date)
    return { prepaidBalance, ...bills.find(({ billMonth }) => billMonth === '202601') }
  }
  expect(await on('2026-02-24')).toMatchObject({ received: 0n, writtenOff: 30_000n, arrears: 0n, prepaidBalance: 0n })
  expect(await on('2026-02-25')).toMatchObject({ received: 12_000n, writtenOff: 18_000n, arrears: 0n, settleFlag: '03', prepaidBalance: 0n })
  expect(await on('2026-02-27')).toMatchObject({ received: 0n, writtenOff: 30_000n, arrears: 0n, prepaidBalance: 0n })
})

test('a household pays one per mille; power is off from its day', async () => {
  expect(await bill('7', '2026-03-20', '202602')).toMatchObject({ penaltyReceivable: 1000n })
  expect(await rowOn('7', '2026-03-04')).toMatchObject({ powerOff: false })
  expect(await rowOn('7', '2026-03-05')).toMatchObject({ powerOff: true, powerOffDate: '2026-03-05' })
})

test('an adjustment belongs to its month', async () => {
  expect(await bill('8', '2026-03-02', '202602')).toMatchObject({ receivable: 10_000n })
  expect(await bill('8', '2026-03-03', '202602')).toMatchObject({ receivable: 7000n, arrears: 7000n })
})

test('a day that was not read is null and adds nothing; the month begins anew', async () => {
  const days = await Promise.all(['2026-02-28', '2026-03-01', '2026-03-02', '2026-03-03'].map((date) => rowOn('1', date)))
  expect(days.map((row) => [row.electricityDay, row.electricityMonthToDate])).toEqual([
    [999n, 999n],
    [10n, 10n],
    [null, 10n],
    [30n, 40n],
  ])
})

test('a user without bills, in transit only; capacities to the VA; unknown users are named', async () => {
  const users = ['9', 'nobody'].map((consNo) => ({ consNo: consNo as ConsNo, level: 'I' as const, measures: ['M01'] }))
  const { rows, unknown } = await prefill({ figures: source.figures, penaltyRules }, { province: P37, date: '2026-03-11' as BusinessDate, users })
  expect(unknown).toEqual(['nobody'])
  expect(rows).toMatchObject([
    { consNo: '9', bills: [], inTransit: 7700n, contractCapacity: 315_000n, runningCapacity: 250_500n, riskLevel: 'I', measures: ['M01'] },
  ])
})

test('a bill of which a later extraction says that it is of a later month was not issued before', async () => {
  expect(await bill('8', '2026-03-31', '202603')).toMatchObject({ receivable: 1000n })
  const header = 'province,cons_no,bill_id,bill_month,kind,receivable_yuan,electricity_kwh,issued_on,due_on'
  await bring(deps, 'bills', `${header}\nP37,8,c,202604,01,10.00,,2026-04-30,2026-05-15\n`, { date: '2026-05-03' as BusinessDate })
  expect(await bill('8', '2026-03-31', '202603')).toBeUndefined()
  expect(await bill('8', '2026-04-30', '202604')).toMatchObject({ receivable: 1000n })
})

test('what a later day brought again counts, and a row keeps its checks', async () => {
  const header = 'province,cons_no,day,kwh\n'
  await bring(deps, 'daily-kwh', `${header}P37,2,2026-04-01,10\n`, { date: '2026-05-01' as BusinessDate })
  await bring(deps, 'daily-kwh', `${header}P37,2,2026-04-01,12\n`, { date: '2026-05-02' as BusinessDate })
  expect(await rowOn('2', '2026-04-01')).toMatchObject({ electricityDay: 12n })
  for (const consNo of ['1', '2', '3', '4', '5', '6', '7', '8', '9'])
    for (const date of ['2026-01-20', '2026-03-04', '2026-03-15', '2026-04-02']) {
      const context = { date: date as BusinessDate, previous: [], knowsTrade: trades.knows, kwhJumpBasisPoints: 8_000 }
      expect(checkRows([await rowOn(consNo, date)], context).filter(({ severity }) => severity === 'error')).toEqual([])
    }
})
