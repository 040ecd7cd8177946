import type { DatabasePool } from 'slonik'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { sql } from '#projections/shared/sql.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import * as say from './national-day.fixtures.ts'

let database: TestDatabase
let pool: DatabasePool
let drop: () => Promise<void>

beforeAll(async () => {
  database = await freshDatabase()
  pool = await createReadPool(database.url)
})
afterEach(() => drop())
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const given = async (log: Log, batchSize = 500): Promise<void> => {
  const tables = await tablesOf(pool, nationalDay)
  drop = tables.drop
  await tables.apply(record(log), batchSize)
}

const LOG: Log = [
  say.list(1, '2026-01-01', [{ code: '31', includeChildren: true, category: 'HIGH_ENERGY' }]),
  say.listed('P11', '1', '2026-03-01', { level: 'I' }),
  say.listed('P11', '2', '2026-03-01'),
  ...say.sealed('P11', '2026-03-01', [say.row('1', [say.bill('202602', 1000n, 0n)]), say.row('2', [say.bill('202602', 500n, 500n)])]),
  ...say.sealed('P11', '2026-03-02', [say.row('1', [say.bill('202602', 1000n, 400n)]), say.row('2', [say.bill('202602', 500n, 500n)])]),
]

describe('the national day', () => {
  it('sums', async () => {
    await given(LOG)
    const rows = await pool.any(sql.type(z.looseObject({}))`select * from read_model.statistic order by basis, stat_date, level`)
    console.log(rows)
    expect(rows).toHaveLength(8)
  })
})
