import { z } from 'zod'
import { command } from '#domain/shared/command.ts'
import { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, Name, ProvinceCode, Text, UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen, Va } from '#domain/shared/quantities.ts'
import {
  AdverseKind,
  BillStanding,
  CaseId,
  CaseRules,
  CloseKind,
  ContactChannel,
  CutOffRules,
  Details,
  Evidence,
  Figures,
  HoldKind,
  ListingRules,
  MeasureCode,
  MeasureRule,
  Override,
  Profile,
  ReviewFinding,
  Screening,
  WithdrawalCause,
} from './fields.ts'

/** The province of the unit named, by the org tree of that day; null when it belongs to none, or when no unit is named. The application brings it. */
const orgProvince = ProvinceCode.nullable()
/** The rules in force; the application brings them. */
const rules = ListingRules
/** The catalogue's entry of the measure; null when there is none. The application brings it. */
const measure = MeasureRule.nullable()
/** What the user's last sealed report says; null before the first. The application brings it. */
const figures = Figures.nullable()
/** The rules of cutting in force; the application brings them. */
const cutOff = CutOffRules
const measureId = CaseId

const capacity = Va.refine((value) => value >= 0n, 'must not be negative')
/** The customer as a caller says he is. */
export const GivenProfile = Profile.extend({ contractCapacity: capacity, runningCapacity: capacity })

export const HighRiskUserCommand = z.discriminatedUnion('type', [
  command('ScreenCandidate', {
    province: ProvinceCode,
    consNo: ConsNo,
    profile: GivenProfile,
    ...Screening.shape,
    orgProvince,
    /** The version of the rule set in force; the application brings it. */
    ruleSetInForce: z.int().nullable(),
  }),
  command('NominateCandidate', {
    province: ProvinceCode,
    consNo: ConsNo,
    profile: GivenProfile,
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
    reason: Text.optional(),
    override: Override.optional(),
    rules,
  }),
  command('AmendProfile', { changes: GivenProfile.partial(), source: Text, orgProvince }),
  command('ProposeDelist', {
    basis: Text,
    arrears: Fen,
    cleanMonths: z.int().min(0),
    /** Open work orders on the user. The application brings them. */
    openWorkOrders: z.array(Text),
    exception: Text.optional(),
    rules,
    figures,
    /** The last day on which a sealed report showed a bill past due; null when none of those looked at does. The application brings it. */
    lastPastDue: BusinessDate.nullable(),
  }),
  command('ApproveDelist', { on: BusinessDate }),
  command('RejectDelist', { reason: Text.optional() }),
  command('Relist', { level: Level, on: BusinessDate, reason: Text.optional() }),
  command('CloseRecord', { kind: CloseKind, ref: Text.optional(), arrears: Fen, on: BusinessDate, figures }),
  command('ReviewLevel', {
    on: BusinessDate,
    ruleSetVersion: z.int().min(1),
    computedLevel: Level.nullable(),
    score: z.int(),
    hardTriggers: z.array(Text).max(20).default([]),
  }),
  command('ProposeReview', ReviewFinding.shape),
  command('DismissReview', { reason: Text.optional() }),
  command('TransferOwner', { to: UserId }),
  command('PlanMeasure', { measureId, code: MeasureCode, target: Fen.optional(), dueOn: BusinessDate, details: Details.default({}), measure, figures, cutOff }),
  command('StartMeasure', { measureId, details: Details.default({}), catalogue: z.array(MeasureRule) }),
  command('CompleteMeasure', { measureId, amount: Fen.optional(), result: Text }),
  command('FailMeasure', { measureId, reason: Text.optional() }),
  command('CancelMeasure', { measureId, reason: Text.optional() }),
  command('ApproveCut', { measureId, reason: Text.optional(), plannedOn: BusinessDate, safetyPlan: Evidence.optional(), figures, cutOff }),
  command('ServeCutNotice', { measureId, deliveredOn: BusinessDate, proof: Evidence, authorityNotifiedOn: BusinessDate.optional(), cutOff }),
  command('GiveFinalNotice', { measureId, givenAt: Instant }),
  command('CutPower', { measureId, cutAt: Instant, figures, cutOff }),
  command('RestorePower', { measureId, causeGoneAt: Instant, restoredAt: Instant, explanation: Text.optional(), cutOff }),
  command('RecordPromise', { promiseId: CaseId, bills: z.array(BillMonth).min(1).max(60), amount: Fen, dueOn: BusinessDate, figures }),
  command('SettlePromise', { promiseId: CaseId, reportDate: BusinessDate, reportVersion: z.int().min(1), bills: z.array(BillStanding).max(120) }),
  command('RecordContact', {
    contactId: CaseId,
    channel: ContactChannel,
    person: Name.optional(),
    phone: Name.optional(),
    outcome: Text,
    nextOn: BusinessDate.optional(),
  }),
  command('PlaceHold', { kind: HoldKind, until: BusinessDate, reason: Text.optional(), caseRules: CaseRules }),
  command('ReleaseHold', { reason: Text.optional() }),
  command('RaiseAlertFact', { factId: CaseId, kind: AdverseKind, on: BusinessDate, source: Text, evidence: z.array(Evidence).max(20).default([]) }),
  command('WithdrawAlertFact', { factId: CaseId, cause: WithdrawalCause, reason: Text.optional() }),
])
export type HighRiskUserCommand = z.output<typeof HighRiskUserCommand>
