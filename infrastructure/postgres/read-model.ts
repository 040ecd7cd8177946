import { merge, NEVER, type Observable, Subject, type Subscription, takeUntil, timer } from 'rxjs'
import type { DatabasePool } from 'slonik'
import { describe } from '#projections/shared/failure.ts'
import type { Feed, Position } from '#projections/shared/feed.ts'
import type { Projection } from '#projections/shared/projection.ts'
import { type ProjectionStatus, projectionStatus } from '#projections/shared/status.ts'
import { type Moved, type Waited, waitFor } from '#projections/shared/wait.ts'
import { openLeadership } from './leadership.ts'
import { shareReads } from './read-model-feed.ts'
import { beginRebuild, dropRetired, ensureGeneration } from './read-model-generations.ts'
import { type Released, release } from './read-model-parked.ts'
import { keepUp, type ProjectionLog } from './read-model-runner.ts'

export type ProjectionsOptions = {
  readonly feed: Feed
  readonly pool: DatabasePool
  /** For the connection that holds the leaderships, and for DDL. */
  readonly databaseUrl: string
  readonly projections: readonly Projection[]
  readonly logger: ProjectionLog
  readonly pageSize?: number
  /** Looks for work without having been told. */
  readonly pollMs?: number
  /** Names of read models that somebody else waits for: they do not rest meanwhile. */
  readonly wanted$?: Observable<string>
  /** How long a retired generation's tables stay, for readers still at them. */
  readonly graceMs?: number
}

export type Projections = {
  /** Ends after the page in hand; leaderships go to whoever stands by. */
  readonly stop: () => Promise<void>
  readonly status: () => Promise<readonly ProjectionStatus[]>
  readonly waitFor: (projection: string, position: Position, timeoutMs: number) => Promise<Waited>
  /** Begins a new generation beside the live one and answers its number; whoever leads builds it, here or in another process. */
  readonly rebuild: (projection: string) => Promise<number>
  /** Goes on after a halt, and applies what was set aside (of one stream, when named). */
  readonly release: (projection: string, stream?: string) => Promise<Released>
  /** Says where a read model now stands, each time this process has moved it. */
  readonly moved$: Observable<Moved>
}

/**
 * Keeps read models up with the log. When it answers, every projection has tables and views. One process at a time moves
 * a projection; others stand by. Throws what the database throws while the tables are made.
 */
export const startProjections = async (options: ProjectionsOptions): Promise<Projections> => {
  const { pool, databaseUrl, projections, logger, graceMs = 600_000, pollMs = 5_000, wanted$ = NEVER } = options
  for (const projection of projections) await ensureGeneration(databaseUrl, projection)
  for (const { name } of projections) await tidy(databaseUrl, name, graceMs, logger)

  const feed = shareReads(options.feed)
  const stop = new Subject<void>()
  const moved = new Subject<Moved>()
  const wanted = new Subject<string>()
  const leadership = openLeadership(databaseUrl, { onLost: (error) => logger.warn({ error: describe(error) }, 'leadership lost: standing by') })
  const running = projections.map((projection) =>
    keepUp({
      ...{ ...options, feed, pollMs, projection, leadership, stop$: stop, wanted$: merge(wanted, wanted$) },
      onMoved: (position) => moved.next({ projection: projection.name, position }),
    }),
  )
  const tidying: Subscription = timer(graceMs, Math.max(graceMs, 60_000))
    .pipe(takeUntil(stop))
    .subscribe(() => {
      for (const { name } of projections) void tidy(databaseUrl, name, graceMs, logger)
    })

  const find = (name: string): Projection => {
    const found = projections.find((projection) => projection.name === name)
    if (!found) throw new RangeError(`no projection "${name}": there are ${projections.map((one) => one.name).join(', ')}`)
    return found
  }
  return {
    stop: async () => {
      stop.next()
      tidying.unsubscribe()
      await Promise.all(running)
      await leadership.close()
      feed.close()
      moved.complete()
    },
    status: () => projectionStatus({ pool, feed: options.feed }),
    waitFor: (name, position, timeoutMs) => waitFor({ pool, feed, moved$: moved, wanted: (model) => wanted.next(model) }, name, position, timeoutMs),
    rebuild: async (name) => beginRebuild(databaseUrl, find(name)),
    release: async (name, stream) => release(pool, find(name), stream),
    moved$: moved.asObservable(),
  }
}

const tidy = async (url: string, name: string, graceMs: number, logger: ProjectionLog): Promise<void> => {
  try {
    await dropRetired(url, name, graceMs)
  } catch (error) {
    logger.warn({ projection: name, error: describe(error) }, 'a retired generation is not dropped yet')
  }
}
