import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { register } from '#projections/high-risk-user/register.ts'
import type { Position } from '#projections/shared/feed.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'
import { amount, percentile } from './shared/rounds.ts'
import { encoded, streamOf } from './shared/sample.ts'

const PER_SECOND = 2_000
const TICK_MS = 5
const SECONDS = 6
/** Connections, prepared statements and compiled code are warm after this. */
const WARM_UP = PER_SECOND * 2

/** From the moment an append is acknowledged until the transaction that shows it in the register is committed, in ms. */
const lags = async (tools: Tools): Promise<readonly number[]> => {
  const url = await tools.database()
  const log = await openPostgresEventLog({ url })
  const pool = await createReadPool(url)
  const silent = { info: () => undefined, warn: (_: object, message: string) => tools.say(message), error: (_: object, message: string) => tools.say(message) }
  const projections = await startProjections({ feed: log.feed, pool, databaseUrl: url, projections: [register], logger: silent })
  const waiting: { readonly position: Position; readonly at: number }[] = []
  const measured: number[] = []
  let reached: Position | undefined
  const settle = (): void => {
    const now = performance.now()
    for (let index = waiting.length - 1; index >= 0; index--) {
      const { position, at } = waiting[index]!
      if (reached === undefined || log.feed.compare(reached, position) < 0) continue
      measured.push(now - at)
      waiting.splice(index, 1)
    }
  }
  const hearing = projections.moved$.subscribe(({ position }) => {
    reached = position
    settle()
  })
  try {
    let number = 0
    const appending: Promise<void>[] = []
    const append = async (): Promise<void> => {
      const mine = number++
      const outcome = await log.store.append({ stream: streamOf(mine), expected: 'absent', events: encoded(mine) })
      if (outcome.kind === 'conflict') throw new Error('a new stream cannot conflict')
      if (reached !== undefined && log.feed.compare(reached, outcome.position) >= 0) measured.push(0)
      else waiting.push({ position: outcome.position, at: performance.now() })
    }
    const start = performance.now()
    while (number < PER_SECOND * SECONDS) {
      const due = Math.floor(((performance.now() - start) * PER_SECOND) / 1000)
      while (number < Math.min(due, PER_SECOND * SECONDS)) appending.push(append())
      await new Promise((done) => setTimeout(done, TICK_MS))
    }
    await Promise.all(appending)
    await projections.waitFor(register.name, (await log.feed.head())!, 10_000)
    return measured.slice(WARM_UP)
  } finally {
    hearing.unsubscribe()
    await projections.stop()
    await pool.end()
    await log.close()
  }
}

let once: Promise<readonly number[]> | undefined
const share =
  (of: number) =>
  async (tools: Tools): Promise<Measured> => {
    once ??= lags(tools)
    const measured = await once
    return {
      value: percentile(measured, of),
      detail: `${amount(measured.length)} events at ${amount(PER_SECOND)}/s, longest ${Math.max(...measured).toFixed(1)} ms`,
    }
  }

/** Read-model lag under a steady load. Both figures are of one run. */
export const lagBenches: readonly Bench[] = [
  { name: 'lag: acknowledged until visible at 2,000 events/s, p50 in ms', aim: { atMost: 5 }, run: share(0.5) },
  { name: 'lag: acknowledged until visible at 2,000 events/s, p99 in ms', aim: { atMost: 50 }, run: share(0.99) },
]
