import { addDays, type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { sum } from '#domain/shared/quantities.ts'
import { type Answer, type Data, keyed, namedTwice } from './answer.ts'
import { arrearsOf } from './evolve.ts'
import { MAX_SUBJECTS, type SlaRules, type Subject } from './fields.ts'
import type { WarningWorkOrderRejection } from './rejections.ts'
import { calendarUsed, startClock, timingOf } from './sla.ts'
import { clockTime, type Draft, type IssuedOrder, type WarningWorkOrder } from './state.ts'

/** 起草: for customers of one province, with the figures of a report. */
export const draftOrder = ({ strangers, ...data }: Data<'DraftOrder'>): Answer => {
  if (data.subjects.length === 0) return reject({ code: 'NO_SUBJECTS' })
  const refused = wrongSubjects(data.subjects, strangers, data.province)
  return refused ? reject(refused) : accept({ type: 'OrderDrafted', data })
}

/** In the order's own stream, so that whoever drafts under the number at the same time is either before this or comes too late. */
export const voidNumber = ({ at, by, orderNo, province }: Data<'VoidNumber'>, order: WarningWorkOrder): Answer => {
  if (order.status !== 'absent') return reject({ code: 'INVALID_STATE', status: order.status })
  return order.voided ? accept() : accept({ type: 'OrderNumberVoided', data: { at, by, orderNo, province } })
}

const wrongSubjects = (subjects: readonly Subject[], strangers: readonly ConsNo[], province: ProvinceCode): WarningWorkOrderRejection | undefined => {
  if (subjects.length > MAX_SUBJECTS) return { code: 'TOO_MANY_SUBJECTS', most: MAX_SUBJECTS }
  const twice = namedTwice(subjects)
  if (twice.length > 0) return { code: 'DUPLICATE_SUBJECT', consNos: twice }
  const foreign = subjects.filter(({ consNo }) => strangers.includes(consNo)).map(({ consNo }) => consNo)
  if (foreign.length > 0) return { code: 'SUBJECT_NOT_IN_PROVINCE', province, consNos: foreign }
  const wrong = subjects.filter((subject) => !addsUp(subject)).map(({ consNo }) => consNo)
  return wrong.length > 0 ? { code: 'FIGURES_MISMATCH', consNos: wrong } : undefined
}

const addsUp = ({ bills, arrears }: Subject): boolean =>
  new Set(bills.map(({ billMonth }) => billMonth)).size === bills.length &&
  bills.every(({ open }) => open >= 0n) &&
  arrears === sum(bills.map(({ open }) => open))

/** Figures of a report that is older than the rules allow, or of a day to come. */
const stale = (subjects: readonly Subject[], at: Instant, { staleDays }: SlaRules): WarningWorkOrderRejection | undefined => {
  const today = businessDateOf(at)
  const oldest: BusinessDate = addDays(today, -staleDays)
  const consNos = subjects.filter(({ asOf }) => asOf < oldest || asOf > today).map(({ consNo }) => consNo)
  return consNos.length > 0 ? { code: 'STALE_FIGURES', consNos, oldest } : undefined
}

/** 下发: the clocks of signing and feedback begin. A red order is issued by another than who drafted it. */
export const issueOrder = (data: Data<'IssueOrder'>, order: Draft): Answer => {
  if (order.grade === 'red' && order.draftedBy === data.by) return reject({ code: 'SELF_APPROVAL' })
  const old = stale(order.subjects, data.at, data.sla)
  if (old) return reject(old)
  const timing = timingOf(data)
  const sign = startClock('sign', order.grade, data.at, timing)
  const feedback = startClock('feedback', order.grade, data.at, timing)
  return accept({
    type: 'OrderIssued',
    data: {
      ...keyed(data, order),
      slaVersion: data.sla.version,
      signDueAt: sign.dueAt,
      feedbackDueAt: feedback.dueAt,
      calendar: calendarUsed([sign, feedback], timing),
      target: arrearsOf(order.subjects),
    },
  })
}

/** One more customer on an order that the province has not answered yet. */
export const appendSubject = (data: Data<'AppendSubject'>, order: IssuedOrder): Answer => {
  const { subject, strangers, at, sla } = data
  const refused = wrongSubjects([...order.subjects, subject], strangers, order.province) ?? stale([subject], at, sla)
  return refused ? reject(refused) : accept({ type: 'SubjectAppended', data: { ...keyed(data, order), subject } })
}

/** 签收, once. */
export const signOrder = (data: Data<'SignOrder'>, order: IssuedOrder): Answer =>
  order.status === 'issued' ? accept({ type: 'OrderSigned', data: { ...keyed(data, order), onTime: clockTime(order, data.at) <= order.sign.dueAt } }) : accept() // signed before

/** 转派 to a unit of the province, which answers before the province has to. */
export const assignOrder = (data: Data<'AssignOrder'>, order: IssuedOrder): Answer => {
  const { at, toOrg, toUser, dueAt, orgProvince } = data
  if (orgProvince !== order.province) return reject({ code: 'ORG_OUTSIDE_PROVINCE', orgCode: toOrg, province: order.province })
  const standing = order.assigned
  if (standing?.toOrg === toOrg && standing.toUser === toUser && standing.dueAt === dueAt) return accept()
  if (dueAt <= at) return reject({ code: 'INSTANT_TOO_EARLY', instant: dueAt, earliest: at })
  if (dueAt > order.feedbackDue.dueAt) return reject({ code: 'DUE_TOO_LATE', dueAt, latest: order.feedbackDue.dueAt })
  return accept({ type: 'OrderAssigned', data: { ...keyed(data, order), toOrg, dueAt, ...(toUser !== undefined && { toUser }) } })
}
