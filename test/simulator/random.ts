export type Random = {
  /** At least 0 and below 1. */
  readonly next: () => number
  /** True once in so many. */
  readonly once: (inSoMany: number) => boolean
  readonly below: (limit: number) => number
  readonly oneOf: <T>(values: readonly T[]) => T
  readonly uuid: () => string
}

/** The same numbers for the same seed, on any machine (mulberry32). */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const hex = (digits: number): string => Array.from({ length: digits }, () => below(16).toString(16)).join('')
  return {
    next,
    below,
    once: (inSoMany) => below(inSoMany) === 0,
    oneOf: (values) => values[below(values.length)]!,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  }
}
