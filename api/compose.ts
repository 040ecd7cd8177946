import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { filter, firstValueFrom, type Observable, race, Subject, timer } from 'rxjs'
import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { type ListedUser, prefill } from '#application/daily-report/prefill.ts'
import { type Reporting, reportAggregate, rowsOfDayBefore } from '#application/daily-report/report.ts'
import { findingsIn } from '#application/daily-report/upload-check.ts'
import type { ImportDeps } from '#application/extraction/import.ts'
import type { KnownCodes } from '#application/extraction/tally.ts'
import type { Grouping } from '#application/group-user/aggregates.ts'
import { hasRecord, type Listing } from '#application/high-risk-user/use-cases.ts'
import { listReader, listVersionInForce } from '#application/industry-list/read.ts'
import { type Directory, openDirectory } from '#application/organisation/directory.ts'
import { workYearsOf } from '#application/organisation/work-years.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore, Position } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { GroupIndex } from '#application/ports/groups.ts'
import type { ExtractionRecord, SourceFigures } from '#application/ports/source.ts'
import { ruleSetInForce } from '#application/screening/use-cases.ts'
import { mapAtOnce } from '#application/shared/handle-many.ts'
import { openOrdersOf } from '#application/warning-work-order/claims.ts'
import type { WorkOrders } from '#application/warning-work-order/work-orders.ts'
import { ReportSchedule } from '#domain/daily-report/schedule.ts'
import { CaseRules, CutOffRules, ListingRules, MeasureCatalogue } from '#domain/high-risk-user/fields.ts'
import { Entry } from '#domain/industry-list/fields.ts'
import { CalendarYear, OrgUnit } from '#domain/organisation/fields.ts'
import { PenaltyRules } from '#domain/penalty/penalty.ts'
import { RuleSet } from '#domain/screening/fields.ts'
import { FollowingRules } from '#domain/screening/following.ts'
import { RetentionRules } from '#domain/screening/retention.ts'
import { calendarOf } from '#domain/shared/calendar.ts'
import { type BusinessDate, type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { SlaRules, SupervisionScore } from '#domain/warning-work-order/fields.ts'
import { WarningRules } from '#domain/warning-work-order/rules.ts'
import type { Config } from '#infrastructure/config.ts'
import { csvLines } from '#infrastructure/csv-lines.ts'
import { sha256Digesting } from '#infrastructure/digest.ts'
import { type Engine, openLog } from '#infrastructure/log.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#infrastructure/postgres/embedded.ts'
import { createKnownCustomers } from '#infrastructure/postgres/known-customers.ts'
import { migrate } from '#infrastructure/postgres/migrate.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { followLog } from '#infrastructure/postgres/read-model-log.ts'
import type { ProjectionLog } from '#infrastructure/postgres/read-model-runner.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { createExtractionRecord } from '#infrastructure/postgres/source-record.ts'
import { createSourceStore } from '#infrastructure/postgres/source-store.ts'
import { loadReferenceData, tradeTable } from '#infrastructure/reference-data.ts'
import { shippedRuleSet } from '#infrastructure/screening-rules.ts'
import { projections } from '#projections/catalogue.ts'
import { billedTo } from '#projections/daily-report/billed.queries.ts'
import { lastFigures } from '#projections/daily-report/last-figures.queries.ts'
import { ReleaseRules } from '#projections/group-user/release/rules.ts'
import { openLinks, strayLinks, unfinishedGroups, WORK_MODEL } from '#projections/group-user/work.queries.ts'
import { knownAmong } from '#projections/high-risk-user/known.queries.ts'
import { listedOn } from '#projections/high-risk-user/register.queries.ts'
import { register } from '#projections/high-risk-user/register.ts'
import type { Projection } from '#projections/shared/projection.ts'
import { type Moved, waitFor } from '#projections/shared/wait.ts'
import type { Prefill } from './daily-report/queries.ts'
import { Problem } from './problem.ts'

/** What ships with a release, judged by the domain's own schemas: a file that does not hold stops the start and says where. */
type Reference = ReturnType<typeof readReference>

const readReference = () => {
  const data = loadReferenceData()
  const trades = tradeTable(data.trades)
  return {
    units: z.array(OrgUnit).parse(data.organisation),
    calendars: z.array(CalendarYear).parse(data.calendars),
    industryListEntries: z.array(Entry).parse(data.industryListEntries),
    schedules: z.array(ReportSchedule).parse(data.reportSchedules),
    listingRules: z.array(ListingRules).parse(data.listingRules),
    caseRules: z.array(CaseRules).parse(data.caseRules),
    cutOffRules: z.array(CutOffRules).parse(data.cutOffRules),
    catalogues: z.array(MeasureCatalogue).parse(data.measureCatalogues),
    penaltyRules: z.array(PenaltyRules).parse(data.penaltyRules),
    slaRules: z.array(SlaRules).parse(data.slaRules),
    supervisionScores: z.array(SupervisionScore).parse(data.supervisionScores),
    warningRules: z.array(WarningRules).parse(data.warningRules),
    ruleSet: RuleSet.parse(shippedRuleSet()),
    listScreening: z.array(FollowingRules).parse(data.listScreening),
    screeningRetention: z.array(RetentionRules).parse(data.screeningRetention),
    releaseRules: z.array(ReleaseRules).parse(data.groupReleaseRules),
    codes: data.codes,
    knowsTrade: trades.knows,
  }
}

/** The engine room, opened: log, database, organisation and reference data, and how to let go of them. */
export type Platform = {
  readonly databaseUrl: string
  readonly engine: Engine
  /** Set when this process started or adopted the embedded server. */
  readonly embedded: EmbeddedPostgres | undefined
  readonly store: EventStore
  readonly feed: Feed
  readonly pool: DatabasePool
  readonly directory: Directory
  readonly reference: Reference
  readonly working: Reporting & Listing & WorkOrders & { readonly scope: Directory } & Grouping
  readonly importing: ImportDeps
  readonly extractions: ExtractionRecord
  readonly prefill: Prefill
  /** `restMs`: at the head read models that nobody waits for rest at least so long between two pages. */
  readonly startProjections: (options?: { readonly restMs?: number }) => Promise<Projections>
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
    const listed = freshRegister(pool, feed, movement)
    const working = { ...reportingOf({ store, clock, directory, reference, register: listed, pool }), ...groupingOf(pool, feed, movement) }
    return {
      databaseUrl,
      engine: events.engine,
      embedded,
      store,
      feed,
      pool,
      directory,
      reference,
      working,
      importing: importingOf({ store, clock, directory, reference, databaseUrl }),
      extractions: createExtractionRecord(pool),
      prefill: prefillOf(listed, source.figures, working, reference),
      startProjections: async ({ restMs = 0 } = {}) => {
        const [first] = await feed.read(undefined, 1)
        const moved = await followLog(databaseUrl, { engine: events.engine, firstId: first?.id })
        const running = await startProjections({ feed, pool, databaseUrl, projections: projections.map(resting(restMs)), logger: log })
        if (moved) for (const { name } of projections) await running.rebuild(name)
        running.moved$.subscribe(movement)
        closers.push(running.stop)
        return running
      },
      onClose: (step) => void closers.push(step),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Read models that processes wait for rest little, the one that reports wait for not at all. */
const WAITED_FOR = new Set(['work-orders', 'warned'])
const LITTLE_MS = 50
const resting =
  (atLeastMs: number) =>
  (projection: Projection): Projection => {
    if (atLeastMs === 0 || projection.name === register.name) return projection
    return { ...projection, restMs: Math.max(WAITED_FOR.has(projection.name) ? LITTLE_MS : atLeastMs, projection.restMs ?? 0) }
  }

type Parts = { readonly store: EventStore; readonly clock: Clock; readonly directory: Directory; readonly reference: Reference; readonly register: Register }

const reportingOf = ({
  store,
  clock,
  directory,
  reference,
  register,
  pool,
}: Parts & { readonly pool: DatabasePool }): Omit<Platform['working'], keyof Lookups> => ({
  store,
  clock,
  scope: directory,
  schedules: reference.schedules,
  listingRules: reference.listingRules,
  casework: {
    ruleSetOn: async (date, province) => (await ruleSetInForce(store, reference.ruleSet, province, date)).version,
    figures: (key, date) => lastFigures(pool, key, date),
    openWorkOrders: (key) => openOrdersOf(store, key),
    caseRules: reference.caseRules,
    cutOffRules: reference.cutOffRules,
    catalogues: reference.catalogues,
    calendar: calendarOf(reference.calendars),
  },
  slaRules: reference.slaRules,
  years: workYearsOf(store, clock),
  strangers: (province, consNos) => strangersAmong(store, pool, province, consNos),
  billed: (province, consNos, date) => billedTo(pool, province, consNos, date),
  knowsTrade: reference.knowsTrade,
  digest: (text) => createHash('sha256').update(text).digest('hex'),
  listVersionOn: listVersionInForce(listReader(store)),
  listedUsers: async (province, date) => (await register(province, date)).map(({ consNo }) => consNo),
})

/** Who has no record in the province. Whom the register does not show yet is looked for in the log. */
const strangersAmong = async (store: EventStore, pool: DatabasePool, province: ProvinceCode, consNos: readonly ConsNo[]): Promise<readonly ConsNo[]> => {
  const known = await knownAmong(pool, province, consNos)
  const missing = consNos.filter((consNo) => !known.has(consNo))
  const recorded = await mapAtOnce(missing, 8, (consNo) => hasRecord(store, { province, consNo }))
  return missing.filter((_, index) => !recorded[index])
}

const importingOf = ({ store, clock, directory, reference, databaseUrl }: Omit<Parts, 'register'> & { readonly databaseUrl: string }): ImportDeps => ({
  store,
  clock,
  sources: createSourceStore(databaseUrl),
  readLines: csvLines(),
  digest: sha256Digesting,
  scope: directory,
  provinces: (date) => new Set(directory.provincesOn(date).map(({ code }) => code as string as ProvinceCode)),
  known: knownCodes(directory, reference),
})

const knownCodes = (directory: Directory, { codes, knowsTrade }: Reference): KnownCodes => ({
  trade: knowsTrade,
  unit: (code, province, date) => directory.provinceOf(code, date) === province,
  receivableKinds: new Set(Object.keys(codes.receivableKinds)),
  hecClasses: new Set(Object.keys(codes.hecClasses)),
  electTypes: new Set(codes.electTypes),
  voltages: new Set(codes.voltages),
  statuses: new Set(codes.statuses),
})

const prefillOf =
  (register: Register, figures: SourceFigures, reporting: Reporting, { penaltyRules }: Reference): Prefill =>
  async (key) => {
    const [users, before] = await Promise.all([register(key.province, key.date), rowsOfDayBefore(reporting.store, reportAggregate(reporting), key)])
    const { rows, unknown } = await prefill({ figures, penaltyRules }, { ...key, users })
    return { rows, unknown, warnings: findingsIn(reporting, key, rows, before).filter(({ severity }) => severity === 'warning') }
  }

type Lookups = Pick<Grouping, 'groups' | 'customers'>

const groupingOf = (pool: DatabasePool, feed: Feed, moved$: Observable<Moved>): Lookups => ({
  groups: groupIndex(pool, feed, moved$),
  customers: createKnownCustomers(pool),
})

/** A group's links as everything recorded before the question has them: none is overlooked when a group merges. Answers 503 when the read model does not catch up. */
export const groupIndex = (pool: DatabasePool, feed: Feed, moved$: Observable<Moved>): GroupIndex => ({
  openLinks: async (groupNo, on) => {
    const head = await feed.head()
    if (head !== undefined && !(await waitFor({ pool, feed, moved$ }, WORK_MODEL, head, REGISTER_PATIENCE_MS)).reached)
      throw new Problem('UNAVAILABLE', { detail: 'the register of groups is behind the log', headers: { 'retry-after': '5' } })
    return openLinks(pool, groupNo, on)
  },
  unfinished: (limit) => unfinishedGroups(pool, limit),
  strays: (limit) => strayLinks(pool, limit),
})

type Register = (province: ProvinceCode, date: BusinessDate) => Promise<readonly ListedUser[]>
const REGISTER_PATIENCE_MS = 10_000

/** Longer than the register takes for what was just recorded; a wake-up that is lost costs this once. */
const HEARING_MS = 200

/**
 * Who is listed, as everything recorded before the question has it: a user confirmed a moment ago is expected in the report
 * that is opened now. Where this process moves the register itself it hears when it is there, and asks the database only once.
 * Answers 503 when the register does not catch up.
 */
const freshRegister = (pool: DatabasePool, feed: Feed, moved$: Observable<Moved>): Register => {
  let told: Position | undefined
  const passed = (position: Position | null | undefined, head: Position): boolean => position != null && feed.compare(position, head) >= 0
  moved$.pipe(filter(({ projection }) => projection === register.name)).subscribe(({ position }) => {
    told = position
  })
  const heard = (head: Position): Promise<unknown> =>
    firstValueFrom(race(moved$.pipe(filter(({ projection, position }) => projection === register.name && passed(position, head))), timer(HEARING_MS)), {
      defaultValue: undefined,
    })
  return async (province, date) => {
    const head = await feed.head()
    if (head !== undefined && told !== undefined && !passed(told, head)) await heard(head)
    const seen = await listedOn(pool, province, date)
    if (head === undefined || passed(seen.asOf.position, head)) return seen.rows
    if (!(await waitFor({ pool, feed, moved$ }, register.name, head, REGISTER_PATIENCE_MS)).reached)
      throw new Problem('UNAVAILABLE', { detail: 'the register of high-risk users is behind the log', headers: { 'retry-after': '5' } })
    return (await listedOn(pool, province, date)).rows
  }
}
