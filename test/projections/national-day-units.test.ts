import { beforeAll, describe, expect, it } from 'vitest'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { dailyStatistics } from '#projections/daily-report/national-day.queries.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { OwingUsersQuery, owingUsers } from '#projections/daily-report/national-day-arrears.queries.ts'
import { type UnitStatisticsQuery, unitStatistics } from '#projections/daily-report/national-day-units.queries.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { record, tablesOf } from '#test/support/projections.ts'
import * as say from './national-day.fixtures.ts'

const P11 = 'P11' as ProvinceCode
/** Two counties of one city, one of another, and a user whose unit is the province itself. */
const CITIES: Readonly<Record<string, string>> = { '1110101': '11101', '1110102': '11101', '1120101': '11201' }
const byCity = (unit: OrgCode): OrgCode | null => (CITIES[unit] ?? null) as OrgCode | null
const byUnit = (unit: OrgCode): OrgCode => unit
const units = (date: string, group: (unit: OrgCode) => OrgCode | null = byCity, query: Partial<UnitStatisticsQuery> = {}) =>
  unitStatistics(pool, { province: P11, date: date as BusinessDate, ...query }, group)

const bill = (received: bigint) => [say.bill('202602', 1_000n, received)]
const { pool } = await ownDatabase()
beforeAll(async () => {
  const tables = await tablesOf(pool, nationalDay)
  const rows = [say.row('1', bill(0n)), say.row('2', bill(400n)), say.row('3', bill(1_000n)), say.row('4', bill(100n))]
  const paid = [say.row('1', bill(300n)), say.row('2', bill(400n)), say.row('4', bill(100n))]
  await tables.apply(
    record([
      say.list(1, '2026-01-01', [{ code: '31', includeChildren: true, category: 'HIGH_ENERGY' }]),
      say.listed('P11', '1', '2026-03-01', { unit: '1110101', level: 'I' }),
      say.listed('P11', '2', '2026-03-01', { unit: '1110102' }),
      say.listed('P11', '3', '2026-03-01', { unit: '1120101', trade: '2521' }),
      say.listed('P11', '4', '2026-03-01', { unit: 'P11' }),
      say.listed('P12', '1', '2026-03-01', { unit: '1110101' }),
      ...say.sealed('P11', '2026-03-01', rows),
      say.delisted('P11', '3', '2026-03-02'),
      ...say.sealed('P11', '2026-03-02', paid),
      say.corrected('P11', '2026-03-02', 2, [say.row('2', bill(500n))], { all: paid }),
      say.listed('P11', '5', '2026-03-03', { unit: '1120101' }),
    ]),
  )
})

/** They want more than sums. */
const ALONE = { electricityMonthToDate: null, topTenArrears: null, concentration: null, completeness: null, onTime: null }

describe("a province's day by its units", () => {
  it('tells each city, and all of them come to the province', async () => {
    const { rows, total, stale } = await units('2026-03-02')
    expect(stale).toBe(false)
    expect(rows.map(({ key, figures }) => [key, figures.users, figures.arrears, figures.cleared, figures.departedWith, figures.usersDelisted])).toEqual([
      ['11101', 2, 1_200n, 400n, 0n, 0],
      ['11201', 0, 0n, 0n, 0n, 1],
      [null, 1, 900n, 0n, 0n, 0],
    ])
    for (const basis of ['published', 'corrected'] as const)
      for (const date of ['2026-03-01', '2026-03-02', '2026-03-04']) {
        const { rows } = await dailyStatistics(pool, { date: date as BusinessDate, basis })
        expect((await units(date, byUnit, { basis })).total).toEqual({ ...rows.find(({ key }) => key === 'P11')!.figures, ...ALONE })
      }
    expect(total.recoveryMonth).toEqual({ numerator: 900n, denominator: 3_000n })
  })

  it('tells each county, of some levels and categories only', async () => {
    const counties = async (filters: object) => (await units('2026-03-01', byUnit, { filters })).rows.map(({ key, figures }) => [key, figures.users])
    expect(await counties({ levels: ['I'] })).toEqual([['1110101', 1]])
    expect(await counties({ categories: ['UNLISTED'] })).toEqual([['1120101', 1]])
  })

  it('carries stocks forward, never flows, and counts users of the day itself', async () => {
    const { rows, stale, asOf } = await units('2026-03-03')
    expect([stale, asOf]).toEqual([true, '2026-03-02'])
    expect(rows.map(({ key, figures }) => [key, figures.users, figures.usersNew, figures.arrears, figures.cleared])).toEqual([
      ['11101', 2, 0, 1_200n, null],
      ['11201', 1, 1, 0n, null],
      [null, 1, 0, 900n, null],
    ])
  })

  it('has users of a province that never reported, and nothing of one that is not known', async () => {
    const { rows, asOf } = await units('2026-03-05', byCity, { province: 'P12' as ProvinceCode })
    expect(asOf).toBeNull()
    expect(rows.map(({ key, figures }) => [key, figures.users, figures.arrears])).toEqual([['11101', 1, null]])
    expect(await units('2026-03-05', byCity, { province: 'P13N' as ProvinceCode })).toMatchObject({ rows: [], total: { users: null } })
  })

  it('leads to the users of a unit', async () => {
    const query = OwingUsersQuery.parse({ date: '2026-03-02', above: '-1', orgCodes: ['1110101', '1110102'] })
    expect((await owingUsers(pool, query)).users.map(({ consNo, orgCode, arrears }) => [consNo, orgCode, arrears])).toEqual([
      ['1', '1110101', 700n],
      ['2', '1110102', 500n],
    ])
  })
})
