import { warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import { projection } from '#projections/shared/projection.ts'
import { changesOf } from './supervision/changes.ts'
import { ledgerTables, MAIN, SHARE, tablesOf, write } from './supervision/ledger.ts'
import { follow, keep, orderTables } from './supervision/orders.ts'

/**
 * The daily statistics of supervision (总部预警督办日统计). An order that runs out of time tells nobody: what it will count for when its
 * clocks run out is worked out from its due instants when it changes, and stands in the sums of days to come.
 */
export const supervision = projection({
  name: 'supervision',
  version: 1,
  sources: { WarningWorkOrder: warningWorkOrderEvents },
  onPoison: 'halt',
  restMs: 250, // an event is written into the sums of all days to come; a batch of them into hardly more
  publishes: ['supervision_order', 'supervision_handled', ...[MAIN, SHARE].flatMap(tablesOf)],
  create: `${orderTables} ${ledgerTables(MAIN)} ${ledgerTables(SHARE)}`,
  apply: async (events, db) => {
    const orders = await follow(events, db)
    if (orders.length === 0) return
    await keep(orders, db)
    const rewritten = orders
      .filter(({ before, moves }) => moves !== before)
      .map(({ before, moves, ...order }) => ({
        ...order,
        issuedAt: moves.find(({ t }) => t === 'issued')?.at,
        before: changesOf(before),
        after: changesOf(moves),
      }))
    for (const ledger of [MAIN, SHARE]) await write(ledger, rewritten, db)
  },
})
