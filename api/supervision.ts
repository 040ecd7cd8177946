import type { DatabasePool } from 'slonik'
import type { Directory } from '#application/organisation/directory.ts'
import type { Attachments } from '#application/ports/attachments.ts'
import type { NoticeRecord } from '#application/ports/notice.ts'
import { withStoredAttachments } from '#application/warning-work-order/attachments.ts'
import type { WarningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import type { WorkOrders } from '#application/warning-work-order/work-orders.ts'
import type { SupervisionScore } from '#domain/warning-work-order/fields.ts'
import { WORK_ORDERS } from '#projections/warning-work-order/orders.queries.ts'
import { attachmentRoutes } from './attachments/routes.ts'
import type { Freshness } from './freshness.ts'
import { noticeRoutes } from './notice/routes.ts'
import type { Routes } from './server.ts'
import { supervisionStatisticsRoutes } from './statistics/supervision.ts'
import { workOrderRoutes } from './warning-work-order/routes.ts'
import { orderSeen } from './warning-work-order/sight.ts'

/** What only supervision needs. */
export type SupervisionParts = {
  readonly notices: NoticeRecord
  readonly attachments: { readonly store: Attachments; readonly limits: { readonly bytes: number; readonly mediaTypes: readonly string[] } }
  /** The weights by which provinces are ranked. */
  readonly supervisionScores: readonly SupervisionScore[]
}

type Needs = SupervisionParts & {
  readonly working: WorkOrders & { readonly scope: Directory }
  readonly useCases: WarningWorkOrderUseCases
  readonly pool: DatabasePool
  readonly fresh: Freshness
}

/** Work orders with what hangs on them: files, notices, statistics. */
export const supervisionRoutes = ({ working, useCases, pool, fresh, notices, attachments, supervisionScores: scores }: Needs): readonly Routes[] => {
  const { store, clock, scope: directory } = working
  const orders = withStoredAttachments(useCases, attachments.store)
  return [
    workOrderRoutes({ useCases: orders, store, pool, directory, clock, fresh, orders: working }),
    attachmentRoutes({
      ...{ attachments: attachments.store, limits: attachments.limits, clock },
      carriedBy: async (request, reply, orderNo) => {
        await fresh.settle(request, reply, WORK_ORDERS)
        const { found } = await orderSeen(request, orderNo, pool, { directory, clock })
        return found?.order.feedbacks.flatMap((feedback) => feedback.attachments) ?? []
      },
    }),
    supervisionStatisticsRoutes({ pool, directory, clock, fresh, scores }),
    noticeRoutes({ pool, record: notices, clock, fresh }),
  ]
}
