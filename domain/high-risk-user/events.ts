import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode, signed, Text, UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { CloseKind, Evidence, Override, Profile } from './fields.ts'

const key = { province: ProvinceCode, consNo: ConsNo }

export const highRiskUserEvents = {
  CandidateNominated: event(
    z.strictObject({ ...signed, ...key, profile: Profile, proposedLevel: Level, reason: Text.optional(), evidence: z.array(Evidence) }),
  ),
  CandidateDismissed: event(z.strictObject({ ...signed, ...key, reason: Text, recheckAfter: BusinessDate })),
  /** 列入: from `listedOn` the province reports this user daily. */
  UserListed: event(z.strictObject({ ...signed, ...key, level: Level, owner: UserId, listedOn: BusinessDate, basis: z.array(Text), profile: Profile })),
  UserReportedToHq: event(z.strictObject({ ...signed, ...key, reportDate: BusinessDate, reportVersion: z.int().min(1) })),
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
  ProfileAmended: event(
    z.strictObject({
      ...signed,
      ...key,
      profile: Profile,
      changes: z.array(z.strictObject({ field: z.string(), before: z.string(), after: z.string() })).min(1),
      source: Text,
    }),
  ),
  DelistProposed: event(z.strictObject({ ...signed, ...key, basis: Text, arrears: Fen, cleanMonths: z.int().min(0), exception: Text.optional() })),
  DelistRejected: event(z.strictObject({ ...signed, ...key, reason: Text })),
  /** 退出: `on` is the first day on which the user is no longer listed. */
  UserDelisted: event(z.strictObject({ ...signed, ...key, on: BusinessDate, basis: Text })),
  UserRelisted: event(z.strictObject({ ...signed, ...key, level: Level, on: BusinessDate, reason: Text, previousDelistOn: BusinessDate })),
  /** 归档: the account is gone or was a duplicate; `wasListed` says whether it leaves the count of listed users. */
  RecordClosed: event(z.strictObject({ ...signed, ...key, kind: CloseKind, ref: Text.optional(), on: BusinessDate, wasListed: z.boolean() })),
}
export type HighRiskUserEvent = EventOf<typeof highRiskUserEvents>
