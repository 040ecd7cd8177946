import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Instant } from '#domain/shared/dates.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import type { Position } from '#projections/shared/feed.ts'
import { type Checkpoint, checkpoints, reconcile } from '#projections/shared/reconcile.ts'
import { run } from '#projections/shared/sql.ts'
import { aStream, someEvents } from '#test/contracts/event-store.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'

const logOf = async (events: number) => {
  const log = createMemoryEventLog({ now: () => Instant.parse('2026-03-02T01:00:00.000Z') })
  for (let n = 0; n < events; n += 400) await log.store.append({ stream: aStream(), expected: 'absent', events: someEvents(Math.min(400, events - n)) })
  return log
}
const at = (name: string, position: number, passed: number = position): Checkpoint => ({
  name,
  generation: 1,
  position: position === 0 ? null : (String(position) as Position),
  eventsPassed: BigInt(passed),
})

test('read models that passed every event agree, wherever they stand', async () => {
  const { feed } = await logOf(2_600)
  const { checkpoints: all, mark } = await reconcile(feed, [at('head', 2_600), at('new', 0), at('behind', 1_000), at('other', 1_001)])
  expect(all.map(({ name, agrees }) => [name, agrees])).toEqual([
    ['new', true],
    ['behind', true],
    ['other', true],
    ['head', true],
  ])
  expect(mark).toEqual({ position: '2600', events: 2_600n })
})

test('one that skipped or doubled an event is named, with the last place up to which there is agreement', async () => {
  const { feed } = await logOf(2_600)
  const { checkpoints: all, mark } = await reconcile(feed, [at('sound', 700), at('skipped', 1_900, 1_899), at('late', 2_500), at('doubled', 2_600, 2_601)])
  expect(all.map(({ name, counted, eventsPassed, agrees, agreedUpTo }) => ({ name, counted, eventsPassed, agrees, from: agreedUpTo.position }))).toEqual([
    { name: 'sound', counted: 700n, eventsPassed: 700n, agrees: true, from: undefined },
    { name: 'skipped', counted: 1_900n, eventsPassed: 1_899n, agrees: false, from: '700' },
    { name: 'late', counted: 2_500n, eventsPassed: 2_500n, agrees: true, from: '700' },
    { name: 'doubled', counted: 2_600n, eventsPassed: 2_601n, agrees: false, from: '700' },
  ])
  expect(mark).toEqual({ position: '700', events: 700n })
})

test('reads only what is new when it is told what was counted before', async () => {
  const { feed } = await logOf(2_600)
  const { mark } = await reconcile(feed, [at('a', 2_000)])
  let read = 0
  const counting = {
    ...feed,
    read: async (after: Position | undefined, limit: number) => {
      const page = await feed.read(after, limit)
      read += page.length
      return page
    },
  }
  expect((await reconcile(counting, [at('a', 2_600), at('b', 2_400, 2_399)], mark)).checkpoints.map(({ agrees }) => agrees)).toEqual([false, true])
  expect(read).toBeLessThanOrEqual(600)
})

test('agrees exactly with whoever counted right, for any set of checkpoints', async () => {
  const { feed } = await logOf(1_250)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(1_250), fc.integer({ min: -1, max: 1 })), { minLength: 1, maxLength: 6 }), async (given) => {
      const { checkpoints: all } = await reconcile(
        feed,
        given.map(([position, off], index) => at(String(index), position, Math.max(0, position + off))),
      )
      for (const { name, agrees } of all) {
        const [position, off] = given[Number(name)]!
        expect(agrees).toBe(off === 0 || Math.max(0, position + off) === position)
      }
    }),
    { numRuns: 60 },
  )
})

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test('takes the checkpoints of every generation that is kept up', async () => {
  const pool = await createReadPool(database.url)
  await pool.query(run`insert into read_model.projection (name, version, generation, status, schema_name, publishes, position, events_passed) values
    ('a', 1, 1, 'retired', 's1', '{}', '5', 5), ('a', 1, 2, 'live', 's2', '{}', '9', 9), ('b', 1, 1, 'building', 's3', '{}', null, 0)`)
  expect(await checkpoints(pool)).toEqual([
    { name: 'a', generation: 2, position: '9', eventsPassed: 9n },
    { name: 'b', generation: 1, position: null, eventsPassed: 0n },
  ])
  await pool.end()
})
