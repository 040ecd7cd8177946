import { Subject } from 'rxjs'
import type { DatabasePool } from 'slonik'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { type Projections, type ProjectionsOptions, startProjections } from '#infrastructure/postgres/read-model.ts'
import { readModelOf } from '#infrastructure/postgres/read-model-apply.ts'
import { beginRebuild, dropRetired, switchTo } from '#infrastructure/postgres/read-model-generations.ts'
import { readAsOf } from '#projections/shared/as-of.ts'
import { Retired } from '#projections/shared/failure.ts'
import type { Feed, Position, Recorded } from '#projections/shared/feed.ts'
import { run as pull } from '#projections/shared/run.ts'
import { run, sql } from '#projections/shared/sql.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { growingFeed, until } from '#test/support/projections.ts'
import { silent } from '#test/support/silent.ts'
import { expected, POISON, tally, words } from './tally.ts'

let database: TestDatabase
let pool: DatabasePool
const started: Projections[] = []

const start = async (feed: Feed, options: Partial<ProjectionsOptions> = {}): Promise<Projections> => {
  const projections = await startProjections({ feed, pool, databaseUrl: database.url, projections: [tally()], logger: silent, ...options })
  started.push(projections)
  return projections
}
const stopAll = async (): Promise<void> => {
  await Promise.all(started.splice(0).map((projections) => projections.stop()))
}
const seen = () => pool.any(run`select stream, words, revision from read_model.tally order by stream collate "C"`)
const generations = () => pool.any(run`select version, generation, status from read_model.projection order by generation`)
const last = (events: readonly Recorded[]): Position => events.at(-1)!.position
const many = words(Array.from({ length: 400 }, (_, i) => [String(i % 9), `w${i}`] as const))

beforeEach(async () => {
  database = await freshDatabase()
  pool = await createReadPool(database.url)
})
afterEach(async () => {
  await stopAll()
  await pool.end()
  await database.drop()
})

test('a rebuilt generation equals the live one and takes its place', async () => {
  const { feed } = growingFeed(many)
  const projections = await start(feed, { pageSize: 37 })
  await projections.waitFor('tally', last(many), 10_000)
  await pool.query(run`update rm_tally_v1_1.tally set words = '{spoilt}'`)
  expect(await projections.rebuild('tally')).toBe(2)
  await until(async () =>
    (await generations()).some((one) => (one as { status: string; generation: number }).generation === 2 && (one as { status: string }).status === 'live'),
  )
  expect(await seen()).toEqual(expected(many))
  expect(await generations()).toEqual([
    { version: 1, generation: 1, status: 'retired' },
    { version: 1, generation: 2, status: 'live' },
  ])
  await dropRetired(database.url, 'tally', 0)
  expect(await pool.any(run`select nspname as name from pg_namespace where nspname like 'rm_%'`)).toEqual([{ name: 'rm_tally_v1_2' }])
})

test('a raised version is built from the first event on beside the one that readers see', async () => {
  const { feed, push } = growingFeed(many.slice(0, 300))
  const old = await start(feed)
  await old.waitFor('tally', last(many.slice(0, 300)), 10_000)
  await stopAll()
  push(many.slice(300))
  const raised = await start(feed, { projections: [tally({ version: 2 })] })
  await until(async () => (await raised.status()).some(({ version, serving }) => version === 2 && serving))
  expect(await seen()).toEqual(expected(many))
  await stopAll()
  // An older program beside it leaves the newer generation alone.
  const older = await start(feed)
  expect((await older.status()).map(({ version, status }) => [version, status])).toEqual([[2, 'live']])
})

