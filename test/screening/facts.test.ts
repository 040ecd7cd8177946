import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunView, ScreeningEngine } from '#application/ports/screening.ts'
import { explain } from '#application/screening/screen.ts'
import { instantAt } from '#domain/shared/dates.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { screeningFacts } from '#projections/screening/facts.ts'
import { cons, day, province } from '#test/support/arbitraries/values.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import { orderOf, shipped } from './support.ts'

const { database, pool } = await ownDatabase()
let client: pg.Client
let opened: ReturnType<typeof openScreeningEngine>
let engine: ScreeningEngine
let tables: Awaited<ReturnType<typeof tablesOf>>
beforeAll(async () => {
  client = new pg.Client(database.url)
  await client.connect()
  opened = openScreeningEngine(database.url)
  engine = opened.engine
  await client.query(
    `insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, status, residential)
     select 'P11', n::text, date '2026-01-01', 'works ' || n, 'P11', 'GB/T 4754-2017', '5299', 1000, 1000, 'normal', false from generate_series(1, 9) n`,
  )
  // Before any read model has been made there are no facts, and screening works all the same.
  expect((await screened('2026-03-31')).named).toBe(0)
  tables = await tablesOf(pool, screeningFacts)
  await tables.apply(record(LOG))
})
afterAll(async () => {
  await client.end()
  await opened.close()
})

const say = (consNo: string, on: string, type: string, data: object): Log[number] => [
  streamName('HighRiskUser', 'P11', consNo),
  { type, data: { at: instantAt(day(on), 600), by: 'clerk', province: 'P11', consNo, ...data } },
]
const fact = (consNo: string, on: string, kind: string, since = on, factId = `${kind}-1`) =>
  say(consNo, on, 'AdverseFactRecorded', { factId, kind, on: since, source: 'visit', evidence: [] })
const broken = (consNo: string, on: string, promiseId: string) =>
  say(consNo, on, 'PromiseBroken', { promiseId, reportDate: on, reportVersion: 1, shortfall: 5n })
const KINDS = ['stopped', 'closure', 'bankruptcy', 'absconded', 'bouncedBill']
const LOG: Log = [
  ...KINDS.map((kind, index) => fact(String(index + 1), '2026-03-10', kind, '2026-03-01')),
  broken('6', '2026-03-05', 'p1'),
  broken('7', '2026-03-05', 'p1'),
  broken('7', '2026-03-20', 'p2'),
  fact('8', '2026-03-02', 'stopped'),
  say('8', '2026-03-25', 'AdverseFactWithdrawn', { factId: 'stopped-1', kind: 'stopped', cause: 'ended', reason: 'it works again' }),
  fact('9', '2026-03-12', 'creditAdverse', '2026-02-01'),
  say('9', '2026-03-28', 'AdverseFactWithdrawn', { factId: 'creditAdverse-1', kind: 'creditAdverse', cause: 'ended', reason: 'off the court’s list' }),
]

const screened = (asOf: string): Promise<RunView> => engine.run(orderOf(shipped.content, { asOf: day(asOf), provinces: [province('P11')] }))
const triggered = async (asOf: string): Promise<Record<string, readonly string[]>> => {
  const run = await screened(asOf)
  const named = await engine.named(run.runId, { provinces: undefined, level: undefined }, { after: undefined, limit: 99 })
  for (const one of named) expect(one.level).toBe('I')
  return Object.fromEntries(named.map(({ consNo, triggers }) => [consNo, triggers]))
}
const TABLES = ['recorded_fact', 'group_membership', 'level_one']
const clear = () => client.query(`truncate ${TABLES.map((table) => `rm_screening_facts_v${screeningFacts.version}_1.${table}`).join(', ')}`)
const dump = async (): Promise<unknown> => (await client.query('select * from read_model.screening_fact order by 1, 2, 3, 4')).rows

describe('hard triggers', () => {
  test('fire for every kind of adverse fact and for two broken promises, not for one', async () => {
    expect(await triggered('2026-03-20')).toEqual({
      ...{ 1: ['stopped-production'], 2: ['closed-by-order'], 3: ['bankruptcy'], 4: ['absconded'], 5: ['bounced-bill'] },
      ...{ 7: ['broken-promises'], 8: ['stopped-production'] },
    })
  })
  test('fire from the day on which the fact was known, not from the day on which it began; nor after it was withdrawn', async () => {
    expect(Object.keys(await triggered('2026-03-09'))).toEqual(['8'])
    expect(Object.keys(await triggered('2026-03-10'))).toEqual(['1', '2', '3', '4', '5', '8'])
    expect(Object.keys(await triggered('2026-03-19'))).not.toContain('7')
    expect(Object.keys(await triggered('2026-03-24'))).toContain('8')
    expect(Object.keys(await triggered('2026-03-25'))).not.toContain('8')
  })
  test('are told with what was seen', async () => {
    const run = await screened('2026-03-20')
    const result = await engine.result(run.runId, province('P11'), cons('7'))
    expect(explain(run, result!).hits[0]).toEqual({
      ruleId: 'broken-promises',
      inputs: { brokenPromises: '2' },
      points: 0,
      text: { zh: '违背还款承诺 2 次', en: 'Promises to pay broken: 2' },
    })
  })
})

