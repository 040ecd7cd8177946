import { exhaustMap, Subscription, timer } from 'rxjs'
import { rulesOn } from '#application/daily-report/report.ts'
import { closeDays, type DayCloseNeeds } from '#application/processes/day-close.ts'
import { type FirstReportNeeds, markFirstReports } from '#application/processes/first-reports.ts'
import { type PromiseNeeds, settlePromises } from '#application/processes/promises.ts'
import type { Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { Logger } from '#infrastructure/telemetry/log.ts'
import { completenessBoard } from '#projections/daily-report/completeness.queries.ts'
import { firstReports, promisesShown } from '#projections/high-risk-user/case.queries.ts'
import { checkpoints, type Mark, reconcile } from '#projections/shared/reconcile.ts'
import { waitFor } from '#projections/shared/wait.ts'
import type { Platform } from '../compose.ts'
import type { UseCases } from '../http.ts'

/** Processes that nobody asks for, by what is logged of them; each tells how much it did. */
export type Ticks = Readonly<Record<string, (now: Instant) => Promise<number>>>

const EVERY_MS = 60_000
const FIRST_MS = 5_000

/** Does something every so often, first after `firstMs`, never beside itself; a tick that fails is logged and the next one does its work. */
export const every = (ms: number, name: string, log: Logger, tick: () => Promise<number>, firstMs = ms): Subscription =>
  timer(firstMs, ms)
    .pipe(
      exhaustMap(async () => {
        try {
          const recorded = await tick()
          if (recorded > 0) log.info({ recorded }, name)
        } catch (error) {
          log.error({ err: error }, `${name} failed; it is tried again in ${ms / 1000} s`)
        }
      }),
    )
    .subscribe()

/** Runs processes side by side, each every minute and never beside itself. */
export const runProcesses = (ticks: Ticks, now: () => Instant, log: Logger): Subscription => {
  const running = new Subscription()
  for (const [name, tick] of Object.entries(ticks)) running.add(every(EVERY_MS, name, log, () => tick(now()), FIRST_MS))
  return running
}

export type Everyday = { readonly dayClose: DayCloseNeeds; readonly promises: PromiseNeeds; readonly reported: FirstReportNeeds }

/** What follows daily reports: the day's close, promises, users first reported, and read models counted against the log. */
export const everydayProcesses = (platform: Platform, { dayClose, promises, reported }: Everyday, log: Logger): Ticks => ({
  'day close': (now) => closeDays(dayClose, now),
  promises: (now) => settlePromises(promises, now),
  'first reports': (now) => markFirstReports(reported, now),
  reconciliation: reconcileNewest(platform, log),
})

/** What those need, of a platform: `since` is the first date that day close looks at. */
export const everyday = (platform: Platform, does: UseCases, since: DayCloseNeeds['since']): Everyday => ({
  dayClose: dayCloseNeeds(platform, does, since),
  promises: promiseNeeds(platform, does),
  reported: firstReportNeeds(platform, does),
})

const PATIENCE_MS = 10_000

/** Asks whether read models have passed everything recorded before the question, and waits a little for them. */
export const caughtUp =
  ({ feed, waiting }: Pick<Platform, 'feed' | 'waiting'>, ...models: readonly string[]) =>
  async (): Promise<boolean> => {
    const head = await feed.head()
    if (head === undefined) return true
    const waited = await Promise.all(models.map((model) => waitFor(waiting, model, head, PATIENCE_MS)))
    return waited.every(({ reached }) => reached)
  }

/** What day close needs to know, from the completeness board. */
const dayCloseNeeds = ({ pool, directory, reference }: Platform, { dailyReport }: UseCases, since: DayCloseNeeds['since']): DayCloseNeeds => ({
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
const promiseNeeds = ({ pool }: Platform, { highRiskUser }: UseCases): PromiseNeeds => ({
  execute: highRiskUser.execute,
  shown: (limit) => promisesShown(pool, limit),
})

/** Which listed users a sealed report has held since. */
const firstReportNeeds = ({ pool }: Platform, { highRiskUser }: UseCases): FirstReportNeeds => ({
  execute: highRiskUser.execute,
  shown: (limit) => firstReports(pool, limit),
})

/**
 * Counts what the log got since the last tick beside what the read models say they passed, and says so loudly when they
 * differ. The first tick takes the hindmost read model's word; `epm doctor --reconcile` counts from the first event.
 */
const reconcileNewest = ({ pool, feed }: Platform, log: Logger): (() => Promise<number>) => {
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
