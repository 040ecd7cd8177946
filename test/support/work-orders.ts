import { openDirectory } from '#application/organisation/directory.ts'
import { organisationUseCases } from '#application/organisation/use-cases.ts'
import { workYearsOf } from '#application/organisation/work-years.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { Asked } from '#application/shared/asked.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import { load } from '#application/shared/load.ts'
import { warningSubjectAggregate, warningSubjectStream, warningWorkOrderAggregate, warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import type { Drafting } from '#application/warning-work-order/drafts.ts'
import { type WarningWorkOrderUseCases, warningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import type { WorkOrders } from '#application/warning-work-order/work-orders.ts'
import { Actor, type Role } from '#domain/shared/actor.ts'
import type { Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import { isOpen, type KnownOrder, type WarningWorkOrder } from '#domain/warning-work-order/state.ts'
import type { Claim } from '#domain/warning-work-order/subject.ts'
import { cons, day, org, shanghai, uuid } from './arbitraries/values.ts'
import { hebei, sla, subject, year2025, year2026 } from './warning-work-order.ts'

const unit = (code: string, level: 'HQ' | 'PROVINCE' | 'CITY', parent?: string) => ({
  ...{ code: org(code), level, name: code, shortName: code, validFrom: day('2020-01-01') },
  ...(parent !== undefined && { parent: org(parent) }),
})

export type WorkOrderWorld = {
  readonly store: EventStore
  readonly clock: { at: Instant; readonly now: () => Instant }
  readonly needs: WorkOrders
  readonly orders: WarningWorkOrderUseCases
  /** Somebody asks, under a command id of its own. */
  readonly by: (orgCode: string, ...roles: Role[]) => Asked
  readonly orderOf: (orderNo: OrderNo) => Promise<WarningWorkOrder>
  readonly claimOf: (consNo: string, kind?: Drafting['kind']) => Promise<Claim | undefined>
}

/** Headquarters and two provinces, one with a city, with the years 2025 and 2026 published; Monday 2 March 2026, 09:00. */
export const workOrderWorld = async (store: EventStore, over: Partial<WorkOrders> = {}): Promise<WorkOrderWorld> => {
  const clock = { at: shanghai('2026-03-02', '09:00'), now: () => clock.at }
  const scope = await openDirectory(store, clock)
  const organisation = organisationUseCases({ store, clock, scope })
  const system = (id: number) => ({ actor: { ...SYSTEM }, commandId: uuid(id), correlationId: uuid(id) })
  const units = [unit('HQ', 'HQ'), unit('P13S', 'PROVINCE', 'HQ'), unit('P13N', 'PROVINCE', 'HQ'), unit('13401', 'CITY', 'P13S'), unit('13501', 'CITY', 'P13N')]
  await organisation.execute({ type: 'RegisterUnits', data: { units } }, system(1))
  for (const [index, year] of [year2025, year2026].entries())
    await organisation.executeCalendar({ type: 'PublishCalendarYear', data: { calendar: { ...year, source: 'State Council' } } }, system(2 + index))
  await scope.refresh('now')
  const needs: WorkOrders = {
    ...{ store, clock, scope, slaRules: [sla], years: workYearsOf(store, clock), billed: async () => [] },
    strangers: async (_, consNos) => consNos.filter((consNo) => consNo.startsWith('X')),
    ...over,
  }
  let asked = 100
  return {
    store,
    clock,
    needs,
    orders: warningWorkOrderUseCases(needs),
    by: (orgCode, ...roles) => {
      const commandId = uuid(asked++)
      return { actor: Actor.parse({ userId: `${orgCode}.${roles[0]}`, orgCode, roles }), commandId, correlationId: commandId }
    },
    orderOf: async (orderNo) => (await load(store, warningWorkOrderAggregate, warningWorkOrderStream(orderNo))).state,
    claimOf: async (consNo, kind = 'arrears-warning') =>
      (await load(store, warningSubjectAggregate, warningSubjectStream({ province: hebei, consNo: cons(consNo) }))).state.claims.get(kind),
  }
}

export const drafting = (consNos: readonly string[], over: Partial<Drafting> = {}): Drafting => ({
  ...{ province: hebei as ProvinceCode, kind: 'arrears-warning', grade: 'orange', origin: { kind: 'manual' }, text: 'collect' },
  subjects: consNos.map((consNo) => subject(consNo)),
  ...over,
})

/** Draft or open: it holds its customers. */
export const isLive = (order: WarningWorkOrder): order is KnownOrder => order.status === 'draft' || isOpen(order)
