import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventStore, NewEvent } from '#application/ports/event-store.ts'
import { canonicalJson, NotRecordable } from '#domain/shared/canonical-json.ts'
import { Instant } from '#domain/shared/dates.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { openPostgresEventLog, type PostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { aStream, everything } from '#test/contracts/event-store.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'

let database: TestDatabase
let log: PostgresEventLog
let stores: readonly EventStore[]
beforeAll(async () => {
  database = await freshDatabase()
  log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  stores = [log.store, createMemoryEventLog({ now: () => Instant.parse('2026-03-02T01:00:00.000Z') }).store]
})
afterAll(async () => {
  await log.close()
  await database.drop()
})

const hard = fc.constantFrom<unknown>(
  -0,
  1e21,
  1e-7,
  5e-324,
  Number.MAX_VALUE,
  Number.MIN_SAFE_INTEGER,
  0.1 + 0.2,
  '\u007f\u2028',
  '👷🏽',
  '"\\/',
  12n ** 30n,
  Number.NaN,
  '\ud800',
  'a\0b',
  '',
)
const key = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', 'toString', '10', '9', 'é', '\ufb33'))
const { value } = fc.letrec<{ value: unknown; list: unknown[]; record: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, fc.jsonValue(), hard, fc.string({ unit: 'binary' }), fc.double(), tie('list'), tie('record')),
  list: fc.array(tie('value'), { maxLength: 5 }),
  record: fc.dictionary(key, tie('value'), { maxKeys: 6, noNullPrototype: false }),
}))

const written = (values: readonly unknown[]): readonly NewEvent[] =>
  values.flatMap((each) => {
    try {
      const json = canonicalJson(each)
      return [{ id: randomUUID(), type: 'UserListed', data: json, metadata: json }]
    } catch (error) {
      if (error instanceof NotRecordable) return []
      throw error
    }
  })

test('whatever can be written comes back from every engine as the same bytes', async () => {
  const seen = { kept: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 40, size: 'max' }), async (values) => {
      const events = written(values)
      seen.kept += events.length
      seen.refused += values.length - events.length
      if (events.length === 0) return
      for (const store of stores) {
        const stream = aStream()
        await store.append({ stream, expected: 'absent', events })
        const back = await everything(store, stream)
        expect(back.map(({ data }) => canonicalJson(data))).toEqual(events.map(({ data }) => data))
        expect(back.map(({ metadata }) => canonicalJson(metadata))).toEqual(events.map(({ metadata }) => metadata))
      }
    }),
    { numRuns: 60 },
  )
  expect(seen.kept).toBeGreaterThan(500)
  expect(seen.refused).toBeGreaterThan(0)
})

test('canonical JSON is that of RFC 8785', () => {
  const sample = { '\u20ac': 'Euro Sign', '\r': 'Carriage Return', '\ufb33': 'Hebrew', '1': 'One', '\ud83d\ude00': 'Emoji', '\u0080': 'Control', ö: 'Latin' }
  expect(canonicalJson(sample)).toBe(
    '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin","\u20ac":"Euro Sign","\ud83d\ude00":"Emoji","\ufb33":"Hebrew"}',
  )
  expect(canonicalJson([Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0])).toBe('[333333333.3333333,1e+30,4.5,0.002,1e-27,0]')
  expect(canonicalJson({ b: undefined, a: { z: 1n, y: null } })).toBe('{"a":{"y":null,"z":"1"}}')
})

test('what no engine keeps is refused before anything is sent', () => {
  let deep: unknown = 1
  for (let n = 0; n < 101; n++) deep = [deep]
  for (const lost of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    'a\0b',
    '\ud800',
    { '\0': 1 },
    undefined,
    [undefined],
    () => 1,
    Symbol('s'),
    new Date(0),
    new Map(),
    deep,
  ])
    expect(() => canonicalJson(lost)).toThrow(NotRecordable)
})
