import { fen, plus, sum } from '#domain/shared/quantities.ts'
import type { WarningWorkOrderEvent } from './events.ts'
import type { CalendarUsed, Clock } from './fields.ts'
import { held, startedClock, statedClock } from './sla.ts'
import { billKey, type Draft, type IssuedOrder, isIssued, runningClocks, type WarningWorkOrder } from './state.ts'

type Of<T extends WarningWorkOrderEvent['type']> = Extract<WarningWorkOrderEvent, { type: T }>['data']

/** An order as its events tell of it. */
export const evolve = (order: WarningWorkOrder, event: WarningWorkOrderEvent): WarningWorkOrder => {
  if (event.type === 'OrderDrafted') return drafted(event.data)
  if (event.type === 'OrderNumberVoided') return { status: 'absent', voided: true }
  if (order.status === 'absent') return order
  if (event.type === 'OrderIssued') return order.status === 'draft' ? issued(order, event.data) : order
  if (event.type === 'OrderWithdrawn') return { ...knownOf(order), status: 'withdrawn' }
  return isIssued(order) ? evolveIssued(order, event) : order
}

const drafted = ({ by: draftedBy, ...data }: Of<'OrderDrafted'>): Draft => ({ status: 'draft', ...knownOf({ ...data, draftedBy }) })

/** What is known of an order in whatever state. */
type Known = Omit<Draft, 'status'>
const knownOf = ({
  orderNo,
  province,
  kind,
  grade,
  origin,
  batch,
  draftedBy,
  subjects,
}: Omit<Known, 'batch'> & { readonly batch?: string | undefined }): Known => ({
  orderNo,
  province,
  kind,
  grade,
  origin,
  ...(batch !== undefined && { batch }),
  draftedBy,
  subjects,
})

const issued = (draft: Draft, { at, slaVersion, signDueAt, feedbackDueAt, calendar, target }: Of<'OrderIssued'>): IssuedOrder => ({
  ...draft,
  status: 'issued',
  issuedAt: at,
  slaVersion,
  target,
  sign: startedClock(at, signDueAt),
  feedbackDue: startedClock(at, feedbackDueAt),
  calendar,
  withProvinceSince: at,
  extension: { granted: 0 },
  returns: 0,
  reopened: 0,
  urged: { count: 0 },
  escalationLevel: 0,
  overdue: {},
  idle: [],
  recovery: { bills: new Map(), total: fen(0n) },
  questions: new Map(),
})

type AfterIssue = Exclude<WarningWorkOrderEvent, { type: 'OrderDrafted' | 'OrderNumberVoided' | 'OrderIssued' | 'OrderWithdrawn' }>

const evolveIssued = (order: IssuedOrder, event: AfterIssue): IssuedOrder => {
  switch (event.type) {
    case 'SubjectAppended':
      return { ...order, subjects: [...order.subjects, event.data.subject], target: plus(order.target, event.data.subject.arrears) }
    case 'OrderSigned':
      return { ...order, status: 'signed' }
    case 'OrderAssigned': {
      const { toOrg, toUser, dueAt } = event.data
      return { ...order, assigned: { toOrg, dueAt, ...(toUser !== undefined && { toUser }) } }
    }
    case 'OrderUrged':
      return { ...order, urged: { count: event.data.n, lastAt: event.data.at } }
    case 'OrderEscalated':
      return { ...order, escalationLevel: event.data.level }
    case 'SignOverdue':
    case 'FeedbackOverdue':
    case 'ReviewOverdue':
      return { ...order, overdue: { ...order.overdue, [OVERDUE[event.type]]: event.data.dueAt } }
    case 'RecoveryCounted':
      return { ...order, recovery: counted(order.recovery, event.data) }
    case 'QuestionAsked':
    case 'QuestionAnswered':
    case 'QuestionRead':
      return { ...order, questions: questioned(order.questions, event) }
    default:
      return evolveCourse(order, event)
  }
}

const OVERDUE = { SignOverdue: 'sign', FeedbackOverdue: 'feedback', ReviewOverdue: 'review' } as const satisfies Record<string, Clock>
/** What a person stated needs no calendar. */
const NO_CALENDAR: CalendarUsed = { years: {}, provisional: false }

type Course = Extract<
  AfterIssue,
  {
    type:
      | 'ExtensionRequested'
      | 'ExtensionGranted'
      | 'ExtensionRefused'
      | 'FeedbackSubmitted'
      | 'FeedbackReturned'
      | 'OrderClosed'
      | 'OrderReopened'
      | 'ClockPaused'
      | 'ClockResumed'
      | 'DuesRecomputed'
  }
>

