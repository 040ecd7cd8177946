import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Position } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { Instant } from '#domain/shared/dates.ts'
import { Problem } from './problem.ts'
import type { AsOf } from './schemas.ts'

/** Where a read model stood when it answered. */
export type Standing = { readonly position: Position | null; readonly at: string | null }
/** Waits until a read model has passed a position; `reached: false` when the time is over. */
export type WaitFor = (projection: string, position: Position, timeoutMs: number) => Promise<{ readonly reached: boolean }>

const LONGEST_WAIT_SECONDS = 30
const LAG_KEPT_MS = 200

/** Reads are honest: each says as of when it stands, and can wait until the caller's own write is in. */
export type Freshness = {
  /**
   * Before reading: `Prefer: wait=N` with a position (`Epm-Position`, or `position=`) holds the request until the read model has
   * passed it, at most N seconds. Throws a Problem for a position nobody gave out.
   */
  readonly settle: (request: FastifyRequest, reply: FastifyReply, projection: string) => Promise<void>
  /** The last of some places in the log; null of none. */
  readonly latest: (positions: readonly Position[]) => Position | null
  /** Of some standings the one that is furthest behind. */
  readonly oldest: (standings: readonly [Standing, ...Standing[]]) => Standing
  /** After reading: says where the answer stands, and whether that is short of what was asked for. */
  readonly stamp: (request: FastifyRequest, reply: FastifyReply, standing: Standing) => Promise<AsOf>
}

export const freshness = (feed: Pick<Feed, 'compare' | 'countAfter'>, waitFor: WaitFor): Freshness => {
  const lagAt = lagOf(feed)
  const reaches = (standing: Position | null, wanted: Position): boolean => {
    try {
      return standing !== null && feed.compare(standing, wanted) >= 0
    } catch {
      throw new Problem('BAD_POSITION')
    }
  }
  return {
    latest: (positions) => positions.reduce<Position | null>((last, one) => (last === null || feed.compare(one, last) > 0 ? one : last), null),
    oldest: (standings) =>
      standings.reduce((last, one) => {
        if (last.position === null) return last
        return one.position === null || feed.compare(one.position, last.position) < 0 ? one : last
      }),
    settle: async (request, reply, projection) => {
      const wanted = wantedBy(request)
      const seconds = waitOf(request.headers.prefer)
      if (wanted === undefined) return
      reaches(wanted, wanted) // is it a position at all?
      if (seconds === 0) return
      await waitFor(projection, wanted, seconds * 1000)
      void reply.header('preference-applied', `wait=${seconds}`)
    },
    stamp: async (request, reply, { position, at }) => {
      const wanted = wantedBy(request)
      const stale = wanted !== undefined && !reaches(position, wanted)
      const lag = await lagAt(position)
      if (position !== null) void reply.header('epm-position', position)
      if (at !== null) void reply.header('epm-as-of', at)
      void reply.header('epm-lag', String(lag))
      if (stale) void reply.header('epm-stale', 'true')
      return { position, instant: at as Instant | null, lag, stale }
    },
  }
}

/** How far behind a position is, asked of the log at most every fifth of a second: a burst of reads is told the same. */
const lagOf = (feed: Pick<Feed, 'countAfter'>): ((position: Position | null) => Promise<number>) => {
  let last: { readonly position: Position | null; readonly until: number; readonly lag: Promise<number> } | undefined
  return (position) => {
    const now = performance.now()
    if (last === undefined || last.position !== position || last.until < now) {
      const lag = feed.countAfter(position ?? undefined).then(Number)
      last = { position, until: now + LAG_KEPT_MS, lag }
      lag.catch(() => {
        last = undefined
      })
    }
    return last.lag
  }
}

const wantedBy = (request: FastifyRequest): Position | undefined => {
  const header = request.headers['epm-position']
  const { position } = request.query as { readonly position?: string }
  const text = typeof header === 'string' ? header : position
  return text === undefined ? undefined : (text as Position)
}

const waitOf = (prefer: string | readonly string[] | undefined): number => {
  const seconds = Number(/(?:^|[,;\s])wait\s*=\s*"?(\d{1,4})"?/.exec([prefer ?? ''].flat().join(','))?.[1] ?? 0)
  return Math.min(seconds, LONGEST_WAIT_SECONDS)
}
