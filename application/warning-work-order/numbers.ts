import { addDays, type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import type { EventStore } from '../ports/event-store.ts'
import { handle } from '../shared/handle.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Request } from '../shared/request.ts'
import { orderNoOf, orderNumbersAggregate, orderNumbersStream } from './aggregates.ts'

type Numbers = { readonly ok: true; readonly orderNos: readonly OrderNo[] } | { readonly ok: false; readonly left: number }

const given = async (store: EventStore, date: BusinessDate, purpose: string): Promise<readonly OrderNo[] | undefined> => {
  const { state } = await load(store, orderNumbersAggregate, orderNumbersStream(date))
  const span = state.given.get(purpose)
  return span && Array.from({ length: span.count }, (_, index) => orderNoOf(date, span.from + index))
}

/** The numbers that were given for a purpose today or the day before: a request may be sent again past midnight. */
export const numbersGiven = async (store: EventStore, { at, commandId }: Pick<Request, 'at' | 'commandId'>): Promise<readonly OrderNo[] | undefined> => {
  const today = businessDateOf(at)
  return (await given(store, today, commandId)) ?? (await given(store, addDays(today, -1), commandId))
}

/** Numbers of the day for what a command drafts; asked again for the same command, the same. Throws as `handle` does. */
export const takeNumbers = async (store: EventStore, count: number, request: Request): Promise<Numbers> => {
  const date = businessDateOf(request.at)
  const own = { ...request, commandId: derivedCommandId(request.commandId, 'numbers'), causationId: request.commandId }
  const { pinned: _pinned, ...unpinned } = own
  const data = { at: request.at, by: request.actor.userId, count, purpose: request.commandId as string }
  for (;;) {
    const outcome = await handle(store, orderNumbersAggregate, orderNumbersStream(date), { type: 'TakeNumbers' as const, data }, unpinned)
    if (outcome.kind === 'rejected') return { ok: false, left: outcome.rejection.left }
    const orderNos = await given(store, date, request.commandId)
    if (orderNos) return { ok: true, orderNos }
  }
}
