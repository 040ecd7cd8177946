import { z } from 'zod'
import { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, Name, ProvinceCode, Text } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'

/** 工单号: the day on which it was drafted and its number of that day. */
export const OrderNo = z
  .string()
  .regex(/^\d{8}-[1-9]\d{0,6}$/, 'an order number such as 20260302-17')
  .brand<'OrderNo'>()
export type OrderNo = z.output<typeof OrderNo>

/** 欠费预警, 督办, 核查. */
export const OrderKind = z.enum(['arrears-warning', 'supervision', 'verify'])
export type OrderKind = z.output<typeof OrderKind>

/** 红, 橙, 黄. */
export const Grade = z.enum(['red', 'orange', 'yellow'])
export type Grade = z.output<typeof Grade>

/** 草稿, 已下发, 已签收, 已反馈待审, 已退回, 已办结, 已撤回. */
export const OrderStatus = z.enum(['absent', 'draft', 'issued', 'signed', 'feedback-submitted', 'returned', 'closed', 'withdrawn'])
export type OrderStatus = z.output<typeof OrderStatus>

/** One bill that an order names, with what was open on it by the report of `asOf`. */
export const NamedBill = z.strictObject({ billMonth: BillMonth, open: Fen })
export type NamedBill = z.output<typeof NamedBill>

/** One user whom an order is about; `arrears` is the sum of the named bills. */
export const Subject = z.strictObject({
  consNo: ConsNo,
  name: Name,
  level: Level.optional(),
  bills: z.array(NamedBill).max(120),
  arrears: Fen,
  /** The report that the figures are from. */
  asOf: BusinessDate,
  /** Why a rule named him, a sentence a rule. */
  reasons: z.array(z.strictObject({ rule: z.string(), text: z.strictObject({ zh: Text, en: Text }) })).default([]),
})
export type Subject = z.output<typeof Subject>

/**
 * What of a named bill counts for an order, by a report. `open` is what the report shows as open; `spans` are the pieces of the bill, on
 * the scale of what is not paid of it, that make up `counted`: with them each yuan is counted for one order though several name the bill.
 */
export const CountedBill = z.strictObject({
  consNo: ConsNo,
  billMonth: BillMonth,
  open: Fen,
  counted: Fen,
  spans: z
    .array(z.strictObject({ from: Fen, until: Fen }))
    .max(50)
    .optional(),
})
export type CountedBill = z.output<typeof CountedBill>

/** What the subjects of a warning may number; more is another order. */
export const MAX_SUBJECTS = 200

/** Where an order came from: a person, or the rules over a sealed report. */
export const Origin = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('manual') }),
  z.strictObject({ kind: z.literal('rules'), rulesVersion: z.int().min(1), reportDate: BusinessDate, reportVersion: z.int().min(1) }),
])
export type Origin = z.output<typeof Origin>

/** Stored beside the log, named by its digest. */
export const Attachment = z.strictObject({
  name: Name,
  mediaType: z.string().max(100),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest in hex'),
})
export type Attachment = z.output<typeof Attachment>

/** 欠费原因. */
export const Cause = z.enum(['funds', 'stopped', 'bankruptcy', 'dispute', 'metering', 'policy', 'absconded', 'payment-in-transit', 'other'])
export type Cause = z.output<typeof Cause>

/** What a province answers about one user. */
export const SubjectAnswer = z.strictObject({
  consNo: ConsNo,
  cause: Cause,
  measures: z.array(z.string().regex(/^M\d{2}$/, 'a measure such as M01')).max(20),
  recovered: Fen,
  remaining: Fen,
  /** When the rest is to be paid. */
  planDate: BusinessDate.optional(),
  level: Level,
  remark: Text.optional(),
})
export type SubjectAnswer = z.output<typeof SubjectAnswer>

export const ReturnReason = z.strictObject({
  consNo: ConsNo.optional(),
  code: z.enum(['incomplete', 'implausible', 'no-evidence', 'no-plan', 'other']),
  text: Text,
})

/** 办结结果: recovered, in progress under a plan, uncollectable, false alarm. */
export const Result = z.enum(['recovered', 'under-plan', 'uncollectable', 'false-alarm'])
export type Result = z.output<typeof Result>

