import { beforeAll, describe, expect, it } from 'vitest'
import type { BusinessDate } from '#domain/shared/dates.ts'
import { fen, kwh } from '#domain/shared/quantities.ts'
import { type DailyStatistics, type DailyStatisticsQuery, dailyStatistics } from '#projections/daily-report/national-day.queries.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import { bill, corrected, delisted, levelChanged, list, listed, missing, opened, put, row, sealed, submitted } from './national-day.fixtures.ts'

/*
 * Three provinces around New Year 2028 and the end of February 2028, a leap year. Every amount is in fen, every number below was
 * worked out by hand. A bill is due on the 15th of the month after it unless said.
 */
const LISTS: Log = [
  // 31 with its children HIGH_ENERGY, but 3120 itself OVERCAPACITY: 3110 HIGH_ENERGY, 3120 OVERCAPACITY, 2521 UNLISTED
  list(1, '2027-01-01', [
    { code: '31', includeChildren: true, category: 'HIGH_ENERGY' },
    { code: '3120', category: 'OVERCAPACITY' },
  ]),
]
const LISTED: Log = [
  listed('P11', 'A', '2027-12-01', { level: 'I', trade: '3110' }),
  listed('P11', 'B', '2027-12-01', { level: 'II', trade: '3120' }),
  listed('P11', 'C', '2028-02-28', { level: 'III', trade: '2521' }),
  listed('P13N', 'X', '2027-12-01', { level: 'I', trade: '3110' }),
  listed('P13N', 'Y', '2027-12-01', { level: 'II', trade: '2521' }),
  listed('P12', 'Z', '2027-01-01', { level: 'II', trade: '2521' }),
]

/* 31 December: A owes 6000 of November and 5000 of December, the month still running. */
const DECEMBER = [row('A', [bill('202711', 10_000n, 4_000n), bill('202712', 5_000n, 0n)]), row('B', [bill('202712', 2_000n, 2_000n)])]
/* 1 January: A paid 2000 for November. */
const JANUARY = [row('A', [bill('202711', 10_000n, 6_000n), bill('202712', 5_000n, 0n)]), row('B', [bill('202712', 2_000n, 2_000n)])]
const NEW_YEAR: Log = [
  ...sealed('P11', '2027-12-31', DECEMBER),
  ...sealed('P11', '2028-01-01', JANUARY),
  // Found on 2 January after the cut-off: 500 more had been received for November by 31 December.
  corrected('P11', '2027-12-31', 2, [row('A', [bill('202711', 10_000n, 4_500n), bill('202712', 5_000n, 0n)])], { all: DECEMBER }),
]

/* 28 February. A's January bill is due on 29 January: 30 days past due today, 31 tomorrow. B's meter was not read. */
const A28 = row(
  'A',
  [
    bill('202711', 10_000n, 9_000n, { penalty: [50n, 20n] }),
    bill('202712', 5_000n, 5_000n),
    bill('202801', 8_000n, 3_000n, { due: '2028-01-29' }),
    bill('202802', 4_000n, 0n),
  ],
  {
    riskLevel: 'I',
    measures: ['M02'],
    electricityDay: kwh(1_000n),
    electricityMonthToDate: kwh(28_000n),
    prepaidBalance: fen(700n),
    receivedToday: fen(300n),
  },
)
const b28 = (january: bigint) =>
  row('B', [bill('202712', 2_000n, 2_000n), bill('202801', 3_000n, january)], {
    trade: '3120',
    electricityDay: null,
    electricityMonthToDate: kwh(500n),
    powerOff: true,
  })
