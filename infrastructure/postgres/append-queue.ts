import { type Append, type AppendOutcome, LIMITS } from '#application/ports/event-store.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'

/** An append that waits for its answer. */
export type Waiting = {
  readonly append: Append
  readonly bytes: number
  readonly since: number
  readonly answer: (outcome: AppendOutcome) => void
  readonly fail: (error: Error) => void
}

export type AppendQueue = {
  readonly push: (waiting: Waiting) => void
  /** Waits for work, then takes what one transaction may carry, at most one append a stream; undefined once closed and empty. */
  readonly take: () => Promise<readonly Waiting[] | undefined>
  /** Gives back what was taken and not sent. */
  readonly putBack: (batch: readonly Waiting[]) => void
  /** Frees the streams of a batch that has its answers. */
  readonly settle: (batch: readonly Waiting[]) => void
  /** Fails what has waited since before an instant of the same clock. */
  readonly expire: (before: number, error: () => Error) => void
  readonly close: () => void
}

/** Longer transactions hold the lock longer: 500 events take about 10 ms, and no more is gained by more. */
const BATCH_EVENTS = LIMITS.appendEvents
const BATCH_BYTES = 4 * LIMITS.appendBytes

/** First come, first served, but for a stream that has an append under way: its next one waits until that is answered. */
export const createAppendQueue = (): AppendQueue => {
  let ready: Waiting[] = []
  /** Streams with an append that is ready or under way, and what stands behind it. */
  const behind = new Map<StreamName, Waiting[]>()
  let takers: (() => void)[] = []
  let closed = false

  const wake = (): void => {
    const woken = takers
    takers = []
    for (const taker of woken) taker()
  }

  const cut = (): readonly Waiting[] => {
    let events = 0
    let bytes = 0
    let count = 0
    for (; count < ready.length; count++) {
      const next = ready[count]!
      events += next.append.events.length
      bytes += next.bytes
      if (count > 0 && (events > BATCH_EVENTS || bytes > BATCH_BYTES)) break
    }
    const batch = ready.slice(0, count)
    ready = ready.slice(count)
    return batch
  }

  const settle = (batch: readonly Waiting[]): void => {
    for (const { append } of batch) {
      const next = behind.get(append.stream)?.shift()
      if (next) ready.push(next)
      else behind.delete(append.stream)
    }
    if (ready.length > 0 || closed) wake()
  }

  const waitingSince = (before: number): readonly Waiting[] => ready.filter(({ since }) => since < before)

  return {
    push: (waiting) => {
      const queue = behind.get(waiting.append.stream)
      if (queue) return void queue.push(waiting)
      behind.set(waiting.append.stream, [])
      ready.push(waiting)
      wake()
    },
    take: async () => {
      for (;;) {
        if (ready.length > 0) {
          await new Promise((done) => setImmediate(done)) // whoever was answered just now joins this batch
          const batch = cut()
          if (batch.length > 0) return batch
        } else if (closed && behind.size === 0) return undefined
        else await new Promise<void>((done) => takers.push(done))
      }
    },
    putBack: (batch) => {
      ready = [...batch, ...ready]
      wake()
    },
    settle,
    expire: (before, error) => {
      for (let late = waitingSince(before); late.length > 0; late = waitingSince(before)) {
        ready = ready.filter((waiting) => !late.includes(waiting))
        for (const waiting of late) waiting.fail(error())
        settle(late)
      }
    },
    close: () => {
      closed = true
      wake()
    },
  }
}
