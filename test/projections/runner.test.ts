import fc from 'fast-check'
import { Subject } from 'rxjs'
import type { DatabasePool } from 'slonik'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { type Projections, type ProjectionsOptions, startProjections } from '#infrastructure/postgres/read-model.ts'
import { readModelOf } from '#infrastructure/postgres/read-model-apply.ts'
import { ensureGeneration } from '#infrastructure/postgres/read-model-generations.ts'
import { CheckpointMoved } from '#projections/shared/failure.ts'
import type { Feed, Position, Recorded } from '#projections/shared/feed.ts'
import { run as pull } from '#projections/shared/run.ts'
import { run } from '#projections/shared/sql.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { growingFeed, until } from '#test/support/projections.ts'
import { silent } from '#test/support/silent.ts'
import { expected, tally, words } from './tally.ts'

let database: TestDatabase
let pool: DatabasePool
const started: Projections[] = []

const start = async (feed: Feed, options: Partial<ProjectionsOptions> = {}): Promise<Projections> => {
  const projections = await startProjections({ feed, pool, databaseUrl: database.url, projections: [tally()], logger: silent, ...options })
  started.push(projections)
  return projections
}
const seen = () => pool.any(run`select stream, words, revision from read_model.tally order by stream collate "C"`)
const last = (events: readonly Recorded[]): Position => events.at(-1)!.position

beforeEach(async () => {
  database = await freshDatabase()
  pool = await createReadPool(database.url)
})
afterEach(async () => {
  await Promise.all(started.splice(0).map((projections) => projections.stop()))
  await pool.end()
  await database.drop()
})

test('readers find tables at once, what was said before, and what is said later', async () => {
  const before = words([
    ['1', 'a'],
    ['2', 'b'],
    ['1', 'c'],
  ])
  const { feed, push } = growingFeed(before)
  const projections = await start(feed)
  await seen()
  expect(await projections.waitFor('tally', last(before), 10_000)).toEqual({ reached: true, position: '3' })
  expect(await seen()).toEqual(expected(before))

  const later = words([['2', 'd']], 4).map((event) => ({ ...event, revision: 1n }))
  push(later)
  expect((await projections.waitFor('tally', last(later), 10_000)).reached).toBe(true)
  expect(await seen()).toEqual(expected([...before, ...later]))
  expect((await projections.waitFor('tally', '99' as Position, 1)).reached).toBe(false)

  const [status] = await projections.status()
  expect(status).toMatchObject({
    name: 'tally',
    status: 'live',
    serving: true,
    position: '4',
    head: '4',
    lagEvents: 0n,
    stalledMs: 0,
    healthy: true,
    eventsPassed: 4n,
    fault: null,
  })
  expect(status?.asOf).toBe((later[0]!.data as { readonly at: string }).at)
})

test('a read model that rests between pages does not rest while somebody waits for it, here or elsewhere', async () => {
  const wanted = new Subject<string>()
  const fresh = (events: readonly Recorded[]): readonly Recorded[] => events.map((event) => ({ ...event, created: new Date().toISOString() }))
  const { feed, push } = growingFeed(fresh(words([['1', 'a']])))
  const projections = await start(feed, { projections: [{ ...tally(), restMs: 600_000 }], wanted$: wanted })
  push(fresh(words([['2', 'b']], 2)))
  expect((await projections.waitFor('tally', '2' as Position, 10_000)).reached).toBe(true)
  push(fresh(words([['3', 'c']], 3)))
  await until(async () => {
    wanted.next('tally')
    return (await projections.status())[0]?.position === '3'
  })
})

test('told to stop while a page is written, a read model does not rest afterwards', async () => {
  const stop = new Subject<void>()
  const { feed } = growingFeed(words([['1', 'a']]).map((event) => ({ ...event, created: new Date().toISOString() })))
  const model = { checkpoint: async () => undefined, caughtUp: async () => undefined, apply: async () => stop.next() }
  await new Promise<void>((complete) =>
    pull(feed, model, { pageSize: 10, restMs: 3_600_000, pollMs: 3_600_000, stop$: stop, onFailure: () => undefined }).subscribe({ complete }),
  )
})

test('events of categories it does not read only move the checkpoint', async () => {
  const foreign = words([['1', 'a']]).map((event) => ({ ...event, stream: 'Elsewhere-1' as Recorded['stream'], type: 'Unheard', data: null, metadata: null }))
  const projections = await start(growingFeed(foreign).feed)
  expect((await projections.waitFor('tally', last(foreign), 10_000)).reached).toBe(true)
  expect(await seen()).toEqual([])
})