test('adverse credit gives its points, and triggers nothing, from the day on which it was known until it is withdrawn', async () => {
  const judged = async (asOf: string) => {
    const run = await screened(asOf)
    const found = await engine.result(run.runId, province('P11'), cons('9'))
    return [found?.score, found?.triggers, explain(run, found!).hits.map(({ ruleId, points }) => [ruleId, points])]
  }
  expect(await judged('2026-03-11')).toEqual([0, [], []])
  expect(await judged('2026-03-12')).toEqual([10, [], [['credit', 10]]])
  expect(await judged('2026-03-28')).toEqual([0, [], []])
})

describe('level I in a group', () => {
  const link = (consNo: string, on: string, type: string, data: object): Log[number] => [
    streamName('GroupLink', 'P11', consNo),
    { type, data: { at: instantAt(day(on), 600), by: 'hq', province: 'P11', consNo, ...data } },
  ]
  const joined = (consNo: string, on: string, groupNo = 'G000001', effectiveFrom = '2026-01-01') =>
    link(consNo, on, 'LinkConfirmed', { linkId: `${groupNo}-1`, groupNo, effectiveFrom: day(effectiveFrom) })
  const level = (consNo: string, on: string, from: string, to: string) => say(consNo, on, 'RiskLevelChanged', { from, to, on: day(on), reason: 'score' })
  const profile = { name: 'works', orgCode: 'P11', standard: 'GB/T 4754-2017', tradeCode: '3110', contractCapacity: 1n, runningCapacity: 1n }
  const listed = (consNo: string, on: string, at: string) =>
    say(consNo, on, 'UserListed', { level: at, owner: 'wang', listedOn: day(on), basis: ['owes'], profile })
  const GROUP: Log = [
    ...LOG,
    joined('1', '2026-02-01'),
    joined('2', '2026-02-01'),
    joined('3', '2026-02-10'),
    joined('4', '2026-02-01', 'G000002'),
    listed('1', '2026-02-05', 'II'),
    level('1', '2026-02-12', 'II', 'I'),
    link('2', '2026-02-20', 'LinkEnded', { linkId: 'G000001-1', groupNo: 'G000001', on: day('2026-02-20'), reason: 'sold' }),
    listed('4', '2026-02-08', 'I'),
    link('3', '2026-02-22', 'LinkMoved', {
      linkId: 'G000001-1',
      newLinkId: 'G000002-1',
      groupNo: 'G000001',
      to: 'G000002',
      on: day('2026-02-22'),
      cause: 'merge',
    }),
    say('4', '2026-02-25', 'RecordClosed', { kind: 'duplicateOf', ref: '9', on: day('2026-02-25'), wasListed: true }),
    level('1', '2026-03-01', 'I', 'III'),
  ]
  const fresh = async (batch: number): Promise<void> => {
    await clear()
    await tables.apply(record(GROUP), batch)
  }
  const seen = async (asOf: string): Promise<readonly string[]> => {
    const run = await engine.run(orderOf(CONTAGION, { asOf: day(asOf), provinces: [province('P11')] }))
    return (await engine.named(run.runId, { provinces: undefined, level: undefined }, { after: undefined, limit: 99 })).map(({ consNo }) => consNo)
  }
  const CONTAGION = {
    rules: shipped.content.rules.filter(({ id }) => id === 'group-contagion'),
    triggers: [],
    cutOffs: { I: 9, II: 8, III: 5 },
  }

  test('gives its points to the other members while they belong to one group and he stands there', async () => {
    await fresh(500)
    expect(await seen('2026-02-11')).toEqual([])
    expect(await seen('2026-02-12')).toEqual(['2', '3'])
    expect(await seen('2026-02-20')).toEqual(['3'])
    expect(await seen('2026-02-22'), 'moved to the group of another').toEqual(['3'])
    expect(await seen('2026-02-25')).toEqual([])
    expect(await seen('2026-03-02')).toEqual([])
  })
  test('is the same in batches of any size, and given twice', async () => {
    await fresh(500)
    const once = await dump()
    for (const size of [1, 4]) {
      await fresh(size)
      await tables.apply(record(GROUP), 3)
      expect(await dump()).toEqual(once)
    }
  })
})

test('facts are the same in batches of any size, and given twice', async () => {
  await clear()
  await tables.apply(record(LOG))
  const once = await dump()
  for (const size of [1, 3]) {
    await clear()
    await tables.apply(record(LOG), size)
    await tables.apply(record(LOG), 4)
    expect(await dump()).toEqual(once)
  }
})
