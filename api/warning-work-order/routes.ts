import type { EventStore } from '#application/ports/event-store.ts'
import { UNIT_READERS } from '#application/shared/authorise.ts'
import { load } from '#application/shared/load.ts'
import { warningWorkOrderAggregate, warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import type { WarningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import { WORK_ORDERS } from '#projections/warning-work-order/orders.queries.ts'
import { readBy } from '../access.ts'
import { historyRoutes } from '../history/routes.ts'
import type { App } from '../schemas.ts'
import { headquartersCommands, OfOrder, ORDERS, provinceCommands, questionCommands } from './commands.ts'
import { appendingRoute, draftingRoutes } from './drafting.ts'
import { formRoutes } from './form.ts'
import { orderQueries, type QueryNeeds } from './queries.ts'
import { orderSeen } from './sight.ts'
import { silenceRoutes } from './silences.ts'
import { suppressionRoute } from './suppressions.ts'
import { urgingRoute } from './urging.ts'

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
    urgingRoute(app, needs)
    provinceCommands(app, useCases)
    questionCommands(app, useCases)
    silenceRoutes(app, needs)
    orderQueries(app, needs)
    formRoutes(app, needs)
    suppressionRoute(app, needs)
    historyRoutes(app, store, {
      url: `${ORDERS}/:orderNo`,
      name: 'WorkOrder',
      params: OfOrder,
      access: readBy(UNIT_READERS, 'own').access,
      aggregate: warningWorkOrderAggregate,
      stream: ({ orderNo }) => warningWorkOrderStream(orderNo),
      visible: async ({ orderNo }, request, reply) => {
        await needs.fresh.settle(request, reply, WORK_ORDERS)
        return (await orderSeen(request, orderNo, needs.pool, needs)).found !== undefined
      },
    })
  }
