import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { fen, kwh } from '#domain/shared/quantities.ts'
import { reportRows, userDays } from '#projections/daily-report/figures.queries.ts'
import { DailyStatistics, type DailyStatisticsQuery, dailyStatistics } from '#projections/daily-report/national-day.queries.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { ageing, OwingUsersQuery, owingUsers, topUsers } from '#projections/daily-report/national-day-arrears.queries.ts'
import { trend } from '#projections/daily-report/national-day-trend.queries.ts'
import { sql } from '#projections/shared/sql.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import * as say from './national-day.fixtures.ts'

let drop: (() => Promise<void>) | undefined

const { pool } = await ownDatabase()
afterEach(async () => {
  await drop?.()
  drop = undefined
})

const given = async (log: Log, batchSize = 500) => {
  const tables = await tablesOf(pool, nationalDay)
  drop = tables.drop
  await tables.apply(record(log), batchSize)
  return tables
}

const P11 = 'P11' as ProvinceCode
const on = (date: string, query: Partial<DailyStatisticsQuery> = {}) => dailyStatistics(pool, { date: date as BusinessDate, ...query })
const first = async (date: string, query: Partial<DailyStatisticsQuery> = {}) => (await on(date, query)).rows[0]!
const versions = (table: 'user_day' | 'bill_day') =>
  pool.any(
    sql.type(z.object({ cons_no: z.string(), version_from: z.int(), version_to: z.int() }))`
      select cons_no, version_from, version_to from ${sql.identifier(['read_model', table])} order by cons_no, version_from`,
  )
const OPEN = 2_147_483_647
const owing = (consNo: string, received: bigint, options?: say.RowOptions) => say.row(consNo, [say.bill('202602', 1_000n, received)], options)

