import type { Decision } from '#domain/shared/decider.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import type { WarningWorkOrderCommand } from './commands.ts'
import type { WarningWorkOrderEvent } from './events.ts'
import type { WarningWorkOrderRejection } from './rejections.ts'
import type { KnownOrder } from './state.ts'

export type Data<T extends WarningWorkOrderCommand['type']> = Extract<WarningWorkOrderCommand, { type: T }>['data']
export type Answer = Decision<WarningWorkOrderEvent, WarningWorkOrderRejection>

/** What stands in every event of an order. */
export const keyed = (
  { at, by }: Pick<Data<'SignOrder'>, 'at' | 'by'>,
  { orderNo, province }: Pick<KnownOrder, 'orderNo' | 'province'>,
): Pick<Extract<WarningWorkOrderEvent, { type: 'ReviewOverdue' }>['data'], 'at' | 'by' | 'orderNo' | 'province'> => ({ at, by, orderNo, province })

/** Customers that are named more than once. */
export const namedTwice = (rows: readonly { readonly consNo: ConsNo }[]): ConsNo[] => {
  const met = new Set<ConsNo>()
  return [...new Set(rows.flatMap(({ consNo }) => (met.has(consNo) || !met.add(consNo) ? [consNo] : [])))]
}
