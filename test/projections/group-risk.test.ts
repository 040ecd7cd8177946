import { beforeAll, expect, test } from 'vitest'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { instantAt, monthOf } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { ensureMonths } from '#projections/daily-report/national-day/seal.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { groupDirectory } from '#projections/group-user/group-user.ts'
import { groupRisk } from '#projections/group-user/high-risk.queries.ts'
import { register } from '#projections/high-risk-user/register.ts'
import { run, sql } from '#projections/shared/sql.ts'
import { workOrders } from '#projections/warning-work-order/orders.ts'
import { day } from '#test/support/arbitraries/values.ts'
import { groupSays } from '#test/support/group-figures.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { record, tablesOf } from '#test/support/projections.ts'

const { pool } = await ownDatabase()
beforeAll(async () => {
  const groups = await tablesOf(pool, groupDirectory)
  for (const projection of [register, nationalDay, workOrders]) await tablesOf(pool, projection)
  await groups.apply(
    record([
      ...groupSays.registered('GA1', 'Alpha'),
      ...groupSays.registered('GB1', 'Beta', { parent: 'GA1' }),
      ...groupSays.linked('P11', '1', 'GA1', '2026-01-01'),
      ...groupSays.linked('P11', '2', 'GA1', '2026-01-01'),
      ...groupSays.linked('P12', '1', 'GA1', '2026-01-01', { endedOn: '2026-02-20' }),
      ...groupSays.linked('P12', '2', 'GB1', '2026-01-01'),
    ]),
  )
  const level = (province: string, consNo: string, revision: number, on: string, level: string | null) =>
    pool.query(run`insert into read_model.high_risk_user_level values (${province}, ${consNo}, ${revision}, ${on}::date, ${level})`)
  await level('P11', '1', 1, '2026-01-10', 'II')
  await level('P11', '1', 2, '2026-02-15', 'I')
  await level('P12', '1', 1, '2026-01-10', 'III')
  await level('P12', '2', 1, '2026-01-10', 'II')
  await level('P12', '2', 2, '2026-02-05', null)
  await pool.transaction(async (db) => {
    await db.query(run`select set_config('search_path', ${`rm_national_day_v${nationalDay.version}_1, public`}, true)`)
    await ensureMonths(db, [monthOf(day('2026-02-01'))])
    // P11 has corrected its report of the 10th once; that of P12 of the 10th is not in, the 9th is the last
    for (const [province, date, version] of [
      ['P11', '2026-02-10', 2],
      ['P12', '2026-02-09', 1],
    ] as const) {
      await db.query(run`insert into reporter values (${province}) on conflict do nothing`)
      await db.query(run`
        insert into report (province, stat_date, revision, status, expected, expected_count, excused_count, latest_version, late, missing, waived, returns, corrections)
        values (${province}, ${date}::date, 1, 'submitted', '{}', 0, 0, ${version}, false, false, false, 0, 0)`)
      await db.query(run`insert into province_day (basis, stat_date, province, arrears) values ('corrected', ${date}::date, ${province}, 50000)`)
    }
    const row = (province: string, consNo: string, date: string, from: number, to: number, arrears: number, guarantee: number | null, measures: string[]) =>
      db.query(run`
        insert into user_day (stat_date, province, cons_no, version_from, version_to, arrears, guarantee, measures)
        values (${date}::date, ${province}, ${consNo}, ${from}, ${to}, ${arrears}, ${guarantee}, ${sql.array(measures, 'text')})`)
    await row('P11', '1', '2026-02-10', 1, 2, 99_999, null, [])
    await row('P11', '1', '2026-02-10', 2, 2_147_483_647, 20_000, 7_000, ['M01', 'M06'])
    await row('P12', '1', '2026-02-09', 1, 2_147_483_647, 5_000, null, ['M02'])
    await row('P11', '77', '2026-02-10', 1, 2_147_483_647, 1_000_000, null, ['M02'])
  })
  const order = async (
    orderNo: string,
    status: string,
    issued: string | null,
    closed: string | null,
    changed: string,
    subjects: readonly (readonly [string, string])[],
  ) => {
    const at = (date: string | null) => date && instantAt(day(date), 600)
    await pool.query(run`
      insert into read_model.work_order (order_no, status, issued_at, closed_at, changed_at, revision, document)
      values (${orderNo}, ${status}, ${at(issued)}, ${at(closed)}, ${at(changed)}, 1, '{}')`)
    for (const [province, consNo] of subjects)
      await pool.query(
        run`insert into read_model.work_order_subject (order_no, province, cons_no, name, arrears) values (${orderNo}, ${province}, ${consNo}, 'x', 0)`,
      )
  }
  await order('20260205-1', 'signed', '2026-02-05', null, '2026-02-06', [
    ['P11', '1'],
    ['P11', '2'],
  ])
  await order('20260206-1', 'closed', '2026-02-06', '2026-02-12', '2026-02-12', [['P11', '2']])
  await order('20260207-1', 'withdrawn', '2026-02-07', null, '2026-02-08', [['P11', '1']])
  await order('20260208-1', 'draft', null, null, '2026-02-08', [['P11', '1']])
  await order('20260209-1', 'issued', '2026-02-09', null, '2026-02-09', [['P12', '1']])
  await order('20260211-1', 'issued', '2026-02-11', null, '2026-02-11', [['P11', '77']])
})

type More = { descendants?: boolean; provinces?: readonly string[] }
const asked = (date: string, more: More = {}) =>
  groupRisk(pool, {
    groupNo: 'GA1' as GroupNo,
    date: day(date),
    membershipOn: day(date),
    descendants: more.descendants ?? false,
    provinces: more.provinces as readonly ProvinceCode[] | undefined,
  })
const risk = async (date: string, more: More = {}) => (await asked(date, more)).risk

test('levels, reported arrears, measures, guarantees and open orders of the members of a date, and their share of the nation’s', async () => {
  expect(await risk('2026-02-10')).toEqual({
    users: 2,
    levelI: 0,
    levelII: 1,
    levelIII: 1,
    worstLevel: 'II',
    reported: 2,
    arrears: 25_000n,
    measures: 3,
    measuredUsers: 2,
    guarantee: 7_000n,
    openOrders: 3,
    reportedSince: '2026-02-09',
    nationalShare: { numerator: 25_000n, denominator: 100_000n },
  })
})

test('as of another day: levels and orders of then; who has left is no member', async () => {
  expect(await risk('2026-02-21')).toMatchObject({ users: 1, levelI: 1, worstLevel: 'I', openOrders: 1, arrears: 20_000n })
  expect(await risk('2026-02-07')).toMatchObject({ users: 2, worstLevel: 'II', openOrders: 3, reported: 0, reportedSince: null, nationalShare: null })
  expect(await risk('2026-01-05')).toMatchObject({ users: 0, worstLevel: null, openOrders: 0 })
})

test('with the groups below; a province hears of its own, and no share of the nation', async () => {
  expect(await risk('2026-02-04', { descendants: true })).toMatchObject({ users: 3, levelII: 2 })
  expect((await asked('2026-02-10')).provincesTouched).toBe(2)
  expect((await asked('2026-02-10', { provinces: ['P12'] })).provincesTouched).toBe(1)
  expect(await risk('2026-02-10', { provinces: ['P12'] })).toMatchObject({ users: 1, worstLevel: 'III', arrears: 5_000n, openOrders: 1, nationalShare: null })
})
