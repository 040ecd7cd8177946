import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { highRiskUser } from '#domain/high-risk-user/decider.ts'
import { highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import type { HighRiskUserRejection } from '#domain/high-risk-user/rejections.ts'
import type { Role } from '#domain/shared/actor.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import type { Asked, Unsigned } from '../shared/asked.ts'
import { ofProvince, ofUnit } from '../shared/authorise.ts'
import type { Outcome } from '../shared/outcome.ts'
import { perform, type Working } from '../shared/perform.ts'

export type UserKey = { readonly province: ProvinceCode; readonly consNo: ConsNo }
export const highRiskUserStream = ({ province, consNo }: UserKey): StreamName => streamName('HighRiskUser', province, consNo)

export const highRiskUserRoles: Readonly<Record<HighRiskUserCommand['type'], readonly Role[]>> = {
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

export type HighRiskUserUseCases = {
  readonly execute: (key: UserKey, command: Unsigned<HighRiskUserCommand>, asked: Asked) => Promise<Outcome<HighRiskUserRejection>>
}

/** A customer's life on the register (在册): nominated, listed, level changed, delisted. A unit named must be of the customer's province. */
export const highRiskUserUseCases = (working: Working): HighRiskUserUseCases => ({
  execute: async (key, command, asked) => {
    await working.scope.refresh()
    const unit = unitNamedBy(command)
    const date = businessDateOf(asked.at ?? working.clock.now())
    const own = unit === undefined || working.scope.provinceOf(unit, date) === key.province
    const subject = unit !== undefined && own && command.type === 'NominateCandidate' ? ofUnit(unit) : ofProvince(key.province)
    const outcome = await perform(
      working,
      own ? highRiskUserAggregate : outsideProvince(unit!, key.province),
      highRiskUserRoles,
      { stream: highRiskUserStream(key), subject },
      command,
      asked,
    )
    return outcome
  },
})

const unitNamedBy = (command: Unsigned<HighRiskUserCommand>): OrgCode | undefined => {
  if (command.type === 'NominateCandidate') return command.data.profile.orgCode
  if (command.type === 'AmendProfile') return command.data.changes.orgCode
  return undefined
}

/** Only the organisation knows whose unit it is; the refusal still comes after authorisation, and in the same words. */
const outsideProvince = (orgCode: OrgCode, province: ProvinceCode): typeof highRiskUserAggregate => ({
  ...highRiskUserAggregate,
  decider: { ...highRiskUser, decide: () => ({ ok: false, rejection: { code: 'ORG_OUTSIDE_PROVINCE', orgCode, province } }) },
})
