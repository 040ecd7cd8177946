import { expect, test } from 'vitest'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { standingOf } from '#projections/shared/as-of.ts'
import { freshDatabase } from '#test/support/postgres.ts'
import { growingFeed, record, until } from '#test/support/projections.ts'
import { revoked } from './national-day.fixtures.ts'
import { POISON, tally, words } from './tally.ts'

test('a read model’s mark stays while events pass that are not its own, and is another whenever its rows may be', async () => {
  const database = await freshDatabase()
  const pool = await createReadPool(database.url)
  let bears = false
  const { feed, push } = growingFeed(words([['1', 'a']]))
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const running = await startProjections({ feed, pool, databaseUrl: database.url, projections: [tally({ bears: () => bears })], logger })
  const marks: string[] = []
  const after = async (events: Parameters<typeof push>[0] = []): Promise<string> => {
    push(events)
    await running.waitFor('tally', (await feed.head())!, 10_000)
    const { asOf, content } = await standingOf(pool, 'tally')
    expect(asOf.position).toBe(await feed.head())
    return content
  }
  try {
    marks.push(await after())
    expect(await after(record([revoked(1)], 2))).toBe(marks[0])
    marks.push(await after(words([['1', 'b']], 3).map((event) => ({ ...event, revision: 1n }))))
    expect(await after(words([['2', POISON]], 4))).toBe(marks[1]) // set aside: no row is another
    bears = true
    await running.release('tally')
    marks.push(await after())
    const generation = await running.rebuild('tally')
    await until(async () => (await running.status()).some((one) => one.generation === generation && one.serving))
    marks.push(await after())
    expect(new Set(marks).size).toBe(4)
  } finally {
    await running.stop()
    await pool.end()
    await database.drop()
  }
})
