import { epochOf, instantOfEpoch } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import { type Answer, type Data, keyed } from './answer.ts'
import { escalationAt, timingOf } from './sla.ts'
import { clockTime, type IssuedOrder, runningClocks } from './state.ts'

const HOUR = 3_600_000

/** 催办: not again before some hours have passed, by the clock on the wall. */
export const urge = (data: Data<'Urge'>, order: IssuedOrder): Answer => {
  const { at, channel, text, sla } = data
  const { count, lastAt } = order.urged
  const earliest = lastAt && instantOfEpoch(epochOf(lastAt) + sla.urgeEveryHours * HOUR)
  if (earliest && at < earliest) return reject({ code: 'URGED_TOO_SOON', earliest })
  return accept({ type: 'OrderUrged', data: { ...keyed(data, order), n: count + 1, channel, text } })
}

/** 升级: the level only rises. What a clock causes counts for the due instant that was missed, and not once that has been met or moved. */
export const escalate = (data: Data<'Escalate'>, order: IssuedOrder): Answer => {
  const { level, toRole, cause } = data
  const standing = order.escalationLevel
  if (cause === 'manual') {
    if (level <= standing) return reject({ code: 'LEVEL_NOT_HIGHER', standing })
  } else {
    const clock = runningClocks(order).find(([name]) => name === (cause === 'sign-overdue' ? 'sign' : 'feedback'))?.[1]
    if (level <= standing || clock === undefined || clock.dueAt !== data.dueAt) return accept()
    const due = escalationAt(clock.dueAt, level, timingOf(data), order.idle)
    if (clockTime(order, data.at) < due) return reject({ code: 'NOT_DUE', dueAt: due })
  }
  return accept({ type: 'OrderEscalated', data: { ...keyed(data, order), level, toRole, cause } })
}

const OVERDUE = { sign: 'SignOverdue', feedback: 'FeedbackOverdue', review: 'ReviewOverdue' } as const

/** 逾期: once for each due instant of a clock that runs. A timer that comes late, or second, finds nothing to say. */
export const markOverdue = (data: Data<'MarkOverdue'>, order: IssuedOrder): Answer => {
  const { at, clock: name, dueAt } = data
  const clock = runningClocks(order).find(([running]) => running === name)?.[1]
  if (clock?.dueAt !== dueAt || order.overdue[name] === dueAt) return accept()
  if (at <= dueAt) return reject({ code: 'NOT_DUE', dueAt })
  if (clockTime(order, at) <= dueAt) return accept() // paused in time
  return accept({ type: OVERDUE[name], data: { ...keyed(data, order), dueAt } })
}
