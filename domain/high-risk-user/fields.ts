import { z } from 'zod'
import { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import { label, Name, Text } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { supply } from '#domain/shared/supply.ts'

/** The customer as he was when listed, and as amended since. */
export const Profile = z.strictObject({
  name: Name,
  ...supply,
  /** 重要用户 of special, first or second grade, or for a time: cutting his supply has duties of its own. */
  importance: z.enum(['special', 'first', 'second', 'temporary']).optional(),
})
export type Profile = z.output<typeof Profile>

/** Evidence stays where it is; the log keeps its name and digest. */
export const Evidence = z.strictObject({ name: Name, sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest in hex') })
export type Evidence = z.output<typeof Evidence>

/** A manual level that differs from the computed one, until it expires. */
export const Override = z.strictObject({ expiresOn: BusinessDate })

/** Where a level came from. */
export const Assessment = z.strictObject({
  computedLevel: Level.optional(),
  score: z.int().min(0).max(100).optional(),
  hardTriggers: z.array(Text).default([]),
})

/** What one rule of screening found: its inputs as text (quantities in fen, kWh, days …), its points, and the sentence a reviewer reads. */
export const Hit = z.strictObject({
  ruleId: label(64).min(1),
  inputs: z.record(z.string(), z.string()),
  points: z.int(),
  text: z.strictObject({ zh: Text, en: Text }),
})
export type Hit = z.output<typeof Hit>

/** What screening came to, point by point: the score is the sum of the hits' points, or what the rule set caps it at. */
export const Screening = z.strictObject({
  ruleSetVersion: z.int().min(1),
  /** 0 when no list was in force. */
  industryListVersion: z.int().min(0),
  score: z.int(),
  hits: z.array(Hit).max(100),
  proposedLevel: Level,
  /** Rule ids of hard triggers (停产, 破产 …): they make a candidate whatever the score. */
  hardTriggers: z.array(label(64).min(1)).max(20).default([]),
  /** The last day of the figures that were looked at. */
  dataDate: BusinessDate,
})
export type Screening = z.output<typeof Screening>

/** 候选, 已排除, 在册, 待退出, 已退出, 已归档; absent when the customer has no record. */
export const UserStatus = z.enum(['absent', 'candidate', 'dismissed', 'listed', 'delist-pending', 'delisted', 'closed'])
export type UserStatus = z.output<typeof UserStatus>

export const CloseKind = z.enum(['accountCancelled', 'duplicateOf', 'badDebtRecognised'])
export type CloseKind = z.output<typeof CloseKind>

/** How long a user must have been well-behaved before he is watched less; effective-dated, the application brings them with the command. */
export const ListingRules = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  /** Successive reviews below the present level before it is lowered (domain brief 2.4). */
  lowerReviews: z.int().min(0),
  /** Months without a late bill before a user leaves the list (domain brief 3.2). */
  cleanMonths: z.int().min(0),
})
export type ListingRules = z.output<typeof ListingRules>

/** Names a measure, a promise, a contact or a fact within one user's record; chosen by who records it. */
export const CaseId = z
  .string()
  .regex(/^[0-9A-Za-z-]{1,36}$/, 'an id of at most 36 letters, digits or dashes')
  .brand<'CaseId'>()
export type CaseId = z.output<typeof CaseId>

/** 措施 of the catalogue, M01 to M13. */
export const MeasureCode = z.string().regex(/^M\d{2}$/, 'a measure such as M01')
/** What the domain itself asks of a measure: a reminder duns, a cut has its chain, a hold is placed as a hold. */
export const MeasureRole = z.enum(['dunning', 'cut', 'hold', 'other'])
/** One measure of the catalogue; `needs` names the details without which it cannot start. Effective-dated with the catalogue. */
export const MeasureRule = z.strictObject({
  code: MeasureCode,
  name: z.strictObject({ zh: Text, en: Text }),
  role: MeasureRole,
  needs: z.array(label(40).min(1)),
})
export type MeasureRule = z.output<typeof MeasureRule>
/** The catalogue of measures (措施目录) with the date from which it holds. */
export const MeasureCatalogue = z.strictObject({ version: z.int().min(1), effectiveFrom: BusinessDate, measures: z.array(MeasureRule) })
export type MeasureCatalogue = z.output<typeof MeasureCatalogue>
export const Details = z.record(label(40).min(1), Text)
export const MeasureState = z.enum(['planned', 'in-force', 'done', 'failed', 'cancelled'])
export type MeasureState = z.output<typeof MeasureState>

/** 停电 step by step: approved, written notice delivered, last notice given, cut, restored. */
export const CutStep = z.enum(['approved', 'noticed', 'final-notice', 'cut', 'restored'])
export type CutStep = z.output<typeof CutStep>
export const CutClass = z.enum(['residential', 'important', 'other'])
export type CutClass = z.output<typeof CutClass>

const cutTimes = z.strictObject({
  /** Days between delivery of the written notice and the cut. */
  noticeDays: z.int().min(0),
  /** Minutes between the last notice and the cut. */
  finalNoticeMinutes: z.int().min(0),
  /** Hours within which supply is restored once the cause is gone, else it is explained. */
  restoreHours: z.int().min(0),
  authorityNotice: z.boolean(),
  safetyPlan: z.boolean(),
})
/** When and how supply may be stopped over arrears (条例 art. 39, 供电营业规则); provinces differ, and the law has been revised. */
export const CutOffRules = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  /** A bill must be overdue by more days than this. */
  overdueDays: z.int().min(0),
  residentialElectTypes: z.array(z.string()),
  classes: z.strictObject({ residential: cutTimes, important: cutTimes, other: cutTimes }),
})
export type CutOffRules = z.output<typeof CutOffRules>