test('goes on where it stood after a stop, and after a crash between two pages', async () => {
  const events = words(Array.from({ length: 300 }, (_, i) => [String(i % 7), `w${i}`] as const))
  const { feed, push } = growingFeed(events.slice(0, 100))
  const first = await start(feed, { pageSize: 7 })
  await first.waitFor('tally', last(events.slice(0, 100)), 10_000)
  await started.pop()!.stop()
  push(events.slice(100))
  const stop = new Subject<void>()
  let pages = 0
  const generation = { name: 'tally', generation: 1 }
  const model = readModelOf(pool, tally(), generation)
  await new Promise<void>((done) =>
    pull(feed, { ...model, caughtUp: async () => undefined }, { pageSize: 10, pollMs: 1000, stop$: stop, onFailure: () => undefined }).subscribe({
      next: () => ++pages === 5 && stop.next(),
      complete: done,
    }),
  )
  const second = await start(feed)
  await second.waitFor('tally', last(events), 10_000)
  expect(await seen()).toEqual(expected(events))
})

test('two runners on one checkpoint: one of them is refused, and nothing is applied twice', async () => {
  const events = words([
    ['1', 'a'],
    ['1', 'b'],
  ])
  await ensureGeneration(database.url, tally())
  const one = readModelOf(pool, tally(), { name: 'tally', generation: 1 })
  const other = readModelOf(pool, tally(), { name: 'tally', generation: 1 })
  expect(await one.checkpoint()).toBeUndefined()
  expect(await other.checkpoint()).toBeUndefined()
  const outcomes = await Promise.allSettled([one.apply(events, undefined), other.apply(events, undefined)])
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused.map(({ reason }) => reason instanceof CheckpointMoved)).toEqual([true])
  expect(await seen()).toEqual(expected(events))
})

test('of two processes one leads; the other takes over when it goes', async () => {
  const { feed, push } = growingFeed(words([['1', 'a']]))
  const one = await start(feed)
  await one.waitFor('tally', '1' as Position, 10_000)
  const other = await start(feed)
  await one.stop()
  started.splice(started.indexOf(one), 1)
  push(words([['2', 'b']], 2))
  expect((await other.waitFor('tally', '2' as Position, 20_000)).reached).toBe(true)
})

test('a leader whose connection is cut stands by, and leads again', async () => {
  const { feed, push } = growingFeed(words([['1', 'a']]))
  const warned: string[] = []
  const projections = await start(feed, { logger: { ...silent, warn: (_, message) => void warned.push(message) } })
  await projections.waitFor('tally', '1' as Position, 10_000)
  await pool.query(run`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'epm leadership' and datname = current_database()`)
  await until(async () => warned.includes('leadership lost: standing by'))
  push(words([['2', 'b']], 2))
  expect((await projections.waitFor('tally', '2' as Position, 20_000)).reached).toBe(true)
})

test('a stop does not wait for the end of a pause', async () => {
  const { feed } = growingFeed()
  let failed = 0
  const down: Feed = {
    ...feed,
    read: async () => {
      failed++
      throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' })
    },
  }
  const projections = await start(down)
  await until(async () => failed >= 4)
  await started.pop()!.stop()
  expect((await projections.status())[0]).toMatchObject({ status: 'live', position: null })
})

test('passing trouble is waited out', async () => {
  const events = words([
    ['1', 'a'],
    ['2', 'b'],
  ])
  const { feed } = growingFeed(events)
  let failures = 3
  const flaky: Feed = {
    ...feed,
    read: async (after, limit) => {
      if (failures-- > 0) throw Object.assign(new Error('the server is going away'), { code: '57P01' })
      return feed.read(after, limit)
    },
  }
  const projections = await start(flaky)
  expect((await projections.waitFor('tally', last(events), 10_000)).reached).toBe(true)
})

test('lag is told in events and time while a read model does not move', async () => {
  const events = words([
    ['1', 'a'],
    ['2', 'b'],
  ])
  const { feed } = growingFeed(events)
  await ensureGeneration(database.url, tally())
  const projections = await start(feed, { projections: [] })
  const [status] = await projections.status()
  expect(status).toMatchObject({ position: null, head: '2', lagEvents: 2n, eventsPerSecond: 0, secondsLeft: null })
  expect(status?.stalledMs).toBeGreaterThanOrEqual(0)
})

test('whatever the events, the pages and the interruptions: each is applied once, in order', async () => {
  await ensureGeneration(database.url, tally())
  let pagesSeen = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('1', '2', '3'), fc.constantFrom('a', 'b', 'c')), { minLength: 1, maxLength: 60, size: 'max' }),
      fc.constantFrom(1, 7, 500),
      fc.array(fc.nat(5), { maxLength: 10 }),
      async (said, pageSize, again) => {
        const events = words(said)
        await pool.query(run`update read_model.projection set position = null`)
        await pool.query(run`delete from rm_tally_v1_1.tally`)
        const model = readModelOf(pool, tally(), { name: 'tally', generation: 1 })
        let after = await model.checkpoint()
        for (let at = 0, page = 0; at < events.length; at += pageSize, page++) {
          const batch = events.slice(at, at + pageSize)
          await model.apply(batch, after)
          if (again.includes(page)) await expect(model.apply(batch, after)).rejects.toBeInstanceOf(CheckpointMoved)
          after = last(batch)
          pagesSeen++
        }
        expect(await seen()).toEqual(expected(events))
      },
    ),
    { numRuns: 25 },
  )
  expect(pagesSeen).toBeGreaterThan(25)
})
