import type { Instant } from '#domain/shared/dates.ts'
import { moments } from './course.ts'
import type { Move } from './moves.ts'
import { type Values, valuesAt } from './values.ts'

/** What changes in an order's figures at each instant, from nothing to what it counts for now and, as its clocks run out, will count for. */
export const changesOf = (moves: readonly Move[]): ReadonlyMap<Instant, Values> => {
  const changes = new Map<Instant, Values>()
  let before: Values = {}
  for (const { at, order } of moments(moves)) {
    const now = valuesAt(order, at)
    const change = less(now, before)
    if (change) changes.set(at, change)
    before = now
  }
  return changes
}

const NONE: Values = {}
/** `a` less `b` where they differ; undefined where they nowhere do. */
export const less = (a: Values = NONE, b: Values = NONE): Values | undefined => {
  const change: Record<string, number | bigint> = {}
  for (const name in a) {
    const value = difference(a[name] ?? 0, b[name] ?? 0)
    if (value) change[name] = value
  }
  for (const name in b) {
    if (name in a) continue
    const value = difference(0, b[name] ?? 0)
    if (value) change[name] = value
  }
  for (const _ in change) return change
  return undefined
}

const difference = (a: number | bigint, b: number | bigint): number | bigint => (typeof a === 'number' && typeof b === 'number' ? a - b : BigInt(a) - BigInt(b))
/** Sums of figures, those that come to nought left out; a bigint where either is one. */
export const together = (a: Values, b: Values): Values => {
  const sum: Record<string, number | bigint> = { ...a }
  for (const name in b) {
    const [x, y] = [sum[name] ?? 0, b[name] ?? 0]
    const both = typeof x === 'number' && typeof y === 'number' ? x + y : BigInt(x) + BigInt(y)
    if (both) sum[name] = both
    else delete sum[name]
  }
  return sum
}
