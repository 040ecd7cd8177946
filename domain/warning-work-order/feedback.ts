import { addMonths, businessDateOf, monthOf } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import { type Fen, plus, sum } from '#domain/shared/quantities.ts'
import { type Answer, type Data, keyed, namedTwice } from './answer.ts'
import type { Subject, SubjectAnswer } from './fields.ts'
import type { WarningWorkOrderRejection } from './rejections.ts'
import { calendarUsed, startClock, timingOf, workedMinutes } from './sla.ts'
import { clockTime, type IssuedOrder, idleUntil } from './state.ts'

/** 反馈: every subject answered once; the review's clock begins. */
export const submitFeedback = (data: Data<'SubmitFeedback'>, order: IssuedOrder): Answer => {
  const { at, answers, attachments } = data
  const refused = incomplete(answers, order.subjects) ?? wrongAnswer(data, order.subjects)
  if (refused) return reject(refused)
  const timing = timingOf(data)
  const review = startClock('review', order.grade, at, timing)
  return accept({
    type: 'FeedbackSubmitted',
    data: {
      ...keyed(data, order),
      no: (order.feedback?.no ?? 0) + 1,
      answers,
      attachments,
      onTime: clockTime(order, at) <= order.feedbackDue.dueAt,
      reviewDueAt: review.dueAt,
      provinceMinutes: workedMinutes({ from: order.withProvinceSince, until: at }, idleUntil(order, at), timing),
      calendar: calendarUsed([review], timing),
    },
  })
}

const incomplete = (answers: readonly SubjectAnswer[], subjects: readonly Subject[]): WarningWorkOrderRejection | undefined => {
  const asked = new Set(subjects.map(({ consNo }) => consNo))
  const strange = answers.flatMap(({ consNo }) => (asked.has(consNo) ? [] : [consNo]))
  if (strange.length > 0) return { code: 'NOT_A_SUBJECT', consNos: strange }
  const answered = new Set(answers.map(({ consNo }) => consNo))
  const missing = [...asked].filter((consNo) => !answered.has(consNo))
  const twice = namedTwice(answers)
  return missing.length > 0 || twice.length > 0 ? { code: 'INCOMPLETE_FEEDBACK', missing, twice } : undefined
}

const wrongAnswer = ({ at, answers, billed }: Data<'SubmitFeedback'>, subjects: readonly Subject[]): WarningWorkOrderRejection | undefined => {
  const today = businessDateOf(at)
  const most = mostRecovered(subjects, billed)
  for (const { consNo, recovered, remaining, planDate } of answers) {
    if (recovered < 0n) return { code: 'AMOUNT_INVALID', consNo, amount: recovered }
    if (remaining < 0n) return { code: 'AMOUNT_INVALID', consNo, amount: remaining }
    const limit = most.get(consNo)
    if (limit !== undefined && recovered > limit) return { code: 'RECOVERED_TOO_HIGH', consNo, recovered, most: limit }
    if (planDate !== undefined && planDate < today) return { code: 'DATE_TOO_EARLY', date: planDate, earliest: today }
  }
  return undefined
}

/**
 * What of each subject can have come in at most: the order's target and what was billed since. Bills that the order does not
 * name count from the month before its figures on: that month's are issued early in the next.
 */
const mostRecovered = (subjects: readonly Subject[], billed: Data<'SubmitFeedback'>['billed']): ReadonlyMap<ConsNo, Fen> => {
  const most = new Map(subjects.map(({ consNo, arrears }) => [consNo, arrears]))
  const since = new Map(
    subjects.map(({ consNo, asOf, bills }) => [consNo, { from: addMonths(monthOf(asOf), -1), named: new Set(bills.map((bill) => bill.billMonth)) }]),
  )
  for (const { consNo, billMonth, receivable } of billed) {
    const known = since.get(consNo)
    const standing = most.get(consNo)
    if (known && standing !== undefined && billMonth >= known.from && !known.named.has(billMonth)) most.set(consNo, plus(standing, receivable))
  }
  return most
}

/** 退回 with reasons; who returns an order often is told so, and confirms it. */
export const returnFeedback = (data: Data<'ReturnFeedback'>, order: IssuedOrder): Answer => {
  const { at, reasons, newDueAt, confirmed, sla } = data
  if (reasons.length === 0) return reject({ code: 'REASON_REQUIRED' })
  const asked = new Set(order.subjects.map(({ consNo }) => consNo))
  const strange = reasons.flatMap(({ consNo }) => (consNo === undefined || asked.has(consNo) ? [] : [consNo]))
  if (strange.length > 0) return reject({ code: 'NOT_A_SUBJECT', consNos: strange })
  if (newDueAt <= at) return reject({ code: 'INSTANT_TOO_EARLY', instant: newDueAt, earliest: at })
  if (order.returns >= sla.warnReturns && !confirmed) return reject({ code: 'MANY_RETURNS', returns: order.returns })
  return accept({
    type: 'FeedbackReturned',
    data: { ...keyed(data, order), no: order.feedback?.no ?? 1, reasons, newDueAt, reviewMinutes: reviewMinutes(data, order) },
  })
}

const reviewMinutes = (data: Data<'ReturnFeedback'> | Data<'AcceptAndClose'>, order: IssuedOrder): number =>
  workedMinutes({ from: order.feedback?.at ?? order.issuedAt, until: data.at }, idleUntil(order, data.at), timingOf(data))

/** 办结, by another than who drafted or answered; what remains wants a date on which it is followed up. Recovered and remaining are as answered. */
export const acceptAndClose = (data: Data<'AcceptAndClose'>, order: IssuedOrder): Answer => {
  const { at, by, result, followUpOn } = data
  if (by === order.draftedBy || by === order.feedback?.by) return reject({ code: 'SELF_APPROVAL' })
  const answers = order.feedback?.answers ?? []
  const recovered = sum(answers.map((answer) => answer.recovered))
  const remaining = sum(answers.map((answer) => answer.remaining))
  if (remaining > 0n && result === 'recovered') return reject({ code: 'NOT_RECOVERED', remaining })
  if (remaining > 0n && followUpOn === undefined) return reject({ code: 'FOLLOW_UP_REQUIRED', remaining })
  const today = businessDateOf(at)
  if (followUpOn !== undefined && followUpOn < today) return reject({ code: 'DATE_TOO_EARLY', date: followUpOn, earliest: today })
  return accept({
    type: 'OrderClosed',
    data: {
      ...keyed(data, order),
      result,
      recovered,
      remaining,
      ...(followUpOn !== undefined && { followUpOn }),
      onTime: closedInTime(data, order),
      handlingMinutes: workedMinutes({ from: order.issuedAt, until: at }, idleUntil(order, at), timingOf(data)),
      reviewMinutes: reviewMinutes(data, order),
    },
  })
}

/** On-time closure (domain brief 4.2): answered in time, and closed by the feedback's due time and the review's after it. */
const closedInTime = (data: Data<'AcceptAndClose'>, order: IssuedOrder): boolean => {
  if (order.feedback?.onTime !== true) return false
  const now = clockTime(order, data.at)
  const whole = startClock('review', order.grade, order.feedbackDue.dueAt, timingOf(data)).dueAt
  return now <= whole || (order.review !== undefined && now <= order.review.dueAt)
}