describe('versions of a report', () => {
  const rows = [owing('1', 0n), owing('2', 500n), owing('3', 1_000n)]

  it('a correction writes only the rows that it changes', async () => {
    const changed = owing('2', 700n)
    await given([...say.sealed('P11', '2026-03-01', rows), say.corrected('P11', '2026-03-01', 2, [rows[0]!, changed], { all: [rows[0]!, changed, rows[2]!] })])
    const expected = [
      { cons_no: '1', version_from: 1, version_to: OPEN },
      { cons_no: '2', version_from: 1, version_to: 2 },
      { cons_no: '2', version_from: 2, version_to: OPEN },
      { cons_no: '3', version_from: 1, version_to: OPEN },
    ]
    expect(await versions('user_day')).toEqual(expected)
    expect(await versions('bill_day')).toEqual(expected)
  })

  it('a correction takes rows away', async () => {
    await given([...say.sealed('P11', '2026-03-01', rows), say.corrected('P11', '2026-03-01', 2, [], { gone: ['1'], all: rows.slice(1) })])
    expect((await first('2026-03-01', { basis: 'published' })).figures.arrears).toBe(1_500n)
    expect((await first('2026-03-01')).figures).toMatchObject({ arrears: 500n, rowsReported: 2, completeness: { numerator: 2n, denominator: 3n } })
  })

  it('published is what stood at the cut-off, however often it was returned and corrected before', async () => {
    const v2 = owing('2', 600n)
    const v3 = owing('2', 800n)
    await given([
      ...say.sealed('P11', '2026-03-01', rows),
      say.returned('P11', '2026-03-01'),
      say.put('P11', '2026-03-01', [v2]),
      say.removed('P11', '2026-03-01', '3'),
      say.submitted('P11', '2026-03-01', [rows[0]!, v2], { version: 2, minute: 900 }),
      say.corrected('P11', '2026-03-01', 3, [v3], { minute: 1_440, all: [rows[0]!, v3] }),
      say.corrected('P11', '2026-03-01', 4, [owing('2', 1_000n)], { minute: 1_441, all: [rows[0]!, owing('2', 1_000n)] }),
    ])
    // v3 stood at midnight: 1000 + 200; v4: 1000
    expect(await first('2026-03-01', { basis: 'published' })).toMatchObject({ version: 3, figures: { arrears: 1_200n, rowsReported: 2 } })
    expect(await first('2026-03-01')).toMatchObject({ version: 4, status: 'ON_TIME', corrections: 2, figures: { arrears: 1_000n } })
    // every version can be read again
    const arrears = async (version: number) =>
      (await reportRows(pool, { province: P11, date: '2026-03-01' as BusinessDate, version })).rows.map(({ row }) => [row.consNo, row.bills[0]!.arrears])
    expect(await arrears(1)).toEqual([
      ['1', 1_000n],
      ['2', 500n],
      ['3', 0n],
    ])
    expect(await arrears(2)).toEqual([
      ['1', 1_000n],
      ['2', 400n],
    ])
    expect(await arrears(4)).toEqual([
      ['1', 1_000n],
      ['2', 0n],
    ])
    expect(await arrears(5)).toEqual([])
  })

  it('published is the first version sealed after the cut-off when none was before', async () => {
    await given([
      say.opened('P11', '2026-03-01', ['1', '2', '3']),
      say.missing('P11', '2026-03-01'),
      say.put('P11', '2026-03-01', rows),
      say.submitted('P11', '2026-03-01', rows, { minute: 1_600 }),
      say.corrected('P11', '2026-03-01', 2, [owing('1', 1_000n)]),
    ])
    expect(await first('2026-03-01', { basis: 'published' })).toMatchObject({ status: 'LATE', version: 1, figures: { arrears: 1_500n } })
    expect(await first('2026-03-01')).toMatchObject({ version: 2, figures: { arrears: 500n } })
  })

  it('unsealed rows count for nothing, and a nil report counts as reported', async () => {
    await given([
      say.opened('P11', '2026-03-01', ['1']),
      say.put('P11', '2026-03-01', [owing('1', 0n)]),
      say.late('P11', '2026-03-01'),
      say.opened('P12', '2026-03-01', []),
      say.submitted('P12', '2026-03-01', []),
    ])
    const { rows, reporting } = await on('2026-03-01')
    expect(reporting).toMatchObject({ pending: ['P11'], onTime: ['P12'] })
    expect(rows[0]!.status).toBe('OVERDUE')
    expect(rows[0]!.figures).toMatchObject({ arrears: null, rowsReported: null })
    expect(rows[1]!.figures).toMatchObject({ arrears: 0n, rowsReported: 0, completeness: null, onTime: { numerator: 1n, denominator: 1n } })
  })

  it("a waived report is nobody's fault", async () => {
    await given([...say.sealed('P11', '2026-03-01', rows), say.waived('P11', '2026-03-02'), ...say.sealed('P12', '2026-03-02', rows)])
    const { reporting, total } = await on('2026-03-02')
    expect(reporting).toMatchObject({ waived: ['P11'], onTime: ['P12'], missing: [] })
    expect(total.figures).toMatchObject({ onTime: { numerator: 1n, denominator: 1n }, arrears: 3_000n })
  })

  it('gives a row back as it was reported', async () => {
    const full = owing('1', 0n, {
      hecClass: '0',
      voltage: '110kV',
      electricityDay: null,
      powerOff: true,
      powerOffDate: '2026-02-27' as BusinessDate,
      instalment: { periods: 3, planned: fen(900n), received: fen(300n) },
      guaranteeAmount: fen(5n),
      measures: ['M02', 'M05'],
      remark: 'visited',
      comment: 'meter broken',
      electricityMonthToDate: kwh(7n),
    })
    await given(say.sealed('P11', '2026-03-01', [full, owing('2', 0n)]))
    const { days } = await userDays(pool, { province: P11, consNo: '1' as ConsNo })
    expect(days).toEqual([{ province: 'P11', date: '2026-03-01', version: 1, changedIn: 1, warned: false, row: full }])
    const page = await reportRows(pool, { province: P11, date: '2026-03-01' as BusinessDate, limit: 1 })
    expect(page).toMatchObject({ next: '1', rows: [{ row: full }] })
    expect((await reportRows(pool, { province: P11, date: '2026-03-01' as BusinessDate, after: page.next! })).rows.map(({ row }) => row.consNo)).toEqual(['2'])
    expect((await reportRows(pool, { province: P11, date: '2026-03-01' as BusinessDate }, ['P12' as ProvinceCode])).rows).toEqual([])
  })
})

describe('New Year', () => {
  it('a late correction of 31 December changes what is frozen for every day of the year after', async () => {
    const open = (received: bigint) => [say.row('1', [say.bill('202511', 1_000n, received)])]
    await given(
      [
        ...say.sealed('P11', '2025-12-31', open(0n)),
        ...say.sealed('P11', '2026-01-01', open(500n)),
        ...say.sealed('P11', '2026-01-02', open(500n)),
        say.corrected('P11', '2025-12-31', 2, open(200n)),
      ],
      1,
    )
    // 800 frozen instead of 1000, 500 still open
    expect((await first('2026-01-02', { basis: 'published' })).figures.recoveryPriorYear).toEqual({ numerator: 500n, denominator: 1_000n })
    expect((await first('2026-01-02')).figures.recoveryPriorYear).toEqual({ numerator: 300n, denominator: 800n })
  })
})

