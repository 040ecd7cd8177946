import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { label, Name, OrgCode, Text, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Va } from '#domain/shared/quantities.ts'

/** The customer as he was when listed, and as amended since. `hecClass` is the marketing system's high-energy class. */
export const Profile = z.strictObject({
  name: Name,
  orgCode: OrgCode,
  standard: TradeStandard,
  tradeCode: TradeCode,
  hecClass: label(8).optional(),
  electType: label(32).optional(),
  voltage: label(16).optional(),
  contractCapacity: Va,
  runningCapacity: Va,
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
