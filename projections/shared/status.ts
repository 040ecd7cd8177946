import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Feed, Position } from './feed.ts'
import { sql } from './sql.ts'

const Fault = z.object({
  position: z.string(),
  stream: z.string(),
  revision: z.string(),
  type: z.string(),
  message: z.string(),
  sqlState: z.string().optional(),
  at: z.string(),
})

const Row = z.object({
  name: z.string(),
  version: z.int(),
  generation: z.int(),
  status: z.enum(['building', 'live', 'retired']),
  position: z.string().nullable(),
  events_passed: z.bigint(),
  last_event_at: z.string().nullable(),
  updated_at: z.string(),
  run_ms: z.coerce.number(),
  run_events: z.bigint(),
  fault: Fault.nullable(),
  parked_streams: z.bigint(),
  parked_events: z.bigint(),
  oldest_parked: Fault.nullable(),
  now: z.string(),
})

/** How one generation of one read model is doing. Times are instants, durations milliseconds. */
export type ProjectionStatus = {
  readonly name: string
  readonly version: number
  readonly generation: number
  readonly status: 'building' | 'live' | 'halted'
  /** What readers see now is this one. */
  readonly serving: boolean
  readonly position: Position | null
  readonly head: Position | null
  /** When the last event it passed was decided. */
  readonly asOf: string | null
  readonly eventsPassed: bigint
  readonly lagEvents: bigint
  /** For how long there has been something to read while it has not moved; 0 at the head. */
  readonly stalledMs: number
  readonly parkedStreams: bigint
  readonly parkedEvents: bigint
  /** What it halted at, or the oldest event set aside. */
  readonly fault: z.output<typeof Fault> | null
  readonly eventsPerSecond: number
  /** At its present rate; null when it does not move. */
  readonly secondsLeft: number | null
  /** It reaches the head, or moves while the log grows. */
  readonly healthy: boolean
}

export type StatusSource = {
  readonly pool: Pick<DatabasePool, 'any'>
  readonly feed: Pick<Feed, 'read' | 'head' | 'countAfter'>
  readonly stalledAfterMs?: number
}

/** All generations that are kept up, the serving one of each projection first. Throws what the database throws. */
export const projectionStatus = async ({ pool, feed, stalledAfterMs = 15_000 }: StatusSource): Promise<readonly ProjectionStatus[]> => {
  const [rows, head] = await Promise.all([
    pool.any(sql.type(Row)`
      select p.name, p.version, p.generation, p.status, p.position, p.events_passed, p.last_event_at, p.updated_at, p.fault,
        (extract(epoch from p.updated_at - p.resumed_at) * 1000)::int8 as run_ms, p.events_passed - p.resumed_from as run_events,
        coalesce(s.streams, 0) as parked_streams, coalesce(e.events, 0) as parked_events, s.oldest as oldest_parked, now() as now
      from read_model.projection p
      left join lateral (
        select count(*) as streams, (array_agg(fault order by parked_at))[1] as oldest
        from read_model.parked_stream s where s.name = p.name and s.generation = p.generation
      ) s on true
      left join lateral (
        select count(*) as events from read_model.parked_event e where e.name = p.name and e.generation = p.generation
      ) e on true
      where p.status <> 'retired'
      order by p.name, p.status desc, p.generation`),
    feed.head(),
  ])
  return Promise.all(rows.map((row) => statusOf(row, head ?? null, feed, stalledAfterMs)))
}

const statusOf = async (row: z.output<typeof Row>, head: Position | null, feed: StatusSource['feed'], stalledAfterMs: number): Promise<ProjectionStatus> => {
  const position = row.position as Position | null
  const lagEvents = await feed.countAfter(position ?? undefined)
  const stalledMs = lagEvents > 0n ? await stalledSince(row, position, feed) : 0
  const eventsPerSecond = row.run_ms > 0 && row.run_events > 0n ? Math.round((Number(row.run_events) * 1000) / row.run_ms) : 0
  return {
    name: row.name,
    version: row.version,
    generation: row.generation,
    status: row.fault ? 'halted' : (row.status as 'building' | 'live'),
    serving: row.status === 'live',
    position,
    head,
    asOf: row.last_event_at,
    eventsPassed: row.events_passed,
    lagEvents,
    stalledMs,
    parkedStreams: row.parked_streams,
    parkedEvents: row.parked_events,
    fault: row.fault ?? row.oldest_parked,
    eventsPerSecond,
    secondsLeft: lagEvents === 0n ? 0 : eventsPerSecond > 0 ? Math.ceil(Number(lagEvents) / eventsPerSecond) : null,
    healthy: row.fault === null && stalledMs < stalledAfterMs,
  }
}

/** A read model that was at the head for an hour is not late by an hour when the next event comes: time counts from that event. */
const stalledSince = async (row: z.output<typeof Row>, position: Position | null, feed: StatusSource['feed']): Promise<number> => {
  const [next] = await feed.read(position ?? undefined, 1)
  const since = Math.max(Date.parse(row.updated_at), next ? Date.parse(next.created) : 0)
  return Math.max(0, Date.parse(row.now) - since)
}