describe('membership', () => {
  const day = (date: string, rows = [owing('1', 0n)]) => say.sealed('P11', date, rows)
  const levels = async (date: string) => (await on(date, { groupBy: 'level' })).rows.map(({ key, figures }) => [key, figures.users, figures.arrears])

  it('an event dated back changes the days from there on', async () => {
    await given([
      say.listed('P11', '1', '2026-03-01', { level: 'II' }),
      ...day('2026-03-01'),
      ...day('2026-03-02'),
      ...day('2026-03-03'),
      say.levelChanged('P11', '1', '2026-03-02', 'II', 'I'),
    ])
    expect(await levels('2026-03-01')).toEqual([['II', 1, 1_000n]])
    expect(await levels('2026-03-02')).toEqual([['I', 1, 1_000n]])
    expect(await levels('2026-03-03')).toEqual([['I', 1, 1_000n]])
  })

  it("the number of users is yesterday's with those who came and went", async () => {
    await given([
      say.listed('P11', '1', '2026-03-01'),
      say.listed('P11', '2', '2026-03-01'),
      ...day('2026-03-01'),
      say.delisted('P11', '1', '2026-03-02'),
      say.closed('P11', '2', '2026-03-02'),
      say.listed('P11', '3', '2026-03-02'),
      ...day('2026-03-02'),
      say.relisted('P11', '1', '2026-03-03', 'I'),
      // Listed and gone on one day.
      say.listed('P11', '4', '2026-03-03'),
      say.delisted('P11', '4', '2026-03-03'),
      ...day('2026-03-03'),
    ])
    const users = async (date: string) => {
      const { figures, checks } = await first(date)
      expect(checks.users?.holds).toBe(true)
      return [figures.users, figures.usersNew, figures.usersRelisted, figures.usersDelisted, figures.usersClosed]
    }
    expect(await users('2026-03-01')).toEqual([2, 2, 0, 0, 0])
    expect(await users('2026-03-02')).toEqual([1, 1, 0, 1, 1])
    expect(await users('2026-03-03')).toEqual([2, 1, 1, 1, 0])
  })

  it('a trade takes the category of the most specific entry in force on the day, in its own standard only', async () => {
    const trades = { '1': '3110', '2': '3130', '3': '3140', '4': 'C3120', '5': '2521' }
    await given([
      say.list(1, '2026-01-01', [
        { code: 'C', includeChildren: true, category: 'OTHER' },
        { code: '31', includeChildren: false, category: 'OBSOLETE' },
        { code: '311', includeChildren: true, category: 'HIGH_ENERGY' },
        { code: '3140', category: 'OVERCAPACITY' },
      ]),
      ...Object.entries(trades).map(([consNo, trade]) => say.listed('P11', consNo, '2026-03-01', { trade })),
      say.listed('P11', '6', '2026-03-01', { trade: '3140', standard: 'GB/T 4754-2011' }),
      ...day('2026-03-01', []),
      ...day('2026-03-02', []),
      ...day('2026-03-03', []),
      say.amended('P11', '5', '2026-03-02', '3110'),
      say.list(2, '2026-03-03', [{ code: '31', includeChildren: true, category: 'OBSOLETE' }]),
      say.list(3, '2026-03-03', [{ code: '25', includeChildren: true, category: 'OTHER' }]),
      say.revoked(3),
    ])
    const categories = async (date: string) =>
      Object.fromEntries((await on(date, { groupBy: 'category' })).rows.map(({ key, figures }) => [key, figures.users]))
    expect(await categories('2026-03-01')).toEqual({ HIGH_ENERGY: 1, OVERCAPACITY: 1, OTHER: 3, UNLISTED: 1 })
    expect(await categories('2026-03-02')).toEqual({ HIGH_ENERGY: 2, OVERCAPACITY: 1, OTHER: 2, UNLISTED: 1 })
    expect(await categories('2026-03-03')).toEqual({ OBSOLETE: 5, UNLISTED: 1 })
  })
})

