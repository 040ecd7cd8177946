import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode, signed, Text, UserId, Uuid } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import {
  Attachment,
  CalendarUsed,
  Channel,
  CountedBill,
  EscalationCause,
  EscalationLevel,
  Grade,
  Matcher,
  NamedBill,
  OrderKind,
  OrderNo,
  Origin,
  QuestionId,
  Result,
  ReturnReason,
  Side,
  SilenceId,
  Subject,
  SubjectAnswer,
} from './fields.ts'

const key = { ...signed, orderNo: OrderNo, province: ProvinceCode }
const ofQuestion = { ...key, questionId: QuestionId }

/** 预警督办工单, one province an order. */
export const warningWorkOrderEvents = {
  /** 起草. `batch` ties the orders that were drafted or issued together. */
  OrderDrafted: event(
    z.strictObject({
      ...key,
      kind: OrderKind,
      grade: Grade,
      origin: Origin,
      subjects: z.array(Subject).min(1).max(200),
      groupNo: z.string().optional(),
      text: Text,
      batch: z.string().max(64).optional(),
    }),
  ),
  /** Nothing was drafted under this number, and nothing will be: the draft was refused, or whoever began it never came back. */
  OrderNumberVoided: event(z.strictObject({ ...key })),
  /** 下发: the clocks of signing and feedback begin. `target` is what the named bills had open (预警金额). */
  OrderIssued: event(z.strictObject({ ...key, slaVersion: z.int().min(1), signDueAt: Instant, feedbackDueAt: Instant, calendar: CalendarUsed, target: Fen })),
  SubjectAppended: event(z.strictObject({ ...key, subject: Subject })),
  /** 签收. */
  OrderSigned: event(z.strictObject({ ...key, onTime: z.boolean() })),
  /** 转派 within the province. */
  OrderAssigned: event(z.strictObject({ ...key, toOrg: OrgCode, toUser: UserId.optional(), dueAt: Instant })),
  ExtensionRequested: event(z.strictObject({ ...key, newDueAt: Instant, reason: Text })),
  ExtensionGranted: event(z.strictObject({ ...key, newDueAt: Instant })),
  ExtensionRefused: event(z.strictObject({ ...key, reason: Text })),
  /** 反馈, the nth; headquarters' review is due at `reviewDueAt`. `provinceMinutes`: working minutes since issue or return, pauses left out. */
  FeedbackSubmitted: event(
    z.strictObject({
      ...key,
      no: z.int().min(1),
      answers: z.array(SubjectAnswer).min(1).max(400),
      attachments: z.array(Attachment).max(20),
      onTime: z.boolean(),
      reviewDueAt: Instant,
      provinceMinutes: z.int().min(0),
      /** The calendar by which the order's clocks stand now, the review's with them. */
      calendar: CalendarUsed.optional(),
    }),
  ),
  /** 退回. */
  FeedbackReturned: event(
    z.strictObject({ ...key, no: z.int().min(1), reasons: z.array(ReturnReason).min(1), newDueAt: Instant, reviewMinutes: z.int().min(0) }),
  ),
  /** 办结. `handlingMinutes`: working minutes from issue, pauses left out; `onTime`: within the feedback's due time and the review's after it. */
  OrderClosed: event(
    z.strictObject({
      ...key,
      result: Result,
      recovered: Fen,
      remaining: Fen,
      followUpOn: BusinessDate.optional(),
      onTime: z.boolean(),
      handlingMinutes: z.int().min(0),
      reviewMinutes: z.int().min(0),
    }),
  ),
  /** 催办, the nth. */
  OrderUrged: event(z.strictObject({ ...key, n: z.int().min(1), channel: Channel, text: Text })),
  /** 升级: the level only rises. */
  OrderEscalated: event(z.strictObject({ ...key, level: EscalationLevel, toRole: Text, cause: EscalationCause })),
  /** 逾期, once for each due instant. */
  SignOverdue: event(z.strictObject({ ...key, dueAt: Instant })),
  FeedbackOverdue: event(z.strictObject({ ...key, dueAt: Instant })),
  ReviewOverdue: event(z.strictObject({ ...key, dueAt: Instant })),
  ClockPaused: event(z.strictObject({ ...key, reason: Text })),
  /** The open clocks go on, later by the working minutes of the pause. */
  ClockResumed: event(
    z.strictObject({
      ...key,
      pausedMinutes: z.int().min(0),
      signDueAt: Instant,
      feedbackDueAt: Instant,
      reviewDueAt: Instant.optional(),
      calendar: CalendarUsed,
    }),
  ),
  /** A year's calendar was published: what had been worked out without it is worked out anew. */
  DuesRecomputed: event(z.strictObject({ ...key, signDueAt: Instant, feedbackDueAt: Instant, reviewDueAt: Instant.optional(), calendar: CalendarUsed })),
  /**
   * 督办回收金额 as a sealed report shows it, for the whole order: what has come in on the named bills since issue. `bills`
   * are the open balances that changed it, and what of them counts for this order.
   */
  RecoveryCounted: event(
    z.strictObject({
      ...key,
      reportDate: BusinessDate,
      reportVersion: z.int().min(1),
      bills: z.array(CountedBill).min(1),
      recovered: Fen,
    }),
  ),
  OrderWithdrawn: event(z.strictObject({ ...key, reason: Text })),
  OrderReopened: event(z.strictObject({ ...key, reason: Text, newDueAt: Instant })),
  /** A question on an order, from either side; to be answered by the other. */
  QuestionAsked: event(z.strictObject({ ...ofQuestion, side: Side, text: Text })),
  QuestionAnswered: event(z.strictObject({ ...ofQuestion, text: Text })),
  /** Read receipt: the first reader of the other side. */
  QuestionRead: event(z.strictObject({ ...ofQuestion })),
}
export type WarningWorkOrderEvent = EventOf<typeof warningWorkOrderEvents>