const C28 = row('C', [bill('202801', 600n, 600n)], { trade: '2521', electricityDay: kwh(50n) })
/* 29 February. A: November written off, 1000 of January taken back; B paid; C's bank took 100 back. */
const A29 = row(
  'A',
  [
    bill('202711', 10_000n, 9_000n, { writtenOff: 1_000n }),
    bill('202712', 5_000n, 5_000n),
    bill('202801', 8_000n, 2_000n, { due: '2028-01-29' }),
    bill('202802', 4_000n, 0n),
  ],
  {
    riskLevel: 'I',
    electricityDay: kwh(1_000n),
  },
)
const B29 = row('B', [bill('202712', 2_000n, 2_000n), bill('202801', 3_000n, 3_000n)], { trade: '3120', electricityDay: kwh(30n) })
const C29 = row('C', [bill('202801', 600n, 500n)], { trade: '2521', electricityDay: kwh(50n) })
/* 1 March: February enters the scope. A paid 1000 of it, B's bill came, C is listed no more. */
const MARCH = [
  row(
    'A',
    [
      bill('202711', 10_000n, 9_000n, { writtenOff: 1_000n }),
      bill('202712', 5_000n, 5_000n),
      bill('202801', 8_000n, 2_000n, { due: '2028-01-29' }),
      bill('202802', 4_000n, 1_000n),
    ],
    { riskLevel: 'I' },
  ),
  row('B', [bill('202712', 2_000n, 2_000n), bill('202801', 3_000n, 3_000n), bill('202802', 2_500n, 0n)], { trade: '3120' }),
]
const P11: Log = [
  ...sealed('P11', '2028-02-28', [A28, b28(1_000n), C28]),
  opened('P11', '2028-02-29', ['A', 'B', 'C']),
  levelChanged('P11', 'C', '2028-02-29', 'III', 'II'),
  put('P11', '2028-02-29', [A29, B29, C29], ['C']),
  submitted('P11', '2028-02-29', [A29, B29, C29]),
  // After the cut-off of the 28th: B had paid 1500, not 1000.
  corrected('P11', '2028-02-28', 2, [b28(1_500n)], { all: [A28, b28(1_500n), C28] }),
  delisted('P11', 'C', '2028-03-01'),
  ...sealed('P11', '2028-03-01', MARCH),
]

const MILLION = 100_000_000n // 1 000 000.00 yuan
const P13N: Log = [
  ...sealed('P13N', '2028-02-28', [row('X', [bill('202801', MILLION, 0n)], { riskLevel: 'I' }), row('Y', [bill('202801', 5_000n, 0n)], { trade: '2521' })]),
  opened('P13N', '2028-02-29', ['X', 'Y']),
  missing('P13N', '2028-02-29'),
  ...sealed('P13N', '2028-03-01', [
    row('X', [bill('202801', MILLION + 1n, 0n)], { riskLevel: 'I' }),
    row('Y', [bill('202801', 5_000n, 5_000n), bill('202802', 5_000n, 0n)], { trade: '2521' }),
  ]),
]

const z = (electricity: bigint, ...bills: readonly Parameters<typeof bill>[]) =>
  row(
    'Z',
    bills.map((each) => bill(...each)),
    { trade: '2521', electricityDay: kwh(electricity) },
  )
const P12: Log = [
  ...sealed('P12', '2027-02-28', [z(5n, ['202701', 1_000n, 400n])]),
  ...sealed('P12', '2028-01-29', [z(10n, ['202712', 800n, 0n])]),
  ...sealed('P12', '2028-02-28', [z(20n, ['202712', 800n, 800n], ['202801', 1_200n, 0n])]),
  // In at 11:40, due at 10:00.
  ...sealed('P12', '2028-02-29', [z(30n, ['202712', 800n, 800n], ['202801', 1_200n, 900n])], { minute: 700 }),
]

const on = (date: string, query: Partial<DailyStatisticsQuery> = {}): Promise<DailyStatistics> =>
  dailyStatistics(pool, { date: date as BusinessDate, ...query })
const lineOf = ({ rows }: DailyStatistics, key: string) => rows.find((each) => each.key === key)!

