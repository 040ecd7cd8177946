import { randomUUID } from 'node:crypto'
import { Subject } from 'rxjs'
import { type DatabasePool, sql as slonik } from 'slonik'
import { catalogue } from '#domain/catalogue.ts'
import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { type Catalogue, encode } from '#domain/shared/catalogue.ts'
import { businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { categoryOf, type StreamName } from '#domain/shared/stream-name.ts'
import { readFor } from '#projections/shared/decode.ts'
import type { Feed, Position, Recorded } from '#projections/shared/feed.ts'
import type { Projection } from '#projections/shared/projection.ts'

export type Said = { readonly type: string; readonly data: unknown }
/** Events in log order, each with its stream. */
export type Log = readonly (readonly [stream: StreamName, event: Said])[]

/** Events as the log would hold them: encoded and parsed again, revisions counted per stream, positions 1, 2, 3, … from `first` on. */
export const record = (log: Log, first = 1): readonly Recorded[] => {
  const revisions = new Map<string, bigint>()
  return log.map(([stream, event], index) => {
    const revision = revisions.get(stream) ?? 0n
    revisions.set(stream, revision + 1n)
    return recorded(stream, revision, String(first + index) as Position, event)
  })
}

/** One event as the log would hold it. */
const recorded = (stream: StreamName, revision: bigint, position: Position, event: Said): Recorded => {
  const events: Catalogue | undefined = (catalogue as Readonly<Record<string, Catalogue>>)[categoryOf(stream)]
  if (!events) throw new Error(`no category of ${stream}`)
  const { type, version, json } = encode(events, event)
  const at = (event.data as { readonly at: Instant }).at
  const metadata = {
    schemaVersion: version,
    commandId: randomUUID(),
    correlationId: randomUUID(),
    actor: { userId: (event.data as { readonly by: string }).by, role: 'SYS', orgCode: 'HQ' },
    at,
    businessDate: businessDateOf(at),
  }
  return { id: randomUUID(), stream, revision, position, type, data: JSON.parse(json), metadata: JSON.parse(canonicalJson(metadata)), created: at }
}

/** A log in memory to which recorded events are pushed; positions are numbers as text. */
export const growingFeed = (first: readonly Recorded[] = []): { readonly feed: Feed; readonly push: (events: readonly Recorded[]) => void } => {
  const log = [...first]
  const more = new Subject<void>()
  const after = (position: Position | undefined): number => (position === undefined ? 0 : log.findIndex((event) => event.position === position) + 1)
  return {
    feed: {
      read: async (position, limit) => log.slice(after(position), after(position) + limit),
      compare: (a, b) => Number(a) - Number(b),
      head: async () => log.at(-1)?.position,
      countAfter: async (position) => BigInt(log.length - after(position)),
      more$: more,
    },
    push: (events) => {
      log.push(...events)
      more.next()
    },
  }
}

/**
 * A projection's tables in a schema of their own, with views in `read_model` as readers see them, and a function that
 * applies recorded events in batches. No runner takes part: this is for what a projection makes of its events.
 */
export const tablesOf = async (
  pool: DatabasePool,
  projection: Projection,
  schema = `rm_${projection.name.replaceAll('-', '_')}_v${projection.version}_1`,
): Promise<{ readonly apply: (events: readonly Recorded[], batchSize?: number) => Promise<void>; readonly drop: () => Promise<void> }> => {
  const read = readFor(projection)
  const id = slonik.identifier([schema])
  await pool.query(slonik.unsafe`create schema ${id}`)
  await pool.transaction(async (db) => {
    await db.query(slonik.unsafe`select set_config('search_path', ${`${schema}, public`}, true)`)
    await db.query(slonik.unsafe`do ${slonik.literalValue(`begin ${projection.create.trim().replace(/;*$/, ';')} end`)}`)
  })
  for (const table of projection.publishes)
    await pool.query(slonik.unsafe`create view ${slonik.identifier(['read_model', table])} as select * from ${slonik.identifier([schema, table])}`)
  return {
    apply: async (events, batchSize = 500) => {
      for (let at = 0; at < events.length; at += batchSize) {
        const batch = read(events.slice(at, at + batchSize))
        if (batch.length > 0)
          await pool.transaction(async (db) => {
            await db.query(slonik.unsafe`select set_config('search_path', ${`${schema}, public`}, true)`)
            await projection.apply(batch, db)
          })
      }
    },
    drop: async () => {
      await pool.query(slonik.unsafe`drop schema ${id} cascade`)
    },
  }
}

/** Resolves once the condition holds; asks again at once, and never gives up before the test's own time is over. */
export const until = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((done) => setImmediate(done))
}
