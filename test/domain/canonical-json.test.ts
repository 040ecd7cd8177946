import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, NotRecordable } from '#domain/shared/canonical-json.ts'

describe('the one byte form (RFC 8785)', () => {
  test('the sample of RFC 8785, section 3.2.2', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    }
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })
  test('members in UTF-16 order, the sample of section 3.2.3', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    const order = [
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]
    expect(Object.values(JSON.parse(canonicalJson(value)) as Record<string, string>).toSorted()).toEqual(order.toSorted())
    expect(order.map((name) => canonicalJson(value).indexOf(name))).toEqual(order.map((name) => canonicalJson(value).indexOf(name)).toSorted((a, b) => a - b))
  })
  test.each([
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [-1.7976931348623157e308, '-1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [0.000001, '0.000001'],
  ])('the number %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })
  test('short escapes where there are any, \\u00xx in lower case else, everything beyond as it is', () => {
    expect(canonicalJson('\b\t\n\f\r"\\/\u0001\u001f\u007f 用电客户 😀')).toBe(String.raw`"\b\t\n\f\r\"\\/\u0001\u001f${'\u007f'} 用电客户 😀"`)
  })
  test('a bigint as its decimal text, exactly', () => {
    expect(canonicalJson({ fen: 9007199254740993n, debt: -1n })).toBe('{"debt":"-1","fen":"9007199254740993"}')
  })
  test('what is undefined is left out', () => {
    expect(canonicalJson({ b: undefined, a: null, c: [] })).toBe('{"a":null,"c":[]}')
    expect(canonicalJson({ b: undefined })).toBe('{}')
  })
  test.each([
    ['NUL', 'a\0b'],
    ['NUL in a name', { 'a\0': 1 }],
    ['half a surrogate pair', 'a\ud800'],
    ['half a surrogate pair in a name', { '\udc00': 1 }],
    ['a number that is none', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['nothing at all', undefined],
    ['nothing in a list', [undefined]],
    ['a map', new Map([['a', 1]])],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(NotRecordable)
  })
  test('reads back as what was written, and is the same whatever the order of members', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed)
      if (value === null || typeof value !== 'object') return value
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, member]) => [key, reversed(member)]),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }), (value) => {
        fc.pre(!JSON.stringify(value).includes('\\u0000') && !JSON.stringify(value).includes('"__proto__"'))
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(value))).toBe(text)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
    )
  })
})
