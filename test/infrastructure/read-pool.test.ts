import fc from 'fast-check'
import { SchemaValidationError } from 'slonik'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { likeText, rowset, run, sql, where } from '#projections/shared/sql.ts'
import { ownDatabase } from '#test/support/postgres.ts'

const { pool } = await ownDatabase({ startUpMs: 1000 })

test('nothing loses precision on its way out', async () => {
  const row = await pool.one(run`select
    9007199254740993::int8 as fen, array[1, 2]::int8[] as many, 12345678901234567.89::numeric as amount, '2028-02-29'::date as day,
    '2026-03-02T01:02:03.004Z'::timestamptz as at, '{"a": ["x"]}'::jsonb as document, null::int8 as nothing`)
  expect(row).toEqual({
    fen: 9007199254740993n,
    many: [1n, 2n],
    amount: '12345678901234567.89',
    day: '2028-02-29',
    at: '2026-03-02T01:02:03.004Z',
    document: { a: ['x'] },
    nothing: null,
  })
})

test('a row is read by the schema its query names', async () => {
  await expect(pool.one(sql.type(z.object({ a: z.string() }))`select 1 as a`)).rejects.toBeInstanceOf(SchemaValidationError)
  expect(await pool.one(sql.type(z.object({ a: z.int().transform((a) => a + 1) }))`select 1 as a, 2 as b`)).toEqual({ a: 2 })
  const later = z.object({ a: z.int().refine(async () => true) })
  await expect(pool.one(sql.type(later)`select 1 as a`)).rejects.toThrow('must answer at once')
})

test('many rows go as one parameter', async () => {
  const rows = [
    { no: '1', fen: 9007199254740993n, day: undefined },
    { no: 'ö"\\', fen: -1n, day: '2026-03-01' },
  ]
  expect(await pool.any(run`select * from ${rowset(rows, 'no text, fen int8, day date')}`)).toEqual([
    { no: '1', fen: 9007199254740993n, day: null },
    { no: 'ö"\\', fen: -1n, day: '2026-03-01' },
  ])
  expect(() => rowset([], 'a text); drop table x')).toThrow(RangeError)
  expect(() => rowset([{ a: { b: 1 } }], 'a text')).toThrow('a holds a object')
})

test('whatever text is in them comes out as it went in, alone and beside documents', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          a: fc.option(fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))),
          n: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
        }),
        { size: 'medium' },
      ),
      async (rows) => {
        const plain = await pool.any(run`select a, n from ${rowset(rows, 'a text, n int8')}`)
        expect(plain).toEqual(rows)
        const beside = await pool.any(
          run`select a, n from ${rowset(
            rows.map((row) => ({ ...row, many: [row.a, 'x'] })),
            'a text, n int8, many text[]',
          )}`,
        )
        expect(beside).toEqual(rows)
      },
    ),
    { numRuns: 50 },
  )
})

test('conditions that are not asked fall away, and text is found as it stands', async () => {
  const found = where([undefined, sql.fragment`name like ${`%${likeText('100%_')}%`}`])
  expect(await pool.any(run`select name from (values ('a100%_b'), ('a100xyb')) as t (name) ${found}`)).toEqual([{ name: 'a100%_b' }])
  expect(await pool.any(run`select 1 as one ${where([undefined])}`)).toEqual([{ one: 1 }])
})

test('a server that is not there is named, its password is not', async () => {
  const attempt = createReadPool('postgres://someone:secret@127.0.0.1:1/nowhere', { startUpMs: 100 })
  await expect(attempt).rejects.toThrow('PostgreSQL at 127.0.0.1:1/nowhere cannot be used')
  await expect(attempt).rejects.not.toThrow('secret')
})
