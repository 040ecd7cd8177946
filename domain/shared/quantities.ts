import { z } from 'zod'

const integer = z.codec(z.string().regex(/^-?\d{1,18}$/, 'an integer as text'), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (value) => value.toString(),
})
const describe = (description: string) => ({ type: 'string', pattern: '^-?\\d{1,18}$', description })

/** Money in fen (1/100 yuan). Text in JSON, bigint in code and SQL: never a float. */
export const Fen = integer.brand<'Fen'>().meta(describe('Money in fen (1/100 yuan)'))
export type Fen = z.output<typeof Fen>
/** Electricity in whole kilowatt-hours. */
export const Kwh = integer.brand<'Kwh'>().meta(describe('Electricity in kWh'))
export type Kwh = z.output<typeof Kwh>
/** Capacity in volt-amperes (1 kVA = 1000 VA), so that a source's fractions of a kVA stay whole numbers. */
export const Va = integer.brand<'Va'>().meta(describe('Capacity in VA (1/1000 kVA)'))
export type Va = z.output<typeof Va>

export const fen = (value: bigint): Fen => value as Fen
export const kwh = (value: bigint): Kwh => value as Kwh
export const va = (value: bigint): Va => value as Va

type Quantity = Fen | Kwh | Va

/** The sum of quantities of one unit; zero for none. */
export const sum = <Q extends Quantity>(values: Iterable<Q>): Q => {
  let total = 0n as Q
  for (const value of values) total = plus(total, value)
  return total
}
export const plus = <Q extends Quantity>(a: Q, b: Q): Q => (BigInt(a) + BigInt(b)) as Q
export const minus = <Q extends Quantity>(a: Q, b: Q): Q => (BigInt(a) - BigInt(b)) as Q
/** The amount, or nothing where it is below zero. */
export const atLeastZero = <Q extends Quantity>(value: Q): Q => (value < 0n ? (0n as Q) : value)

/** A ratio is kept as its two sums and divided only where a person looks; null when there is nothing to divide by. */
export type Ratio = { readonly numerator: bigint; readonly denominator: bigint }

/** `part` in ten-thousandths of `whole` (basis points), rounded half up; undefined when `whole` is 0. */
export const basisPoints = (part: bigint, whole: bigint): bigint | undefined => (whole === 0n ? undefined : divideHalfUp(part * 10_000n, whole))

/** Integer division rounded half away from zero (四舍五入), as money is rounded. */
export const divideHalfUp = (dividend: bigint, divisor: bigint): bigint => {
  const negative = dividend < 0n !== divisor < 0n
  const a = dividend < 0n ? -dividend : dividend
  const b = divisor < 0n ? -divisor : divisor
  const quotient = (2n * a + b) / (2n * b)
  return negative ? -quotient : quotient
}