const { pool } = await ownDatabase()
beforeAll(async () => {
  const tables = await tablesOf(pool, nationalDay)
  await tables.apply(record([...LISTS, ...LISTED, ...NEW_YEAR, ...P12, ...P11, ...P13N]))
})

describe('at New Year', () => {
  it('31 December: December is the current month, November last month', async () => {
    const { figures } = lineOf(await on('2027-12-31', { basis: 'published' }), 'P11')
    // arrears: November 6000, this year's; December's 5000 stands apart
    expect(figures).toMatchObject({ arrears: 6_000n, arrearsCurrentYear: 6_000n, arrearsPriorYear: 0n, arrearsCurrentMonth: 5_000n, arrearsAllBills: 11_000n })
    // November: 10000 receivable, 6000 open; January to November the same; December 5000 + 2000 receivable
    expect(figures).toMatchObject({ recoveryMonth: { numerator: 4_000n, denominator: 10_000n }, receivableYear: 10_000n, receivableCurrentMonth: 7_000n })
    expect(figures.recoveryPriorYear).toBeNull()
  })

  it("1 January: all arrears are a prior year's, the year scope is empty, December rolls in", async () => {
    const { figures, checks } = lineOf(await on('2028-01-01', { basis: 'published' }), 'P11')
    expect(figures).toMatchObject({ arrears: 9_000n, arrearsCurrentYear: 0n, arrearsPriorYear: 9_000n, recoveryYear: null, householdRecoveryYear: null })
    // month scope is December: 5000 + 2000 receivable, 5000 open; of A and B only B has paid
    expect(figures).toMatchObject({ recoveryMonth: { numerator: 2_000n, denominator: 7_000n }, householdRecoveryMonth: { numerator: 1n, denominator: 2n } })
    // November 17 days past due, December due on 15 January
    expect(figures).toMatchObject({ aged1To30: 4_000n, agedNotDue: 5_000n })
    expect(figures).toMatchObject({ cleared: 2_000n, rolledIn: 5_000n, newArrears: 0n })
    expect(checks.allBills).toEqual({ opening: 11_000n, added: 0n, taken: 2_000n, closing: 9_000n, holds: true })
    // in scope: November's 6000 + December's 5000 rolled in - 2000
    expect(checks.scope).toEqual({ opening: 6_000n, added: 5_000n, taken: 2_000n, closing: 9_000n, holds: true })
  })

  it('freezes what was open at 1 January 00:00, by the version of 31 December', async () => {
    // published: 6000 + 5000 frozen, 4000 + 5000 still open
    expect(lineOf(await on('2028-01-01', { basis: 'published' }), 'P11').figures.recoveryPriorYear).toEqual({ numerator: 2_000n, denominator: 11_000n })
    // corrected: 5500 + 5000 frozen
    const { figures, checks } = lineOf(await on('2028-01-01'), 'P11')
    expect(figures.recoveryPriorYear).toEqual({ numerator: 1_500n, denominator: 10_500n })
    expect(checks.allBills).toEqual({ opening: 10_500n, added: 0n, taken: 1_500n, closing: 9_000n, holds: true })
    // in February only November's 1000 is left of the frozen bills
    expect(lineOf(await on('2028-02-28'), 'P11').figures.recoveryPriorYear).toEqual({ numerator: 9_500n, denominator: 10_500n })
    // and written off on the 29th
    expect(lineOf(await on('2028-02-29'), 'P11').figures.recoveryPriorYear).toEqual({ numerator: 10_500n, denominator: 10_500n })
  })
})

