import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { filter, firstValueFrom, take } from 'rxjs'
import type { Position } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'
import { amount, median } from './shared/rounds.ts'
import { encoded, streamOf } from './shared/sample.ts'

const PROCESSES = 3
const EVENTS = 60_000
const run = promisify(execFile)

/** Reads at the head until the writers are done and nothing is left; counts what a reader must never see. */
const follow = async (feed: Feed, isDone: () => boolean) => {
  const next = new Map<string, bigint>()
  const seen = new Set<Position>()
  let doubled = 0
  let disordered = 0
  let at: Position | undefined
  for (;;) {
    const last = isDone()
    const page = await feed.read(at, 200)
    for (const { position, stream, revision } of page) {
      if (seen.has(position)) doubled++
      if (revision !== (next.get(stream) ?? 0n) || (at !== undefined && feed.compare(at, position) >= 0)) disordered++
      seen.add(position)
      next.set(stream, revision + 1n)
      at = position
    }
    if (page.length === 0 && last) return { seen, doubled, disordered }
    if (page.length === 0) await new Promise((done) => setTimeout(done, 1))
  }
}

const interleaved = async (tools: Tools): Promise<Measured> => {
  const url = await tools.database()
  const log = await openPostgresEventLog({ url })
  const script = fileURLToPath(new URL('shared/order-writer.ts', import.meta.url))
  const start = performance.now()
  let running = PROCESSES
  const writing = Promise.all(
    Array.from({ length: PROCESSES }, async (_, index) => {
      const { stdout } = await run(process.execPath, [script, url, String(index * 1000), String(EVENTS / PROCESSES)])
      running--
      return Number(stdout)
    }),
  )
  const { seen, doubled, disordered } = await follow(log.feed, () => running === 0)
  const conflicts = (await writing).reduce((a, b) => a + b)
  const seconds = (performance.now() - start) / 1000
  const stored = Number(await log.feed.countAfter(undefined))
  await log.close()
  return {
    value: stored - seen.size + doubled + disordered + (EVENTS - stored),
    detail: `${stored - seen.size} missed, ${doubled} doubled, ${disordered} out of order of ${amount(stored)}; ${amount(conflicts)} conflicts told, ${amount(stored / seconds)} events/s`,
  }
}

const BEHIND = 200

/** From the append's answer in one log until the event is read in another, while a stranger's transaction stays open. */
const behindForeign = async (tools: Tools): Promise<Measured> => {
  const [url, elsewhere] = [await tools.database(), await tools.database()]
  const [near, far] = [await openPostgresEventLog({ url }), await openPostgresEventLog({ url })]
  const strangers = [new pg.Client(url), new pg.Client(elsewhere)]
  const lags: number[] = []
  let calls = 0
  const calling = far.feed.more$.subscribe(() => calls++)
  try {
    for (const stranger of strangers) {
      await stranger.connect()
      await stranger.query('create table stranger (n int)')
      await stranger.query('begin')
      await stranger.query('insert into stranger values (1)')
    }
    let at = await far.feed.head()
    for (let n = 0; n < BEHIND; n++) {
      const before = calls
      await near.store.append({ stream: streamOf(n), expected: 'absent', events: encoded(n) })
      const start = performance.now()
      if (calls === before)
        await firstValueFrom(
          far.feed.more$.pipe(
            filter(() => calls > before),
            take(1),
          ),
        )
      const page = await far.feed.read(at, 10)
      lags.push(page.length > 0 ? performance.now() - start : Number.POSITIVE_INFINITY)
      at = page.at(-1)?.position ?? at
    }
  } finally {
    calling.unsubscribe()
    await Promise.all([near.close(), far.close(), ...strangers.map((stranger) => stranger.end())])
  }
  return { value: Math.max(...lags), detail: `milliseconds, the worst of ${BEHIND}; median ${median(lags).toFixed(1)}` }
}

export const orderBenches: readonly Bench[] = [
  { name: 'order: events missed, doubled or out of order for a live reader, 3 processes × 16 writers', aim: { exactly: 0 }, run: interleaved },
  { name: 'order: lag of another process’s reader behind a foreign open write transaction, ms', aim: { atMost: 100 }, run: behindForeign },
]
