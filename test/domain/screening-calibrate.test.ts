import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assess } from '#domain/screening/assess.ts'
import { calibrate } from '#domain/screening/calibrate.ts'
import { faultOf } from '#domain/screening/decider.ts'
import { Content } from '#domain/screening/fields.ts'
import { type Case, fitAdditive } from '#domain/screening/fit.ts'
import type { MeasureName } from '#domain/screening/measures.ts'

const MEASURES = ['overdueMonths0', 'paid6', 'billAmount', 'capacity'] as const satisfies readonly MeasureName[]
const scored = (content: Content, inputs: Case['inputs']): number =>
  assess(content, (measure) => {
    const input = inputs[MEASURES.indexOf(measure as (typeof MEASURES)[number])]
    return input === null || input === undefined ? null : BigInt(input)
  }).score

/** Columns as real files have them: never filled, always the same, nearly always the same, of a few values, of any size and sign. */
const column = fc.oneof(
  fc.constant(fc.constant(null)),
  fc.integer().map((value) => fc.constant(value)),
  fc.integer().map((value) => fc.oneof({ weight: 200, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.maxSafeInteger() })),
  fc.constant(fc.option(fc.integer({ min: 0, max: 4 }))),
  fc.constant(fc.option(fc.maxSafeInteger())),
)
const history = fc
  .tuple(...MEASURES.map(() => column))
  .chain((columns) => fc.array(fc.record({ inputs: fc.tuple(...columns), bad: fc.boolean() }), { minLength: 1, maxLength: 400, size: 'max' }))

describe('calibration', () => {
  test('always: whatever history is like, it answers a rule set that holds, the same each time, and scores anybody with it', () => {
    let [withRules, without] = [0, 0]
    fc.assert(
      fc.property(history, fc.tuple(...MEASURES.map(() => fc.option(fc.maxSafeInteger()))), (cases, stranger) => {
        const content = calibrate(MEASURES, cases, [])
        expect(Content.safeParse(content).error).toBeUndefined()
        expect(faultOf(content)).toBeUndefined()
        expect(calibrate(MEASURES, cases, [])).toEqual(content)
        for (const inputs of [stranger, cases[0]!.inputs]) {
          const score = scored(content, inputs)
          expect(score).toBeGreaterThanOrEqual(0)
          expect(score).toBeLessThanOrEqual(100)
        }
        if (content.rules.length > 0) withRules++
        else without++
      }),
      { numRuns: 60 },
    )
    expect(withRules).toBeGreaterThan(5)
    expect(without).toBeGreaterThan(0)
  })

  const told = (bad: (n: number) => boolean, inputs: (n: number) => Case['inputs'], count = 4000): readonly Case[] =>
    Array.from({ length: count }, (_, n) => ({ inputs: inputs(n), bad: bad(n) }))
  const spread = (n: number): number => (n * 7919) % 4000

  test('leaves out what is never filled or always the same, and answers no rules where nothing tells the sides apart', () => {
    const { rules } = calibrate(
      MEASURES,
      told(
        (n) => spread(n) % 10 < n % 5,
        (n) => [n % 5, null, 4200, null],
      ),
      [],
    )
    expect(rules.map(({ measure }) => measure)).toEqual(['overdueMonths0'])
    expect(
      calibrate(
        MEASURES,
        told(
          (n) => n % 2 === 0,
          () => [3, null, 4200, null],
        ),
        [],
      ).rules,
    ).toEqual([])
  })

  test('gives a value beyond all that history has seen what the last bin gives, and never less for being further behind', () => {
    const content = calibrate(
      MEASURES,
      told(
        (n) => spread(n) % 10 < 2 * (n % 5),
        (n) => [n % 5, null, null, null],
      ),
      [],
    )
    const of = (behind: number): number => scored(content, [behind, null, null, null])
    expect([of(-7), of(9_000_000)]).toEqual([of(0), of(4)])
    expect(of(4)).toBeGreaterThan(of(0))
    expect([0, 1, 2, 3, 4].map(of)).toEqual([0, 1, 2, 3, 4].map(of).toSorted((a, b) => a - b))
  })

  test('holds a bin of few near the bins beside it, and lets one of many say what it has seen', () => {
    const axis = { edges: [1, 2], shape: 'free' } as const
    const middle = (size: number): number => {
      const cases = [0, 2].flatMap((value) =>
        told(
          (n) => n % 10 < 3,
          () => [value],
          3000,
        ),
      )
      const [fitted] = fitAdditive(
        [axis],
        [
          ...cases,
          ...told(
            (n) => n % 10 < 9,
            () => [1],
            size,
          ),
        ],
      )
      return fitted!.bins[1]! - Math.max(fitted!.bins[0]!, fitted!.bins[2]!)
    }
    expect(middle(20)).toBeGreaterThan(0)
    expect(middle(20)).toBeLessThan(0.4)
    expect(middle(3000)).toBeGreaterThan(1.5)
  })
})