describe('28 February', () => {
  it('tells P11 as published', async () => {
    const { figures, checks } = lineOf(await on('2028-02-28', { basis: 'published' }), 'P11')
    expect(figures).toMatchObject({ users: 3, usersNew: 1, usersDelisted: 0, rowsReported: 3, owingUsers: 2, poweredOffUsers: 1 })
    // A 1000, C 50, B not read
    expect(figures).toMatchObject({ electricityDay: 1_050n, electricityMonthToDate: 1_050n, readingCoverage: { numerator: 2n, denominator: 3n } })
    // January: 8000 + 3000 + 600; received 3000 + 1000 + 600; open 5000 + 2000
    expect(figures).toMatchObject({
      receivableMonth: 11_600n,
      receivedMonth: 4_600n,
      receivableYear: 11_600n,
      receivedYear: 4_600n,
      receivableCurrentMonth: 4_000n,
    })
    expect(figures).toMatchObject({ recoveryMonth: { numerator: 4_600n, denominator: 11_600n }, recoveryYear: { numerator: 4_600n, denominator: 11_600n } })
    expect(figures.householdRecoveryMonth).toEqual({ numerator: 1n, denominator: 3n }) // C
    expect(figures).toMatchObject({ arrears: 8_000n, arrearsCurrentYear: 7_000n, arrearsPriorYear: 1_000n, arrearsCurrentMonth: 4_000n, receivedToday: 300n })
    // A's January is 30 days past due, B's 13; A's November 75
    expect(figures).toMatchObject({ agedNotDue: 0n, aged1To30: 7_000n, aged31To60: 0n, aged61To90: 1_000n, aged91To180: 0n })
    expect(figures).toMatchObject({ penaltyAccrued: 50n, penaltyReceived: 20n, penaltyOpen: 30n })
    // 700 prepaid over 11600 in 31 days
    expect(figures).toMatchObject({
      prepaid: 700n,
      prepaidCoverDays: { numerator: 21_700n, denominator: 11_600n },
      measuresCover: { numerator: 1n, denominator: 1n },
    })
    // against 1 January, the reported day before: A 4000 + 5000. New: A 5000 + 4000, B 2000. Cleared: A 3000 + 5000
    expect(figures).toMatchObject({ newArrears: 11_000n, newArrearsReversed: 0n, cleared: 8_000n, writtenOff: 0n, newlyOwingUsers: 1, enteredWith: 0n })
    expect(checks).toMatchObject({ allBills: { opening: 9_000n, closing: 12_000n, holds: true }, scope: { opening: 9_000n, closing: 8_000n, holds: true } })
    expect(checks.users).toEqual({ before: 2, joined: 1, left: 0, after: 3, holds: true })
  })

  it('tells P11 as corrected: B paid 500 more', async () => {
    const statistics = await on('2028-02-28')
    const { figures, version } = lineOf(statistics, 'P11')
    expect(version).toBe(2)
    expect(figures).toMatchObject({ receivedMonth: 5_100n, arrears: 7_500n, aged1To30: 6_500n, recoveryMonth: { numerator: 5_100n, denominator: 11_600n } })
    expect(statistics.reporting.corrected).toEqual([{ province: 'P11', corrections: 1 }])
  })

  it('does not count exactly 1 000 000.00 yuan as over a million', async () => {
    const { figures } = lineOf(await on('2028-02-28'), 'P13N')
    expect(figures).toMatchObject({ arrears: MILLION + 5_000n, overMillionUsers: 0, overMillionArrears: 0n, measuresCover: { numerator: 0n, denominator: 1n } })
  })

  it('takes national rates from national sums', async () => {
    const { total } = await on('2028-02-28')
    // P11 5100/11600, P13N 0/100005000, P12 0/1200
    expect(total.figures.recoveryMonth).toEqual({ numerator: 5_100n, denominator: 100_017_800n })
    expect(total.figures).toMatchObject({ users: 6, measuresCover: { numerator: 1n, denominator: 2n }, onTime: { numerator: 3n, denominator: 3n } })
    expect(total.figures.completeness).toEqual({ numerator: 6n, denominator: 6n })
  })
})

