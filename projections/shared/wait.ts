import { filter, firstValueFrom, merge, type Observable, take, timer } from 'rxjs'
import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Feed, Position } from './feed.ts'
import { sql } from './sql.ts'

/** A generation of a read model has just reached a position. */
export type Moved = { readonly projection: string; readonly position: Position | undefined }

export type WaitSource = {
  readonly pool: Pick<DatabasePool, 'maybeOne'>
  readonly feed: Pick<Feed, 'compare'>
  /** What a runner in this process says; read models that others move are looked at every `pollMs`. */
  readonly moved$: Observable<Moved>
  /** Tells whoever moves read models in this process that one is waited for, so that it does not rest. */
  readonly wanted?: (projection: string) => void
  readonly pollMs?: number
}

/** Whether the read model has passed the position, and where it stood when it was looked at last. */
export type Waited = { readonly reached: boolean; readonly position: Position | null }

/**
 * Waits until a read model has passed a position, so that a user sees what he wrote; answers `reached: false` when the
 * time is over, and the caller then serves what there is and says so.
 */
export const waitFor = async (
  { pool, feed, moved$, wanted, pollMs = 25 }: WaitSource,
  projection: string,
  position: Position,
  timeoutMs: number,
): Promise<Waited> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const moved = firstValueFrom(merge(moved$.pipe(filter((moved) => moved.projection === projection)), timer(pollMs)).pipe(take(1)), { defaultValue: 0 })
    const stand = await pool.maybeOne(sql.type(Stand)`select position from read_model.projection where name = ${projection} and status = 'live'`)
    const stands = (stand?.position ?? null) as Position | null
    if (stands !== null && feed.compare(stands, position) >= 0) return { reached: true, position: stands }
    if (performance.now() >= deadline) return { reached: false, position: stands }
    wanted?.(projection)
    await moved
  }
}

const Stand = z.object({ position: z.string().nullable() })