/** So many days, or the same day so many months on. */
const Interval = z.union([z.strictObject({ days: z.int().min(1) }), z.strictObject({ months: z.int().min(1) })])

export const CaseRules = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  /** Longest hold in days. */
  maxHoldDays: z.int().min(1),
  /** Working days within which a user of level I has a plan (一户一策). */
  planWorkingDays: z.int().min(0),
  /** Days before a guarantee ends from which it is told of. */
  guaranteeAlertDays: z.int().min(0),
  /** How long after one review of the level, or since he came to stand at it, the next one is due (等级评审周期). */
  reviewEvery: z.strictObject({ I: Interval, II: Interval, III: Interval }),
})
export type CaseRules = z.output<typeof CaseRules>

/** One bill as the last sealed report has it. */
export const BillStanding = z.strictObject({ billMonth: BillMonth, dueDate: BusinessDate, received: Fen, open: Fen })
export type BillStanding = z.output<typeof BillStanding>
/** What a user's last sealed report says he owes. */
export const Figures = z.strictObject({ date: BusinessDate, bills: z.array(BillStanding) })
export type Figures = z.output<typeof Figures>

export const HoldKind = z.enum(['dispute', 'appeal', 'disaster', 'court', 'other'])
/** 停产, 关停, 破产/重整, 退票, 失联: each a hard trigger (domain brief 2.2); and 信用不良 (失信被执行人 and the like), which gives points. */
export const AdverseKind = z.enum(['stopped', 'closure', 'bankruptcy', 'bouncedBill', 'absconded', 'creditAdverse'])
export type AdverseKind = z.output<typeof AdverseKind>
export const isHardTrigger = (kind: AdverseKind): boolean => kind !== 'creditAdverse'
/** Why an adverse fact no longer counts: it never was so, or it is over. */
export const WithdrawalCause = z.enum(['mistaken', 'ended'])
/** Why a listed user is to be looked at again: his trade left the industry list, or the rules no longer name him. */
export const ReviewCause = z.enum(['trade-off-list', 'below-cut-off'])
/** What a review is proposed over: the list that was published, and what the rules then came to. */
export const ReviewFinding = z.strictObject({
  industryListVersion: z.int().min(1),
  ruleSetVersion: z.int().min(1),
  causes: z.array(ReviewCause).min(1).max(2),
  /** Null when screening does not know the customer any more. */
  score: z.int().nullable(),
  /** Null when the rules would not name him. */
  computedLevel: Level.nullable(),
  hardTriggers: z.array(Text).max(20),
  /** The last day of the figures that were looked at. */
  dataDate: BusinessDate,
})
export type ReviewFinding = z.output<typeof ReviewFinding>
export const ContactChannel = z.enum(['phone', 'visit', 'letter', 'message', 'app'])
