import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode, signed, Text, UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { CloseKind, Evidence, Override, Profile, Screening } from './fields.ts'

const key = { province: ProvinceCode, consNo: ConsNo }

export const highRiskUserEvents = {
  /** 筛选: named by a rule set, with every hit that explains the score, and the customer as he is known then. */
  CandidateScreened: event(z.strictObject({ ...signed, ...key, profile: Profile, ...Screening.shape })),
  /** 提名, with the customer as he is known then. */
  CandidateNominated: event(
    z.strictObject({ ...signed, ...key, profile: Profile, proposedLevel: Level, reason: Text.optional(), evidence: z.array(Evidence) }),
  ),
  /** 排除, until somebody nominates again; `recheckAfter` says when to look. */
  CandidateDismissed: event(z.strictObject({ ...signed, ...key, reason: Text, recheckAfter: BusinessDate })),
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
}
export type HighRiskUserEvent = EventOf<typeof highRiskUserEvents>
