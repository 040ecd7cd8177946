import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Keeping } from '#domain/screening/retention.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { province } from '#test/support/arbitraries/values.ts'
import { orderOf, ownEngine, shipped } from './support.ts'

const { database, engine, client } = await ownEngine()
beforeEach(async () => {
  for (const { runId } of await engine.list(undefined, 1000)) await engine.forget(runId)
})

const both = { days: 30, runs: 3 }
const KEEP: Keeping = { screening: { days: 400, runs: 3 }, review: both, 'what-if': both, 'back-test': both, calibration: both }
const tables = async (): Promise<number> =>
  Number((await client.query<{ n: string }>("select count(*) as n from pg_class where relname ~ '^result_[0-9]+$' and relkind = 'r'")).rows[0]!.n)

describe('a run whose process was killed', () => {
  /** A process that begins the run and is killed in the middle of it: it waits at its first question for a table that is locked. */
  const killed = async (runId: string): Promise<void> => {
    await client.query('begin; lock table source.customer')
    const child = spawn(process.execPath, [new URL('killed-run.ts', import.meta.url).pathname, database.url, runId], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    while ((await engine.find(runId))?.status !== 'running') await new Promise((done) => setImmediate(done))
    expect(await engine.tidy(KEEP), 'who works on it is alive').toEqual({ dead: 0, forgotten: 0 })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await client.query('rollback')
    while ((await client.query("select from pg_stat_activity where datname = current_database() and application_name ~ 'screening run'")).rowCount !== 0)
      await new Promise((done) => setImmediate(done))
  }

  test('is found dead, and kept as failed without its table', async () => {
    const runId = randomUUID()
    await killed(runId)
    expect((await engine.find(runId))?.status).toBe('running')
    expect(await engine.tidy(KEEP)).toEqual({ dead: 1, forgotten: 0 })
    expect((await engine.find(runId))?.status).toBe('failed')
    expect(await tables()).toBe(0)
    expect(await engine.tidy(KEEP)).toEqual({ dead: 0, forgotten: 0 })
  })
  test('is begun anew when it is asked for again, though nobody has found it dead', async () => {
    const order = orderOf(shipped.content)
    await killed(order.runId)
    expect(await engine.run(order)).toMatchObject({ status: 'done' })
    expect(await tables()).toBe(1)
  })
})

describe('a run asked for twice at once', () => {
  test('is worked on once; whoever comes second waits for what it finds, or does not care to', async () => {
    const order = orderOf(shipped.content)
    const other = openScreeningEngine(database.url)
    const answers = await Promise.all([engine.run(order), other.engine.run(order), engine.run(order), other.engine.run({ ...order, patient: false })])
    const done = await engine.find(order.runId)
    expect(done).toMatchObject({ status: 'done' })
    expect(answers.slice(0, 3)).toEqual([done, done, done])
    expect(answers[3]).toMatchObject({ runId: order.runId })
    expect(await tables()).toBe(1)
    await other.close()
  })
})

describe('runs are kept', () => {
  const aged = async (days: number, over: Parameters<typeof orderOf>[1] = {}): Promise<string> => {
    const { runId } = await engine.run(orderOf(shipped.content, { provinces: [province('P11')], ...over }))
    await client.query("update screening.run set finished_at = now() - make_interval(days => $2) - interval '1 hour' where run_id = $1", [runId, days])
    return runId
  }
  const left = async (): Promise<readonly string[]> => (await engine.list(undefined, 100)).map(({ runId }) => runId)

  test('for so many days by their purpose, and so many of a purpose over the same provinces; all of the last day', async () => {
    const ids = { old: await aged(401), oldTry: await aged(31, { purpose: 'what-if' }) }
    const elsewhere = await aged(5, { provinces: [province('P13S')] })
    const few = [await aged(4), await aged(3), await aged(2), await aged(0), await aged(0), await aged(0), await aged(0)]
    expect(await engine.tidy(KEEP)).toEqual({ dead: 0, forgotten: 5 })
    expect(new Set(await left())).toEqual(new Set([elsewhere, ...few.slice(3)]))
    expect(await tables()).toBe(5)
    expect(await engine.find(ids.old)).toBeUndefined()
    expect(await engine.tidy(KEEP)).toEqual({ dead: 0, forgotten: 0 })
  })
})