describe('queries', () => {
  const day = (date: string) => [
    ...say.sealed(
      'P11',
      date,
      [...Array(12).keys()].map((i) => say.row(`${10 + i}`, [say.bill('202602', BigInt(i + 1) * 100n, 0n)])),
    ),
    ...say.sealed('P12', date, [say.row('1', [say.bill('202602', 1_150n, 0n, { due: '2026-02-01' }), say.bill('202601', 20_000n, 20_000n)])]),
  ]

  it('gives equal values one rank and skips the next, ratios being equal whatever they are written with', async () => {
    const owes = (province: string, receivable: bigint, received: bigint) =>
      say.sealed(province, '2026-03-01', [say.row('1', [say.bill('202602', receivable, received)])])
    await given([
      ...owes('P11', 1_000n, 500n),
      ...owes('P12', 700n, 200n),
      ...owes('P13N', 2_000n, 1_000n),
      ...owes('P31', 900n, 600n),
      say.opened('P32', '2026-03-01', []),
    ])
    const ranked = async (query: Partial<DailyStatisticsQuery>) => Object.fromEntries((await on('2026-03-01', query)).rows.map(({ key, rank }) => [key, rank]))
    expect(await ranked({})).toEqual({ P11: 2, P12: 2, P13N: 1, P31: 4, P32: null })
    expect(await ranked({ order: 'ascending' })).toEqual({ P11: 2, P12: 2, P13N: 4, P31: 1, P32: null })
    // 1/2, 2/7, 1/2, 2/3
    expect(await ranked({ rankBy: 'recoveryMonth' })).toEqual({ P11: 2, P12: 4, P13N: 2, P31: 1, P32: null })
  })

  it('finds the ten who owe most, of a province and of all', async () => {
    await given(day('2026-03-01'))
    const { rows, total } = await on('2026-03-01')
    // P11: 100 .. 1200, the two least left out: 7800 - 300; all: P12's 1150 instead of 300
    expect(rows.map(({ figures }) => figures.topTenArrears)).toEqual([7_500n, 1_150n])
    expect(total.figures).toMatchObject({ topTenArrears: 7_500n + 1_150n - 300n, concentration: { numerator: 8_350n, denominator: 8_950n } })
    const top = await topUsers(pool, { date: '2026-03-01' as BusinessDate, limit: 3 })
    expect(top.users.map(({ province, consNo, arrears }) => [province, consNo, arrears])).toEqual([
      ['P11', '21', 1_200n],
      ['P12', '1', 1_150n],
      ['P11', '20', 1_100n],
    ])
  })

  it('pages through those who owe more than a sum', async () => {
    await given(day('2026-03-01'))
    const ask = (rest: object) => owingUsers(pool, OwingUsersQuery.parse({ date: '2026-03-01', above: '1000', limit: 2, ...rest }))
    const page = await ask({})
    expect(page.users.map(({ consNo }) => consNo)).toEqual(['21', '1'])
    const next = await ask({ after: { arrears: `${page.next!.arrears}`, province: page.next!.province, consNo: page.next!.consNo } })
    expect([next.users.map(({ consNo }) => consNo), next.next]).toEqual([['20'], null])
  })

  it('ages the arrears, and the buckets add up', async () => {
    await given(day('2026-03-01'))
    const { rows, total } = await ageing(pool, { date: '2026-03-02' as BusinessDate })
    // due on 15 March, and on 1 February: the figures are those of 1 March, 28 days past due
    expect(rows).toMatchObject([
      { key: 'P11', stale: true, notDue: 7_800n, arrears: 7_800n },
      { key: 'P12', stale: true, from1To30: 1_150n, arrears: 1_150n },
    ])
    expect(total).toMatchObject({ notDue: 7_800n, from1To30: 1_150n, arrears: 8_950n })
  })

  it('tells figures over time, carrying stocks over a gap', async () => {
    await given([...day('2026-03-01'), ...day('2026-03-03').slice(3)])
    const { points } = await trend(pool, { from: '2026-03-01' as BusinessDate, to: '2026-03-04' as BusinessDate, figures: ['arrears', 'electricityDay'] })
    expect(points).toEqual([
      { date: '2026-03-01', key: null, reported: 2, carried: 0, figures: { arrears: 8_950n, electricityDay: 1_300n } },
      { date: '2026-03-02', key: null, reported: 0, carried: 2, figures: { arrears: 8_950n, electricityDay: null } },
      { date: '2026-03-03', key: null, reported: 1, carried: 1, figures: { arrears: 8_950n, electricityDay: 100n } },
      { date: '2026-03-04', key: null, reported: 0, carried: 2, figures: { arrears: 8_950n, electricityDay: null } },
    ])
    const split = await trend(pool, { from: '2026-03-03' as BusinessDate, to: '2026-03-03' as BusinessDate, groupBy: 'province', figures: ['arrears'] })
    expect(split.points.map(({ key, figures }) => [key, figures.arrears])).toEqual([
      ['P11', 7_800n],
      ['P12', 1_150n],
    ])
  })

  it('answers in a form that JSON can carry, and has an empty state', async () => {
    await given([])
    const empty = await on('2026-03-01')
    expect(empty.rows).toEqual([])
    expect(empty.total.figures.arrears).toBeNull()
    expect(JSON.parse(JSON.stringify(z.encode(DailyStatistics, empty)))).toMatchObject({ rows: [], total: { asOf: null } })
    expect(() => z.toJSONSchema(DailyStatistics, { io: 'input' })).not.toThrow()
  })
})