export const Channel = z.enum(['system', 'phone', 'mail', 'message'])

/** 升级: 1 province department head, 2 province vice president, 3 headquarters' bulletin (通报). */
export const EscalationLevel = z.int().min(1).max(3)
export const EscalationCause = z.enum(['manual', 'sign-overdue', 'feedback-overdue'])

/** Which of an order's three clocks. */
export const Clock = z.enum(['sign', 'feedback', 'review'])
export type Clock = z.output<typeof Clock>

/** The calendar that due instants were worked out by: a version for each year that took part; `provisional` when one of them was not published. */
export const CalendarUsed = z.strictObject({ years: z.record(z.string(), z.int().min(1)), provisional: z.boolean() })
export type CalendarUsed = z.output<typeof CalendarUsed>

/** One published year of the working calendar: weekends off, plus these holidays, less these make-up days (调休). */
export const WorkYear = z.strictObject({ year: z.int(), version: z.int().min(1), holidays: z.array(BusinessDate), makeUpDays: z.array(BusinessDate) })
export type WorkYear = z.output<typeof WorkYear>

/** The two that an order lies between. */
export const Side = z.enum(['headquarters', 'province'])
export type Side = z.output<typeof Side>

const minutes = z.int().min(0)
const clocks = z.strictObject({ signMinutes: minutes, feedbackMinutes: minutes })
/** 时限 in working minutes and the rules that go with it, effective-dated data (domain brief 3.3, assumed values). */
export const SlaRules = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  /** Spans of a working day in minutes since midnight in Asia/Shanghai. */
  hours: z.array(z.strictObject({ from: minutes, until: minutes })).min(1),
  grades: z.strictObject({ red: clocks, orange: clocks, yellow: clocks }),
  reviewMinutes: minutes,
  maxExtensions: minutes,
  /** Real hours between two urgings. */
  urgeEveryHours: minutes,
  /** Days after closing within which an order may be reopened. */
  reopenDays: minutes,
  /** Figures older than this many days are stale at issue. */
  staleDays: minutes,
  /** Returns of one order from which the reviewer is warned. */
  warnReturns: minutes,
  /** Working minutes past due after which the next level of escalation is reached, in order of levels. */
  escalateAfterMinutes: z.array(minutes).length(3),
  /** To whom a level goes, in order of levels. */
  escalateTo: z.array(Text).length(3),
})
export type SlaRules = z.output<typeof SlaRules>

/** Due instants of an order as they stand. */
export const Dues = z.strictObject({ signDueAt: Instant, feedbackDueAt: Instant, calendar: CalendarUsed })
export type Dues = z.output<typeof Dues>

/** What a silence speaks of; a member left out matches everything. */
export const Matcher = z
  .strictObject({ province: ProvinceCode, consNo: ConsNo, kind: OrderKind, grade: Grade, rule: z.string().max(64) })
  .partial()
  .refine((matcher) => Object.keys(matcher).length > 0, 'must name something')
export type Matcher = z.output<typeof Matcher>
export const SilenceId = z
  .string()
  .regex(/^[0-9A-Za-z-]{1,36}$/, 'an id of at most 36 letters, digits or dashes')
  .brand<'SilenceId'>()
export type SilenceId = z.output<typeof SilenceId>
/** Names a question within one order. */
export const QuestionId = z
  .string()
  .regex(/^[0-9A-Za-z-]{1,36}$/, 'an id of at most 36 letters, digits or dashes')
  .brand<'QuestionId'>()
export type QuestionId = z.output<typeof QuestionId>

const percent = z.int().min(0).max(100)
/** 省公司督办评分: how much each rate weighs, effective-dated data (domain brief 4.2, assumed values). */
export const SupervisionScore = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  weights: z
    .strictObject({ onTime: percent, firstPass: percent, recovered: percent, closure: percent })
    .refine((weights) => Object.values(weights).reduce((sum, weight) => sum + weight, 0) === 100, 'weights add up to 100'),
})
export type SupervisionScore = z.output<typeof SupervisionScore>
