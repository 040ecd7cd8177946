import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { toWire } from '#infrastructure/eventstoredb/payload.ts'
import { anEvent } from '#test/contracts/event-store.ts'

/** What the client puts on the wire for JSON. */
const bytesOf = (data: unknown): string => JSON.stringify(data)

const key = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.nat(120).map(String),
  fc.constantFrom('__proto__', 'toJSON', '01', '-1', '4294967295', '4294967296'),
)
const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 8 }),
  ),
}))

test('what the client writes of an event is its canonical form, byte for byte', () => {
  let numbered = 0
  fc.assert(
    fc.property(value, value, (data, metadata) => {
      let event: ReturnType<typeof anEvent>
      try {
        event = { ...anEvent(data), metadata: canonicalJson(metadata) }
      } catch {
        fc.pre(false) // half a surrogate pair, or NUL: no engine keeps it
        throw new Error('unreachable')
      }
      if (/"\d+":/.test(event.data)) numbered++
      const wire = toWire(event)
      expect(bytesOf(wire.data)).toBe(event.data)
      expect(new TextDecoder().decode(wire.metadata as Uint8Array)).toBe(event.metadata)
      expect(wire.metadata?.constructor).toBe(Uint8Array)
    }),
    { numRuns: 500 },
  )
  expect(numbered).toBeGreaterThan(50)
})