describe('29 February', () => {
  it('tells new, reversed, cleared and written off apart', async () => {
    const published = lineOf(await on('2028-02-29', { basis: 'published' }), 'P11')
    // A's January rose by 1000, C's by 100, both taken back by the bank; B cleared 2000; A's November 1000 written off
    expect(published.figures).toMatchObject({ newArrears: 1_100n, newArrearsReversed: 1_100n, cleared: 2_000n, writtenOff: 1_000n, newlyOwingUsers: 1 })
    expect(published.checks.allBills).toEqual({ opening: 12_000n, added: 1_100n, taken: 3_000n, closing: 10_100n, holds: true })
    // against the corrected 28th B owed 1500
    const now = lineOf(await on('2028-02-29'), 'P11')
    expect(now.figures).toMatchObject({ cleared: 1_500n, arrears: 6_100n })
    expect(now.checks.allBills).toEqual({ opening: 11_500n, added: 1_100n, taken: 2_500n, closing: 10_100n, holds: true })
    // 31 days past due now
    expect(now.figures).toMatchObject({ aged1To30: 100n, aged31To60: 6_000n, quality: { numerator: 2n, denominator: 3n }, electricityMonthToDate: 2_130n })
  })

  it('carries a missing province forward and never counts it as reported', async () => {
    const statistics = await on('2028-02-29')
    const { figures, ...line } = lineOf(statistics, 'P13N')
    expect(line).toMatchObject({ status: 'MISSING', stale: true, asOf: '2028-02-28', version: null })
    expect(figures).toMatchObject({
      arrears: MILLION + 5_000n,
      users: 2,
      newArrears: null,
      electricityDay: null,
      electricityMonthToDate: 200n, // X and Y on the 28th; the days that were reported
      rowsReported: null,
      quality: null,
    })
    expect(figures).toMatchObject({ completeness: { numerator: 0n, denominator: 2n }, onTime: { numerator: 0n, denominator: 1n } })
    expect(line.changes.arrears).toEqual({ day: null, month: null, year: null })
    expect(statistics.reporting).toMatchObject({ onTime: ['P11'], late: ['P12'], missing: ['P13N'], pending: [], waived: [] })
    expect(statistics.total).toMatchObject({ stale: true, asOf: '2028-02-28' })
    // P11 6100 + P12 300 + P13N's of the 28th; flows of P11 and P12 only
    expect(statistics.total.figures).toMatchObject({ arrears: 100_011_400n, cleared: 1_500n + 900n, onTime: { numerator: 1n, denominator: 3n } })
    expect(statistics.total.figures.completeness).toEqual({ numerator: 4n, denominator: 6n })
  })

  it('compares with the day before, the same day last month and last year', async () => {
    const { changes } = lineOf(await on('2028-02-29'), 'P12')
    // arrears 300; the 28th 1200; 29 January 800; 28 February 2027 600
    expect(changes.arrears).toEqual({
      day: { numerator: -900n, denominator: 1_200n },
      month: { numerator: -500n, denominator: 800n },
      year: { numerator: -300n, denominator: 600n },
    })
    // recovery 900/1200; 0; December's 0/800; 400/1000: in hundredths of a percentage point
    expect(changes.recoveryMonth).toEqual({ day: 7_500, month: 7_500, year: 3_500 })
    // a flow: February's 20 + 30 against January's 10; the day's 30 against 20 and 5
    expect(changes.electricityDay).toEqual({
      day: { numerator: 10n, denominator: 20n },
      month: { numerator: 40n, denominator: 10n },
      year: { numerator: 25n, denominator: 5n },
    })
    // nothing overdue before: a base of 0 tells nothing
    expect(changes.aged31To60.day).toBeNull()
  })

  it('groups by level as it was on the day and by the category of the list in force', async () => {
    const byLevel = await on('2028-02-29', { groupBy: 'level' })
    // C is level II from today
    expect(byLevel.rows.map(({ key, figures }) => [key, figures.users, figures.arrears])).toEqual([
      ['I', 2, 100_006_000n],
      ['II', 4, 5_400n],
    ])
    expect((await on('2028-02-28', { groupBy: 'level' })).rows.map(({ key, figures }) => [key, figures.users])).toEqual([
      ['I', 2],
      ['II', 3],
      ['III', 1],
    ])
    const byCategory = await on('2028-02-29', { groupBy: 'category' })
    expect(byCategory.rows.map(({ key, figures }) => [key, figures.users, figures.arrears])).toEqual([
      ['HIGH_ENERGY', 2, 100_006_000n],
      ['OVERCAPACITY', 1, 0n],
      ['UNLISTED', 3, 5_400n],
    ])
    expect(byCategory.total.figures).toEqual(byLevel.total.figures)
    expect(byCategory.total.figures).toEqual((await on('2028-02-29')).total.figures)
    const steel = await on('2028-02-29', { filters: { categories: ['HIGH_ENERGY'], provinces: ['P11'] as never } })
    expect(steel.rows.map(({ key, figures }) => [key, figures.users, figures.arrears])).toEqual([['P11', 1, 6_000n]])
  })

  it('ranks by a figure', async () => {
    const { rows } = await on('2028-02-29', { rankBy: 'recoveryMonth' })
    // P12 900/1200, P11 5500/11600, P13N 0/100005000
    expect(rows.map(({ key, rank }) => [key, rank])).toEqual([
      ['P11', 2],
      ['P12', 1],
      ['P13N', 3],
    ])
    // no warned rows in P12, one in P11; P13N has not reported and has no rank
    expect((await on('2028-02-29', { rankBy: 'quality' })).rows.map(({ rank }) => rank)).toEqual([2, 1, null])
  })
})

