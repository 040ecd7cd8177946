import { Grade, OrderKind, type OrderNo } from '#domain/warning-work-order/fields.ts'
import type { EventStore } from '../ports/event-store.ts'
import { mapAtOnce } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Request } from '../shared/request.ts'
import { warningWorkOrderAggregate, warningWorkOrderStream } from './aggregates.ts'
import { numbersGiven, takeNumbers } from './numbers.ts'

/** One order of a run of the rules: the nth of its kind and grade. */
type Part = { readonly kind: OrderKind; readonly grade: Grade; readonly part: number }
/** `fate`: what became of the number; only to what is to be drafted yet can a customer be added. */
export type NumberedPart = Part & { readonly orderNo: OrderNo; readonly fate: 'to-draft' | 'drafted' | 'voided' }

/** The number's purpose: the same part of the same run is the same order, whoever drafts it. */
const numbering = (request: Request, { kind, grade, part }: Part): Request => ({
  ...request,
  commandId: derivedCommandId(request.commandId, `number/${kind}/${grade}/${part}`),
})

const ORDERS_AT_ONCE = 8

/** Numbers that attempts of this run took, today or the day before, and what became of them. */
export const partsNumbered = async (store: EventStore, request: Request): Promise<readonly NumberedPart[]> => {
  const given = await numbersGiven(store, request.at)
  const numberOf = (part: Part): OrderNo | undefined => given(numbering(request, part).commandId)?.[0]
  const taken: (Part & { readonly orderNo: OrderNo })[] = []
  for (const kind of OrderKind.options)
    for (const grade of Grade.options)
      for (let part = 1, orderNo = numberOf({ kind, grade, part }); orderNo !== undefined; part++, orderNo = numberOf({ kind, grade, part }))
        taken.push({ kind, grade, part, orderNo })
  return mapAtOnce(taken, ORDERS_AT_ONCE, async (one) => {
    const { state } = await load(store, warningWorkOrderAggregate, warningWorkOrderStream(one.orderNo))
    return { ...one, fate: state.status !== 'absent' ? 'drafted' : state.voided ? 'voided' : 'to-draft' }
  })
}

/** The part with its number, which is taken unless it was before. Throws when the day's numbers are used up, and as `handle` does. */
export const numberPart = async (store: EventStore, request: Request, taken: readonly NumberedPart[], wanted: Part): Promise<NumberedPart> => {
  const { kind, grade, part } = wanted
  const before = taken.find((one) => one.kind === kind && one.grade === grade && one.part === part)
  if (before) return before
  const numbers = await takeNumbers(store, 1, numbering(request, wanted))
  const [orderNo] = numbers.ok ? numbers.orderNos : []
  if (orderNo === undefined) throw new Error('the order numbers of the day are used up')
  return { kind, grade, part, orderNo, fate: 'to-draft' }
}
