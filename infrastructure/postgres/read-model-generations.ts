import pg from 'pg'
import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Feed, Position } from '#projections/shared/feed.ts'
import type { Projection } from '#projections/shared/projection.ts'
import { sql } from '#projections/shared/sql.ts'
import { publish } from './read-model-views.ts'

/** Tables built by one version of a projection's code, from the first event on. */
type Generation = {
  readonly name: string
  readonly version: number
  readonly generation: number
  readonly status: 'building' | 'live' | 'retired'
  readonly schema: string
  readonly publishes: readonly string[]
  readonly position: Position | null
  readonly halted: boolean
}

const COLUMNS = 'name, version, generation, status, schema_name as schema, publishes, position, fault is not null as halted'
const LOCK_WAIT = '10s'

/** One transaction under the projection's own lock, on a connection of its own: these are rare, and their DDL wants no pool's time limits. */
const inTransaction = async <T>(url: string, name: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, application_name: `epm projection ${name}`, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('begin')
    await client.query(`set local client_min_messages = warning; set local lock_timeout = '${LOCK_WAIT}'`)
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`generations of ${name}`])
    const result = await work(client)
    await client.query('commit')
    return result
  } finally {
    await client.end()
  }
}

const generationsOf = async (client: pg.Client, name: string): Promise<readonly Generation[]> => {
  const { rows } = await client.query<Generation>(`select ${COLUMNS} from read_model.projection where name = $1 order by generation for update`, [name])
  return rows
}

/**
 * Sees to it that this version of the projection has a generation: the very first is live at once, so that readers find
 * honest partial data; a raised version is built beside the live one. A version older than the live one is left alone.
 * Views are made over the live one where this release shows more or less of it than the one before.
 */
export const ensureGeneration = (url: string, projection: Projection): Promise<void> =>
  inTransaction(url, projection.name, async (client) => {
    const known = await generationsOf(client, projection.name)
    const live = known.find(({ status }) => status === 'live')
    const building = known.find(({ status }) => status === 'building')
    if (live?.version === projection.version) await publish(client, projection, live, known)
    if (live && live.version >= projection.version) return
    if (building?.version === projection.version) return
    if (building && building.version > projection.version) return
    if (building) await retire(client, building)
    const made = await create(client, projection, known, live ? 'building' : 'live')
    if (!live) await publish(client, projection, made, known)
  })

/** Begins a generation beside the live one, or finds the one already begun; one that stands halted is given up. */
export const beginRebuild = (url: string, projection: Projection): Promise<number> =>
  inTransaction(url, projection.name, async (client) => {
    const known = await generationsOf(client, projection.name)
    const building = known.find(({ status }) => status === 'building')
    if (building?.version === projection.version && !building.halted) return building.generation
    if (building) await retire(client, building)
    const made = await create(client, projection, known, known.some(({ status }) => status === 'live') ? 'building' : 'live')
    if (made.status === 'live') await publish(client, projection, made, known)
    await client.query(`select pg_notify('read_model', $1)`, [projection.name])
    return made.generation
  })

/** `dropped`: views that others had made over ours and that went with columns they rested on. */
export type Switched = { readonly switched: false } | { readonly switched: true; readonly dropped: readonly string[] }

/**
 * Points the views at the generation that has caught up and retires the one before, in one transaction: a reader sees
 * the one or the other. Not done while the live one stands further on, for what a reader has seen must not be taken back.
 * Throws when somebody reads a view for longer than others should wait behind the switch; then it is tried again.
 */
export const switchTo = (url: string, projection: Projection, generation: number, feed: Pick<Feed, 'compare'>): Promise<Switched> =>
  inTransaction(url, projection.name, async (client) => {
    const { name } = projection
    const known = await generationsOf(client, name)
    const next = known.find((one) => one.generation === generation)
    const live = known.find(({ status }) => status === 'live')
    if (next?.status !== 'building' || next.halted) return { switched: false }
    if (live && isAhead(live.position, next.position, feed)) return { switched: false }
    if (live) await retire(client, live)
    await client.query(`update read_model.projection set status = 'live' where name = $1 and generation = $2`, [name, generation])
    await client.query(`select pg_notify('read_model', $1)`, [name])
    return { switched: true, dropped: await publish(client, projection, next, known) }
  })

const isAhead = (live: Position | null, next: Position | null, feed: Pick<Feed, 'compare'>): boolean =>
  live !== null && (next === null || feed.compare(live, next) > 0)

/** Drops the tables of generations that were retired so long ago that no reader is still at them. */
export const dropRetired = (url: string, name: string, graceMs: number): Promise<void> =>
  inTransaction(url, name, async (client) => {
    const { rows } = await client.query<{ generation: number; schema: string }>(
      `select generation, schema_name as schema from read_model.projection
       where name = $1 and status = 'retired' and retired_at <= now() - $2 * interval '1 millisecond'`,
      [name, graceMs],
    )
    for (const { generation, schema } of rows) {
      await client.query(`drop schema if exists ${pg.escapeIdentifier(schema)} cascade`)
      await client.query('delete from read_model.projection where name = $1 and generation = $2', [name, generation])
    }
  })

/** The generations that this version of the code has to keep up: neither retired nor halted. */
export const activeGenerations = (pool: Pick<DatabasePool, 'any'>, { name, version }: Projection): Promise<readonly Active[]> =>
  pool.any(sql.type(Active)`
    select name, generation, status from read_model.projection
    where name = ${name} and version = ${version} and status <> 'retired' and fault is null order by generation`)

const Active = z.object({ name: z.string(), generation: z.int(), status: z.enum(['building', 'live']) })
export type Active = z.output<typeof Active>

const create = async (client: pg.Client, projection: Projection, known: readonly Generation[], status: 'building' | 'live'): Promise<Generation> => {
  const { name, version, publishes } = projection
  const generation = Math.max(0, ...known.map((one) => one.generation)) + 1
  const schema = `rm_${name.replaceAll('-', '_')}_v${version}_${generation}`
  await client.query(`create schema ${pg.escapeIdentifier(schema)}; set local search_path to ${pg.escapeIdentifier(schema)}, public`)
  await client.query(projection.create)
  await client.query('set local search_path to default')
  await client.query('insert into read_model.projection (name, version, generation, status, schema_name, publishes) values ($1, $2, $3, $4, $5, $6)', [
    name,
    version,
    generation,
    status,
    schema,
    publishes,
  ])
  return { name, version, generation, status, schema, publishes, position: null, halted: false }
}

const retire = async (client: pg.Client, { name, generation }: Generation): Promise<void> => {
  await client.query(`update read_model.projection set status = 'retired', retired_at = now() where name = $1 and generation = $2`, [name, generation])
}
