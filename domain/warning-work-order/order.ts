import { accept, type Decider, reject } from '#domain/shared/decider.ts'
import type { Answer } from './answer.ts'
import type { WarningWorkOrderCommand } from './commands.ts'
import { countRecovery } from './counting.ts'
import { reopenOrder, withdrawOrder } from './ending.ts'
import type { WarningWorkOrderEvent } from './events.ts'
import { evolve } from './evolve.ts'
import { decideExtension, requestExtension } from './extending.ts'
import { acceptAndClose, returnFeedback, submitFeedback } from './feedback.ts'
import type { OrderStatus } from './fields.ts'
import { appendSubject, assignOrder, draftOrder, issueOrder, signOrder, voidNumber } from './issuing.ts'
import { pause, recomputeDues, resume } from './pausing.ts'
import { escalate, markOverdue, urge } from './pressing.ts'
import { answerQuestion, askQuestion, readQuestion } from './questions.ts'
import type { WarningWorkOrderRejection } from './rejections.ts'
import { type IssuedOrder, initial, isIssued, isOpen, type KnownOrder, type WarningWorkOrder } from './state.ts'

/** 预警督办工单: from draft to its end, between headquarters and one province. Who may say what is the application's to know. */
export const warningWorkOrder: Decider<WarningWorkOrderCommand, WarningWorkOrder, WarningWorkOrderEvent, WarningWorkOrderRejection> = {
  initial,
  evolve,
  decide: (command, order) => {
    if (command.type === 'DraftOrder')
      return order.status === 'absent' && !order.voided ? draftOrder(command.data) : reject({ code: 'ORDER_NO_TAKEN', orderNo: command.data.orderNo })
    if (command.type === 'VoidNumber') return voidNumber(command.data, order)
    if (order.status === 'absent') return reject({ code: 'NOT_FOUND' })
    return ofKnown(command, order)
  },
}

type OfKnown = Exclude<WarningWorkOrderCommand, { type: 'DraftOrder' | 'VoidNumber' }>
type OfIssued = Exclude<OfKnown, { type: 'IssueOrder' | 'WithdrawOrder' }>

const ofKnown = (command: OfKnown, order: KnownOrder): Answer => {
  const invalid = reject<WarningWorkOrderRejection>({ code: 'INVALID_STATE', status: order.status })
  if (command.type === 'IssueOrder') return order.status === 'draft' ? issueOrder(command.data, order) : invalid
  if (command.type === 'WithdrawOrder') return order.status === 'closed' ? invalid : withdrawOrder(command.data, order)
  if (isTimed(command) && !isOpen(order)) return accept() // what a clock says of an order that has ended is said too late
  if (!isIssued(order) || !(WHEN[command.type] as readonly OrderStatus[]).includes(order.status)) return invalid
  if ('sla' in command.data && command.data.sla.version !== order.slaVersion) return reject({ code: 'OTHER_RULES', slaVersion: order.slaVersion })
  return ofIssued(command, order)
}

const isTimed = (command: OfKnown): boolean =>
  command.type === 'MarkOverdue' || command.type === 'RecomputeDues' || (command.type === 'Escalate' && command.data.cause !== 'manual')

const OPEN = ['issued', 'signed', 'feedback-submitted', 'returned'] as const
/** In which states of an issued order each command may be given. */
const WHEN = {
  AppendSubject: ['issued', 'signed'],
  SignOrder: [...OPEN, 'closed'],
  AssignOrder: ['signed', 'returned'],
  RequestExtension: ['issued', 'signed', 'returned'],
  DecideExtension: ['issued', 'signed', 'returned'],
  SubmitFeedback: ['signed', 'returned'],
  ReturnFeedback: ['feedback-submitted'],
  AcceptAndClose: ['feedback-submitted'],
  Urge: OPEN,
  Escalate: OPEN,
  MarkOverdue: OPEN,
  Pause: OPEN,
  Resume: OPEN,
  RecomputeDues: OPEN,
  CountRecovery: OPEN,
  ReopenOrder: ['closed'],
  AskQuestion: [...OPEN, 'closed'],
  AnswerQuestion: [...OPEN, 'closed'],
  ReadQuestion: [...OPEN, 'closed'],
} as const satisfies Readonly<Record<OfIssued['type'], readonly IssuedOrder['status'][]>>

const ofIssued = (command: OfIssued, order: IssuedOrder): Answer => {
  switch (command.type) {
    case 'AppendSubject':
      return appendSubject(command.data, order)
    case 'SignOrder':
      return signOrder(command.data, order)
    case 'AssignOrder':
      return assignOrder(command.data, order)
    case 'RequestExtension':
      return requestExtension(command.data, order)
    case 'DecideExtension':
      return decideExtension(command.data, order)
    case 'SubmitFeedback':
      return submitFeedback(command.data, order)
    case 'ReturnFeedback':
      return returnFeedback(command.data, order)
    case 'AcceptAndClose':
      return acceptAndClose(command.data, order)
    case 'ReopenOrder':
      return reopenOrder(command.data, order)
    default:
      return beside(command, order)
  }
}

type Beside = Extract<
  OfIssued,
  { type: 'Urge' | 'Escalate' | 'MarkOverdue' | 'Pause' | 'Resume' | 'RecomputeDues' | 'CountRecovery' | 'AskQuestion' | 'AnswerQuestion' | 'ReadQuestion' }
>

/** What is said beside the course of an order. */
const beside = (command: Beside, order: IssuedOrder): Answer => {
  switch (command.type) {
    case 'Urge':
      return urge(command.data, order)
    case 'Escalate':
      return escalate(command.data, order)
    case 'MarkOverdue':
      return markOverdue(command.data, order)
    case 'Pause':
      return pause(command.data, order)
    case 'Resume':
      return resume(command.data, order)
    case 'RecomputeDues':
      return recomputeDues(command.data, order)
    case 'CountRecovery':
      return countRecovery(command.data, order)
    case 'AskQuestion':
      return askQuestion(command.data, order)
    case 'AnswerQuestion':
      return answerQuestion(command.data, order)
    case 'ReadQuestion':
      return readQuestion(command.data, order)
  }
}
