import { createHash } from 'node:crypto'
import type { DatabasePool } from 'slonik'
import { prefill } from '#application/daily-report/prefill.ts'
import { type Reporting, reportAggregate, rowsOfDayBefore } from '#application/daily-report/report.ts'
import { findingsIn } from '#application/daily-report/upload-check.ts'
import type { ImportDeps } from '#application/extraction/import.ts'
import type { KnownCodes } from '#application/extraction/tally.ts'
import type { Grouping } from '#application/group-user/aggregates.ts'
import { hasRecord, type Listing } from '#application/high-risk-user/use-cases.ts'
import { listReader, listVersionInForce } from '#application/industry-list/read.ts'
import type { Directory } from '#application/organisation/directory.ts'
import { workYearsOf } from '#application/organisation/work-years.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { SourceFigures } from '#application/ports/source.ts'
import { ruleSetInForce } from '#application/screening/use-cases.ts'
import { mapAtOnce } from '#application/shared/handle-many.ts'
import { openOrdersOf } from '#application/warning-work-order/claims.ts'
import type { WorkOrders } from '#application/warning-work-order/work-orders.ts'
import { calendarOf } from '#domain/shared/calendar.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { csvLines } from '#infrastructure/csv-lines.ts'
import { sha256Digesting } from '#infrastructure/digest.ts'
import { createKnownCustomers } from '#infrastructure/postgres/known-customers.ts'
import { createSourceStore } from '#infrastructure/postgres/source-store.ts'
import { billedTo } from '#projections/daily-report/billed.queries.ts'
import { lastFigures, lastPastDue } from '#projections/daily-report/last-figures.queries.ts'
import { statusesAmong } from '#projections/high-risk-user/known.queries.ts'
import type { Prefill } from '../daily-report/queries.ts'
import { groupIndex, type Register, type Waiting } from './abreast.ts'
import type { Reference } from './reference.ts'

/** What every use case works with. */
export type Working = Reporting & Listing & WorkOrders & { readonly scope: Directory } & Grouping

type Parts = { readonly store: EventStore; readonly clock: Clock; readonly directory: Directory; readonly reference: Reference; readonly register: Register }

export const reportingOf = ({ store, clock, directory, reference, register, pool }: Parts & { readonly pool: DatabasePool }): Omit<Working, keyof Lookups> => ({
  store,
  clock,
  scope: directory,
  schedules: reference.schedules,
  listingRules: reference.listingRules,
  casework: {
    ruleSetOn: async (date, province) => (await ruleSetInForce(store, reference.ruleSet, province, date)).version,
    figures: (key, date) => lastFigures(pool, key, date),
    lastPastDue: (key, date) => lastPastDue(pool, key, date),
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
  const known = await statusesAmong(pool, province, consNos)
  const missing = consNos.filter((consNo) => !known.has(consNo))
  const recorded = await mapAtOnce(missing, 8, (consNo) => hasRecord(store, { province, consNo }))
  return missing.filter((_, index) => !recorded[index])
}

export const importingOf = ({ store, clock, directory, reference, databaseUrl }: Omit<Parts, 'register'> & { readonly databaseUrl: string }): ImportDeps => ({
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

export const prefillOf =
  (register: Register, figures: SourceFigures, reporting: Reporting, { penaltyRules }: Reference): Prefill =>
  async (key) => {
    const [users, before] = await Promise.all([register(key.province, key.date), rowsOfDayBefore(reporting.store, reportAggregate(reporting), key)])
    const { rows, unknown } = await prefill({ figures, penaltyRules }, { ...key, users })
    return { rows, unknown, warnings: findingsIn(reporting, key, rows, before).filter(({ severity }) => severity === 'warning') }
  }

type Lookups = Pick<Grouping, 'groups' | 'customers'>

export const groupingOf = (waiting: Waiting): Lookups => ({
  groups: groupIndex(waiting),
  customers: createKnownCustomers(waiting.pool),
})
