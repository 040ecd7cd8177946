import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Feed, Position } from './feed.ts'
import { sql } from './sql.ts'

/** Where a generation of a read model says that it stands, and how many events it says that it has passed. */
export type Checkpoint = { readonly name: string; readonly generation: number; readonly position: Position | null; readonly eventsPassed: bigint }

/** A place up to which the log was counted. */
export type Mark = { readonly position: Position | undefined; readonly events: bigint }

type Reconciled = Checkpoint & {
  /** How many events the log has up to there. */
  readonly counted: bigint
  readonly agrees: boolean
  /** The last place before it up to which some read model and the log agree: what differs stands after it. */
  readonly agreedUpTo: Mark
}

export type Reconciliation = {
  readonly checkpoints: readonly Reconciled[]
  /** Up to here everything agrees: where the next reconciliation may begin. */
  readonly mark: Mark
}

const START: Mark = { position: undefined, events: 0n }
const PAGE = 1_000

/**
 * Counts the log again, every event of it, up to each checkpoint. `since` is the mark of an earlier reconciliation: only
 * what follows is read. A read model that skipped or doubled an event disagrees from there on. Throws what the log throws;
 * RangeError for a checkpoint that another engine gave out.
 */
export const reconcile = async (feed: Pick<Feed, 'read' | 'compare'>, checkpoints: readonly Checkpoint[], since: Mark = START): Promise<Reconciliation> => {
  const inOrder = [...checkpoints].sort((a, b) => order(feed, a.position, b.position))
  const walk = counting(feed, since)
  const reconciled: Reconciled[] = []
  let agreedUpTo = since
  let sound = true
  for (const checkpoint of inOrder) {
    const counted = await walk(checkpoint.position)
    const agrees = counted === checkpoint.eventsPassed
    reconciled.push({ ...checkpoint, counted, agrees, agreedUpTo })
    sound &&= agrees
    if (agrees && checkpoint.position !== null && sound) agreedUpTo = { position: checkpoint.position, events: counted }
  }
  return { checkpoints: reconciled, mark: agreedUpTo }
}

const order = (feed: Pick<Feed, 'compare'>, a: Position | null, b: Position | null): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  return feed.compare(a, b)
}

/** Counts on to one place after the other; each must not stand before the last. A place before the mark counts up to the mark. */
const counting = (feed: Pick<Feed, 'read' | 'compare'>, since: Mark) => {
  let { position, events } = since
  let page: readonly Position[] = []
  return async (to: Position | null): Promise<bigint> => {
    if (to === null) return 0n
    for (;;) {
      const beyond = page.findIndex((at) => feed.compare(at, to) > 0)
      const passed = beyond < 0 ? page.length : beyond
      events += BigInt(passed)
      position = page[passed - 1] ?? position
      page = page.slice(passed)
      if (beyond >= 0 || (position !== undefined && feed.compare(position, to) >= 0)) return events
      page = (await feed.read(position, PAGE)).map((event) => event.position)
      if (page.length === 0) return events
    }
  }
}

const Row = z.object({ name: z.string(), generation: z.int(), position: z.string().nullable(), eventsPassed: z.bigint() })

/** The checkpoints of all generations that are kept up. Throws what the database throws. */
export const checkpoints = async (pool: Pick<DatabasePool, 'any'>): Promise<readonly Checkpoint[]> => {
  const rows = await pool.any(sql.type(Row)`
    select name, generation, position, events_passed as "eventsPassed" from read_model.projection where status <> 'retired' order by name, generation`)
  return rows.map((row) => ({ ...row, position: row.position as Position | null }))
}
