import type { DatabasePool, DatabaseTransactionConnection } from 'slonik'
import { z } from 'zod'
import type { StreamName } from '#domain/shared/stream-name.ts'
import { readFor } from '#projections/shared/decode.ts'
import { describe, type Fault } from '#projections/shared/failure.ts'
import type { Position, Recorded } from '#projections/shared/feed.ts'
import type { Projection } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'

/** Which tables: a projection's name and one of its generations. */
export type Tables = { readonly name: string; readonly generation: number }
type Db = Pick<DatabaseTransactionConnection, 'query' | 'any' | 'maybeOne' | 'one'>

/** Sets a stream aside from this event on. */
export const park = async (db: Db, { name, generation }: Tables, event: Recorded, fault: Fault): Promise<void> => {
  await db.query(run`insert into read_model.parked_stream (name, generation, stream, fault)
    values (${name}, ${generation}, ${event.stream}, ${sql.jsonb(fault)}) on conflict do nothing`)
  await setAside(db, { name, generation }, [event])
}

/** Events of streams already set aside wait with them. */
export const setAside = async (db: Db, { name, generation }: Tables, events: readonly Recorded[]): Promise<void> => {
  const rows = events.map((event) => ({ stream: event.stream, revision: event.revision, event }))
  await db.query(run`insert into read_model.parked_event (name, generation, stream, revision, event)
    select ${name}, ${generation}, r.stream, r.revision, r.event from ${rowset(rows, 'stream text, revision int8, event jsonb')}
    on conflict do nothing`)
}

/** What came of a release: whether a halt was lifted, the streams that go on, and those whose event still cannot be applied. */
export type Released = {
  readonly lifted: boolean
  readonly streams: readonly { readonly stream: string; readonly events: number }[]
  readonly refused: readonly { readonly stream: string; readonly message: string }[]
}

/**
 * Lets a halted generation try again, and applies what was set aside, stream by stream, in order, once the code can.
 * Safe beside a running runner: raising the epoch refuses its next move, after which it looks again at what is parked.
 */
export const release = async (pool: DatabasePool, projection: Projection, stream?: string): Promise<Released> => {
  const { name, version } = projection
  const lifted = await pool.query(run`
    update read_model.projection set fault = null, epoch = epoch + 1
    where name = ${name} and version = ${version} and status <> 'retired' and fault is not null and ${stream === undefined}`)
  const parked = await pool.any(sql.type(ParkedStream)`
    select s.generation, s.stream, p.schema_name
    from read_model.parked_stream s join read_model.projection p using (name, generation)
    where s.name = ${name} and p.version = ${version} and p.status = 'live' and s.stream = coalesce(${stream ?? null}, s.stream)
    order by s.parked_at, s.stream`)
  const streams: { stream: string; events: number }[] = []
  const refused: { stream: string; message: string }[] = []
  for (const one of parked) {
    try {
      streams.push({ stream: one.stream, events: await releaseStream(pool, projection, one) })
    } catch (error) {
      refused.push({ stream: one.stream, message: describe(error) })
    }
  }
  await pool.query(run`select pg_notify('read_model', ${name})`)
  return { lifted: lifted.rowCount > 0, streams, refused }
}

const releaseStream = (pool: DatabasePool, projection: Projection, { generation, stream, schema_name }: z.output<typeof ParkedStream>): Promise<number> =>
  pool.transaction(async (db) => {
    const { name } = projection
    await db.query(run`update read_model.projection set epoch = epoch + 1, content = content + 1 where name = ${name} and generation = ${generation}`)
    const rows = await db.any(sql.type(ParkedEvent)`
      select event from read_model.parked_event where name = ${name} and generation = ${generation} and stream = ${stream} order by revision`)
    await db.query(run`select set_config('search_path', ${`"${schema_name}", public`}, true)`)
    const events = readFor(projection)(rows.map(({ event }) => event))
    if (events.length > 0) await projection.apply(events, db)
    await db.query(run`delete from read_model.parked_stream where name = ${name} and generation = ${generation} and stream = ${stream}`)
    return rows.length
  }, 0)

const ParkedStream = z.object({ generation: z.int(), stream: z.string(), schema_name: z.string() })
const ParkedEvent = z.object({
  event: z.object({
    id: z.string(),
    stream: z.string().transform((stream) => stream as StreamName),
    revision: z.string().transform(BigInt),
    position: z.string().transform((position) => position as Position),
    type: z.string(),
    data: z.unknown(),
    metadata: z.unknown(),
    created: z.string(),
  }),
})
