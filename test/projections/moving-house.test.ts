import { expect, test } from 'vitest'
import { z } from 'zod'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { followLog } from '#infrastructure/postgres/read-model-log.ts'
import type { Feed, Position, Recorded } from '#projections/shared/feed.ts'
import { run, sql } from '#projections/shared/sql.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { growingFeed, until } from '#test/support/projections.ts'
import { silent } from '#test/support/silent.ts'
import { tally, words } from './tally.ts'

const { database, pool } = await ownDatabase()

const seen = () => pool.any(run`select stream, words, revision from read_model.tally order by stream collate "C"`)
const Generation = z.object({ generation: z.int(), status: z.string(), position: z.string().nullable(), halted: z.boolean() })
const generations = () =>
  pool.any(sql.type(Generation)`select generation, status, position, fault is not null as halted from read_model.projection order by generation`)

/** The same events as another engine would hold them: its positions mean nothing to the first, nor the first's to it. */
const elsewhere = (events: readonly Recorded[]): Feed => {
  const { feed } = growingFeed(events.map((event) => ({ ...event, position: `C:${event.position}` as Position })))
  const own = (position: Position): number => {
    if (!position.startsWith('C:')) throw new RangeError(`${position} is not a position of this log`)
    return Number(position.slice(2))
  }
  return { ...feed, compare: (a, b) => own(a) - own(b) }
}

test('read models follow the log to another engine: shown until built anew, then the same', async () => {
  const events = words(Array.from({ length: 60 }, (_, i) => [String(i % 4), `w${i}`] as const))
  const firstId = events[0]!.id
  const options = { pool, databaseUrl: database.url, projections: [tally()], logger: silent }

  expect(await followLog(database.url, { engine: 'postgres', firstId: undefined })).toBe(false) // before the first event
  expect(await followLog(database.url, { engine: 'postgres', firstId })).toBe(false)
  const here = await startProjections({ ...options, feed: growingFeed(events).feed })
  await here.waitFor('tally', events.at(-1)!.position, 10_000)
  await here.stop()
  const before = await seen()
  expect(before).toHaveLength(4)

  expect(await followLog(database.url, { engine: 'eventstoredb', firstId })).toBe(true)
  expect(await seen()).toEqual(before)
  expect(await generations()).toEqual([{ generation: 1, status: 'live', position: null, halted: true }])

  const there = await startProjections({ ...options, feed: elsewhere(events) })
  await there.rebuild('tally')
  await until(async () => (await generations()).some(({ generation, status }) => generation === 2 && status === 'live'))
  await there.stop()
  expect(await seen()).toEqual(before)
  expect(await generations()).toMatchObject([
    { generation: 1, status: 'retired' },
    { generation: 2, status: 'live', position: `C:${events.at(-1)!.position}`, halted: false },
  ])
  expect(await followLog(database.url, { engine: 'eventstoredb', firstId })).toBe(false)
  expect(await followLog(database.url, { engine: 'eventstoredb', firstId: '00000000-0000-4000-8000-000000000009' })).toBe(true)
})