test('killed in the middle, a rebuild goes on from its checkpoint', async () => {
  const { feed } = growingFeed(many)
  const projections = await start(feed)
  await projections.waitFor('tally', last(many), 10_000)
  await stopAll()
  expect(await beginRebuild(database.url, tally())).toBe(2)
  expect(await beginRebuild(database.url, tally())).toBe(2)

  const stop = new Subject<void>()
  let pages = 0
  const model = readModelOf(pool, tally(), { name: 'tally', generation: 2 })
  await new Promise<void>((done) =>
    pull(feed, { ...model, caughtUp: async () => undefined }, { pageSize: 20, pollMs: 1000, stop$: stop, onFailure: () => undefined }).subscribe({
      next: () => ++pages === 6 && stop.next(),
      complete: done,
    }),
  )
  const idle = await start(feed, { projections: [] })
  const half = (await idle.status()).find(({ generation }) => generation === 2)
  expect(half).toMatchObject({ status: 'building', serving: false, lagEvents: 300n, eventsPassed: 100n })
  expect(await switchTo(database.url, tally(), 2, feed)).toEqual({ switched: false })

  const reads: (Position | undefined)[] = []
  const watched: Feed = {
    ...feed,
    read: (after, limit) => {
      reads.push(after)
      return feed.read(after, limit)
    },
  }
  const again = await start(watched)
  await until(async () => (await again.status()).some(({ generation, serving }) => generation === 2 && serving))
  expect(reads).toContain('100')
  expect(reads).not.toContain(undefined)
  expect(await seen()).toEqual(expected(many))
})

test('a rebuild halts at an event it cannot apply, and the live generation goes on', async () => {
  let bears = true
  const projection = tally({ bears: () => bears })
  const events = words([
    ['1', 'a'],
    ['2', POISON],
    ['3', 'c'],
  ])
  const { feed, push } = growingFeed(events)
  const projections = await start(feed, { projections: [projection] })
  await projections.waitFor('tally', last(events), 10_000)
  bears = false
  await projections.rebuild('tally')
  await until(async () => (await projections.status()).some(({ status }) => status === 'halted'))
  const later = words([['4', 'd']], 4)
  push(later)
  expect((await projections.waitFor('tally', last(later), 10_000)).reached).toBe(true)
  const halted = (await projections.status()).find(({ status }) => status === 'halted')
  expect(halted).toMatchObject({
    generation: 2,
    position: '1',
    serving: false,
    healthy: false,
    fault: { position: '2', stream: 'HighRiskUser-P11_2', sqlState: '22012' },
  })
  bears = true
  expect((await projections.release('tally')).lifted).toBe(true)
  await until(async () => (await projections.status()).some(({ generation, serving }) => generation === 2 && serving))
  expect(await seen()).toEqual(expected([...events, ...later]))
})

test('the loop of the retired generation ends by itself', async () => {
  const { feed } = growingFeed(many)
  const projections = await start(feed)
  await projections.waitFor('tally', last(many), 10_000)
  await projections.rebuild('tally')
  await until(async () => (await projections.status()).every(({ generation }) => generation === 2))
  await expect(readModelOf(pool, tally(), { name: 'tally', generation: 1 }).checkpoint()).rejects.toBeInstanceOf(Retired)
})

test('a concurrent reader sees one generation or the other, never none and never a step back', async () => {
  const { feed, push } = growingFeed(many.slice(0, 100))
  const projections = await start(feed, { pageSize: 20 })
  await projections.waitFor('tally', last(many.slice(0, 100)), 10_000)
  let reading = true
  const positions: number[] = []
  const totals: number[] = []
  const reader = (async () => {
    while (reading) {
      const { asOf, rows } = await readAsOf(
        pool,
        'tally',
        z.object({ total: z.bigint() }),
        sql.fragment`select coalesce(sum(cardinality(words)), 0)::int8 as total from read_model.tally`,
      )
      positions.push(Number(asOf.position))
      totals.push(Number(rows[0]?.total))
    }
  })()
  for (let round = 0; round < 3; round++) {
    const generation = await projections.rebuild('tally')
    push(many.slice(100 + round * 100, 200 + round * 100))
    await until(async () => (await projections.status()).some((one) => one.generation === generation && one.serving))
  }
  reading = false
  await reader
  expect(totals.length).toBeGreaterThan(10)
  expect(totals).toEqual(positions) // every event is one word: rows and position are of one moment
  expect(positions).toEqual([...positions].sort((a, b) => a - b))
})