/** What moves an order on, or its clocks. */
const evolveCourse = (order: IssuedOrder, { type, data }: Course): IssuedOrder => {
  switch (type) {
    case 'ExtensionRequested':
      return { ...order, extension: { ...order.extension, asked: { newDueAt: data.newDueAt, by: data.by } } }
    case 'ExtensionGranted':
      return {
        ...order,
        feedbackDue: statedClock(data.at, data.newDueAt),
        extension: { granted: order.extension.granted + 1, extendedTo: data.newDueAt },
      }
    case 'ExtensionRefused':
      return { ...order, extension: nothingAsked(order.extension) }
    case 'FeedbackSubmitted':
      return submitted(order, data)
    case 'FeedbackReturned':
      return { ...backToProvince(order, data), status: 'returned', returns: order.returns + 1 }
    case 'OrderReopened': {
      const { closedAt, ...open } = order
      const shut = closedAt === undefined ? [] : [{ from: closedAt, until: data.at }]
      return { ...backToProvince(open, data), status: 'signed', reopened: order.reopened + 1, idle: [...order.idle, ...shut] }
    }
    case 'OrderClosed': {
      const { pausedAt: _over, ...still } = withPauseOver(order, data.at)
      return { ...still, status: 'closed', closedAt: data.at }
    }
    case 'ClockPaused':
      return { ...order, pausedAt: data.at }
    case 'ClockResumed':
      return withDues(resumed(order, data.at), data)
    case 'DuesRecomputed':
      return withDues(order, data)
  }
}

const nothingAsked = ({ asked: _asked, ...rest }: IssuedOrder['extension']): IssuedOrder['extension'] => rest

const submitted = (order: IssuedOrder, { at, by, no, answers, onTime, reviewDueAt, calendar }: Of<'FeedbackSubmitted'>): IssuedOrder => ({
  ...order,
  status: 'feedback-submitted',
  feedback: { no, at, by, onTime, answers },
  review: startedClock(at, reviewDueAt),
  extension: nothingAsked(order.extension),
  calendar: calendar ?? order.calendar,
})

/** Returned or reopened: the province answers anew, until the instant that headquarters states. */
const backToProvince = <O extends IssuedOrder>(order: O, { at, newDueAt }: Of<'FeedbackReturned' | 'OrderReopened'>): O => ({
  ...order,
  feedbackDue: statedClock(at, newDueAt),
  withProvinceSince: at,
  calendar: NO_CALENDAR,
})

const withPauseOver = (order: IssuedOrder, at: Of<'OrderClosed'>['at']): IssuedOrder =>
  order.pausedAt === undefined ? order : { ...order, idle: [...order.idle, { from: order.pausedAt, until: at }] }

/** The clocks that ran are held up by the pause that ends. */
export const resumed = (order: IssuedOrder, at: Of<'ClockResumed'>['at']): IssuedOrder => {
  if (order.pausedAt === undefined) return order
  const pause = { from: order.pausedAt, until: at }
  const { pausedAt: _over, ...still } = withPauseOver(order, at)
  return withClocks(still, Object.fromEntries(runningClocks(order).map(([name, clock]) => [name, held(clock, pause)])))
}

const withClocks = (order: IssuedOrder, { sign, feedback, review }: Partial<Record<Clock, IssuedOrder['sign']>>): IssuedOrder => ({
  ...order,
  ...(sign !== undefined && { sign }),
  ...(feedback !== undefined && { feedbackDue: feedback }),
  ...(review !== undefined && { review }),
})

const withDues = (order: IssuedOrder, { signDueAt, feedbackDueAt, reviewDueAt, calendar }: Of<'ClockResumed' | 'DuesRecomputed'>): IssuedOrder => {
  const dues = { sign: signDueAt, feedback: feedbackDueAt, review: reviewDueAt }
  const clocks = runningClocks(order).map(([name, clock]) => [name, { ...clock, dueAt: dues[name] ?? clock.dueAt }] as const)
  return { ...withClocks(order, Object.fromEntries(clocks)), calendar }
}

const counted = (recovery: IssuedOrder['recovery'], { reportDate, reportVersion, bills, recovered }: Of<'RecoveryCounted'>): IssuedOrder['recovery'] => ({
  asOf: { reportDate, reportVersion },
  bills: new Map([...recovery.bills, ...bills.map((bill) => [billKey(bill.consNo, bill.billMonth), bill] as const)]),
  total: recovered,
})

const questioned = (
  questions: IssuedOrder['questions'],
  { type, data }: Extract<WarningWorkOrderEvent, { type: 'QuestionAsked' | 'QuestionAnswered' | 'QuestionRead' }>,
): IssuedOrder['questions'] => {
  if (type === 'QuestionAsked') return new Map([...questions, [data.questionId, { side: data.side, answered: false, read: false }]])
  const question = questions.get(data.questionId)
  if (question === undefined) return questions
  return new Map([...questions, [data.questionId, { ...question, read: true, answered: question.answered || type === 'QuestionAnswered' }]])
}

/** What the subjects' bills had open together. */
export const arrearsOf = (subjects: Iterable<{ readonly arrears: IssuedOrder['target'] }>): IssuedOrder['target'] =>
  sum([...subjects].map(({ arrears }) => arrears))
