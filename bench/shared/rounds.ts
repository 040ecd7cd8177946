import type { Measured } from './bench.ts'

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!

/** Runs `work` from so many callers at once, each again as soon as it is answered, and gives the calls per second. */
export const rate = async (callers: number, milliseconds: number, work: (caller: number) => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  const end = start + milliseconds
  let calls = 0
  const caller = async (index: number): Promise<void> => {
    while (performance.now() < end) {
      await work(index)
      calls++
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)))
  return (calls * 1000) / (performance.now() - start)
}

export type Contest = {
  readonly ours: () => Promise<number>
  readonly theirs: () => Promise<number>
  readonly unit: string
  readonly rounds?: number
}

/**
 * The median of per-round ratios of two rates measured in turns, after one round to warm up: what disturbs the machine
 * disturbs both.
 */
export const contest = async ({ ours, theirs, unit, rounds = 5 }: Contest): Promise<Measured> => {
  const mine: number[] = []
  const other: number[] = []
  await theirs()
  await ours()
  for (let round = 0; round < rounds; round++) {
    other.push(await theirs())
    mine.push(await ours())
  }
  const ratios = mine.map((value, round) => value / other[round]!)
  return { value: median(ratios), detail: `${amount(median(mine))} against ${amount(median(other))} ${unit}, ${rounds} rounds` }
}

export const amount = (value: number): string => Math.round(value).toLocaleString('en-US')
