import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, Name, ProvinceCode, signed, Text, UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'
import {
  AdverseKind,
  CaseId,
  CloseKind,
  ContactChannel,
  CutClass,
  Details,
  Evidence,
  HoldKind,
  MeasureCode,
  MeasureRole,
  Override,
  Profile,
  ReviewFinding,
  Screening,
  WithdrawalCause,
} from './fields.ts'

const key = { province: ProvinceCode, consNo: ConsNo }
const ofMeasure = { ...signed, ...key, measureId: CaseId }
const ofPromise = { ...signed, ...key, promiseId: CaseId }
/** The sealed report that showed it. */
const seenIn = { reportDate: BusinessDate, reportVersion: z.int().min(1) }

export const highRiskUserEvents = {
  /** 筛选: named by a rule set, with every hit that explains the score, and the customer as he is known then. */
  CandidateScreened: event(z.strictObject({ ...signed, ...key, profile: Profile, ...Screening.shape })),
  /** 提名, with the customer as he is known then. */
  CandidateNominated: event(
    z.strictObject({ ...signed, ...key, profile: Profile, proposedLevel: Level, reason: Text.optional(), evidence: z.array(Evidence) }),
  ),
  /** 排除, until somebody nominates again; `recheckAfter` says when to look. Over an open hard trigger headquarters can see it. */
  CandidateDismissed: event(z.strictObject({ ...signed, ...key, reason: Text, recheckAfter: BusinessDate, openHardTriggers: z.array(Text).min(1).optional() })),
  /** 列入: from `listedOn` the province reports this user daily. */
  UserListed: event(z.strictObject({ ...signed, ...key, level: Level, owner: UserId, listedOn: BusinessDate, basis: z.array(Text), profile: Profile })),
  /** The first sealed daily report in which the user stands. */
  UserReportedToHq: event(z.strictObject({ ...signed, ...key, reportDate: BusinessDate, reportVersion: z.int().min(1) })),
  /** 等级变更: the effective level, and the computed one beside it where there is one. */
  RiskLevelChanged: event(
    z.strictObject({
      ...signed,
      ...key,
      from: Level,
      to: Level,
      on: BusinessDate,
      computedLevel: Level.optional(),
      score: z.int().optional(),
      reason: Text,
      override: Override.optional(),
    }),
  ),
  /** What is known of the customer from now on, and what that changes. */
  ProfileAmended: event(
    z.strictObject({
      ...signed,
      ...key,
      profile: Profile,
      changes: z.array(z.strictObject({ field: z.string(), before: z.string(), after: z.string() })).min(1),
      source: Text,
    }),
  ),
  /** 待退出: he stays on the list until somebody else decides. */
  DelistProposed: event(z.strictObject({ ...signed, ...key, basis: Text, arrears: Fen, cleanMonths: z.int().min(0), exception: Text.optional() })),
  /** He stays on the list. */
  DelistRejected: event(z.strictObject({ ...signed, ...key, reason: Text })),
  /** 退出: `on` is the first day on which the user is no longer listed. */
  UserDelisted: event(z.strictObject({ ...signed, ...key, on: BusinessDate, basis: Text })),
  /** 重新列入: the same record goes on. */
  UserRelisted: event(z.strictObject({ ...signed, ...key, level: Level, on: BusinessDate, reason: Text, previousDelistOn: BusinessDate })),
  /** 归档: the account is gone or was a duplicate; `wasListed` says whether it leaves the count of listed users. */
  RecordClosed: event(z.strictObject({ ...signed, ...key, kind: CloseKind, ref: Text.optional(), on: BusinessDate, wasListed: z.boolean() })),
  /** 等级评审: what a rule set comes to for a listed user; null when he would not be listed. It proposes, and changes nothing by itself. */
  LevelReviewed: event(
    z.strictObject({
      ...signed,
      ...key,
      on: BusinessDate,
      ruleSetVersion: z.int().min(1),
      computedLevel: Level.nullable(),
      score: z.int(),
      hardTriggers: z.array(Text),
    }),
  ),
  /** 复核建议: a new industry list, or the rules under it, no longer speak for his being listed. Proposes; nobody is delisted by it. */
  ReviewProposed: event(z.strictObject({ ...signed, ...key, ...ReviewFinding.shape })),
  /** The proposal of this version of the list is set aside: he stays as he is. */
  ReviewDismissed: event(z.strictObject({ ...signed, ...key, industryListVersion: z.int().min(1), reason: Text })),
  OwnerTransferred: event(z.strictObject({ ...signed, ...key, from: UserId, to: UserId })),

  /** 计划措施, with what it is to bring in where that can be said. */
  MeasurePlanned: event(z.strictObject({ ...ofMeasure, code: MeasureCode, role: MeasureRole, target: Fen.optional(), dueOn: BusinessDate, details: Details })),
  /** In force from now on, with all the details its kind needs. */
  MeasureStarted: event(z.strictObject({ ...ofMeasure, details: Details })),
  MeasureCompleted: event(z.strictObject({ ...ofMeasure, amount: Fen.optional(), result: Text })),
  MeasureFailed: event(z.strictObject({ ...ofMeasure, reason: Text })),
  MeasureCancelled: event(z.strictObject({ ...ofMeasure, reason: Text })),

  /** 停电审批 of the user, the reason and the day, by the rules of the day it is given on; each later step goes by those of its own day. */
  CutApproved: event(
    z.strictObject({ ...ofMeasure, reason: Text, plannedOn: BusinessDate, cutClass: CutClass, rulesVersion: z.int().min(1), safetyPlan: Evidence.optional() }),
  ),
  /** 停电通知书 delivered, with proof; for important users also to the authority. */
  CutNoticeServed: event(z.strictObject({ ...ofMeasure, deliveredOn: BusinessDate, proof: Evidence, authorityNotifiedOn: BusinessDate.optional() })),
  /** The last notice before the cut. */
  FinalNoticeGiven: event(z.strictObject({ ...ofMeasure, givenAt: Instant })),
  /** 中止供电. */
  PowerCut: event(z.strictObject({ ...ofMeasure, cutAt: Instant })),
  /** 复电; later than the rules allow it is explained. */
  PowerRestored: event(z.strictObject({ ...ofMeasure, causeGoneAt: Instant, restoredAt: Instant, explanation: Text.optional() })),

  /** 还款承诺 for these bills; `receivedBefore` is what had come in on them when it was made. */
  PromiseMade: event(z.strictObject({ ...ofPromise, bills: z.array(BillMonth).min(1), amount: Fen, dueOn: BusinessDate, receivedBefore: Fen })),
  /** `received` since it was made. */
  PromiseKept: event(z.strictObject({ ...ofPromise, ...seenIn, received: Fen })),
  PromiseBroken: event(z.strictObject({ ...ofPromise, ...seenIn, shortfall: Fen })),

  /** 联系记录. Who was spoken to is personal: shown masked everywhere. */
  ContactLogged: event(
    z.strictObject({
      ...signed,
      ...key,
      contactId: CaseId,
      channel: ContactChannel,
      person: Name.meta({ personal: true }).optional(),
      phone: Name.meta({ personal: true }).optional(),
      outcome: Text,
      nextOn: BusinessDate.optional(),
    }),
  ),
  /** 暂缓: no cutting until it is released or its day is over. */
  HoldPlaced: event(z.strictObject({ ...signed, ...key, kind: HoldKind, until: BusinessDate, reason: Text })),
  HoldReleased: event(z.strictObject({ ...signed, ...key, reason: Text })),
  /** 不利情况: counts from the day it is known; a hard trigger, unless it is only adverse credit. */
  AdverseFactRecorded: event(
    z.strictObject({ ...signed, ...key, factId: CaseId, kind: AdverseKind, on: BusinessDate, source: Text, evidence: z.array(Evidence) }),
  ),
  /** It was not so, or is over: from this day it triggers nothing; what was decided by it before stands. */
  AdverseFactWithdrawn: event(z.strictObject({ ...signed, ...key, factId: CaseId, kind: AdverseKind, cause: WithdrawalCause, reason: Text })),
}
export type HighRiskUserEvent = EventOf<typeof highRiskUserEvents>
