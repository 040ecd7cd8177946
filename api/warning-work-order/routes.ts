import type { FastifyRequest } from 'fastify'
import type { EventStore } from '#application/ports/event-store.ts'
import { sightOf, UNIT_READERS } from '#application/shared/authorise.ts'
import { load } from '#application/shared/load.ts'
import { warningWorkOrderAggregate, warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import type { WarningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { readBy } from '../access.ts'
import { historyRoutes } from '../history/routes.ts'
import { actorOf } from '../identity.ts'
import type { App } from '../schemas.ts'
import { headquartersCommands, OfOrder, ORDERS, provinceCommands, questionCommands } from './commands.ts'
import { appendingRoute, draftingRoutes } from './drafting.ts'
import { formRoutes } from './form.ts'
import { orderQueries, type QueryNeeds } from './queries.ts'
import { seesOrder } from './sight.ts'
import { silenceRoutes } from './silences.ts'

export type WorkOrderNeeds = QueryNeeds & { readonly useCases: WarningWorkOrderUseCases; readonly store: EventStore }

/** 预警督办工单: between headquarters and the provinces. */
export const workOrderRoutes =
  (needs: WorkOrderNeeds) =>
  async (app: App): Promise<void> => {
    const { useCases, store } = needs
    draftingRoutes(app, needs)
    appendingRoute(app, needs, async (orderNo) => {
      const { state } = await load(store, warningWorkOrderAggregate, warningWorkOrderStream(orderNo))
      return state.status === 'absent' ? undefined : state.province
    })
    headquartersCommands(app, useCases)
    provinceCommands(app, useCases)
    questionCommands(app, useCases)
    silenceRoutes(app, needs)
    orderQueries(app, needs)
    formRoutes(app, needs)
    historyRoutes(app, store, {
      url: `${ORDERS}/:orderNo`,
      name: 'WorkOrder',
      params: OfOrder,
      access: readBy(UNIT_READERS, 'own').access,
      aggregate: warningWorkOrderAggregate,
      stream: ({ orderNo }) => warningWorkOrderStream(orderNo),
      visible: (state, request) => seesState(state as OrderState, request as FastifyRequest, needs),
    })
  }

type OrderState = { readonly status: string; readonly province: ProvinceCode; readonly assigned?: { readonly toOrg: OrgCode } }

/** An order in the state that its stream folds to; one that was withdrawn before it was issued was never the province's. */
const seesState = (state: OrderState, request: FastifyRequest, needs: QueryNeeds): boolean => {
  if (state.status === 'absent') return false
  const sight = sightOf(actorOf(request), needs.directory, businessDateOf(needs.clock.now()))
  const issued = 'issuedAt' in state
  return seesOrder(sight, { province: state.province, issued, assignedOrg: state.assigned?.toOrg }, needs)
}
