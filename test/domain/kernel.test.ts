import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { decode, type EventOf, encode, event, revise, UnreadableEvent } from '#domain/shared/catalogue.ts'
import { accept, fold, reject } from '#domain/shared/decider.ts'
import { ConsNo, label, OrgCode, ProvinceCode, Text, TradeCode } from '#domain/shared/identity.ts'
import { atLeastZero, basisPoints, divideHalfUp, Fen, fen, kwh, minus, plus, sum } from '#domain/shared/quantities.ts'
import { categoryOf, idsOf, streamName } from '#domain/shared/stream-name.ts'

describe('quantities', () => {
  test('are whole numbers as text, exact at any size', () => {
    expect(Fen.parse('9007199254740993')).toBe(9007199254740993n)
    expect(z.encode(Fen, Fen.parse('-12'))).toBe('-12')
    for (const text of ['1.5', '1e3', '', ' 1', '1'.repeat(19), 12, '0x10']) expect(Fen.safeParse(text).success).toBe(false)
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }), (value) => {
        expect(Fen.parse(String(value))).toBe(value)
      }),
    )
  })
  test('add up', () => {
    expect([sum([fen(1n), fen(2n)]), sum([]), plus(kwh(1n), kwh(2n)), minus(fen(1n), fen(2n)), atLeastZero(fen(-1n)), atLeastZero(fen(1n))]).toEqual([
      3n,
      0n,
      3n,
      -1n,
      0n,
      1n,
    ])
  })
  test('are divided with half rounded away from zero', () => {
    expect([
      divideHalfUp(5n, 10n),
      divideHalfUp(4n, 10n),
      divideHalfUp(15n, 10n),
      divideHalfUp(-5n, 10n),
      divideHalfUp(-4n, 10n),
      divideHalfUp(5n, -10n),
    ]).toEqual([1n, 0n, 2n, -1n, 0n, -1n])
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.bigInt({ min: 1n, max: 10n ** 10n }), (dividend, divisor) => {
        const error = 2n * (dividend - divideHalfUp(dividend, divisor) * divisor)
        expect(error <= divisor && error >= -divisor).toBe(true)
        expect(divideHalfUp(-dividend, divisor)).toBe(-divideHalfUp(dividend, divisor))
      }),
    )
  })
  test('have no share of nothing', () => {
    expect([basisPoints(1n, 3n), basisPoints(2n, 3n), basisPoints(0n, 0n)]).toEqual([3333n, 6667n, undefined])
  })
})

describe('identities', () => {
  test('take what the systems write, and nothing else', () => {
    const takes = (schema: z.ZodType, ...texts: string[]) => texts.map((text) => schema.safeParse(text).success)
    expect(takes(ProvinceCode, 'P11', 'P13N', 'P1', 'P13NN', 'p11', 'HQ')).toEqual([true, true, false, false, false, false])
    expect(takes(ConsNo, '0012345678', '1'.repeat(16), '1'.repeat(17), '', '12-3')).toEqual([true, true, false, false, false])
    expect(takes(OrgCode, 'HQ', 'P13S', '1340101', 'X', '13-4')).toEqual([true, true, true, false, false])
    expect(takes(TradeCode, 'C', '31', '3110', 'C3110', '31100', 'CC')).toEqual([true, true, true, true, false, false])
    expect(takes(Text, 'ok', '  ', '', 'a\0', '\ud800')).toEqual([true, false, false, false, false])
    expect(Text.parse('  kept without its edges ')).toBe('kept without its edges')
    expect(takes(label(4), '', '110k', '110kV', '\0', '\udc00')).toEqual([true, true, false, false, false])
  })
})

describe('stream names', () => {
  test('are a category and ids, and come apart again', () => {
    const stream = streamName('DailyReport', 'P13S', '20260302')
    expect([stream, categoryOf(stream), idsOf(stream)]).toEqual(['DailyReport-P13S_20260302', 'DailyReport', ['P13S', '20260302']])
  })
  test.each(['', 'a-b', 'a_b', 'a b', '户号'])('refuse the part "%s"', (part) => {
    expect(() => streamName('HighRiskUser', 'P11', part)).toThrow(RangeError)
  })
})

describe('the catalogue', () => {
  const paidV1 = event(z.strictObject({ amount: z.int() }))
  const paidV2 = revise(paidV1, z.strictObject({ amount: Fen }), ({ amount }) => ({ amount: fen(BigInt(amount) * 100n) }))
  const paidV3 = revise(paidV2, z.strictObject({ amount: Fen, channel: z.string() }), (old) => ({ ...old, channel: 'unknown' }))
  const catalogue = { Paid: paidV3, Closed: event(z.strictObject({})) }

  test('writes an event in its present version, and reads every version there ever was', () => {
    const paid: EventOf<typeof catalogue> = { type: 'Paid', data: { amount: fen(500n), channel: 'bank' } }
    expect(encode(catalogue, paid)).toEqual({ type: 'Paid', version: 3, json: '{"amount":"500","channel":"bank"}' })
    expect(decode(catalogue, { type: 'Paid', version: 3, data: { amount: '500', channel: 'bank' } })).toEqual(paid)
    expect(decode(catalogue, { type: 'Paid', version: 2, data: { amount: '500' } }).data).toEqual({ amount: 500n, channel: 'unknown' })
    expect(decode(catalogue, { type: 'Paid', version: 1, data: { amount: 5 } }).data).toEqual({ amount: 500n, channel: 'unknown' })
  })
  test('refuses what it does not know', () => {
    for (const stored of [
      { type: 'Gone', version: 1, data: {} },
      { type: 'Closed', version: 2, data: {} },
      { type: 'Closed', version: 0, data: {} },
      { type: 'Paid', version: 4, data: {} },
      { type: 'Paid', version: 3, data: { amount: '500' } },
      { type: 'Paid', version: 1, data: { amount: 5, more: 1 } },
    ])
      expect(() => decode(catalogue, stored)).toThrow(UnreadableEvent)
  })
  test('writes nothing that it could not read', () => {
    expect(() => encode(catalogue, { type: 'Paid', data: { amount: 1.5, channel: 'bank' } } as never)).toThrow(UnreadableEvent)
    expect(() => encode(catalogue, { type: 'Gone', data: {} } as never)).toThrow(UnreadableEvent)
  })
})

test('a decider is folded over its history', () => {
  const counter = { initial: 0, evolve: (state: number, { by }: { readonly by: number }) => state + by }
  expect(fold(counter, [{ by: 1 }, { by: 2 }])).toBe(3)
  expect([accept(1, 2), accept(), reject({ code: 'NO' })]).toEqual([
    { ok: true, events: [1, 2] },
    { ok: true, events: [] },
    { ok: false, rejection: { code: 'NO' } },
  ])
})
