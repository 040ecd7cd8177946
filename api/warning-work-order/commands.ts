import { z } from 'zod'
import { BROUGHT } from '#application/warning-work-order/bring.ts'
import { warningWorkOrderRoles as roles } from '#application/warning-work-order/roles.ts'
import type { WarningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import { OrderNo, QuestionId } from '#domain/warning-work-order/fields.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import type { App } from '../schemas.ts'
import { workOrderRefusals } from './refusals.ts'

export const ORDERS = '/v1/warning-work-orders'
const URL = `${ORDERS}/:orderNo`
export const OfOrder = z.strictObject({ orderNo: OrderNo })
const OfQuestion = OfOrder.extend({ questionId: QuestionId })
const TAG = 'warning-work-order'

/** To other provinces an order does not exist; nor does a draft to its own. */
const byHeadquarters = { params: OfOrder, scope: 'nation' } as const
const byProvince = { params: OfOrder, scope: 'own', hidden: true } as const
const byEither = { scope: 'own', hidden: true } as const

/** What headquarters says of an order: it gives out, presses, judges and ends. */
export const headquartersCommands = (app: App, { execute }: WarningWorkOrderUseCases): void => {
  const command = commandRoutes(app, TAG, workOrderRefusals)
  command({
    ...byHeadquarters,
    url: `${URL}/issue`,
    operationId: 'issueWorkOrder',
    summary: 'Issue it (下发); a red one not by who drafted it',
    roles: roles.IssueOrder,
    run: ({ orderNo }, _, asked) => execute(orderNo, { type: 'IssueOrder', data: {} }, asked),
  })
  command({
    ...byHeadquarters,
    url: `${URL}/return`,
    operationId: 'returnWorkOrderFeedback',
    summary: 'Return the feedback (退回), with reasons and a new due instant',
    roles: roles.ReturnFeedback,
    body: bodyOf(WarningWorkOrderCommand, 'ReturnFeedback', ...BROUGHT),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'ReturnFeedback', data }, asked),
  })
  command({
    ...byHeadquarters,
    url: `${URL}/closure`,
    operationId: 'closeWorkOrder',
    summary: 'Accept the feedback and close the order (办结); not by who drafted it',
    roles: roles.AcceptAndClose,
    body: bodyOf(WarningWorkOrderCommand, 'AcceptAndClose', ...BROUGHT),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'AcceptAndClose', data }, asked),
  })
  command({
    ...byHeadquarters,
    url: `${URL}/urging`,
    operationId: 'urgeWorkOrder',
    summary: 'Urge the province (催办)',
    roles: roles.Urge,
    body: bodyOf(WarningWorkOrderCommand, 'Urge', ...BROUGHT),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'Urge', data }, asked),
  })
  command({
    ...byHeadquarters,
    url: `${URL}/escalation`,
    operationId: 'escalateWorkOrder',
    summary: 'Escalate by hand (升级); the level only rises',
    roles: roles.Escalate,
    body: bodyOf(WarningWorkOrderCommand, 'Escalate', 'cause', 'dueAt', ...BROUGHT),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'Escalate', data: { ...data, cause: 'manual' } }, asked),
  })
  command({
    ...byHeadquarters,
    url: `${URL}/extension/decision`,
    operationId: 'decideWorkOrderExtension',
    summary: 'Grant the extension or refuse it with a reason',
    roles: roles.DecideExtension,
    body: bodyOf(WarningWorkOrderCommand, 'DecideExtension'),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'DecideExtension', data }, asked),
  })
  command({
    ...byHeadquarters,
    url: `${URL}/pause`,
    operationId: 'pauseWorkOrder',
    summary: 'Stop its clocks (暂停)',
    roles: roles.Pause,
    body: bodyOf(WarningWorkOrderCommand, 'Pause'),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'Pause', data }, asked),
  })
  command({
    ...byHeadquarters,
    url: `${URL}/resume`,
    operationId: 'resumeWorkOrder',
    summary: 'Let its clocks go on, later by the working minutes of the pause (恢复)',
    roles: roles.Resume,
    run: ({ orderNo }, _, asked) => execute(orderNo, { type: 'Resume', data: {} }, asked),
  })
  command({
    ...byHeadquarters,
    url: `${URL}/withdrawal`,
    operationId: 'withdrawWorkOrder',
    summary: 'Withdraw it (撤回)',
    roles: roles.WithdrawOrder,
    body: bodyOf(WarningWorkOrderCommand, 'WithdrawOrder'),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'WithdrawOrder', data }, asked),
  })
  command({
    ...byHeadquarters,
    url: `${URL}/reopening`,
    operationId: 'reopenWorkOrder',
    summary: 'Open a closed one again (重新打开)',
    roles: roles.ReopenOrder,
    body: bodyOf(WarningWorkOrderCommand, 'ReopenOrder', ...BROUGHT),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'ReopenOrder', data }, asked),
  })
}

