import { once } from 'node:events'
import { exhaustMap, NEVER, type Subscription, timer } from 'rxjs'
import { rulesOn } from '#application/daily-report/report.ts'
import { listReader } from '#application/industry-list/read.ts'
import { closeDays, type DayCloseNeeds } from '#application/processes/day-close.ts'
import { type FirstReportNeeds, markFirstReports } from '#application/processes/first-reports.ts'
import { type LevelReviewNeeds, reviewLevels } from '#application/processes/level-reviews.ts'
import { type ListScreeningNeeds, screenByNewList } from '#application/processes/list-screening.ts'
import { type PromiseNeeds, settlePromises } from '#application/processes/promises.ts'
import { businessDateOf, type Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { Config } from '#infrastructure/config.ts'
import { openAttachments } from '#infrastructure/postgres/attachments.ts'
import { openNoticeOutbox } from '#infrastructure/postgres/notice-outbox.ts'
import { beginRebuild } from '#infrastructure/postgres/read-model-generations.ts'
import { release } from '#infrastructure/postgres/read-model-parked.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import type { Logger } from '#infrastructure/telemetry/log.ts'
import { projections } from '#projections/catalogue.ts'
import { completenessBoard } from '#projections/daily-report/completeness.queries.ts'
import { firstReports, promisesShown } from '#projections/high-risk-user/case.queries.ts'
import { onList } from '#projections/high-risk-user/register.queries.ts'
import { checkpoints, type Mark, reconcile } from '#projections/shared/reconcile.ts'
import { projectionStatus } from '#projections/shared/status.ts'
import { waitFor } from '#projections/shared/wait.ts'
import type { Platform } from './compose.ts'
import { extractionRoutes } from './extraction/routes.ts'
import type { WaitFor } from './freshness.ts'
import { buildHttp, type UseCases, useCasesOf } from './http.ts'
import type { Identify } from './identity.ts'
import type { Operations } from './operations/routes.ts'
import { screeningRoutes } from './screening/routes.ts'
import type { Routes } from './server.ts'

/** What of the read models a process needs that does not itself move them: they are moved by whoever leads, here or elsewhere. */
export const operationsOf = ({ pool, feed, databaseUrl }: Platform): Operations & { readonly waitFor: WaitFor } => {
  const named = (name: string) => projections.find((projection) => projection.name === name)
  return {
    status: () => projectionStatus({ pool, feed }),
    waitFor: (name, position, timeoutMs) => waitFor({ pool, feed, moved$: NEVER }, name, position, timeoutMs),
    rebuild: async (name) => {
      const found = named(name)
      if (found) await beginRebuild(databaseUrl, found)
      return found !== undefined
    },
    release: async (name) => {
      const found = named(name)
      if (found) await release(pool, found)
      return found !== undefined
    },
  }
}

/** Listens until the platform is closed, and answers the address. Throws with what to do when the port is taken. */
export const serve = async (
  platform: Platform,
  useCases: UseCases,
  {
    config,
    log,
    identify,
    waitFor,
    more = [],
  }: { readonly config: Config; readonly log: Logger; readonly identify: Identify; readonly waitFor: WaitFor; readonly more?: readonly Routes[] },
): Promise<string> => {
  const screening = openScreeningEngine(platform.databaseUrl)
  platform.onClose(screening.close)
  const figures = openSourceFigures(platform.databaseUrl)
  platform.onClose(figures.close)
  const attachments = { bytes: config.ATTACHMENT_MAX_BYTES, mediaTypes: config.ATTACHMENT_TYPES }
  const files = openAttachments(platform.databaseUrl, attachments)
  platform.onClose(files.close)
  const notices = openNoticeOutbox(platform.databaseUrl, platform.engine)
  platform.onClose(notices.close)
  const app = await buildHttp({
    identify,
    working: platform.working,
    useCases,
    feed: platform.feed,
    pool: platform.pool,
    waitFor,
    prefill: platform.prefill,
    releaseRules: platform.reference.releaseRules,
    operations: operationsOf(platform),
    uploadBytes: config.UPLOAD_MAX_BYTES,
    notices: notices.record,
    supervisionScores: platform.reference.supervisionScores,
    attachments: { store: files, limits: attachments },
    more: [
      extractionRoutes({ ...platform.importing, record: platform.extractions }),
      screeningRoutes({
        working: platform.working,
        store: platform.store,
        clock: platform.working.clock,
        engine: screening.engine,
        shipped: platform.reference.ruleSet,
        readList: listReader(platform.store),
        figures: figures.figures,
        highRiskUser: useCases.highRiskUser,
        provinces: () => platform.directory.provincesOn(businessDateOf(platform.working.clock.now())).map(({ code }) => code as string as ProvinceCode),
        onList: (province) => onList(platform.pool, province),
      }),
      ...more,
    ],
    logger: log,
  })
  platform.onClose(() => app.close())
  try {
    return await app.listen({ host: config.HOST, port: config.PORT })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new Error(`port ${config.PORT} on ${config.HOST} is taken; set PORT to another, or to 0 for a free one`, { cause: error })
    throw error
  }
}

/** The use cases with the limits that are configured. */
export const useCases = (platform: Platform, config: Config): UseCases => useCasesOf(platform.working, { rows: config.UPLOAD_MAX_ROWS })

/** What day close needs to know, from the completeness board. */
export const dayCloseNeeds = ({ pool, directory, reference }: Platform, { dailyReport }: UseCases, since: DayCloseNeeds['since']): DayCloseNeeds => ({
  execute: dailyReport.execute,
  schedules: reference.schedules,
  since,
  standings: async (date, now) => {
    const provinces = directory.provincesOn(date).map(({ code }) => code as string as ProvinceCode)
    const { rows } = await completenessBoard(pool, date, provinces, now, rulesOn(reference.schedules, date))
    return rows.map(({ province, openedAt, state, version, dueAt, cutOffAt }) => ({
      province: province as ProvinceCode,
      opened: openedAt !== null,
      settled: state === 'waived' || version > 0,
      dueAt: dueAt as typeof now | null,
      cutOffAt: cutOffAt as typeof now | null,
    }))
  },
})

/** What the settling of promises needs: the open ones beside what sealed reports show of their bills. */
export const promiseNeeds = ({ pool }: Platform, { highRiskUser }: UseCases): PromiseNeeds => ({
  execute: highRiskUser.execute,
  shown: (limit) => promisesShown(pool, limit),
})

/** Which listed users a sealed report has held since. */
export const firstReportNeeds = ({ pool }: Platform, { highRiskUser }: UseCases): FirstReportNeeds => ({
  execute: highRiskUser.execute,
  shown: (limit) => firstReports(pool, limit),
})

const EVERY_MS = 60_000

/** Runs a process of the business every minute; a tick that fails is logged and the next one does its work. */
const everyMinute = (name: string, tick: () => Promise<number>, log: Logger): Subscription =>
  timer(5_000, EVERY_MS)
    .pipe(
      exhaustMap(async () => {
        try {
          const recorded = await tick()
          if (recorded > 0) log.info({ recorded }, name)
        } catch (error) {
          log.error({ err: error }, `${name} failed; it is tried again in a minute`)
        }
      }),
    )
    .subscribe()

export type Processes = {
  readonly dayClose: DayCloseNeeds
  readonly promises: PromiseNeeds
  readonly reported: FirstReportNeeds
  readonly reconciliation: () => Promise<number>
  /** Left out where nobody is screened. */
  readonly listScreening?: ListScreeningNeeds
  readonly levelReviews?: LevelReviewNeeds
  readonly tidyRuns?: () => Promise<number>
  /** Sums over groups' members, what is released of them, and suggested links. */
  readonly groupFigures?: (now: Instant) => Promise<number>
  /** More of them, by what is logged of them. */
  readonly processes?: Readonly<Record<string, (now: Instant) => Promise<number>>>
}

/** Runs the processes that nobody asks for: day close, promises, first reports, screening by a new industry list, levels reviewed, runs cleared away, read models counted. */
export const runProcesses = (
  { dayClose, promises, reported, reconciliation, listScreening, levelReviews, tidyRuns, groupFigures, processes = {} }: Processes,
  now: () => Instant,
  log: Logger,
): Subscription => {
  const running = everyMinute('day close', () => closeDays(dayClose, now()), log)
  running.add(everyMinute('promises', () => settlePromises(promises, now()), log))
  running.add(everyMinute('reconciliation', reconciliation, log))
  running.add(everyMinute('first reports', () => markFirstReports(reported, now()), log))
  if (listScreening) running.add(everyMinute('screening by a new industry list', () => screenByNewList(listScreening, now()), log))
  if (levelReviews) running.add(everyMinute('level reviews', () => reviewLevels(levelReviews, now()), log))
  if (tidyRuns) running.add(everyMinute('screening runs', tidyRuns, log))
  if (groupFigures) running.add(everyMinute('figures of groups', () => groupFigures(now()), log))
  for (const [name, tick] of Object.entries(processes)) running.add(everyMinute(name, () => tick(now()), log))
  return running
}

/**
 * Counts what the log got since the last tick beside what the read models say they passed, and says so loudly when they
 * differ. The first tick takes the hindmost read model's word; `epm doctor --reconcile` counts from the first event.
 */
export const reconcileNewest = ({ pool, feed }: Platform, log: Logger): (() => Promise<number>) => {
  let mark: Mark | undefined
  return async () => {
    const stands = (await checkpoints(pool)).flatMap((one) => (one.position === null ? [] : [{ ...one, position: one.position }]))
    if (mark === undefined) {
      const [hindmost] = stands.toSorted((a, b) => feed.compare(a.position, b.position))
      mark = hindmost && { position: hindmost.position, events: hindmost.eventsPassed }
      return 0
    }
    const { position: since } = mark
    const newer = stands.filter(({ position }) => since === undefined || feed.compare(position, since) >= 0)
    const reconciled = await reconcile(feed, newer, mark)
    for (const { name, generation, eventsPassed, counted, agrees, agreedUpTo } of reconciled.checkpoints)
      if (!agrees)
        log.error(
          { projection: name, generation, passed: String(eventsPassed), counted: String(counted), agreedUpTo: agreedUpTo.position },
          'a read model did not pass what the log has: rebuild it',
        )
    mark = reconciled.mark
    return 0
  }
}

/** Waits for Ctrl-C or a stop signal; a second one ends the process at once. */
export const untilStopped = async (): Promise<string> => {
  const stop = new AbortController()
  const [signal] = await Promise.race(
    ['SIGINT', 'SIGTERM'].map(async (name) => [name, await once(process, name, { signal: stop.signal }).catch(() => undefined)] as const),
  )
  stop.abort()
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(130))
  return signal
}
