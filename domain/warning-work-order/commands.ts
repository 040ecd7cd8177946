import { z } from 'zod'
import { command } from '#domain/shared/command.ts'
import { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode, Text, UserId, Uuid } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import {
  Attachment,
  Channel,
  Clock,
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
  SlaRules,
  Subject,
  SubjectAnswer,
  WorkYear,
} from './fields.ts'

/** The rules of time in force: at issue by the date, afterwards those by which the order was issued. The application brings them. */
const sla = SlaRules
/** The published years of the working calendar, of each the newest version. The application brings them. */
const years = z.array(WorkYear)
/** Subjects that are no customers of the order's province. The application brings them. */
const strangers = z.array(ConsNo)
/** The province of the unit named, by the org tree of that day; null when it belongs to none. The application brings it. */
const orgProvince = ProvinceCode.nullable()
/** What the subjects' last sealed reports show as billed, bill by bill. The application brings it. */
const billed = z.array(z.strictObject({ consNo: ConsNo, billMonth: BillMonth, receivable: Fen }))
/** On whose side the actor stands. The application says it by the role in which he acts. */
const side = Side

export const WarningWorkOrderCommand = z.discriminatedUnion('type', [
  command('DraftOrder', {
    orderNo: OrderNo,
    province: ProvinceCode,
    kind: OrderKind,
    grade: Grade,
    origin: Origin,
    subjects: z.array(Subject),
    groupNo: z.string().min(1).max(64).optional(),
    text: Text,
    batch: z.string().min(1).max(64).optional(),
    strangers,
  }),
  command('VoidNumber', { orderNo: OrderNo, province: ProvinceCode }),
  command('IssueOrder', { sla, years }),
  command('AppendSubject', { subject: Subject, strangers, sla }),
  command('SignOrder', {}),
  command('AssignOrder', { toOrg: OrgCode, toUser: UserId.optional(), dueAt: Instant, orgProvince }),
  command('RequestExtension', { newDueAt: Instant, reason: Text, sla }),
  /** A grant may be for another instant than was asked; a refusal wants a reason. */
  command('DecideExtension', { granted: z.boolean(), newDueAt: Instant.optional(), reason: Text.optional() }),
  command('SubmitFeedback', { answers: z.array(SubjectAnswer).min(1).max(400), attachments: z.array(Attachment).max(20).default([]), billed, sla, years }),
  /** `confirmed`: the reviewer was told how often the order had been returned, and returns it all the same. */
  command('ReturnFeedback', { reasons: z.array(ReturnReason).max(400), newDueAt: Instant, confirmed: z.boolean().default(false), sla, years }),
  command('AcceptAndClose', { result: Result, followUpOn: BusinessDate.optional(), sla, years }),
  command('Urge', { channel: Channel, text: Text, sla }),
  /** `dueAt`: for what a clock caused, the due instant that was missed. */
  command('Escalate', { level: EscalationLevel, toRole: Text, cause: EscalationCause, dueAt: Instant.optional(), sla, years }),
  command('MarkOverdue', { clock: Clock, dueAt: Instant }),
  command('Pause', { reason: Text }),
  command('Resume', { sla, years }),
  command('RecomputeDues', { sla, years }),
  /** `counted`: what of the fall of a bill's open balance counts for this order. */
  command('CountRecovery', {
    reportDate: BusinessDate,
    reportVersion: z.int().min(1),
    bills: z.array(CountedBill).max(24_000),
  }),
  command('WithdrawOrder', { reason: Text }),
  command('ReopenOrder', { reason: Text, newDueAt: Instant, sla }),
  command('AskQuestion', { questionId: QuestionId, text: Text, side }),
  command('AnswerQuestion', { questionId: QuestionId, text: Text, side }),
  command('ReadQuestion', { questionId: QuestionId, side }),
])
export type WarningWorkOrderCommand = z.output<typeof WarningWorkOrderCommand>

const ofSubject = { province: ProvinceCode, consNo: ConsNo, kind: OrderKind }
export const WarningSubjectCommand = z.discriminatedUnion('type', [
  /** `origin`: only what rules draft gives way to a graver open order. */
  command('ClaimSubject', {
    ...ofSubject,
    orderNo: OrderNo,
    grade: Grade,
    bills: z.array(NamedBill).max(120),
    origin: z.enum(['manual', 'rules']),
    term: z.int().min(1).optional(),
    attempt: Uuid.optional(),
  }),
  command('ReleaseSubject', { ...ofSubject, orderNo: OrderNo }),
  command('SuppressWarning', {
    ...ofSubject,
    grade: Grade,
    rules: z.array(z.string().min(1).max(64)).min(1).max(100),
    reportDate: BusinessDate,
    why: z.enum(['duplicate', 'inhibited', 'silenced']),
    orderNo: OrderNo.optional(),
    silenceId: SilenceId.optional(),
  }),
])
export type WarningSubjectCommand = z.output<typeof WarningSubjectCommand>

export const WarningSilencesCommand = z.discriminatedUnion('type', [
  command('Silence', { silenceId: SilenceId, matcher: Matcher, until: Instant, reason: Text }),
  command('EndSilence', { silenceId: SilenceId, reason: Text }),
])
export type WarningSilencesCommand = z.output<typeof WarningSilencesCommand>

export const OrderNumbersCommand = z.discriminatedUnion('type', [
  /** `purpose` names what the numbers are for; asked again for the same, the same are given. */
  command('TakeNumbers', { count: z.int().min(1).max(10_000), purpose: z.string().min(1).max(100) }),
])
export type OrderNumbersCommand = z.output<typeof OrderNumbersCommand>
