import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { highRiskUser } from '#domain/high-risk-user/decider.ts'
import { highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import type { ListingRules } from '#domain/high-risk-user/fields.ts'
import type { HighRiskUserRejection } from '#domain/high-risk-user/rejections.ts'
import type { Role } from '#domain/shared/actor.ts'
import { type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import { type Asked, sign, type Unsigned } from '../shared/asked.ts'
import { ofProvince, ofUnit } from '../shared/authorise.ts'
import { handle } from '../shared/handle.ts'
import type { Outcome } from '../shared/outcome.ts'
import { admit, isDenied, type Working, withReason } from '../shared/perform.ts'

export type UserKey = { readonly province: ProvinceCode; readonly consNo: ConsNo }
export const highRiskUserStream = ({ province, consNo }: UserKey): StreamName => streamName('HighRiskUser', province, consNo)

export const highRiskUserRoles: Readonly<Record<HighRiskUserCommand['type'], readonly Role[]>> = {
  ScreenCandidate: ['SYS', 'PV_TARIFF'],
  NominateCandidate: ['PV_TARIFF', 'CT_TARIFF', 'CT_LEAD'],
  DismissCandidate: ['PV_LEAD'],
  ConfirmListing: ['PV_LEAD'],
  MarkReported: ['SYS'],
  ChangeLevel: ['PV_LEAD'],
  AmendProfile: ['PV_TARIFF', 'SYS'],
  ProposeDelist: ['PV_TARIFF'],
  ApproveDelist: ['PV_LEAD'],
  RejectDelist: ['PV_LEAD'],
  Relist: ['PV_LEAD'],
  CloseRecord: ['PV_LEAD'],
}

export const highRiskUserAggregate = { catalogue: highRiskUserEvents, decider: highRiskUser }

/** What a caller says of a user; the rules in force and whose unit is named are brought here. */
export type UserCommand = Said<Unsigned<HighRiskUserCommand>>
type Said<C> = C extends { readonly type: infer T; readonly data: infer D }
  ? { readonly type: T; readonly data: Omit<D, 'rules' | 'orgProvince' | 'ruleSetInForce'> }
  : never

/** What the record itself refuses, and a date on which no rules of listing stand. */
export type UserRefusal = HighRiskUserRejection | { readonly code: 'NO_LISTING_RULES'; readonly date: BusinessDate }

/** `listingRules`: all there are, each with the date from which it holds. */
export type Listing = Working & { readonly listingRules: readonly ListingRules[]; readonly casework: Casework }

/** What work on users brings from elsewhere. */
export type Casework = {
  /** The version of the screening rule set in force on a date; null when none is. */
  readonly ruleSetOn: (date: BusinessDate) => Promise<number | null>
}

export type HighRiskUserUseCases = {
  readonly execute: (key: UserKey, command: UserCommand, asked: Asked) => Promise<Outcome<UserRefusal>>
}

/**
 * A customer's life on the register (在册): nominated, listed, level changed, delisted. A unit named must be of the customer's
 * province, and a city nominates for its own units. Rules are those in force on the date of the command.
 */
export const highRiskUserUseCases = (listing: Listing): HighRiskUserUseCases => ({
  execute: async (key, command, asked) => {
    await listing.scope.refresh()
    const at = asked.at ?? listing.clock.now()
    const date = businessDateOf(at)
    const orgProvince = provinceNamedBy(command, listing, date)
    const own = command.type === 'NominateCandidate' && orgProvince === key.province
    const subject = own ? ofUnit(command.data.profile.orgCode) : ofProvince(key.province)
    const admitted = await admit(listing, highRiskUserRoles[command.type], subject, { ...asked, at })
    if (isDenied(admitted)) return { kind: 'forbidden', code: admitted.code }
    const ruleSetInForce = command.type === 'ScreenCandidate' ? await listing.casework.ruleSetOn(date) : null
    const completed = complete(command, { orgProvince, rules: inForceOn(listing.listingRules, date), ruleSetInForce })
    if (completed === undefined) return { kind: 'rejected', rejection: { code: 'NO_LISTING_RULES', date } }
    const request = withReason(admitted, command.data)
    return handle(listing.store, highRiskUserAggregate, highRiskUserStream(key), sign<HighRiskUserCommand>(completed, request), request)
  },
})

type Brought = { readonly orgProvince: ProvinceCode | null; readonly rules: ListingRules | undefined; readonly ruleSetInForce: number | null }

/** The command as the domain decides it; undefined when it wants rules and none are in force. */
const complete = (command: UserCommand, { orgProvince, rules, ruleSetInForce }: Brought): Unsigned<HighRiskUserCommand> | undefined => {
  switch (command.type) {
    case 'ScreenCandidate':
      return { type: command.type, data: { ...command.data, orgProvince, ruleSetInForce } }
    case 'NominateCandidate':
      return { type: command.type, data: { ...command.data, orgProvince } }
    case 'AmendProfile':
      return { type: command.type, data: { ...command.data, orgProvince } }
    case 'ChangeLevel':
      return rules && { type: command.type, data: { ...command.data, rules } }
    case 'ProposeDelist':
      return rules && { type: command.type, data: { ...command.data, rules } }
    default:
      return command
  }
}

const provinceNamedBy = (command: UserCommand, { scope }: Listing, date: BusinessDate): ProvinceCode | null => {
  const unit = command.type === 'NominateCandidate' ? command.data.profile.orgCode : command.type === 'AmendProfile' ? command.data.changes.orgCode : undefined
  return (unit && scope.provinceOf(unit, date)) ?? null
}
