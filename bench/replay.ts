import pg from 'pg'
import type { Position } from '#application/ports/event-store.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'
import { amount, contest } from './shared/rounds.ts'
import { encoded } from './shared/sample.ts'

const fill = async (url: string, events: number): Promise<void> => {
  const client = new pg.Client(url)
  await client.connect()
  const [event] = encoded(1)
  await client.query(
    `insert into log.event (position, stream, revision, id, type, data, metadata)
     select n, 'HighRiskUser-P13S_' || n / 10, n % 10, gen_random_uuid(), $2, $3::jsonb, $4::jsonb from generate_series(1, $1) n`,
    [events, event!.type, event!.data, event!.metadata],
  )
  await client.query('vacuum analyze log.event')
  await client.end()
}

const MILLION = 1_000_000
const PAGE = 1_000
const MIB = 2 ** 20

const memory = async (tools: Tools): Promise<Measured> => {
  const url = await tools.database()
  await fill(url, MILLION)
  const log = await openPostgresEventLog({ url })
  const start = performance.now()
  let at: Position | undefined
  let warm = 0
  let most = 0
  for (let read = 0; ; ) {
    const page = await log.feed.read(at, PAGE)
    if (page.length === 0) break
    at = page.at(-1)?.position
    read += page.length
    const { rss } = process.memoryUsage()
    if (read <= MILLION / 10) warm = Math.max(warm, rss)
    else most = Math.max(most, rss)
  }
  const seconds = (performance.now() - start) / 1000
  await log.close()
  return {
    value: Math.max(0, (most - warm) / MIB),
    detail: `MiB; ${Math.round(warm / MIB)} at most in the first tenth, ${Math.round(most / MIB)} in the rest; ${amount(MILLION / seconds)} events/s`,
  }
}

const FEED = 200_000
const PLAIN = 'select position, stream, revision, id, type, data, metadata, created from log.event where position > $1 order by position limit $2'

/** Against the same pages read by `pg` as it comes, its own JSON and dates included. */
const feedRate = async (tools: Tools): Promise<Measured> => {
  const url = await tools.database()
  await fill(url, FEED)
  const log = await openPostgresEventLog({ url })
  const client = new pg.Client(url)
  await client.connect()
  const timed = async (pages: () => Promise<void>): Promise<number> => {
    const start = performance.now()
    await pages()
    return (FEED * 1000) / (performance.now() - start)
  }
  try {
    return await contest({
      unit: 'events/s',
      rounds: 3,
      ours: () =>
        timed(async () => {
          for (let at: Position | undefined; ; ) {
            const page = await log.feed.read(at, PAGE)
            if (page.length === 0) return
            at = page.at(-1)?.position
          }
        }),
      theirs: () =>
        timed(async () => {
          for (let at = '0'; ; ) {
            const { rows } = await client.query<{ readonly position: string }>({ name: 'plain', text: PLAIN, values: [at, PAGE] })
            if (rows.length === 0) return
            at = rows.at(-1)!.position
          }
        }),
    })
  } finally {
    await client.end()
    await log.close()
  }
}

export const replayBenches: readonly Bench[] = [
  { name: 'replay: growth of memory over a million events, MiB', aim: { atMost: 50 }, run: memory },
  { name: 'replay: pages of the feed / the same pages read by pg', aim: { atLeast: 0.7 }, run: feedRate },
]
