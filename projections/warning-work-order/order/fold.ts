import type { Instant } from '#domain/shared/dates.ts'
import { fen, plus, sum } from '#domain/shared/quantities.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import type { CalendarUsed } from '#domain/warning-work-order/fields.ts'
import type { OrderDocument } from './document.ts'

type Of<T extends WarningWorkOrderEvent['type']> = Extract<WarningWorkOrderEvent, { type: T }>['data']
type Dues = OrderDocument['dues'][number]

const drafted = ({ at, by, orderNo, province, kind, grade, origin, groupNo, batch, text, subjects }: Of<'OrderDrafted'>): OrderDocument => ({
  ...{ orderNo, province, kind, grade, status: 'draft', origin, groupNo: groupNo ?? null, batch: batch ?? null, text, drafted: { at, by } },
  ...{ issued: null, dues: [], subjects: subjects.map((subject) => ({ ...subject, appendedAt: null })), warned: sum(subjects.map(({ arrears }) => arrears)) },
  ...{ signed: null, assignments: [], extensions: [], feedbacks: [], closings: [], urges: [], escalations: [], overdues: [], pauses: [], recovery: null },
  ...{ withdrawn: null, questions: [], changed: { at, by } },
})

/** The order after an event; undefined before it was drafted. */
export const orderAfter = (before: OrderDocument | undefined, event: WarningWorkOrderEvent): OrderDocument | undefined => {
  if (event.type === 'OrderDrafted') return drafted(event.data)
  return before && { ...moved(before, event), changed: { at: event.data.at, by: event.data.by } }
}

type Later = Exclude<WarningWorkOrderEvent, { type: 'OrderDrafted' }>

/** What moves the order from state to state. */
const moved = (order: OrderDocument, event: Later): OrderDocument => {
  const { type, data } = event
  const done = { at: data.at, by: data.by }
  switch (type) {
    case 'OrderIssued': {
      const { slaVersion, signDueAt, feedbackDueAt, calendar, target } = data
      const dues = [{ at: data.at, cause: 'issued' as const, signDueAt, feedbackDueAt, reviewDueAt: null, calendar }]
      return { ...order, status: 'issued', issued: { ...done, slaVersion, target }, warned: target, dues }
    }
    case 'OrderSigned':
      return { ...order, status: 'signed', signed: { ...done, onTime: data.onTime } }
    case 'FeedbackSubmitted':
      return submitted(order, data)
    case 'FeedbackReturned': {
      const { reasons, newDueAt, reviewMinutes } = data
      const feedbacks = lastChanged(order.feedbacks, { returned: { ...done, reasons, newDueAt, reviewMinutes } })
      return due({ ...order, status: 'returned', feedbacks }, data.at, 'returned', { feedbackDueAt: newDueAt })
    }
    case 'OrderClosed': {
      const { result, recovered, remaining, followUpOn = null, onTime, handlingMinutes, reviewMinutes } = data
      const closing = { ...done, result, recovered, remaining, followUpOn, onTime, handlingMinutes, reviewMinutes, reopened: null }
      return { ...order, status: 'closed', closings: [...order.closings, closing], pauses: pausesOver(order, done) }
    }
    case 'OrderReopened': {
      const closings = lastChanged(order.closings, { reopened: { ...done, reason: data.reason, newDueAt: data.newDueAt } })
      return due({ ...order, status: 'signed', closings }, data.at, 'reopened', { feedbackDueAt: data.newDueAt })
    }
    case 'OrderWithdrawn':
      return { ...order, status: 'withdrawn', withdrawn: { ...done, reason: data.reason }, pauses: pausesOver(order, done) }
    case 'SubjectAppended':
      return {
        ...order,
        subjects: [...order.subjects, { ...data.subject, appendedAt: data.at }],
        warned: plus(order.warned, data.subject.arrears),
      }
    default:
      return timed(order, event as Timed)
  }
}

const submitted = (order: OrderDocument, data: Of<'FeedbackSubmitted'>): OrderDocument => {
  const { at, by, no, answers, attachments, onTime, provinceMinutes, reviewDueAt, calendar } = data
  const feedbacks = [...order.feedbacks, { at, by, no, answers, attachments, onTime, provinceMinutes, returned: null }]
  const extensions = order.extensions.map((one) => (one.state === 'asked' ? { ...one, state: 'void' as const } : one))
  return due({ ...order, status: 'feedback-submitted', feedbacks, extensions }, at, 'submitted', { reviewDueAt, ...(calendar && { calendar }) })
}

const lastChanged = <T>(all: readonly T[], change: Partial<T>): T[] => all.map((one, index) => (index === all.length - 1 ? { ...one, ...change } : one))

const due = (order: OrderDocument, at: Instant, cause: Dues['cause'], change: Partial<Omit<Dues, 'at' | 'cause'>>): OrderDocument => {
  const last = order.dues.at(-1)
  return last ? { ...order, dues: [...order.dues, { ...last, ...change, at, cause }] } : order
}

