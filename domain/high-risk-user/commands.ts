import { z } from 'zod'
import { command } from '#domain/shared/command.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode, Text, UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { CloseKind, Evidence, ListingRules, Override, Profile, Screening } from './fields.ts'

/** The province of the unit named, by the org tree of that day; null when it belongs to none, or when no unit is named. The application brings it. */
const orgProvince = ProvinceCode.nullable()
/** The rules in force; the application brings them. */
const rules = ListingRules

export const HighRiskUserCommand = z.discriminatedUnion('type', [
  command('ScreenCandidate', {
    province: ProvinceCode,
    consNo: ConsNo,
    profile: Profile,
    ...Screening.shape,
    orgProvince,
    /** The version of the rule set in force; the application brings it. */
    ruleSetInForce: z.int().nullable(),
  }),
  command('NominateCandidate', {
    province: ProvinceCode,
    consNo: ConsNo,
    profile: Profile,
    proposedLevel: Level,
    reason: Text.optional(),
    evidence: z.array(Evidence).max(20).default([]),
    orgProvince,
  }),
  command('DismissCandidate', { reason: Text.optional(), recheckAfter: BusinessDate }),
  command('ConfirmListing', { level: Level, owner: UserId, listedOn: BusinessDate, basis: z.array(Text).min(1).max(20) }),
  command('MarkReported', { reportDate: BusinessDate, reportVersion: z.int().min(1) }),
  command('ChangeLevel', {
    to: Level,
    on: BusinessDate,
    computedLevel: Level.optional(),
    score: z.int().min(0).max(100).optional(),
    /** Successive reviews, this one included, that came to a level below the present one (domain brief 2.4: lowering wants 2). */
    lowerReviews: z.int().min(0).default(0),
    openHardTriggers: z.array(Text).default([]),
    reason: Text.optional(),
    override: Override.optional(),
    rules,
  }),
  command('AmendProfile', { changes: Profile.partial(), source: Text, orgProvince }),
  command('ProposeDelist', {
    basis: Text,
    arrears: Fen,
    cleanMonths: z.int().min(0),
    openWorkOrders: z.array(Text).default([]),
    exception: Text.optional(),
    rules,
  }),
  command('ApproveDelist', { on: BusinessDate }),
  command('RejectDelist', { reason: Text.optional() }),
  command('Relist', { level: Level, on: BusinessDate, reason: Text.optional() }),
  command('CloseRecord', { kind: CloseKind, ref: Text.optional(), arrears: Fen, on: BusinessDate }),
])
export type HighRiskUserCommand = z.output<typeof HighRiskUserCommand>