const ofSubject = { ...signed, province: ProvinceCode, consNo: ConsNo }
/** What is warned of a customer: at most one open order of a kind, decided here because it spans orders. */
export const warningSubjectEvents = {
  /**
   * `term`: how often the order had been reopened; `attempt`: the command that claims him for what is not recorded yet. With them a
   * release that comes late lets go of nothing that was claimed since.
   */
  SubjectClaimed: event(
    z.strictObject({
      ...ofSubject,
      orderNo: OrderNo,
      kind: OrderKind,
      grade: Grade,
      bills: z.array(NamedBill),
      term: z.int().min(1).optional(),
      attempt: Uuid.optional(),
    }),
  ),
  SubjectReleased: event(z.strictObject({ ...ofSubject, orderNo: OrderNo, kind: OrderKind })),
  /** A warning that was not given, and why: there is one already, a graver one, or a silence. */
  WarningSuppressed: event(
    z.strictObject({
      ...ofSubject,
      kind: OrderKind,
      grade: Grade,
      rules: z.array(z.string()).min(1),
      reportDate: BusinessDate,
      why: z.enum(['duplicate', 'inhibited', 'silenced']),
      orderNo: OrderNo.optional(),
      silenceId: SilenceId.optional(),
    }),
  ),
}
export type WarningSubjectEvent = EventOf<typeof warningSubjectEvents>

/** 静默: warnings that match are not given until it ends. */
export const warningSilenceEvents = {
  Silenced: event(z.strictObject({ ...signed, silenceId: SilenceId, matcher: Matcher, until: Instant, reason: Text })),
  SilenceEnded: event(z.strictObject({ ...signed, silenceId: SilenceId, reason: Text })),
}
export type WarningSilenceEvent = EventOf<typeof warningSilenceEvents>

/** What the rules made of a sealed report (规则预警), said once for each of its versions. */
export const warningRunEvents = {
  WarningsDrafted: event(
    z.strictObject({
      ...signed,
      province: ProvinceCode,
      reportDate: BusinessDate,
      reportVersion: z.int().min(1),
      rulesVersion: z.int().min(1),
      /** Users of the report that the rules looked at, and the warnings of all kinds that they gave. */
      users: z.int().min(0),
      warned: z.int().min(0),
      /** Warnings that were not given. */
      suppressed: z.strictObject({ duplicate: z.int().min(0), inhibited: z.int().min(0), silenced: z.int().min(0) }),
      orders: z.array(OrderNo).max(1000),
    }),
  ),
}
export type WarningRunEvent = EventOf<typeof warningRunEvents>

/** The numbers of a day's orders, each given once. */
export const orderNumberEvents = {
  NumbersTaken: event(z.strictObject({ ...signed, from: z.int().min(1), count: z.int().min(1), purpose: z.string().max(100) })),
}
export type OrderNumberEvent = EventOf<typeof orderNumberEvents>
