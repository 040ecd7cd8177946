import { z } from 'zod'
import { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import {
  Attachment,
  CalendarUsed,
  Channel,
  Clock,
  EscalationCause,
  EscalationLevel,
  Grade,
  OrderKind,
  OrderNo,
  OrderStatus,
  Origin,
  QuestionId,
  Result,
  ReturnReason,
  Side,
  Subject,
  SubjectAnswer,
} from '#domain/warning-work-order/fields.ts'

const done = { at: Instant, by: UserId }
const minutes = z.int().min(0)

/** Why the due instants are as they are. */
const DueCause = z.enum(['issued', 'extended', 'submitted', 'returned', 'reopened', 'resumed', 'recomputed'])
/** Due instants as they stood from an instant on. */
const Standing = z.object({
  at: Instant,
  cause: DueCause,
  signDueAt: Instant,
  feedbackDueAt: Instant,
  reviewDueAt: Instant.nullable(),
  calendar: CalendarUsed,
})

const Extension = z.object({
  asked: z.object({ ...done, newDueAt: Instant, reason: z.string() }),
  /** `void`: the province answered before it was decided. */
  state: z.enum(['asked', 'granted', 'refused', 'void']),
  decided: z.object({ ...done, newDueAt: Instant.nullable(), reason: z.string().nullable() }).nullable(),
})
const Returned = z.object({ ...done, reasons: z.array(ReturnReason), newDueAt: Instant, reviewMinutes: minutes })
const Feedback = z.object({
  ...done,
  no: z.int(),
  answers: z.array(SubjectAnswer),
  attachments: z.array(Attachment),
  onTime: z.boolean(),
  provinceMinutes: minutes,
  returned: Returned.nullable(),
})
const Reopened = z.object({ ...done, reason: z.string(), newDueAt: Instant })
const Closing = z.object({
  ...done,
  result: Result,
  recovered: Fen,
  remaining: Fen,
  followUpOn: BusinessDate.nullable(),
  onTime: z.boolean(),
  handlingMinutes: minutes,
  reviewMinutes: minutes,
  reopened: Reopened.nullable(),
})
const Question = z.object({
  ...done,
  questionId: QuestionId,
  side: Side,
  text: z.string(),
  /** Read receipt of the other side. */
  read: z.object(done).nullable(),
  answer: z.object({ ...done, text: z.string() }).nullable(),
})
const Recovery = z.object({
  reportDate: BusinessDate,
  reportVersion: z.int(),
  recovered: Fen,
  bills: z.array(z.object({ consNo: ConsNo, billMonth: BillMonth, open: Fen, counted: Fen })),
})

/** One order in full. Lists are in the order in which things happened; null is what has not. */
export const OrderDocument = z.object({
  orderNo: OrderNo,
  province: ProvinceCode,
  kind: OrderKind,
  grade: Grade,
  status: OrderStatus.exclude(['absent']),
  origin: Origin,
  groupNo: z.string().nullable(),
  batch: z.string().nullable(),
  text: z.string(),
  drafted: z.object(done),
  issued: z.object({ ...done, slaVersion: z.int(), target: Fen }).nullable(),
  /** Due instants with each change of them; the last one stands. */
  dues: z.array(Standing),
  subjects: z.array(Subject.extend({ appendedAt: Instant.nullable() })),
  /** 预警金额: what the named bills had open, those of appended subjects included. */
  warned: Fen,
  signed: z.object({ ...done, onTime: z.boolean() }).nullable(),
  assignments: z.array(z.object({ ...done, toOrg: OrgCode, toUser: UserId.nullable(), dueAt: Instant })),
  extensions: z.array(Extension),
  feedbacks: z.array(Feedback),
  closings: z.array(Closing),
  urges: z.array(z.object({ ...done, n: z.int(), channel: Channel, text: z.string() })),
  escalations: z.array(z.object({ ...done, level: EscalationLevel, toRole: z.string(), cause: EscalationCause })),
  overdues: z.array(z.object({ clock: Clock, dueAt: Instant, at: Instant })),
  pauses: z.array(z.object({ ...done, reason: z.string(), resumed: z.object({ ...done, pausedMinutes: minutes }).nullable() })),
  /** 督办回收金额 by the report that changed it last. */
  recovery: Recovery.nullable(),
  withdrawn: z.object({ ...done, reason: z.string() }).nullable(),
  questions: z.array(Question),
  changed: z.object(done),
})
export type OrderDocument = z.output<typeof OrderDocument>
