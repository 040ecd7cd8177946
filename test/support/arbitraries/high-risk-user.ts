import fc from 'fast-check'
import type { Casework } from '#application/high-risk-user/bring.ts'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { CaseRules, CutOffRules, Figures, ListingRules, MeasureRule, Profile } from '#domain/high-risk-user/fields.ts'
import { calendarOf } from '#domain/shared/calendar.ts'
import type { BillMonth } from '#domain/shared/dates.ts'
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

const times = { noticeDays: 3, finalNoticeMinutes: 30, restoreHours: 72, authorityNotice: false, safetyPlan: false }
export const cutOff: CutOffRules = {
  version: 1,
  effectiveFrom: day('2020-01-01'),
  overdueDays: 30,
  residentialElectTypes: ['居民生活用电'],
  classes: { residential: { ...times, noticeDays: 7 }, important: { ...times, authorityNotice: true, safetyPlan: true }, other: times },
}
export const caseRules: CaseRules = {
  version: 1,
  effectiveFrom: day('2020-01-01'),
  maxHoldDays: 90,
  guaranteeAlertDays: 60,
  planWorkingDays: 2,
  reviewEvery: { I: { days: 1 }, II: { days: 7 }, III: { months: 1 } },
}
const measureRule = (code: string, role: MeasureRule['role'], ...needs: string[]): MeasureRule => ({ code, name: { zh: code, en: code }, role, needs })
export const measures: readonly MeasureRule[] = [
  measureRule('M01', 'dunning', 'channel'),
  measureRule('M06', 'other', 'kind', 'amount'),
  measureRule('M08', 'cut'),
  measureRule('M13', 'hold'),
]
const standing = (billMonth: string, dueDate: string, received: bigint, open: bigint): Figures['bills'][number] => ({
  billMonth: billMonth as BillMonth,
  dueDate: day(dueDate),
  received: fen(received),
  open: fen(open),
})
/** Two bills open: one overdue for long, one not yet due. */
export const figures: Figures = {
  date: day('2026-03-01'),
  bills: [standing('202512', '2026-01-15', 20_000n, 80_000n), standing('202602', '2026-03-20', 0n, 50_000n)],
}

/** What the application brings, as examples have it. */
export const casework: Casework = {
  ruleSetOn: async () => 1,
  figures: async () => figures,
  openWorkOrders: async () => [],
  lastPastDue: async () => null,
  caseRules: [caseRules],
  cutOffRules: [cutOff],
  catalogues: [{ version: 1, effectiveFrom: day('2020-01-01'), measures: [...measures] }],
  calendar: calendarOf([{ year: 2026, holidays: [], makeUpDays: [] }]),
}

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
    levels.map(
      (to): HighRiskUserCommand => ({
        type: 'ChangeLevel',
        data: { ...said, to, on: today, reason: 'score', rules },
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
        data: { ...said, basis: 'clean', arrears: fen(arrears), cleanMonths: 3, openWorkOrders: [], rules, figures: null, lastPastDue: null },
      }),
    ),
    fc.constantFrom('2026-03-02', '2026-03-03').map((on): HighRiskUserCommand => ({ type: 'ApproveDelist', data: { ...said, on: day(on) } })),
    fc.constant<HighRiskUserCommand>({ type: 'RejectDelist', data: { ...said, reason: 'too soon' } }),
    levels.map((level): HighRiskUserCommand => ({ type: 'Relist', data: { ...said, level, on: today, reason: 'owes again' } })),
    fc.nat(14).map(
      (luck): HighRiskUserCommand => ({
        type: 'CloseRecord',
        data: { ...said, kind: 'accountCancelled', arrears: fen(luck === 0 ? 0n : 5n), on: today, figures: null },
      }),
    ),
  )
})
