import { expect, test } from 'vitest'
import { z } from 'zod'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { run, sql } from '#projections/shared/sql.ts'
import { freshDatabase } from '#test/support/postgres.ts'

test('an instant comes out to the millisecond in UTC, whatever zone the server tells it in', async () => {
  const database = await freshDatabase()
  const pool = await createReadPool(database.url)
  const texts = ['2026-03-02T01:02:03Z', '2026-03-02T01:02:03.1Z', '2026-12-31T23:59:59.999999Z', '1999-12-31T16:00:00.0004Z']
  try {
    for (const zone of ['UTC', 'Asia/Shanghai', 'Asia/Kolkata', 'America/St_Johns']) {
      const told = await pool.transaction(async (db) => {
        await db.query(run`select set_config('timezone', ${zone}, true)`)
        return db.any(
          sql.type(
            z.object({ at: z.string() }),
          )`select at from unnest(${sql.array(texts, 'text')}::timestamptz[]) with ordinality as told (at, no) order by no`,
        )
      })
      expect(told.map(({ at }) => at)).toEqual(['2026-03-02T01:02:03.000Z', '2026-03-02T01:02:03.100Z', '2026-12-31T23:59:59.999Z', '1999-12-31T16:00:00.000Z'])
    }
  } finally {
    await pool.end()
    await database.drop()
  }
})
