import { filter, merge, type Observable, Subject, timer } from 'rxjs'
import type { DatabasePool } from 'slonik'
import { describe, Halted, Retired } from '#projections/shared/failure.ts'
import type { Feed, Position } from '#projections/shared/feed.ts'
import type { Projection } from '#projections/shared/projection.ts'
import { type ReadModel, run } from '#projections/shared/run.ts'
import type { Leadership } from './leadership.ts'
import { readModelOf } from './read-model-apply.ts'
import { type Active, activeGenerations, ensureGeneration, switchTo } from './read-model-generations.ts'

/** A structured log; pino's methods fit. */
export type ProjectionLog = {
  readonly info: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
  readonly error: (fields: object, message: string) => void
}

export type KeepUp = {
  readonly projection: Projection
  readonly feed: Feed
  readonly pool: DatabasePool
  readonly databaseUrl: string
  readonly leadership: Leadership
  readonly logger: ProjectionLog
  readonly pollMs: number
  readonly pageSize?: number
  readonly stop$: Observable<unknown>
  /** Names of read models that somebody waits for. */
  readonly wanted$: Observable<string>
  readonly onMoved: (position: Position | undefined) => void
}

/** Large enough that the round trips of a page do not count, small enough that its objects die young. */
const PAGE = 2_000
/** A generation being built takes the place of the live one once it is this near the head. */
const NEAR_EVENTS = 5_000n

/**
 * While this process leads, runs every generation of the projection that is neither retired nor halted: the live one and
 * one being built beside it. Resolves once stopped and the last page is committed.
 */
export const keepUp = async (options: KeepUp): Promise<void> => {
  const { projection, leadership, pollMs, logger, stop$ } = options
  const running = new Map<number, { readonly end: () => void; readonly ended: Promise<void> }>()
  let leads = false
  let stopped = false

  const begin = (generation: Active): void => {
    const halt = new Subject<void>()
    const ended = follow(options, generation, halt).finally(() => running.delete(generation.generation))
    running.set(generation.generation, { end: () => halt.next(), ended })
  }
  const reconcile = async (): Promise<void> => {
    if (!leads || stopped) return
    try {
      const active = await activeGenerations(options.pool, projection)
      if (active.length === 0) await ensureGeneration(options.databaseUrl, projection)
      for (const generation of active.length > 0 ? active : await activeGenerations(options.pool, projection))
        if (leads && !stopped && !running.has(generation.generation)) begin(generation)
    } catch (error) {
      logger.warn({ projection: projection.name, error: describe(error) }, 'cannot see which generations there are; looking again')
    }
  }

  const key = `projection ${projection.name} version ${projection.version}`
  const told$ = merge(leadership.told$.pipe(filter((name) => name === projection.name)), timer(pollMs, pollMs))
  let work = Promise.resolve()
  const queue = (step: () => Promise<void>): void => {
    work = work.then(step)
  }
  const hearing = leadership.lead(key).subscribe((now) => {
    leads = now
    logger.info({ projection: projection.name, version: projection.version }, now ? 'leads' : 'stands by')
    if (now) queue(reconcile)
    else for (const { end } of running.values()) end()
  })
  hearing.add(told$.subscribe(() => queue(reconcile)))

  await new Promise<void>((done) => stop$.subscribe({ next: () => done(), complete: () => done() }))
  stopped = true
  hearing.unsubscribe()
  await work
  for (const { end } of running.values()) end()
  await Promise.all([...running.values()].map(({ ended }) => ended))
}

/** Runs one generation until it is halted, retired or stopped. */
const follow = (
  { projection, feed, pool, databaseUrl, logger, pageSize = PAGE, wanted$, onMoved }: KeepUp,
  generation: Active,
  end$: Observable<unknown>,
): Promise<void> => {
  const fields = { projection: projection.name, version: projection.version, generation: generation.generation }
  const model = readModelOf(pool, projection, generation)
  let building = generation.status === 'building'
  const readModel: ReadModel = {
    ...model,
    caughtUp: async (position) => {
      if (!building || (await feed.countAfter(position)) > NEAR_EVENTS) return
      const switched = await switchTo(databaseUrl, projection, generation.generation, feed)
      if (!switched.switched) return
      building = false
      await model.checkpoint() // from now on it is the live one, and an event it cannot apply is treated so
      logger.info(fields, 'caught up: readers now see this generation')
      if (switched.dropped.length > 0) logger.warn({ ...fields, dropped: switched.dropped }, 'views that others had made over it went with its columns')
    },
  }
  logger.info({ ...fields, status: generation.status }, 'following the log')
  return new Promise<void>((done) => {
    run(feed, readModel, {
      pageSize,
      pollMs: 1_000,
      ...(projection.restMs !== undefined && { restMs: projection.restMs }),
      wanted$: wanted$.pipe(filter((name) => name === projection.name)),
      stop$: end$,
      onFailure: (error, attempt) => logger.warn({ ...fields, attempt, error: describe(error) }, 'could not move on; trying again'),
    }).subscribe({
      next: onMoved,
      error: (error: unknown) => {
        if (error instanceof Halted) logger.error({ ...fields, error: describe(error) }, 'halted: release or rebuild it')
        else if (error instanceof Retired) logger.info(fields, 'retired: another generation has taken its place')
        else logger.error({ ...fields, error: describe(error) }, 'stopped')
        done()
      },
      complete: done,
    })
  })
}
