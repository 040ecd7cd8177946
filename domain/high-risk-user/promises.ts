import { type BillMonth, businessDateOf } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import { atLeastZero, fen, minus, sum } from '#domain/shared/quantities.ts'
import type { BillStanding } from './fields.ts'
import type { Answer, Data } from './listing.ts'
import type { KnownUser } from './state.ts'

/** 还款承诺 for bills that the last sealed report shows, where there is one, and of which no other open promise speaks; due in the future. */
export const recordPromise = ({ at, by, promiseId, bills, amount, dueOn, figures }: Data<'RecordPromise'>, user: KnownUser): Answer => {
  const standing = user.work.promises.get(promiseId)
  if (standing) return standing.amount === amount && standing.dueOn === dueOn ? accept() : reject({ code: 'ID_TAKEN', id: promiseId })
  const today = businessDateOf(at)
  if (amount <= 0n) return reject({ code: 'AMOUNT_INVALID', amount })
  if (dueOn <= today) return reject({ code: 'DATE_TOO_EARLY', date: dueOn, earliest: today })
  for (const [id, promise] of user.work.promises) {
    const billMonth = promise.state === 'open' ? promise.bills.find((month) => bills.includes(month)) : undefined
    if (billMonth !== undefined) return reject({ code: 'PROMISE_EXISTS', promiseId: id, billMonth })
  }
  const unknown = figures && bills.find((month) => ofBills(figures.bills, [month]).length === 0)
  if (unknown) return reject({ code: 'UNKNOWN_BILL', billMonth: unknown })
  const { province, consNo } = user
  const receivedBefore = sum(ofBills(figures?.bills ?? [], bills).map(({ received }) => received))
  return accept({ type: 'PromiseMade', data: { at, by, province, consNo, promiseId, bills: [...new Set(bills)], amount, dueOn, receivedBefore } })
}

const ofBills = (standings: readonly BillStanding[], months: readonly BillMonth[]): readonly BillStanding[] =>
  standings.filter(({ billMonth }) => months.includes(billMonth))

/**
 * What a sealed report shows of a promise: kept as soon as the amount has come in since, or nothing is open on its bills;
 * broken when the report of its due date, or a later one, shows less. Before that date, and when the report does not speak of
 * the bills, nothing can be said. What was settled stays settled, also when the report is corrected afterwards.
 */
export const settlePromise = ({ at, by, promiseId, reportDate, reportVersion, bills }: Data<'SettlePromise'>, user: KnownUser): Answer => {
  const promise = user.work.promises.get(promiseId)
  if (!promise) return reject({ code: 'UNKNOWN_PROMISE', promiseId })
  const shown = ofBills(bills, promise.bills)
  if (promise.state !== 'open' || shown.length === 0) return accept()
  const { province, consNo } = user
  const seen = { at, by, province, consNo, promiseId, reportDate, reportVersion }
  const received = minus(sum(shown.map((bill) => bill.received)), promise.receivedBefore)
  const settled = shown.length === promise.bills.length && shown.every(({ open }) => open <= 0n)
  if (received >= promise.amount || settled) return accept({ type: 'PromiseKept', data: { ...seen, received } })
  if (reportDate < promise.dueOn) return accept()
  const shortfall = minus(promise.amount, atLeastZero(fen(received)))
  return accept({ type: 'PromiseBroken', data: { ...seen, shortfall } })
}
