import { readFileSync } from 'node:fs'
import { afterAll } from 'vitest'
import { type WarningProcessing, warningProcesses, warningProcessNeeds } from '#api/warning-work-order/processes.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { load } from '#application/shared/load.ts'
import { warningSubjectAggregate, warningSubjectStream, warningWorkOrderAggregate, warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import type { OrderCommand } from '#application/warning-work-order/bring.ts'
import { warningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import type { Role } from '#domain/shared/actor.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type OrderNo, SlaRules, type WorkYear } from '#domain/warning-work-order/fields.ts'
import { WarningRules } from '#domain/warning-work-order/rules.ts'
import type { IssuedOrder } from '#domain/warning-work-order/state.ts'
import { openAlone } from '#infrastructure/postgres/alone.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { groupDirectory } from '#projections/group-user/group-user.ts'
import { userCase } from '#projections/high-risk-user/case.ts'
import { workOrders } from '#projections/warning-work-order/orders.ts'
import { warned } from '#projections/warning-work-order/warned.ts'
import { province, shanghai } from '#test/support/arbitraries/values.ts'
import { asking } from '#test/support/asking.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record } from '#test/support/projections.ts'
import { silent } from '#test/support/silent.ts'

const reference = (name: string): unknown[] =>
  (JSON.parse(readFileSync(new URL(`../../data/reference/${name}.json`, import.meta.url), 'utf8')) as { rules: unknown[] }).rules
export const slaRules = reference('sla-rules').map((rules) => SlaRules.parse(rules))
const warningRules = reference('warning-rules').map((rules) => WarningRules.parse(rules))

const nobody = {
  isWithin: (unit: string, ancestor: string) => unit === ancestor,
  provinceOf: (unit: string) => (unit.startsWith('P') ? (unit as ProvinceCode) : undefined),
  refresh: async () => undefined,
}
const MODELS = [nationalDay, userCase, groupDirectory, workOrders, warned]

/** A log on Postgres with its read models, work orders, and the processes of warnings over both; it ends with the tests of the file. */
export const openWorld = async () => {
  const { database, pool } = await ownDatabase({ maxConnections: 10 })
  const log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  const running = await startProjections({ feed: log.feed, pool, databaseUrl: database.url, projections: MODELS, logger: silent, pollMs: 50 })
  const clock = { at: shanghai('2026-03-03', '10:00'), now: () => clock.at }
  let years: readonly WorkYear[] = [{ year: 2026, version: 1, holidays: [], makeUpDays: [] }]
  const orders = warningWorkOrderUseCases({
    store: log.store,
    clock,
    scope: nobody,
    slaRules,
    years: async () => years,
    strangers: async () => [],
    billed: async () => [],
  })
  const turns = openAlone(database.url)
  afterAll(async () => {
    await running.stop()
    await turns.close()
    await log.close()
  })
  const caughtUp = (model: string) => async () => {
    const head = await log.feed.head()
    return head === undefined || (await running.waitFor(model, head, 20_000)).reached
  }
  const settled = async (): Promise<void> => {
    for (const { name } of MODELS) await caughtUp(name)()
  }
  const processing: WarningProcessing = { store: log.store, pool, orders, warningRules, slaRules, years: async () => years, alone: turns.alone, caughtUp }
  const by = (userId: string, orgCode: string, ...roles: Role[]) => ({ ...asking(userId, orgCode, ...roles), at: clock.at })
  const ask = (orderNo: OrderNo, command: OrderCommand, [userId, role, orgCode]: readonly [string, Role, string] = ['lead', 'HQ_LEAD', 'HQ']) =>
    orders.execute(orderNo, command, by(userId, orgCode, role))
  return {
    ...{ database, log, store: log.store, pool, running, clock, orders, processing, turns, settled, ask },
    needs: warningProcessNeeds(processing),
    /** A clerk of headquarters asks now. */
    byClerk: () => by('clerk', 'HQ', 'HQ_TARIFF'),
    setYears: (next: typeof years) => {
      years = next
    },
    /** Runs one process now, with read models that show all that is in the log. */
    tick: async (name: string, processes = warningProcesses(processing)) => {
      await settled()
      return processes[name]!(clock.at)
    },
    must: async (...asked: Parameters<typeof ask>) => {
      const outcome = await ask(...asked)
      if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
      return outcome
    },
    write: (events: Log) => write(log.store, events),
    order: async (orderNo: OrderNo) => (await load(log.store, warningWorkOrderAggregate, warningWorkOrderStream(orderNo))).state as IssuedOrder,
    subject: async (consNo: string, of = 'P11') =>
      (await load(log.store, warningSubjectAggregate, warningSubjectStream({ province: of as ProvinceCode, consNo: consNo as ConsNo }))).state,
  }
}
/** Puts events into the log as they are, each stream from where it ended. */
const write = async (store: EventStore, events: Log): Promise<void> => {
  const revisions = new Map<string, bigint | 'absent'>()
  const recorded = record(events)
  for (const { id, stream, type, data, metadata } of recorded) {
    if (!revisions.has(stream)) {
      let last: bigint | 'absent' = 'absent'
      for await (const page of store.readStream(stream)) last = page.at(-1)?.revision ?? last
      revisions.set(stream, last)
    }
    const outcome = await store.append({
      stream,
      expected: revisions.get(stream)!,
      events: [{ id, type, data: JSON.stringify(data), metadata: JSON.stringify(metadata) }],
    })
    if (outcome.kind !== 'appended') throw new Error(`${stream} has moved`)
    revisions.set(stream, outcome.revision)
  }
}

export const P11 = province('P11')
export const PROVINCE = ['p11.tariff', 'PV_TARIFF', 'P11'] as const
export const PROVINCE_LEAD = ['p11.lead', 'PV_LEAD', 'P11'] as const