describe('1 March', () => {
  it('rolls February in and lets a delisted user go', async () => {
    const { figures, checks } = lineOf(await on('2028-03-01'), 'P11')
    expect(figures).toMatchObject({ users: 2, usersDelisted: 1, newArrears: 2_500n, cleared: 1_000n, departedWith: 100n, rolledIn: 4_000n, arrears: 11_500n })
    expect(checks.allBills).toEqual({ opening: 10_100n, added: 2_500n, taken: 1_100n, closing: 11_500n, holds: true })
    expect(checks.scope).toEqual({ opening: 6_100n, added: 6_500n, taken: 1_100n, closing: 11_500n, holds: true })
    expect(checks.users).toEqual({ before: 3, joined: 0, left: 1, after: 2, holds: true })
    // February 4000 + 2500, open 3000 + 2500; with January 11000 more, 6000 open
    expect(figures).toMatchObject({ recoveryMonth: { numerator: 1_000n, denominator: 6_500n }, recoveryYear: { numerator: 6_000n, denominator: 17_500n } })
  })

  it('counts one fen more than 1 000 000.00 yuan, against the last day that was reported', async () => {
    const { figures, checks } = lineOf(await on('2028-03-01'), 'P13N')
    expect(figures).toMatchObject({ overMillionUsers: 1, overMillionArrears: MILLION + 1n, newArrears: 5_001n, cleared: 5_000n })
    expect(checks.allBills).toEqual({ opening: MILLION + 5_000n, added: 5_001n, taken: 5_000n, closing: MILLION + 5_001n, holds: true })
  })

  it('holds February open until its month close on the 6th', async () => {
    expect(await on('2028-03-05')).toMatchObject({ lastMonth: '202802', lastMonthFrozen: false })
    expect(await on('2028-03-06')).toMatchObject({ lastMonth: '202802', lastMonthFrozen: true })
  })

  it('shows a caller no more than his scope', async () => {
    const { rows, total } = await dailyStatistics(pool, { date: '2028-03-01' as BusinessDate }, ['P11'] as never)
    expect(rows.map(({ key }) => key)).toEqual(['P11'])
    expect(total.figures).toEqual(rows[0]!.figures)
  })
})
