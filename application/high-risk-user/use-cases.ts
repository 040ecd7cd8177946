import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { highRiskUser } from '#domain/high-risk-user/decider.ts'
import { highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import type { ListingRules } from '#domain/high-risk-user/fields.ts'
import type { HighRiskUserRejection } from '#domain/high-risk-user/rejections.ts'
import type { Role } from '#domain/shared/actor.ts'
import { businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import type { EventStore } from '../ports/event-store.ts'
import { type Asked, sign } from '../shared/asked.ts'
import { ofProvince, ofUnit, ROLES, type Subject } from '../shared/authorise.ts'
import { handle } from '../shared/handle.ts'
import { load } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import { admit, isDenied, type Working, withReason } from '../shared/perform.ts'
import { bring, type Casework, type RulesMissing, type UserCommand, type UserKey, unitNamedBy } from './bring.ts'

export const highRiskUserStream = ({ province, consNo }: UserKey): StreamName => streamName('HighRiskUser', province, consNo)

const BELOW_PROVINCE = ['CT_TARIFF', 'CT_LEAD', 'CN_COLLECT'] as const
/** Who carries out measures: the province's people and the cities'. */
const MEASURES: readonly Role[] = ['PV_TARIFF', 'PV_LEAD', 'PV_LEGAL', 'CT_TARIFF', 'CT_LEAD']
/** Who goes to the customer. */
const FIELD: readonly Role[] = ['PV_TARIFF', 'PV_LEAD', ...BELOW_PROVINCE]

export const highRiskUserRoles: Readonly<Record<HighRiskUserCommand['type'], readonly Role[]>> = {
  ScreenCandidate: ['SYS', 'PV_TARIFF'],
  NominateCandidate: ['PV_TARIFF', 'CT_TARIFF', 'CT_LEAD'],
  DismissCandidate: ['PV_LEAD'],
  ConfirmListing: ['PV_LEAD'],
  MarkReported: ['SYS'],
  ReviewLevel: ['SYS', 'PV_TARIFF', 'PV_LEAD'],
  ChangeLevel: ['PV_LEAD'],
  AmendProfile: ['PV_TARIFF', 'SYS'],
  ProposeReview: ['SYS'],
  DismissReview: ['PV_LEAD'],
  TransferOwner: ['PV_LEAD'],
  PlanMeasure: MEASURES,
  StartMeasure: MEASURES,
  CompleteMeasure: MEASURES,
  FailMeasure: MEASURES,
  CancelMeasure: MEASURES,
  ApproveCut: ['PV_LEAD', 'CT_LEAD'],
  ServeCutNotice: FIELD,
  GiveFinalNotice: FIELD,
  CutPower: FIELD,
  RestorePower: FIELD,
  RecordPromise: FIELD,
  SettlePromise: ['SYS'],
  RecordContact: [...FIELD, 'PV_LEGAL'],
  PlaceHold: ['PV_LEAD'],
  ReleaseHold: ['PV_LEAD'],
  RaiseAlertFact: [...FIELD, 'PV_LEGAL', 'SYS'],
  WithdrawAlertFact: ['PV_LEAD'],
  ProposeDelist: ['PV_TARIFF'],
  ApproveDelist: ['PV_LEAD'],
  RejectDelist: ['PV_LEAD'],
  Relist: ['PV_LEAD'],
  CloseRecord: ['PV_LEAD'],
}

/** Whether a customer has a record, in whatever state. */
export const hasRecord = async (store: EventStore, key: UserKey): Promise<boolean> => {
  for await (const page of store.readStream(highRiskUserStream(key))) if (page.length > 0) return true
  return false
}

export const highRiskUserAggregate = { catalogue: highRiskUserEvents, decider: highRiskUser }

/** What the record itself refuses, and a date on which the rules it needs do not stand. */
export type UserRefusal = HighRiskUserRejection | RulesMissing

/** `listingRules`: all there are, each with the date from which it holds. */
export type Listing = Working & { readonly listingRules: readonly ListingRules[]; readonly casework: Casework }

export type HighRiskUserUseCases = {
  readonly execute: (key: UserKey, command: UserCommand, asked: Asked) => Promise<Outcome<UserRefusal>>
}

/**
 * A customer's life on the register (在册): nominated, listed, worked on, delisted. A unit named must be of the customer's
 * province; a city or station acts for customers of its own. Rules are those in force on the date of the command.
 */
export const highRiskUserUseCases = (listing: Listing): HighRiskUserUseCases => ({
  execute: async (key, command, asked) => {
    await listing.scope.refresh()
    const at = asked.at ?? listing.clock.now()
    const admitted = await admit(listing, highRiskUserRoles[command.type], await subjectOf(listing, key, command, asked, at), { ...asked, at })
    if (isDenied(admitted)) return { kind: 'forbidden', code: admitted.code }
    const completed = await bring(listing, key, command, at)
    if ('code' in completed) return { kind: 'rejected', rejection: completed }
    const request = withReason(admitted, command.data)
    return handle(listing.store, highRiskUserAggregate, highRiskUserStream(key), sign<HighRiskUserCommand>(completed, request), request)
  },
})

/** Whose matter a command is: for who works below the province, that of the customer's own unit, as named or as on record. */
export const subjectOf = async (listing: Listing, key: UserKey, command: UserCommand, asked: Asked, at: Instant): Promise<Subject> => {
  const date = businessDateOf(at)
  if (command.type === 'NominateCandidate') {
    const unit = unitNamedBy(command)
    return unit !== undefined && listing.scope.provinceOf(unit, date) === key.province ? ofUnit(unit) : ofProvince(key.province)
  }
  if (!asked.actor.roles.some((role) => (ROLES.unit as readonly Role[]).includes(role))) return ofProvince(key.province)
  const { state } = await load(listing.store, highRiskUserAggregate, highRiskUserStream(key))
  return state.status === 'absent' || listing.scope.provinceOf(state.profile.orgCode, date) !== key.province
    ? ofProvince(key.province)
    : ofUnit(state.profile.orgCode)
}
