import { Source } from '#domain/extraction/fields.ts'
import { addDays, instantAt } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { type Config, readConfig } from '#infrastructure/config.ts'
import { createLog, type Logger } from '#infrastructure/telemetry/log.ts'
import { waitFor } from '#projections/shared/wait.ts'
import { groupReleasesOf, keepGroups } from '../commands/group-figures.ts'
import { groupProcessesFor } from '../commands/group-processes.ts'
import { importWithProgress } from '../commands/import.ts'
import { everyday, everydayProcesses, runProcesses } from '../commands/processes.ts'
import { showProgress } from '../commands/progress.ts'
import { screeningProcesses } from '../commands/screening-processes.ts'
import { setUp } from '../commands/set-up.ts'
import { warningProcessesFor } from '../commands/warning-processes.ts'
import { openPlatform, type Platform } from '../compose.ts'
import { demoIdentity } from '../demo-identity.ts'
import type { UseCases } from '../http.ts'
import { operationsOf, serve, untilStopped, useCases } from '../serve.ts'
import { tellSeasonsBackTest } from './back-test.ts'
import { clientsOf, eachOf } from './client.ts'
import { type DemoClock, demoClock } from './clock.ts'
import { tellGroup } from './groups.ts'
import { publishIndustryList } from './industry-list.ts'
import { readModelsApart } from './read-models.ts'
import { eveOf, readSample, type Sample, sampleFile } from './sample.ts'
import { confirm, screenProvinces, tellScreened } from './screening.ts'
import { runSeason, type Season } from './season.ts'
import { statisticsTable } from './statistics.ts'
import { supervisionTable } from './supervision.ts'

/** A season's reports come within a minute; read models that nobody waits for look twice a second and take them in larger pages. */
const REST_MS = 500

type Stage = {
  readonly platform: Platform
  readonly config: Config
  readonly clock: DemoClock
  readonly sample: Sample
  readonly log: Logger
  /** Given when all is over, by hand or by an error. */
  readonly over: AbortSignal
  /** Ends all with an error. */
  readonly fail: (why: Error) => void
}

/**
 * The whole business cycle on the sample, from nothing or from what an earlier run left: import, industry list, screening, a
 * season of daily reports over HTTP, the statistics of the last day and what the screening had foreseen. Then it serves until
 * Ctrl-C, which ends it at any time; so does an error, which is then the last thing said.
 */
export const runDemo = async ({ serve: stays, days }: { readonly serve: boolean; readonly days?: number }): Promise<void> => {
  const began = performance.now()
  const config = readConfig({ LOG_LEVEL: 'error', ...process.env })
  const sample = readSample(days)
  const clock = demoClock(instantAt(eveOf(sample), 540))
  const log = createLog(config.LOG_LEVEL)
  process.stdout.write(`EPM High-risk, demonstration.\n${sample.manifest.what}\n\n`)
  const over = new AbortController()
  const failed = Promise.withResolvers<never>()
  const stopped = Promise.race([untilStopped().then(() => undefined), failed.promise])
  const start = showProgress('start')
  const platform = await openPlatform({ config, clock, log, onProgress: (what) => start.to(0, 1, what) })
  start.end(platform.embedded ? `embedded PostgreSQL, its data in ${config.EPM_HOME}/` : 'PostgreSQL as configured by DATABASE_URL')
  const stage: Stage = { platform, config, clock, sample, log, over: over.signal, fail: failed.reject }
  const played = play(stage, began)
  try {
    const ready = await Promise.race([played, stopped])
    if (!ready) process.stderr.write('\nstopped; the next run goes on from here\n')
    else if (stays) await serveUntil(stopped, stage, ready)
  } finally {
    // What is still under way fails now, and nobody needs to hear of it.
    log.level = 'silent'
    played.catch(() => undefined)
    over.abort()
    await platform.close()
  }
}

type Ready = { readonly address: string; readonly season: Season; readonly does: UseCases }

/** From the first import to the tables. */
const play = async (stage: Stage, began: number): Promise<Ready> => {
  const { platform, sample, over } = stage
  const ready = await prepare(stage)
  const { season } = ready
  await runSeason(season, over)
  const told = await Promise.all([
    lastDay(platform, season),
    supervised(season),
    groupsOf(platform, season),
    tellSeasonsBackTest(platform, sample, season.provinces),
  ])
  process.stdout.write(`\n${told.join('\n')}\n${((performance.now() - began) / 1000).toFixed(1)} s in all.\n`)
  return ready
}

/** The clock runs on and the processes with it, while whoever likes looks around. */
const serveUntil = async (stopped: Promise<unknown>, { platform, clock, log }: Stage, { address, season, does }: Ready): Promise<void> => {
  clock.run()
  const timers = runProcesses(
    { ...everydayProcesses(platform, season, log), ...screeningProcesses(platform, does), ...season.processes, ...groupProcessesFor(platform) },
    () => clock.now(),
    log,
  )
  process.stdout.write(invitation(address, season))
  await stopped
  timers.unsubscribe()
}

