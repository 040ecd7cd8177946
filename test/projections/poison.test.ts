import type { DatabasePool } from 'slonik'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { isPassing } from '#projections/shared/failure.ts'
import type { Feed, Position, Recorded } from '#projections/shared/feed.ts'
import type { Projection } from '#projections/shared/projection.ts'
import { run } from '#projections/shared/sql.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { growingFeed, until } from '#test/support/projections.ts'
import { expected, POISON, tally, words } from './tally.ts'

let database: TestDatabase
let pool: DatabasePool
let projections: Projections
const said: { readonly level: string; readonly fields: object }[] = []
const logger = {
  info: () => undefined,
  warn: (fields: object) => void said.push({ level: 'warn', fields }),
  error: (fields: object) => void said.push({ level: 'error', fields }),
}

const start = async (feed: Feed, projection: Projection): Promise<void> => {
  projections = await startProjections({ feed, pool, databaseUrl: database.url, projections: [projection], logger, pageSize: 50 })
}
const seen = () => pool.any(run`select stream, words, revision from read_model.tally order by stream collate "C"`)
const last = (events: readonly Recorded[]): Position => events.at(-1)!.position
/** 120 words about seven users; the fifth word about user 3 is poison. */
const events = words(Array.from({ length: 120 }, (_, i) => [String(i % 7), i === 31 ? POISON : `w${i}`] as const))
const poison = events[31]!

beforeEach(async () => {
  said.length = 0
  database = await freshDatabase()
  pool = await createReadPool(database.url)
})
afterEach(async () => {
  await projections.stop()
  await pool.end()
  await database.drop()
})

test('a stream that cannot be applied is set aside, all others go on, and a release brings it back in order', async () => {
  let bears = false
  const { feed, push } = growingFeed(events)
  await start(feed, tally({ bears: () => bears }))
  expect((await projections.waitFor('tally', last(events), 10_000)).reached).toBe(true)
  const waiting = events.filter(({ stream, revision }) => stream === poison.stream && revision >= poison.revision)
  expect(await seen()).toEqual(expected(events.filter((event) => !waiting.includes(event))))
  const [status] = await projections.status()
  expect(status).toMatchObject({
    status: 'live',
    healthy: true,
    parkedStreams: 1n,
    parkedEvents: BigInt(waiting.length),
    fault: { position: poison.position, stream: poison.stream, revision: String(poison.revision), sqlState: '22012' },
  })

  expect(await projections.release('tally')).toMatchObject({ lifted: false, streams: [], refused: [{ stream: poison.stream }] })
  bears = true
  expect(await projections.release('tally', 'HighRiskUser-P11_9')).toEqual({ lifted: false, streams: [], refused: [] })
  expect(await projections.release('tally', poison.stream)).toEqual({
    lifted: false,
    streams: [{ stream: poison.stream, events: waiting.length }],
    refused: [],
  })
  const later = words(
    [
      ['3', 'after'],
      ['1', 'also'],
    ],
    121,
  ).map((event) => ({ ...event, revision: event.stream === poison.stream ? 17n : 18n }))
  push(later)
  expect((await projections.waitFor('tally', last(later), 10_000)).reached).toBe(true)
  expect((await seen()).filter((row) => (row as { stream: string }).stream === poison.stream)).toEqual(
    expected([...events, ...later]).filter(({ stream }) => stream === poison.stream),
  )
  expect((await projections.status())[0]).toMatchObject({ parkedStreams: 0n, parkedEvents: 0n, fault: null })
})

test('what is set aside stays so over a restart, and its later events wait with it', async () => {
  const { feed, push } = growingFeed(events.slice(0, 40))
  await start(feed, tally())
  await projections.waitFor('tally', last(events.slice(0, 40)), 10_000)
  await projections.stop()
  push(events.slice(40))
  await start(feed, tally())
  await projections.waitFor('tally', last(events), 10_000)
  expect((await projections.status())[0]).toMatchObject({
    parkedStreams: 1n,
    parkedEvents: BigInt(events.filter(({ stream }) => stream === poison.stream).length - Number(poison.revision)),
  })
})

test('a projection of totals halts before the event, says so, and goes on once released', async () => {
  let bears = false
  const { feed } = growingFeed(events)
  await start(feed, tally({ onPoison: 'halt', bears: () => bears }))
  await until(async () => (await projections.status())[0]?.status === 'halted')
  expect((await projections.status())[0]).toMatchObject({ position: events[30]!.position, healthy: false, serving: true, fault: { position: poison.position } })
  expect(await seen()).toEqual(expected(events.slice(0, 31)))
  expect(said.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { projection: 'tally', generation: 1 } }])
  expect(JSON.stringify(said)).not.toContain(POISON)

  expect((await projections.release('tally')).lifted).toBe(true)
  await until(async () => said.filter(({ level }) => level === 'error').length === 2)
  bears = true
  await projections.release('tally')
  expect((await projections.waitFor('tally', last(events), 10_000)).reached).toBe(true)
  expect(await seen()).toEqual(expected(events))
})

test('an event that the catalogue cannot read is poison too', async () => {
  const unreadable = events.slice(0, 5).map((event, index) => (index === 2 ? { ...event, metadata: { schemaVersion: 9 } } : event))
  await start(growingFeed(unreadable).feed, tally())
  expect((await projections.waitFor('tally', last(unreadable), 10_000)).reached).toBe(true)
  expect(await seen()).toEqual(expected(unreadable.filter((_, index) => index !== 2)))
  expect((await projections.status())[0]?.fault?.message).toContain('CandidateDismissed v9 cannot be read')
})

test('a projection that fails at everything halts instead of setting the world aside', async () => {
  const all = words(Array.from({ length: 130 }, (_, i) => [`u${i}`, POISON] as const))
  await start(growingFeed(all).feed, tally())
  await until(async () => (await projections.status())[0]?.status === 'halted')
  expect((await projections.status())[0]).toMatchObject({ parkedStreams: 100n })
})

test('trouble with the server is told from trouble with an event', () => {
  const state = (code: string) => Object.assign(new Error('x'), { code })
  expect(['08006', '40001', '40P01', '53300', '55P03', '57P01'].map((code) => isPassing(state(code)))).toEqual(Array(6).fill(true))
  expect(['23505', '22012', '42P01', '57014', 'XX000'].map((code) => isPassing(state(code)))).toEqual(Array(5).fill(false))
  expect(isPassing(new Error('wrapped', { cause: state('08006') }))).toBe(true)
  expect(isPassing(state('ECONNRESET'))).toBe(true)
  expect(isPassing(new TypeError('undefined is not a function'))).toBe(false)
})