/** A pause ends with the order. */
const pausesOver = ({ pauses }: OrderDocument, done: OrderDocument['drafted']): OrderDocument['pauses'] =>
  pauses.map((pause) => (pause.resumed ? pause : { ...pause, resumed: { ...done, pausedMinutes: 0 } }))

type Moving = 'OrderIssued' | 'OrderSigned' | 'FeedbackSubmitted' | 'FeedbackReturned' | 'OrderClosed' | 'OrderReopened' | 'OrderWithdrawn' | 'SubjectAppended'
type Timed = Exclude<Later, { type: Moving }>

/** What has to do with its clocks. */
const timed = (order: OrderDocument, event: Timed): OrderDocument => {
  const { type, data } = event
  const done = { at: data.at, by: data.by }
  switch (type) {
    case 'ExtensionRequested': {
      const asked = { ...done, newDueAt: data.newDueAt, reason: data.reason }
      return { ...order, extensions: [...order.extensions, { asked, state: 'asked', decided: null }] }
    }
    case 'ExtensionGranted': {
      const decided = { ...done, newDueAt: data.newDueAt, reason: null }
      const extensions = lastChanged(order.extensions, { state: 'granted', decided })
      return due({ ...order, extensions }, data.at, 'extended', { feedbackDueAt: data.newDueAt })
    }
    case 'ExtensionRefused':
      return { ...order, extensions: lastChanged(order.extensions, { state: 'refused', decided: { ...done, newDueAt: null, reason: data.reason } }) }
    case 'ClockPaused':
      return { ...order, pauses: [...order.pauses, { ...done, reason: data.reason, resumed: null }] }
    case 'ClockResumed': {
      const pauses = lastChanged(order.pauses, { resumed: { ...done, pausedMinutes: data.pausedMinutes } })
      return due({ ...order, pauses }, data.at, 'resumed', duesIn(data))
    }
    case 'DuesRecomputed':
      return due(order, data.at, 'recomputed', duesIn(data))
    case 'SignOverdue':
    case 'FeedbackOverdue':
    case 'ReviewOverdue':
      return { ...order, overdues: [...order.overdues, { clock: OVERDUE[type], dueAt: data.dueAt, at: data.at }] }
    default:
      return told(order, event as Told)
  }
}

const OVERDUE = { SignOverdue: 'sign', FeedbackOverdue: 'feedback', ReviewOverdue: 'review' } as const
const duesIn = ({ signDueAt, feedbackDueAt, reviewDueAt, calendar }: Of<'ClockResumed' | 'DuesRecomputed'>): Partial<Dues> & { calendar: CalendarUsed } => ({
  signDueAt,
  feedbackDueAt,
  calendar,
  ...(reviewDueAt !== undefined && { reviewDueAt }),
})

type Told = Extract<
  Timed,
  { type: 'OrderAssigned' | 'OrderUrged' | 'OrderEscalated' | 'RecoveryCounted' | 'QuestionAsked' | 'QuestionAnswered' | 'QuestionRead' }
>

/** What is said and counted while it runs. */
const told = (order: OrderDocument, { type, data }: Told): OrderDocument => {
  const done = { at: data.at, by: data.by }
  switch (type) {
    case 'OrderAssigned': {
      const { toOrg, toUser = null, dueAt } = data
      return { ...order, assignments: [...order.assignments, { ...done, toOrg, toUser, dueAt }] }
    }
    case 'OrderUrged':
      return { ...order, urges: [...order.urges, { ...done, n: data.n, channel: data.channel, text: data.text }] }
    case 'OrderEscalated':
      return { ...order, escalations: [...order.escalations, { ...done, level: data.level, toRole: data.toRole, cause: data.cause }] }
    case 'RecoveryCounted':
      return { ...order, recovery: counted(order.recovery, data) }
    case 'QuestionAsked': {
      const { questionId, side, text } = data
      return { ...order, questions: [...order.questions, { ...done, questionId, side, text, read: null, answer: null }] }
    }
    case 'QuestionAnswered':
      return questioned(order, data.questionId, (one) => ({ ...one, read: one.read ?? done, answer: { ...done, text: data.text } }))
    case 'QuestionRead':
      return questioned(order, data.questionId, (one) => ({ ...one, read: one.read ?? done }))
  }
}

type Question = OrderDocument['questions'][number]
const questioned = (order: OrderDocument, id: Question['questionId'], change: (question: Question) => Question): OrderDocument => ({
  ...order,
  questions: order.questions.map((one) => (one.questionId === id ? change(one) : one)),
})

const counted = (before: OrderDocument['recovery'], { reportDate, reportVersion, bills, recovered }: Of<'RecoveryCounted'>): OrderDocument['recovery'] => {
  const all = new Map([...(before?.bills ?? []), ...bills].map((bill) => [`${bill.consNo} ${bill.billMonth}`, bill]))
  return { reportDate, reportVersion, recovered, bills: [...all.values()] }
}

export const recoveredOf = ({ recovery }: OrderDocument) => recovery?.recovered ?? fen(0n)
