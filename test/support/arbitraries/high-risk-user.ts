import fc from 'fast-check'
import type { Casework } from '#application/high-risk-user/use-cases.ts'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { ListingRules, Profile } from '#domain/high-risk-user/fields.ts'
import { fen, va } from '#domain/shared/quantities.ts'
import { cons, day, org, province, shanghai, trade, user } from './values.ts'

export const key = { province: province('P13S'), consNo: cons('0012345678') }
export const clerk = user('p13s.tariff')
export const lead = user('p13s.lead')
export const at = shanghai('2026-03-02', '09:00')
export const today = day('2026-03-02')

export const profile: Profile = {
  name: 'A steel works',
  orgCode: org('13401'),
  standard: 'GB/T 4754-2017',
  tradeCode: trade('3120'),
  voltage: '110kV',
  contractCapacity: va(50_000_000n),
  runningCapacity: va(40_000_000n),
}

export const rules: ListingRules = { version: 1, effectiveFrom: day('2020-01-01'), lowerReviews: 2, cleanMonths: 3 }

/** What the application brings, as examples have it. */
export const casework: Casework = { ruleSetOn: async () => 1 }

const levels = fc.constantFrom('I' as const, 'II' as const, 'III' as const)

/** Commands of two people on one customer. */
export const anyCommand: fc.Arbitrary<HighRiskUserCommand> = fc.constantFrom(clerk, lead).chain((by) => {
  const said = { at, by }
  return fc.oneof(
    levels.map(
      (proposedLevel): HighRiskUserCommand => ({
        type: 'NominateCandidate',
        data: { ...said, ...key, profile, proposedLevel, reason: 'arrears', evidence: [], orgProvince: key.province },
      }),
    ),
    fc.constantFrom('2026-06-01', '2026-01-01').map(
      (on): HighRiskUserCommand => ({
        type: 'DismissCandidate',
        data: { ...said, reason: 'paid', recheckAfter: day(on) },
      }),
    ),
    levels.map((level): HighRiskUserCommand => ({ type: 'ConfirmListing', data: { ...said, level, owner: clerk, listedOn: today, basis: ['arrears'] } })),
    fc.constant<HighRiskUserCommand>({ type: 'MarkReported', data: { ...said, reportDate: today, reportVersion: 1 } }),
    fc.tuple(levels, fc.nat(3)).map(
      ([to, lowerReviews]): HighRiskUserCommand => ({
        type: 'ChangeLevel',
        data: { ...said, to, on: today, lowerReviews, openHardTriggers: [], reason: 'score', rules },
      }),
    ),
    fc
      .constantFrom('110kV', '35kV')
      .map(
        (voltage): HighRiskUserCommand => ({ type: 'AmendProfile', data: { ...said, changes: { voltage }, source: 'marketing system', orgProvince: null } }),
      ),
    fc.constantFrom(0n, 5n).map(
      (arrears): HighRiskUserCommand => ({
        type: 'ProposeDelist',
        data: { ...said, basis: 'clean', arrears: fen(arrears), cleanMonths: 3, openWorkOrders: [], rules },
      }),
    ),
    fc.constantFrom('2026-03-02', '2026-03-03').map((on): HighRiskUserCommand => ({ type: 'ApproveDelist', data: { ...said, on: day(on) } })),
    fc.constant<HighRiskUserCommand>({ type: 'RejectDelist', data: { ...said, reason: 'too soon' } }),
    levels.map((level): HighRiskUserCommand => ({ type: 'Relist', data: { ...said, level, on: today, reason: 'owes again' } })),
    fc.nat(14).map(
      (luck): HighRiskUserCommand => ({
        type: 'CloseRecord',
        data: { ...said, kind: 'accountCancelled', arrears: fen(luck === 0 ? 0n : 5n), on: today },
      }),
    ),
  )
})