/** Everything before the first report: the organisation, the extracted data, the server, the industry list, the users. */
const prepare = async ({ platform, config, clock, sample, log, over, fail }: Stage): Promise<Ready> => {
  await setUp(platform, config)
  const following = readModelsApart(platform, REST_MS, fail)
  const extracted = instantAt(sample.manifest.extractedOn, 480)
  await Promise.all([
    following,
    ...Source.options.map((source) => importWithProgress(platform, sampleFile(`${source}.csv.gz`), source, sample.manifest.extractedOn, extracted)),
  ])
  const provinces = platform.directory.provincesOn(sample.manifest.window.to).map(({ code }) => code as string as ProvinceCode)
  const identity = await demoIdentity(provinces)
  const does = useCases(platform, config)
  const address = await serve(platform, does, { config, log, identify: identity.identify, waitFor: operationsOf(platform).waitFor, more: [identity.routes] })
  const as = clientsOf(address, over)
  const season = {
    sample,
    provinces,
    clock,
    as,
    ...everyday(platform, does, sample.manifest.window.from),
    settled: (readModel: string) => settled(platform, readModel),
    // Each is there by name; what runs every minute elsewhere runs here when the clock has moved.
    processes: warningProcessesFor(platform, does) as Season['processes'],
  }
  await publishIndustryList(season, provinces, platform.reference.industryListEntries)
  await screenAndList(season)
  await season.settled('high-risk-user-register')
  return { address, season, does }
}

/** The provinces screen their customers the day before the first report, and list everybody whom the rules in force name. */
const screenAndList = async (season: Season): Promise<void> => {
  const on = eveOf(season.sample)
  const progress = showProgress('screening')
  const screened = await screenProvinces(season, on)
  const named = screened.flatMap((one) => one.named)
  let listed = 0
  await eachOf(named, 12, async (candidate) => {
    await confirm(season, candidate, on)
    progress.to(++listed, named.length)
  })
  progress.end(`${named.length} named by the rules in force, proposed and confirmed`)
  process.stdout.write(`${tellScreened(screened, on)}\n`)
}

const PATIENCE_MS = 60_000

/** Waits until a read model has passed everything recorded so far. */
const settled = async ({ feed, waiting }: Platform, name: string): Promise<void> => {
  const head = await feed.head()
  if (head !== undefined && !(await waitFor(waiting, name, head, PATIENCE_MS)).reached)
    throw new Error(`the read model ${name} is behind by more than a minute`)
}

/** The groups' sums are made and given out, as the timers of a server would, before anybody asks for them. */
const groupsOf = async (platform: Platform, season: Season): Promise<string> => {
  await season.settled('group-user')
  await keepGroups(platform, season.clock.now())
  await groupReleasesOf(platform)(season.clock.now())
  await season.settled('group-release')
  return tellGroup(season, season.sample.manifest.window.to)
}

/** Orders are counted at the end of the morning on which the last reports came. */
const COUNTED_DAYS = 30
const supervised = async ({ as, sample, settled }: Season): Promise<string> => {
  const on = addDays(sample.manifest.window.to, 1)
  await settled('supervision')
  return supervisionTable(as('hq-view'), on, addDays(on, 1 - COUNTED_DAYS))
}

const lastDay = async (platform: Platform, { as, sample }: Season): Promise<string> => {
  const { to } = sample.manifest.window
  const head = await platform.feed.head()
  const names = new Map(platform.directory.provincesOn(to).map(({ code, shortName }) => [code as string, shortName]))
  return statisticsTable(as('hq-view'), to, head, names)
}

const invitation = (address: string, { sample, provinces }: Season): string => {
  const { to } = sample.manifest.window
  const as = (persona: string): string => `-H "Authorization: Bearer $(curl -s ${address}/v1/demo/tokens/${persona})"`
  return `
Serving at ${address}   (interface: ${address}/docs; the clock stands just after ${to} and runs on)
Personas: hq-tariff, hq-lead, hq-group, hq-view, hq-audit, admin, and for each of ${provinces.length} provinces pv-tariff-<code>, pv-lead-<code>, e.g. pv-lead-P37

  curl -s ${as('hq-view')} -H "Accept: text/csv" "${address}/v1/statistics/daily?date=${to}&groupBy=category"
  curl -s ${as('hq-view')} -H "Accept: text/csv" "${address}/v1/statistics/supervision?date=${addDays(to, 1)}&groupBy=grade"
  curl -s ${as('pv-lead-P37')} "${address}/v1/high-risk-users?level=I&limit=3"
  curl -s ${as('pv-lead-P11')} "${address}/v1/groups/DEMO01/electricity?date=${to}"
  curl -s ${as('hq-audit')} "${address}/v1/daily-reports/P37/${to}/history"

Ctrl-C stops it.
`
}
