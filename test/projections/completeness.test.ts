import { beforeAll, beforeEach, expect, test } from 'vitest'
import { addDays, type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { completenessBoard, reportStanding } from '#projections/daily-report/completeness.queries.ts'
import { completeness } from '#projections/daily-report/completeness.ts'
import { register } from '#projections/high-risk-user/register.ts'
import { run } from '#projections/shared/sql.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'

const date = '2026-03-02' as BusinessDate
const next = addDays(date, 1)
const at = (minute: number) => instantAt(next, minute)
const rules = {
  scheduleVersion: 1,
  dueAt: at(600),
  cutOffAt: at(1440),
  returnableUntil: at(4000),
  freeCorrectionUntil: at(4000),
  closesAt: at(9000),
  largeChangeBasisPoints: 500,
  kwhJumpBasisPoints: 8_000,
}
const hash = 'a'.repeat(64)
const totals = { users: 0, electricity: 0n, receivable: 0n, received: 0n, arrears: 0n, penaltyReceivable: 0n, penaltyReceived: 0n }
const row = (consNo: string) => ({
  ...{ consNo, consName: 'x', orgCode: '11401', standard: 'GB/T 4754-2017', tradeCode: '3110', contractCapacity: 1n, runningCapacity: 1n },
  ...{
    electricityDay: null,
    electricityMonthToDate: 0n,
    receivedToday: 0n,
    prepaidBalance: 0n,
    inTransit: 0n,
    powerOff: false,
    riskLevel: 'II',
    measures: [],
    bills: [],
  },
})
const say = (province: string, minute: number, type: string, data: object): Log[number] => [
  streamName('DailyReport', province, date.replaceAll('-', '')),
  { type, data: { at: at(minute), by: 'pv', province, date, ...data } },
]
const opened = (province: string, users: readonly string[], minute = 30) =>
  say(province, minute, 'ReportOpened', { expectedUsers: users, listVersion: 1, sourceMode: 'file', rules })
const put = (province: string, users: readonly string[], minute: number, warned: readonly string[] = []) =>
  say(province, minute, 'RowsPut', {
    chunkNo: 0,
    rows: users.map(row),
    warnings: warned.map((consNo) => ({ severity: 'warning', code: 'KWH_JUMP', consNo, field: 'electricityDay', detail: {} })),
    sourceHash: hash,
  })
const submitted = (province: string, minute: number, data: object) =>
  say(province, minute, 'ReportSubmitted', { version: 1, totals, rowCount: 0, hash, onTime: true, nil: false, excused: [], warnedRows: 0, ...data })
const correctionId = '6f1f0f64-9d0a-4d0e-8a5b-2f6a3c1d7e10'
const diff = [{ consNo: '3', field: 'received', before: '1', after: '2' }]

const log: Log = [
  opened('P11', ['1', '2', '3', '4']),
  opened('P12', ['5', '6']),
  opened('P14', ['7']),
  opened('P21', ['8', '9']),
  put('P11', ['1', '2', '9'], 100, ['2']),
  say('P11', 110, 'RowRemoved', { consNo: '9', reason: 'not ours' }),
  put('P11', ['3'], 120),
  put('P12', ['5'], 130),
  submitted('P11', 200, { rowCount: 3, excused: [{ consNo: '4', reason: 'meter burnt' }], warnedRows: 1 }),
  say('P11', 300, 'ReportReturned', { reasons: [{ text: 'user 3 looks wrong' }] }),
  put('P11', ['3', '4'], 700),
  submitted('P11', 710, { version: 2, rowCount: 4, warnedRows: 1, onTime: false }),
  say('P11', 720, 'CorrectionProposed', { correctionId, rows: [row('3')], removed: [], diff, reason: 'receipt came late', cause: 'LARGE_CHANGE' }),
  say('P12', 601, 'ReportLate', { dueAt: rules.dueAt }),
  say('P15E', 400, 'ReportWaived', { reason: 'earthquake' }),
  say('P21', 1441, 'ReportMissing', { cutOffAt: rules.cutOffAt }),
]
const PROVINCES = ['P11', 'P12', 'P13S', 'P14', 'P15E', 'P21'] as ProvinceCode[]

const { pool } = await ownDatabase()
const tables = await tablesOf(pool, completeness)
beforeAll(async () => {
  const users = await tablesOf(pool, register)
  const profile = { name: 'x', orgCode: '13401', standard: 'GB/T 4754-2017', tradeCode: '3110', contractCapacity: 1n, runningCapacity: 1n }
  const listed = (consNo: string, on: BusinessDate): Log => [
    [
      streamName('HighRiskUser', 'P13S', consNo),
      { type: 'CandidateNominated', data: { at: at(0), by: 'a', province: 'P13S', consNo, profile, proposedLevel: 'I', evidence: [] } },
    ],
    [
      streamName('HighRiskUser', 'P13S', consNo),
      { type: 'UserListed', data: { at: at(0), by: 'b', province: 'P13S', consNo, level: 'I', owner: 'w', listedOn: on, basis: ['b'], profile } },
    ],
  ]
  await users.apply(record([...listed('11', date), ...listed('12', date), ...listed('13', next)]))
})
beforeEach(() => pool.query(run`delete from read_model.daily_report`))

test('the board of a day names every province, also those of which nothing was heard', async () => {
  await tables.apply(record(log))
  const { rows, national } = await completenessBoard(pool, date, PROVINCES, at(1500))
  expect(
    rows.map(({ province, state, expectedUsers, reportedUsers, missingUsers, onTime, version }) => [
      province,
      state,
      expectedUsers,
      reportedUsers,
      missingUsers,
      onTime,
      version,
    ]),
  ).toEqual([
    ['P11', 'submitted', 4, 4, 0, true, 2],
    ['P12', 'missing', 2, 0, 1, null, 0],
    ['P13S', 'expected', 2, 0, 2, null, 0],
    ['P14', 'missing', 1, 0, 1, null, 0],
    ['P15E', 'waived', 0, 0, 0, null, 0],
    ['P21', 'missing', 2, 0, 2, null, 0],
  ])
  expect(rows[0]).toMatchObject({
    rows: 4,
    warnedRows: 1,
    returns: 1,
    corrections: 0,
    correctionWaits: true,
    firstSubmittedAt: at(200),
    submittedAt: at(710),
    dueAt: at(600),
  })
  expect(rows[4]?.waiveReason).toBe('earthquake')
  expect(national).toEqual({
    ...{ provinces: 5, waived: 1, submitted: 1, submittedOnTime: 1, expectedUsers: 11, reportedUsers: 4, rows: 5, warnedRows: 1, corrections: 0 },
    late: [],
    missing: ['P12', 'P14', 'P21'],
  })
})

test('a report is late the moment it is due, and missing from the cut-off on', async () => {
  await tables.apply(record(log))
  const states = async (minute: number) =>
    (await completenessBoard(pool, date, PROVINCES, at(minute), { dueAt: rules.dueAt, cutOffAt: rules.cutOffAt })).rows.map(({ state }) => state)
  expect(await states(600)).toEqual(['submitted', 'late', 'expected', 'open', 'waived', 'missing'])
  expect(await states(601)).toEqual(['submitted', 'late', 'late', 'late', 'waived', 'missing'])
  expect(await states(1441)).toEqual(['submitted', 'missing', 'missing', 'missing', 'waived', 'missing'])
})

test('one report tells whom it lacks and whom it excuses', async () => {
  await tables.apply(record(log.slice(0, 9)))
  const { report } = await reportStanding(pool, 'P11' as ProvinceCode, date, at(250))
  expect(report).toMatchObject({ state: 'submitted', missing: [], excused: ['4'], reportedUsers: 3, excusedUsers: 1, missingUsers: 0 })
  expect((await reportStanding(pool, 'P12' as ProvinceCode, date, at(250))).report).toMatchObject({ state: 'open', missing: ['6'], rows: 1 })
  expect((await reportStanding(pool, 'P13S' as ProvinceCode, date, at(250))).report).toMatchObject({ state: 'expected', missing: [], expectedUsers: 2 })
})

test('a correction counts, brings a version, and settles what waited for headquarters', async () => {
  const corrected = say('P11', 900, 'ReportCorrected', {
    ...{ version: 3, rows: [row('3')], removed: ['2'], diff, reason: 'receipt came late', correctionId, proposedBy: 'pv' },
    ...{ totals, rowCount: 3, hash },
  })
  await tables.apply(record([...log, corrected]))
  const { report } = await reportStanding(pool, 'P11' as ProvinceCode, date, at(1000))
  expect(report).toMatchObject({
    state: 'corrected',
    version: 3,
    corrections: 1,
    correctionWaits: false,
    rows: 3,
    warnedRows: 0,
    missing: ['2'],
    reportedUsers: 3,
    onTime: true,
  })
})

test('the same in any batches, and twice', async () => {
  const events = record(log)
  await tables.apply(events)
  const seen = () => pool.any(run`select * from read_model.daily_report order by date, province`)
  const live = await seen()
  expect(live).toHaveLength(5)
  for (const batchSize of [1, 3, 7]) {
    await tables.apply(events, batchSize)
    expect(await seen()).toEqual(live)
    await pool.query(run`delete from read_model.daily_report`)
    await tables.apply(events, batchSize)
    await tables.apply(events.slice(4), batchSize)
    expect(await seen()).toEqual(live)
  }
})
