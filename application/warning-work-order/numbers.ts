import { addDays, type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import type { OrderNumbers } from '#domain/warning-work-order/numbers.ts'
import type { EventStore } from '../ports/event-store.ts'
import { handleMany } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Request } from '../shared/request.ts'
import { orderNoOf, orderNumbersAggregate, orderNumbersStream } from './aggregates.ts'

export type Numbers = { readonly ok: true; readonly orderNos: readonly OrderNo[] } | { readonly ok: false; readonly left: number }

const numbered = (date: BusinessDate, { from, count }: { readonly from: number; readonly count: number }): readonly OrderNo[] =>
  Array.from({ length: count }, (_, index) => orderNoOf(date, from + index))

/** The numbers that were given for each purpose today or the day before: a request may be sent again past midnight. */
export const numbersGiven = async (store: EventStore, at: Instant): Promise<(purpose: Uuid) => readonly OrderNo[] | undefined> => {
  const today = businessDateOf(at)
  const days = await Promise.all(
    [today, addDays(today, -1)].map(async (date) => ({ date, given: (await load(store, orderNumbersAggregate, orderNumbersStream(date))).state.given })),
  )
  return (purpose) => {
    for (const { date, given } of days) {
      const span = given.get(purpose)
      if (span) return numbered(date, span)
    }
    return undefined
  }
}

/** Who takes numbers in this process waits for the one before, instead of losing the race for the day's stream to him. */
const queues = new WeakMap<EventStore, Promise<unknown>>()

/** Numbers of the day for what a command drafts; asked again for the same command, the same. Throws as `handle` does. */
export const takeNumbers = (store: EventStore, count: number, request: Request): Promise<Numbers> => {
  const taken = (queues.get(store) ?? Promise.resolve()).then(() => take(store, count, request))
  queues.set(
    store,
    taken.catch(() => undefined),
  )
  return taken
}

const take = async (store: EventStore, count: number, { pinned: _pinned, ...request }: Request): Promise<Numbers> => {
  const date = businessDateOf(request.at)
  const commandId = derivedCommandId(request.commandId, 'numbers')
  const purpose = request.commandId as string
  const command = { type: 'TakeNumbers' as const, data: { at: request.at, by: request.actor.userId, count, purpose } }
  for (;;) {
    let span = { from: 1, count }
    const prepare = ({ next, given }: OrderNumbers) => {
      span = given.get(purpose) ?? { from: next, count }
      return { kind: 'ready', command, request: { ...request, commandId, causationId: request.commandId } } as const
    }
    const [outcome] = await handleMany(store, orderNumbersAggregate, [{ stream: orderNumbersStream(date), commandId, prepare }])
    if (outcome?.kind === 'rejected') return { ok: false, left: outcome.rejection.left }
    if (outcome?.kind === 'done') return { ok: true, orderNos: numbered(date, span) }
  }
}
