import { epochOf, instantOfEpoch } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import { type Answer, type Data, keyed } from './answer.ts'
import type { IssuedOrder, KnownOrder } from './state.ts'

/** 撤回, a draft too; not what is closed. */
export const withdrawOrder = (data: Data<'WithdrawOrder'>, order: KnownOrder): Answer =>
  order.status === 'withdrawn' ? accept() : accept({ type: 'OrderWithdrawn', data: { ...keyed(data, order), reason: data.reason } })

const DAY = 86_400_000

/** 重开 within the days of the rules: the province answers anew, until the instant stated. */
export const reopenOrder = (data: Data<'ReopenOrder'>, order: IssuedOrder): Answer => {
  const { at, reason, newDueAt, sla } = data
  const latest = instantOfEpoch(epochOf(order.closedAt ?? order.issuedAt) + sla.reopenDays * DAY)
  if (at > latest) return reject({ code: 'TOO_LATE', latest })
  if (newDueAt <= at) return reject({ code: 'INSTANT_TOO_EARLY', instant: newDueAt, earliest: at })
  return accept({ type: 'OrderReopened', data: { ...keyed(data, order), reason, newDueAt } })
}
