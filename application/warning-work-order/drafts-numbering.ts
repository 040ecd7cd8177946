import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import type { EventStore } from '../ports/event-store.ts'
import { mapAtOnce } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import type { Request } from '../shared/request.ts'
import { warningWorkOrderAggregate, warningWorkOrderStream } from './aggregates.ts'
import { type Numbers, numbersGiven, takeNumbers } from './numbers.ts'

/** One draft of a command under its number; `index` counts from 0 in the order of what was asked. */
export type NumberedDraft<D> = { readonly index: number; readonly orderNo: OrderNo; readonly drafting: D }
type Done = Extract<Outcome<never>, { kind: 'done' }>
/** `numbers` and `pending` in the order of what was asked; `done` is what an earlier sending of the same command had drafted. */
export type NumberedDrafts<D> = {
  readonly ok: true
  readonly numbers: readonly OrderNo[]
  readonly pending: readonly NumberedDraft<D>[]
  readonly done: ReadonlyMap<OrderNo, Done>
}

/** Gives each draft its number: the first of those taken for it that was not voided. What was refused or broke off is begun anew under another. */
export const numberDrafts = async <D>(
  store: EventStore,
  draftings: readonly D[],
  request: Request,
): Promise<NumberedDrafts<D> | Extract<Numbers, { ok: false }>> => {
  const done = new Map<OrderNo, Done>()
  const numbers: OrderNo[] = []
  const pending: NumberedDraft<D>[] = []
  const known = await numbersGiven(store, request.at)
  let left = draftings.map((drafting, index) => ({ drafting, index }))
  for (let taking = 1; left.length > 0; taking++) {
    const asked = takingOf(request, taking)
    const before = known(asked.commandId)
    const given = before ? ({ ok: true, orderNos: before } as const) : await takeNumbers(store, draftings.length, asked)
    if (!given.ok) return given
    const placed = left.flatMap((one) => given.orderNos.slice(one.index, one.index + 1).map((orderNo) => ({ ...one, orderNo })))
    const fates = before ? await mapAtOnce(placed, ORDERS_AT_ONCE, ({ orderNo }) => fateOf(store, orderNo)) : []
    const voided = placed.filter((_, place) => fates[place] === 'voided')
    for (const [place, one] of placed.entries()) {
      const fate = fates[place] ?? 'to-draft'
      if (fate === 'voided') continue
      numbers[one.index] = one.orderNo
      if (fate === 'to-draft') pending.push(one)
      else done.set(one.orderNo, fate)
    }
    left = voided
  }
  return { ok: true, numbers, pending: pending.toSorted((a, b) => a.index - b.index), done }
}
const ORDERS_AT_ONCE = 8

/** What the nth taking of numbers for a request is known by. */
const takingOf = (request: Request, taking: number): Request =>
  taking === 1 ? request : { ...request, commandId: derivedCommandId(request.commandId, `taking/${taking}`) }

const fateOf = async (store: EventStore, orderNo: OrderNo): Promise<'to-draft' | 'voided' | Done> => {
  const { state, revision, position } = await load(store, warningWorkOrderAggregate, warningWorkOrderStream(orderNo))
  if (state.status === 'absent') return state.voided ? 'voided' : 'to-draft'
  if (revision === 'absent' || position === undefined) return 'to-draft'
  return { kind: 'done', revision, position, repeated: true, recorded: 0 }
}
