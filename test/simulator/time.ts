import type { Random } from './random.ts'

export type Time = {
  readonly now: () => number
  /** Goes on from timer to timer, without waiting, until `done` says so. Throws when nothing is left to happen before that. */
  readonly until: (done: () => boolean, what: string) => Promise<void>
  readonly jumpTo: (ms: number) => void
  readonly restore: () => void
}

type Timer = { readonly id: number; at: number; readonly rank: number; readonly run: () => void; readonly every: number | undefined }

/** More than any sound run takes: what goes on for ever is a fault as well. */
const MOST_STEPS = 200_000

/**
 * Puts a clock of its own in place of this process's timers: what waits is called in the order of its time, and what is due
 * at the same time in an order of the seed. Promises settle between two timers, so one seed is one course of events.
 */
export const simulateTime = (random: Random, start: number): Time => {
  const real = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, now: Date.now }
  const timers = new Map<number, Timer>()
  let now = start
  let ids = 0

  const add = (run: () => void, delay: number, every: number | undefined): Timer & { [Symbol.toPrimitive](): number; unref(): unknown; ref(): unknown } => {
    const id = ++ids
    const timer = { id, at: now + Math.max(0, delay), rank: random.next(), run, every, [Symbol.toPrimitive]: () => id, unref: () => timer, ref: () => timer }
    timers.set(id, timer)
    return timer
  }
  const remove = (timer: unknown): void => {
    if (timer !== undefined && timer !== null) timers.delete(Number(timer))
  }
  const put = (functions: object): void => void Object.assign(globalThis, functions)
  put({
    setTimeout: (run: (...given: unknown[]) => void, delay = 0, ...given: unknown[]) => add(() => run(...given), delay, undefined),
    setInterval: (run: (...given: unknown[]) => void, delay = 0, ...given: unknown[]) => add(() => run(...given), delay, Math.max(1, delay)),
    clearTimeout: remove,
    clearInterval: remove,
  })
  Date.now = () => now

  const settle = (): Promise<void> => new Promise((done) => void real.setImmediate(done))
  const earliest = (): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers.values()) if (!first || timer.at < first.at || (timer.at === first.at && timer.rank < first.rank)) first = timer
    return first
  }

  return {
    now: () => now,
    until: async (done, what) => {
      for (let steps = 0; ; steps++) {
        await settle()
        if (done()) return
        const timer = earliest()
        if (!timer) throw new Error(`nothing more happens, and still not: ${what}`)
        if (steps > MOST_STEPS) throw new Error(`after ${MOST_STEPS} steps still not: ${what}`)
        now = Math.max(now, timer.at)
        if (timer.every === undefined) timers.delete(timer.id)
        else timer.at = now + timer.every
        timer.run()
      }
    },
    jumpTo: (ms) => {
      now = Math.max(now, ms)
    },
    restore: () => {
      const { now: dateNow, setImmediate: _, ...functions } = real
      put(functions)
      Date.now = dateNow
    },
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