/** What a province says of an order that was issued to it. */
export const provinceCommands = (app: App, { execute }: WarningWorkOrderUseCases): void => {
  const command = commandRoutes(app, TAG, workOrderRefusals)
  command({
    ...byProvince,
    url: `${URL}/sign`,
    operationId: 'signWorkOrder',
    summary: 'Sign for it (签收)',
    roles: roles.SignOrder,
    run: ({ orderNo }, _, asked) => execute(orderNo, { type: 'SignOrder', data: {} }, asked),
  })
  command({
    ...byProvince,
    url: `${URL}/assign`,
    operationId: 'assignWorkOrder',
    summary: 'Assign it to a unit of the province (转派)',
    roles: roles.AssignOrder,
    body: bodyOf(WarningWorkOrderCommand, 'AssignOrder', ...BROUGHT),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'AssignOrder', data }, asked),
  })
  command({
    ...byProvince,
    url: `${URL}/extension`,
    operationId: 'requestWorkOrderExtension',
    summary: 'Ask for more time (申请延期)',
    roles: roles.RequestExtension,
    body: bodyOf(WarningWorkOrderCommand, 'RequestExtension', ...BROUGHT),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'RequestExtension', data }, asked),
  })
  command({
    ...byProvince,
    url: `${URL}/feedback`,
    operationId: 'submitWorkOrderFeedback',
    summary: 'Answer for every customer (反馈), with the digests of files stored before',
    roles: roles.SubmitFeedback,
    body: bodyOf(WarningWorkOrderCommand, 'SubmitFeedback', ...BROUGHT),
    run: ({ orderNo }, data, asked) => execute(orderNo, { type: 'SubmitFeedback', data }, asked),
  })
}

const AskBody = bodyOf(WarningWorkOrderCommand, 'AskQuestion', ...BROUGHT).extend({
  questionId: QuestionId.optional().describe('By `Idempotency-Key` when left out'),
})

/** Questions on an order, from either side to the other. */
export const questionCommands = (app: App, { execute }: WarningWorkOrderUseCases): void => {
  const command = commandRoutes(app, TAG, workOrderRefusals)
  command({
    ...byEither,
    params: OfOrder,
    url: `${URL}/questions`,
    operationId: 'askOnWorkOrder',
    summary: 'Ask the other side (提问)',
    roles: roles.AskQuestion,
    body: AskBody,
    run: ({ orderNo }, { text, questionId }, asked) =>
      execute(orderNo, { type: 'AskQuestion', data: { text, questionId: questionId ?? QuestionId.parse(asked.commandId) } }, asked),
  })
  command({
    ...byEither,
    params: OfQuestion,
    url: `${URL}/questions/:questionId/answer`,
    operationId: 'answerOnWorkOrder',
    summary: 'Answer a question of the other side (答复)',
    roles: roles.AnswerQuestion,
    body: bodyOf(WarningWorkOrderCommand, 'AnswerQuestion', 'questionId', ...BROUGHT),
    run: ({ orderNo, questionId }, { text }, asked) => execute(orderNo, { type: 'AnswerQuestion', data: { questionId, text } }, asked),
  })
  command({
    ...byEither,
    params: OfQuestion,
    url: `${URL}/questions/:questionId/reading`,
    operationId: 'readOnWorkOrder',
    summary: 'Read receipt: the first reader of the other side is kept',
    roles: roles.ReadQuestion,
    run: ({ orderNo, questionId }, _, asked) => execute(orderNo, { type: 'ReadQuestion', data: { questionId } }, asked),
  })
}
