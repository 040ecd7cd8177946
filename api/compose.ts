import { join } from 'node:path'
import { type Observable, Subject } from 'rxjs'
import type { DatabasePool } from 'slonik'
import type { ImportDeps } from '#application/extraction/import.ts'
import { type Directory, openDirectory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { ExtractionRecord } from '#application/ports/source.ts'
import { type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import type { Config } from '#infrastructure/config.ts'
import { type Engine, openLog } from '#infrastructure/log.ts'
import { ownSealingKey, type Sealing, sealing } from '#infrastructure/notice/sealing.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#infrastructure/postgres/embedded.ts'
import { migrate } from '#infrastructure/postgres/migrate.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { followLog } from '#infrastructure/postgres/read-model-log.ts'
import type { ProjectionLog } from '#infrastructure/postgres/read-model-runner.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { createExtractionRecord } from '#infrastructure/postgres/source-record.ts'
import { projections } from '#projections/catalogue.ts'
import { register } from '#projections/high-risk-user/register.ts'
import type { Projection } from '#projections/shared/projection.ts'
import type { Moved, WaitSource } from '#projections/shared/wait.ts'
import { freshRegister } from './compose/abreast.ts'
import { type Reference, readReference } from './compose/reference.ts'
import { groupingOf, importingOf, prefillOf, reportingOf, type Working } from './compose/working.ts'
import type { Prefill } from './daily-report/queries.ts'

/** The engine room, opened: log, database, organisation and reference data, and how to let go of them. */
export type Platform = {
  readonly databaseUrl: string
  readonly engine: Engine
  /** Set when this process started or adopted the embedded server. */
  readonly embedded: EmbeddedPostgres | undefined
  /** By which secrets lie in the database. */
  readonly sealing: Sealing
  readonly store: EventStore
  readonly feed: Feed
  readonly pool: DatabasePool
  /** For waiting until a read model has passed a position; hears of those that this process moves, and keeps them from resting. */
  readonly waiting: WaitSource
  readonly directory: Directory
  readonly reference: Reference
  readonly working: Working
  readonly importing: ImportDeps
  readonly extractions: ExtractionRecord
  readonly prefill: Prefill
  /** `restMs`: at the head a read model that nobody waits for rests at least so long between two pages. */
  readonly startProjections: (options?: { readonly restMs?: number }) => Promise<Projections>
  /** Hears of read models that another thread moves, and tells it which are waited for. */
  readonly follow: (moved$: Observable<Moved>, tell: (model: string) => void) => void
  /** Something opened on top of this, to be closed before it. */
  readonly onClose: (step: () => Promise<void>) => void
  /** In the order in which things depend on each other; the embedded server last. */
  readonly close: () => Promise<void>
}

export const systemClock: Clock = { now: (): Instant => instantOfEpoch(Date.now()) }

export type Opening = { readonly config: Config; readonly clock: Clock; readonly log: ProjectionLog; readonly onProgress?: (what: string) => void }

/**
 * Opens everything but HTTP. Without DATABASE_URL the embedded PostgreSQL starts (or one that runs is joined). Throws what
 * cannot be reached or does not fit, having closed what was open.
 */
export const openPlatform = async ({ config, clock, log, onProgress = () => undefined }: Opening): Promise<Platform> => {
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const step of closers.splice(0).reverse()) await step()
  }
  try {
    const embedded = config.DATABASE_URL === undefined ? await startEmbeddedPostgres({ directory: join(config.EPM_HOME, 'postgres'), onProgress }) : undefined
    if (embedded) closers.push(embedded.stop)
    const databaseUrl = config.DATABASE_URL ?? embedded?.url ?? ''
    await migrate(databaseUrl, (name) => onProgress(`schema ${name}`))
    const events = await openLog(config.EVENTSTORE_URL === undefined ? 'postgres' : 'eventstoredb', config.EVENTSTORE_URL ?? databaseUrl)
    closers.push(events.close)
    onProgress(`event log on ${events.name}`)
    const pool = await createReadPool(databaseUrl)
    closers.push(() => pool.end())
    const source = openSourceFigures(databaseUrl)
    closers.push(source.close)
    const { store, feed } = events
    const directory = await openDirectory(store, clock)
    const reference = readReference()
    const movement = new Subject<Moved>()
    const wanted = new Subject<string>()
    const waiting = { pool, feed, moved$: movement, wanted: (model: string) => wanted.next(model) }
    const listed = freshRegister(waiting)
    const working = { ...reportingOf({ store, clock, directory, reference, register: listed, pool }), ...groupingOf(waiting) }
    return {
      databaseUrl,
      engine: events.engine,
      embedded,
      sealing: sealing([...config.NOTICE_SECRET_KEYS, ...(embedded ? [ownSealingKey(join(config.EPM_HOME, 'notice.key'))] : [])]),
      store,
      feed,
      pool,
      waiting,
      directory,
      reference,
      working,
      importing: importingOf({ store, clock, directory, reference, databaseUrl }),
      extractions: createExtractionRecord(pool),
      prefill: prefillOf(listed, source.figures, working, reference),
      startProjections: async ({ restMs = 0 } = {}) => {
        const [first] = await feed.read(undefined, 1)
        const moved = await followLog(databaseUrl, { engine: events.engine, firstId: first?.id })
        const running = await startProjections({ feed, pool, databaseUrl, projections: projections.map(resting(restMs)), logger: log, wanted$: wanted })
        if (moved) for (const { name } of projections) await running.rebuild(name)
        running.moved$.subscribe(movement)
        closers.push(running.stop)
        return running
      },
      follow: (moved$, tell) => {
        moved$.subscribe(movement)
        wanted.subscribe(tell)
      },
      onClose: (step) => void closers.push(step),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The register never rests: who is listed is asked with every report. */
const resting =
  (atLeastMs: number) =>
  (projection: Projection): Projection =>
    atLeastMs === 0 || projection.name === register.name ? projection : { ...projection, restMs: Math.max(atLeastMs, projection.restMs ?? 0) }
