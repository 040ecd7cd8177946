import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attributed, lengthOf, type Naming } from '#domain/warning-work-order/recovery.ts'

const naming = (unpaid: bigint, over: Partial<Naming> = {}): Naming => ({ counts: true, unpaid, spans: [], ...over })
/** What each order counts, told report by report. */
const counts = (first: readonly Naming[], ...steps: readonly (readonly [unpaid: bigint, ended?: readonly number[]])[]) => {
  let namings = first
  return steps.map(([unpaid, ended = []]) => {
    namings = namings.map((one, index) => ({ ...one, counts: !ended.includes(index) }))
    const spans = attributed(unpaid, namings)
    namings = namings.map((one, index) => ({ ...one, spans: spans[index] ?? [] }))
    return spans.map((pieces) => Number(lengthOf(pieces)))
  })
}

describe('what came in on a bill', () => {
  test('counts from what was unpaid when it was named, and never more', () => {
    expect(counts([naming(100n)], [100n], [60n], [0n])).toEqual([[0], [40], [100]])
  })
  test('is taken back when it is reversed, and a bill that grew counts nothing', () => {
    expect(counts([naming(100n)], [40n], [90n], [150n], [100n], [30n])).toEqual([[60], [10], [0], [0], [70]])
  })
  test('counts for the oldest open order alone', () => {
    expect(counts([naming(100n), naming(60n)], [60n], [20n])).toEqual([
      [40, 0],
      [80, 0],
    ])
  })
  test('goes to the next order once the oldest ended, which keeps what it had', () => {
    expect(counts([naming(100n), naming(60n)], [40n], [10n, [0]], [0n, [0]])).toEqual([
      [60, 0],
      [60, 30],
      [60, 40],
    ])
  })
  test('is not counted again when money of an ended order is reversed and comes in anew', () => {
    expect(counts([naming(100n), naming(60n)], [20n], [70n, [0]], [20n, [0]], [0n, [0]])).toEqual([
      [80, 0],
      [80, 0],
      [80, 0],
      [80, 20],
    ])
  })
  test('is taken back where it was credited, though an older order is open again', () => {
    expect(counts([naming(100n), naming(60n)], [20n], [0n, [0]], [10n], [0n])).toEqual([
      [80, 0],
      [80, 20],
      [80, 10],
      [90, 10],
    ])
  })
})

test('counts each yuan once, as a model that keeps every yuan by itself does', () => {
  const SIZE = 40
  const anyStep = fc.oneof(
    { weight: 5, arbitrary: fc.record({ to: fc.integer({ min: 0, max: SIZE }) }) },
    { weight: 1, arbitrary: fc.record({ name: fc.constant(true) }) },
    { weight: 1, arbitrary: fc.record({ toggle: fc.nat({ max: 5 }) }) },
  )
  let shared = 0
  let reversed = 0
  let reopened = 0
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 5, maxLength: 40, size: 'max' }), (steps) => {
      let unpaid = SIZE
      let namings: Naming[] = []
      /** Whose each yuan is: the model. */
      const owner: (number | undefined)[] = Array.from({ length: SIZE }, () => undefined)
      for (const step of steps) {
        if ('name' in step) namings.push(naming(BigInt(unpaid)))
        else if ('toggle' in step) {
          if (namings[step.toggle]?.counts === false) reopened++
          namings = namings.map((one, index) => (index === step.toggle ? { ...one, counts: !one.counts } : one))
        } else {
          if (step.to > unpaid && owner.some((of) => of !== undefined)) reversed++
          unpaid = step.to
        }
        for (const yuan of owner.keys()) {
          const of = owner[yuan]
          if (yuan < unpaid && of !== undefined && namings[of]!.counts) owner[yuan] = undefined
          if (yuan >= unpaid && owner[yuan] === undefined) {
            const oldest = namings.findIndex(({ counts: open, unpaid: had }) => open && BigInt(yuan) < had)
            if (oldest >= 0) owner[yuan] = oldest
          }
        }
        const spans = attributed(BigInt(unpaid), namings)
        namings = namings.map((one, index) => ({ ...one, spans: spans[index]! }))
        expect(attributed(BigInt(unpaid), namings)).toEqual(spans)
        expect(spans.map((pieces) => Number(lengthOf(pieces)))).toEqual(namings.map((_, index) => owner.filter((of) => of === index).length))
        if (spans.filter((pieces) => pieces.length > 0).length > 1) shared++
      }
    }),
    { numRuns: 400 },
  )
  expect(Math.min(shared, reversed, reopened)).toBeGreaterThan(50)
})
