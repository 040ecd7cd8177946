import { accept, reject } from '#domain/shared/decider.ts'
import { type Answer, type Data, keyed } from './answer.ts'
import type { IssuedOrder } from './state.ts'

export const askQuestion = (data: Data<'AskQuestion'>, order: IssuedOrder): Answer => {
  const { questionId, side, text } = data
  if (order.questions.has(questionId)) return reject({ code: 'ID_TAKEN', id: questionId })
  return accept({ type: 'QuestionAsked', data: { ...keyed(data, order), questionId, side, text } })
}

/** By the other side, once. */
export const answerQuestion = (data: Data<'AnswerQuestion'>, order: IssuedOrder): Answer => {
  const { questionId, side, text } = data
  const question = order.questions.get(questionId)
  if (!question) return reject({ code: 'UNKNOWN_QUESTION', questionId })
  if (question.side === side) return reject({ code: 'OWN_QUESTION' })
  if (question.answered) return reject({ code: 'ALREADY_ANSWERED' })
  return accept({ type: 'QuestionAnswered', data: { ...keyed(data, order), questionId, text } })
}

/** 已读: the first reader of the other side is kept; who asked reads his own without a receipt. */
export const readQuestion = (data: Data<'ReadQuestion'>, order: IssuedOrder): Answer => {
  const { questionId, side } = data
  const question = order.questions.get(questionId)
  if (!question) return reject({ code: 'UNKNOWN_QUESTION', questionId })
  if (question.side === side || question.read) return accept()
  return accept({ type: 'QuestionRead', data: { ...keyed(data, order), questionId } })
}
