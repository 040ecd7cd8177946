import { businessDateOf, epochOf, type Instant } from '#domain/shared/dates.ts'
import type { OrderDocument } from './document.ts'
import { recoveredOf } from './fold.ts'

/** What the lists are filtered and sorted by, with types as SQL has them. */
export const ORDER_COLUMNS = {
  order_no: 'text',
  day: 'date',
  seq: 'int',
  province: 'text',
  kind: 'text',
  grade: 'text',
  status: 'text',
  origin: 'text',
  group_no: 'text',
  batch: 'text',
  drafted_at: 'timestamptz',
  drafted_by: 'text',
  issued_at: 'timestamptz',
  issued_by: 'text',
  issued_on: 'date',
  sign_due_at: 'timestamptz',
  feedback_due_at: 'timestamptz',
  review_due_at: 'timestamptz',
  due_at: 'timestamptz',
  paused_at: 'timestamptz',
  provisional: 'boolean',
  signed_at: 'timestamptz',
  assigned_org: 'text',
  assigned_user: 'text',
  feedbacks: 'int',
  returns: 'int',
  extensions: 'int',
  extension_asked: 'boolean',
  urges: 'int',
  urged_at: 'timestamptz',
  escalation: 'int',
  subjects: 'int',
  warned: 'bigint',
  recovered: 'bigint',
  open_questions_hq: 'int',
  open_questions_province: 'int',
  closed_at: 'timestamptz',
  result: 'text',
  handling_minutes: 'int',
  changed_at: 'timestamptz',
  changed_by: 'text',
} as const

/** An order's day and its number of that day: by them orders stand in the order in which they were drafted. */
export const placeOf = (orderNo: string): { readonly day: string; readonly seq: number } => ({
  day: `${orderNo.slice(0, 4)}-${orderNo.slice(4, 6)}-${orderNo.slice(6, 8)}`,
  seq: Number(orderNo.slice(9)),
})

export const pauseOf = ({ pauses }: OrderDocument) => pauses.find(({ resumed }) => resumed === null)

const earliest = (instants: readonly Instant[]): Instant | null =>
  instants.reduce<Instant | null>((first, one) => (first === null || epochOf(one) < epochOf(first) ? one : first), null)

/** When something has to be done next; null when nothing has. */
const nextDue = ({ status, dues }: OrderDocument): Instant | null => {
  const due = dues.at(-1)
  if (!due) return null
  if (status === 'issued') return earliest([due.signDueAt, due.feedbackDueAt])
  if (status === 'signed' || status === 'returned') return due.feedbackDueAt
  return status === 'feedback-submitted' ? due.reviewDueAt : null
}

const openQuestions = ({ questions }: OrderDocument, to: 'headquarters' | 'province'): number =>
  questions.filter(({ side, answer }) => side !== to && answer === null).length

/** An order's row. */
export const columnsOf = (order: OrderDocument): Record<keyof typeof ORDER_COLUMNS, unknown> => {
  const { orderNo, province, kind, grade, status, origin, groupNo, batch, drafted, issued, signed, extensions, closings, changed } = order
  const due = order.dues.at(-1)
  const assigned = order.assignments.at(-1)
  const closing = status === 'closed' ? closings.at(-1) : undefined
  return {
    ...{ order_no: orderNo, ...placeOf(orderNo), province, kind, grade, status, origin: origin.kind, group_no: groupNo, batch },
    ...{ drafted_at: drafted.at, drafted_by: drafted.by, issued_at: issued?.at, issued_by: issued?.by, issued_on: issued && businessDateOf(issued.at) },
    ...{ sign_due_at: due?.signDueAt, feedback_due_at: due?.feedbackDueAt, review_due_at: due?.reviewDueAt, due_at: nextDue(order) },
    ...{ paused_at: pauseOf(order)?.at, provisional: due?.calendar.provisional ?? false, signed_at: signed?.at },
    ...{ assigned_org: assigned?.toOrg, assigned_user: assigned?.toUser, feedbacks: order.feedbacks.length },
    returns: order.feedbacks.filter(({ returned }) => returned !== null).length,
    extensions: extensions.filter(({ state }) => state === 'granted').length,
    extension_asked: extensions.at(-1)?.state === 'asked',
    ...{ urges: order.urges.length, urged_at: order.urges.at(-1)?.at, escalation: Math.max(0, ...order.escalations.map(({ level }) => level)) },
    ...{ subjects: order.subjects.length, warned: order.warned, recovered: recoveredOf(order) },
    ...{ open_questions_hq: openQuestions(order, 'headquarters'), open_questions_province: openQuestions(order, 'province') },
    ...{ closed_at: closing?.at, result: closing?.result, handling_minutes: closing?.handlingMinutes, changed_at: changed.at, changed_by: changed.by },
  }
}
