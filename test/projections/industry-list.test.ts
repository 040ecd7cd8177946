import { beforeAll, expect, test } from 'vitest'
import { addDays, type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { register } from '#projections/high-risk-user/register.ts'
import {
  acknowledgementBoard,
  getVersion,
  impactPreview,
  listInForce,
  listVersions,
  screeningBoard,
  versionInForce,
} from '#projections/industry-list/in-force.queries.ts'
import { inForce } from '#projections/industry-list/in-force.ts'
import { run } from '#projections/shared/sql.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'

const day = (n: number): BusinessDate => addDays('2026-01-01' as BusinessDate, n)
const entry = (code: string, includeChildren = false, category = 'HIGH_ENERGY') => ({ standard: 'GB/T 4754-2017', code, includeChildren, category })
const say = (on: number, type: string, data: object): Log[number] => [
  streamName('IndustryList', 'national'),
  { type, data: { at: instantAt(day(on), 600), by: 'hq', ...data } },
]
const [iron, steel, cement, metals] = [entry('3110'), entry('C3120'), entry('3011', false, 'OVERCAPACITY'), entry('31', true)]
const ackDueAt = instantAt(day(8), 0)
const screened = { runId: '00000000-0000-4000-8000-000000000001', ruleSetVersion: 1, customers: 90, named: 9, candidates: 5, reviews: 2 }
const log: Log = [
  say(0, 'VersionDrafted', { version: 1, entries: [] }),
  say(0, 'EntryAdded', { version: 1, entry: iron }),
  say(0, 'EntryAdded', { version: 1, entry: entry('3216') }),
  say(0, 'EntryChanged', { version: 1, before: iron, after: { ...iron, note: 'blast furnaces' } }),
  say(0, 'EntryRemoved', { version: 1, entry: { standard: 'GB/T 4754-2017', code: '3216' } }),
  say(1, 'VersionPublished', { version: 1, effectiveFrom: day(5), ackDueAt, entries: [iron, steel], diff: { added: [iron, steel], removed: [], changed: [] } }),
  say(2, 'VersionAcknowledged', { version: 1, province: 'P11', onTime: true }),
  say(9, 'VersionAcknowledged', { version: 1, province: 'P12', onTime: false }),
  say(10, 'VersionDrafted', { version: 2, basedOn: 1, entries: [iron, steel] }),
  say(11, 'VersionPublished', {
    version: 2,
    effectiveFrom: day(20),
    ackDueAt: instantAt(day(25), 0),
    entries: [cement, metals],
    diff: { added: [cement, metals], removed: [iron, steel], changed: [] },
  }),
  say(12, 'VersionPublished', {
    version: 3,
    effectiveFrom: day(30),
    ackDueAt: instantAt(day(35), 0),
    entries: [cement],
    diff: { added: [], removed: [metals], changed: [] },
  }),
  say(13, 'VersionRevoked', { version: 3, reason: 'withdrawn by the ministry' }),
  say(14, 'VersionDrafted', { version: 4, basedOn: 2, entries: [cement, metals] }),
  say(20, 'VersionScreened', { version: 2, province: 'P11', ...screened, asOf: day(20) }),
]

const { pool } = await ownDatabase()
const tables = await tablesOf(pool, inForce)
const users = await tablesOf(pool, register)
beforeAll(async () => {
  await tables.apply(record(log))
})

test('which version is in force follows from the date alone', async () => {
  const states = async (n: number) => (await listVersions(pool, day(n))).rows.map(({ version, state }) => `${version} ${state}`)
  expect(await states(4)).toEqual(['4 draft', '3 revoked', '2 ahead', '1 ahead'])
  expect(await states(5)).toEqual(['4 draft', '3 revoked', '2 ahead', '1 inForce'])
  expect(await states(40)).toEqual(['4 draft', '3 revoked', '2 inForce', '1 superseded'])
  expect([await versionInForce(pool, day(4)), await versionInForce(pool, day(5)), await versionInForce(pool, day(20))]).toEqual([0, 1, 2])
  expect((await listInForce(pool, day(4))).list).toBeUndefined()
  const { list } = await listInForce(pool, day(6))
  expect(list).toMatchObject({ version: 1, state: 'inForce', trades: 2, acknowledged: 2, effectiveFrom: day(5), revision: 13n })
  expect(list?.entries.map(({ code }) => code)).toEqual(['3110', '3120'])
})

test('a version is told whole, drafts and revoked ones too', async () => {
  expect((await getVersion(pool, 3, day(40))).list).toMatchObject({ state: 'revoked', revokeReason: 'withdrawn by the ministry', revokedBy: 'hq' })
  expect((await getVersion(pool, 4, day(40))).list).toMatchObject({ state: 'draft', basedOn: 2, diff: null, trades: 2, publishedAt: null })
  expect((await getVersion(pool, 2, day(40))).list?.diff?.added).toHaveLength(2)
  expect((await getVersion(pool, 9, day(40))).list).toBeUndefined()
})

test('the board names every province, on time, late, pending or overdue', async () => {
  const provinces = ['P11', 'P12', 'P13S'] as ProvinceCode[]
  const before = await acknowledgementBoard(pool, 1, provinces, instantAt(day(7), 0))
  expect(before.rows.map(({ province, state }) => `${province} ${state}`)).toEqual(['P11 onTime', 'P12 late', 'P13S pending'])
  const { rows, national } = await acknowledgementBoard(pool, 1, provinces, instantAt(day(8), 1))
  expect(rows.map(({ state }) => state)).toEqual(['onTime', 'late', 'overdue'])
  expect(national).toEqual({ provinces: 3, acknowledged: 2, onTime: 1, overdue: 1 })
  expect((await acknowledgementBoard(pool, 4, provinces, instantAt(day(8), 1))).rows).toEqual([])
})

test('what screening by a version came to is told of every province, also of those not screened yet', async () => {
  const { rows } = await screeningBoard(pool, 2, ['P11', 'P12'] as ProvinceCode[])
  expect(rows).toMatchObject([
    { province: 'P11', ...screened, asOf: day(20) },
    { province: 'P12', candidates: null, reviews: null },
  ])
  expect((await screeningBoard(pool, 9, ['P11'] as ProvinceCode[])).rows).toEqual([])
})

test('drafting step by step leaves what the steps say, in any batches, twice', async () => {
  const part = record(log.slice(0, 5))
  const all = record(log)
  const seen = async () => [
    await pool.any(run`select * from read_model.industry_list order by version`),
    await pool.any(run`select * from read_model.industry_list_trade order by version, standard, code`),
    await pool.any(run`select * from read_model.industry_list_acknowledgement order by version, province`),
    await pool.any(run`select * from read_model.industry_list_screening order by version, province`),
  ]
  const live = await seen()
  await tables.apply(all, 2)
  expect(await seen()).toEqual(live)
  await pool.query(run`delete from read_model.industry_list`)
  await pool.query(run`delete from read_model.industry_list_trade`)
  await pool.query(run`delete from read_model.industry_list_acknowledgement`)
  await tables.apply(part, 1)
  expect((await getVersion(pool, 1, day(0))).list?.entries).toEqual([{ ...iron, note: 'blast furnaces', policyRef: null }])
  await tables.apply(all, 1)
  expect(await seen()).toEqual(live)
})

test('a draft shows beforehand which customers it would bring in and let go', async () => {
  const profile = (tradeCode: string) => ({ name: 'x', orgCode: '11401', standard: 'GB/T 4754-2017', tradeCode, contractCapacity: 1n, runningCapacity: 1n })
  const nominate = (province: string, consNo: string, trade: string): Log[number] => [
    streamName('HighRiskUser', province, consNo),
    { type: 'CandidateNominated', data: { at: ackDueAt, by: 'pv', province, consNo, profile: profile(trade), proposedLevel: 'II', reason: 'r', evidence: [] } },
  ]
  await users.apply(
    record([
      nominate('P11', '1', '3110'),
      nominate('P11', '2', 'C3130'),
      nominate('P11', '3', '3011'),
      nominate('P12', '4', '3120'),
      nominate('P12', '5', '9999'),
    ]),
  )
  // On day 6 version 1 is in force: 3110 and 3120.
  const draft = [cement, metals].map(({ standard, code, includeChildren }) => ({ standard, code, includeChildren })) as unknown as Parameters<
    typeof impactPreview
  >[1]
  const { provinces, national } = await impactPreview(pool, draft, day(6))
  expect(provinces).toEqual([
    { province: 'P11', gained: 2, lost: 0, kept: 1 },
    { province: 'P12', gained: 0, lost: 0, kept: 1 },
  ])
  expect(national).toEqual({ gained: 2, lost: 0, kept: 2 })
  expect((await impactPreview(pool, [], day(6))).national).toEqual({ gained: 0, lost: 2, kept: 0 })
  expect((await impactPreview(pool, draft, day(0))).national).toEqual({ gained: 4, lost: 0, kept: 0 })
})
