import type { DatabasePool, DatabaseTransactionConnection } from 'slonik'
import { z } from 'zod'
import { concerns, readFor } from '#projections/shared/decode.ts'
import { CheckpointMoved, describe, type Fault, Halted, isPassing, Retired, sqlState } from '#projections/shared/failure.ts'
import type { Position, Recorded } from '#projections/shared/feed.ts'
import type { Projection } from '#projections/shared/projection.ts'
import type { ReadModel } from '#projections/shared/run.ts'
import { run, sql } from '#projections/shared/sql.ts'
import { park, setAside, type Tables } from './read-model-parked.ts'

/** More streams set aside than this is not a bad event but a bad projection: it halts. */
const MOST_PARKED = 100
/** For one page of one read model; queries keep the pool's own, shorter limit. */
const STATEMENT_MS = 300_000

type Known = { readonly schema: string; readonly live: boolean; readonly epoch: number; readonly parked: Set<string> }
type Db = Pick<DatabaseTransactionConnection, 'maybeOne' | 'query' | 'any' | 'one'>

/**
 * One generation's tables and checkpoint. Every page is one transaction: the checkpoint first, by compare-and-set on
 * where it stood (which also keeps a second runner waiting and then out), then the rows. The commit does not wait for
 * the disk: after a crash rows and checkpoint are both the older ones, and the log brings the rest again.
 */
export const readModelOf = (pool: DatabasePool, projection: Projection, { name, generation }: Tables): Omit<ReadModel, 'caughtUp'> => {
  const read = readFor(projection)
  let known: Known | undefined

  const checkpoint = async (): Promise<Position | undefined> => {
    const row = await pool.maybeOne(STAND(name, generation))
    if (!row || row.status === 'retired') throw new Retired(`${name} generation ${generation}`)
    if (row.halted) throw new Halted(`${name} generation ${generation}`)
    known = { schema: row.schema_name, live: row.status === 'live', epoch: row.epoch, parked: new Set(row.parked) }
    return (row.position ?? undefined) as Position | undefined
  }

  const move = async (db: Db, page: readonly Recorded[], after: Position | undefined, { epoch, schema }: Known, changes = false): Promise<void> => {
    const last = page.at(-1)!
    const moved = await db.maybeOne(run`
      update read_model.projection
      set position = ${last.position}, events_passed = events_passed + ${page.length}, last_event_at = ${decidedAt(last)}, updated_at = now(),
        content = content + ${changes ? 1 : 0}
      where name = ${name} and generation = ${generation} and position is not distinct from ${after ?? null}
        and epoch = ${epoch} and status <> 'retired' and fault is null
      returning set_config('search_path', ${`"${schema}", public`}, true), set_config('synchronous_commit', 'off', true),
        set_config('statement_timeout', ${String(STATEMENT_MS)}, true),
        -- rows are found by key, a page of them at a time: never by reading the whole table
        set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true)`)
    if (!moved) throw new CheckpointMoved(`${name} generation ${generation} no longer stands where this runner left it`)
  }

  const prepared = new WeakMap<readonly Recorded[], ReturnType<typeof read>>()
  const prepare = (page: readonly Recorded[]): void => {
    if (known && known.parked.size > 0) return // what is set aside is perhaps what cannot be read
    try {
      prepared.set(page, read(page))
    } catch {
      // told when it is applied
    }
  }

  const applyWhole = async (page: readonly Recorded[], after: Position | undefined, now: Known): Promise<void> => {
    const waiting = now.parked.size > 0 ? page.filter((event) => now.parked.has(event.stream) && concerns(projection, event)) : []
    const ready = now.parked.size > 0 ? undefined : prepared.get(page)
    const events = ready ?? read(waiting.length > 0 ? page.filter(({ stream }) => !now.parked.has(stream)) : page)
    if (events.length === 0 && waiting.length === 0) return move(pool, page, after, now)
    await pool.transaction(async (db) => {
      await move(db, page, after, now, events.length > 0)
      if (events.length > 0) await projection.apply(events, db)
      if (waiting.length > 0) await setAside(db, { name, generation }, waiting)
    }, 0)
  }

  /** The one event is at fault: it is set aside with its stream, or everything stops before it. */
  const condemn = async (event: Recorded, after: Position | undefined, error: unknown, now: Known): Promise<void> => {
    const fault = faultOf(event, error)
    if (now.live && projection.onPoison === 'park-stream' && now.parked.size < MOST_PARKED) {
      await pool.transaction(async (db) => {
        await move(db, [event], after, now)
        await park(db, { name, generation }, event, fault)
      }, 0)
      now.parked.add(event.stream)
      return
    }
    const { rowCount } = await pool.query(run`
      update read_model.projection set fault = ${sql.jsonb(fault)}
      where name = ${name} and generation = ${generation} and position is not distinct from ${after ?? null} and epoch = ${now.epoch} and status <> 'retired'`)
    if (rowCount === 0) throw new CheckpointMoved(`${name} generation ${generation} moved while a fault was found`)
    throw new Halted(`${name} generation ${generation} cannot apply ${event.type} at ${event.position}: ${fault.message}`, { cause: error })
  }

  const apply = async (page: readonly Recorded[], after: Position | undefined): Promise<void> => {
    const now = known
    if (!now) throw new CheckpointMoved('its checkpoint was not yet read')
    try {
      await applyWhole(page, after, now)
    } catch (error) {
      if (error instanceof CheckpointMoved || isPassing(error)) throw error
      if (page.length === 1) return condemn(page[0]!, after, error, now)
      const middle = page.length >> 1
      await apply(page.slice(0, middle), after)
      await apply(page.slice(middle), page[middle - 1]!.position)
    }
  }

  return { checkpoint, apply, prepare }
}

const Stand = z.object({
  status: z.enum(['building', 'live', 'retired']),
  schema_name: z.string(),
  position: z.string().nullable(),
  epoch: z.int(),
  halted: z.boolean(),
  parked: z.array(z.string()),
})
/** Where it stands; said from here its rate is counted. */
const STAND = (name: string, generation: number) => sql.type(Stand)`
  update read_model.projection p set resumed_at = now(), resumed_from = events_passed
  where name = ${name} and generation = ${generation}
  returning status, schema_name, position, epoch, fault is not null as halted,
    array(select stream from read_model.parked_stream s where s.name = p.name and s.generation = p.generation) as parked`

/** When the event was decided; the engine's time where the envelope does not say. */
const decidedAt = ({ metadata, created }: Recorded): string => {
  const { at } = (metadata ?? {}) as { readonly at?: unknown }
  return typeof at === 'string' && !Number.isNaN(Date.parse(at)) ? at : created
}

const faultOf = ({ position, stream, revision, type }: Recorded, error: unknown): Fault => {
  const state = sqlState(error)
  return {
    position,
    stream,
    revision: String(revision),
    type,
    message: describe(error),
    ...(state !== undefined && { sqlState: state }),
    at: new Date().toISOString(),
  }
}
