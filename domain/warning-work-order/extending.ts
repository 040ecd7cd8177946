import { accept, reject } from '#domain/shared/decider.ts'
import { type Answer, type Data, keyed } from './answer.ts'
import { later } from './sla.ts'
import { clockTime, type IssuedOrder } from './state.ts'

/** 延期申请, before the feedback is due; one at a time, and no more than the rules allow to be granted. */
export const requestExtension = (data: Data<'RequestExtension'>, order: IssuedOrder): Answer => {
  const { at, newDueAt, reason, sla } = data
  const { dueAt } = order.feedbackDue
  const { asked, granted } = order.extension
  if (asked) return asked.newDueAt === newDueAt && asked.by === data.by ? accept() : reject({ code: 'EXTENSION_PENDING', newDueAt: asked.newDueAt })
  if (clockTime(order, at) > dueAt) return reject({ code: 'TOO_LATE', latest: dueAt })
  if (granted >= sla.maxExtensions) return reject({ code: 'TOO_MANY_EXTENSIONS', most: sla.maxExtensions })
  if (newDueAt <= dueAt) return reject({ code: 'INSTANT_TOO_EARLY', instant: newDueAt, earliest: dueAt })
  return accept({ type: 'ExtensionRequested', data: { ...keyed(data, order), newDueAt, reason } })
}

/** Headquarters grants what was asked, or another instant, or refuses with a reason. */
export const decideExtension = (data: Data<'DecideExtension'>, order: IssuedOrder): Answer => {
  const { asked } = order.extension
  if (!asked) return reject({ code: 'NO_EXTENSION_ASKED' })
  if (asked.by === data.by) return reject({ code: 'SELF_APPROVAL' })
  if (!data.granted)
    return data.reason === undefined
      ? reject({ code: 'REASON_REQUIRED' })
      : accept({ type: 'ExtensionRefused', data: { ...keyed(data, order), reason: data.reason } })
  const newDueAt = data.newDueAt ?? asked.newDueAt
  const earliest = later(data.at, order.feedbackDue.dueAt)
  if (newDueAt <= earliest) return reject({ code: 'INSTANT_TOO_EARLY', instant: newDueAt, earliest })
  return accept({ type: 'ExtensionGranted', data: { ...keyed(data, order), newDueAt } })
}
