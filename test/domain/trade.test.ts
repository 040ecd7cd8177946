import { describe, expect, test } from 'vitest'
import type { Entry } from '#domain/industry-list/fields.ts'
import { categoryOf } from '#domain/industry-list/matching.ts'
import type { TradeStandard } from '#domain/shared/identity.ts'
import { matcherOf, tradePath } from '#domain/shared/trade.ts'
import { trade } from '#test/support/arbitraries/values.ts'

const S17: TradeStandard = 'GB/T 4754-2017'
const entry = (code: string, over: Partial<Entry> = {}): Entry => ({
  standard: S17,
  code: trade(code),
  includeChildren: false,
  category: 'HIGH_ENERGY',
  ...over,
})
describe('matching a trade', () => {
  const match = (entries: Entry[], code: string, standard: TradeStandard = S17) => matcherOf(entries)({ standard, code: trade(code) })
  const below = (code: string, over: Partial<Entry> = {}) => entry(code, { includeChildren: true, ...over })

  test('never crosses editions: 3130 is rolling in 2017 and casting in 2011', () => {
    expect(match([entry('3130')], '3130')).toEqual(entry('3130'))
    expect(match([entry('3130')], '3130', 'GB/T 4754-2011')).toBeUndefined()
    expect(match([below('32', { standard: 'GB/T 4754-2002' })], '3216')).toBeUndefined() // ferrous then, non-ferrous now
    expect(match([below('32', { standard: 'GB/T 4754-2002' })], '324', 'GB/T 4754-2002')).toBeDefined()
  })
  test('takes a finer trade only where the entry takes in what is below', () => {
    expect(match([entry('311')], '3110')).toBeUndefined()
    expect(match([below('311')], '3110')).toEqual(below('311'))
    expect(match([below('31')], '3110')).toEqual(below('31'))
    expect(match([below('3110')], '311')).toBeUndefined() // coarser than what is listed
  })
  test('knows the letters of the sections, each edition its own', () => {
    expect(match([below('C')], '3110')).toEqual(below('C'))
    expect(match([entry('C')], '3110')).toBeUndefined()
    expect(match([below('C')], '0610')).toBeUndefined()
    expect(match([entry('3110')], 'C3110')).toEqual(entry('3110'))
    expect(match([entry('3110')], 'D3110')).toBeUndefined()
    expect(tradePath('GB/T 4754-2002', trade('6010'))).toEqual(['6010', '601', '60', 'G'])
    expect(tradePath('GB/T 4754-2017', trade('6010'))).toEqual(['6010', '601', '60', 'G'])
    expect(tradePath('GB/T 4754-2011', trade('7910'))).toEqual(['7910', '791', '79', 'O'])
    expect(tradePath('GB/T 4754-2017', trade('7910'))).toEqual(['7910', '791', '79', 'N'])
    expect(tradePath('GB/T 4754-2017', trade('0011'))).toEqual([])
    expect(tradePath('GB/T 4754-2017', trade('9911'))).toEqual([])
    expect(tradePath('GB/T 4754-2017', trade('3'))).toEqual([])
    expect(tradePath('GB/T 4754-2017', trade('T'))).toEqual(['T'])
    expect(tradePath('GB/T 4754-2017', trade('Z'))).toEqual([])
  })
  test('the finest entry says the category', () => {
    const entries = [below('31', { category: 'HIGH_POLLUTION' }), below('311', { category: 'OTHER' }), entry('3110', { category: 'OVERCAPACITY' })]
    const category = (code: string) => categoryOf(entries, { standard: S17, code: trade(code) })
    expect([category('3110'), category('3119'), category('3120'), category('3011')]).toEqual(['OVERCAPACITY', 'OTHER', 'HIGH_POLLUTION', undefined])
  })
})
