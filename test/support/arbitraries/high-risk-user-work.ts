import fc from 'fast-check'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { type CaseId, CutStep } from '#domain/high-risk-user/fields.ts'
import type { HighRiskUser } from '#domain/high-risk-user/state.ts'
import type { BillMonth, Instant } from '#domain/shared/dates.ts'
import type { UserId } from '#domain/shared/identity.ts'
import { fen } from '#domain/shared/quantities.ts'
import type { Step } from '../spec.ts'
import { caseRules, clerk, cutOff, figures, lead, measures } from './high-risk-user.ts'
import { day, shanghai } from './values.ts'

const proof = { name: 'receipt', sha256: 'b'.repeat(64) }
const at = shanghai('2026-03-20', '12:00')
/** The power is not cut before the day that was approved. */
const afterwards = shanghai('2026-03-25', '12:00')
const months = ['202512', '202602'] as BillMonth[]

/** The steps of a cut, in their order. */
const cutSteps = (said: { readonly at: Instant; readonly by: UserId }, measureId: CaseId): readonly HighRiskUserCommand[] => [
  { type: 'ApproveCut', data: { ...said, measureId, reason: 'owes', plannedOn: day('2026-03-23'), figures, cutOff } },
  { type: 'ServeCutNotice', data: { ...said, measureId, deliveredOn: day('2026-03-10'), proof, cutOff } },
  { type: 'GiveFinalNotice', data: { ...said, measureId, givenAt: shanghai('2026-03-18', '09:00') } },
  { type: 'CutPower', data: { ...said, at: afterwards, measureId, cutAt: shanghai('2026-03-23', '10:00'), figures, cutOff } },
  {
    type: 'RestorePower',
    data: { ...said, at: afterwards, measureId, causeGoneAt: shanghai('2026-03-24', '10:00'), restoredAt: shanghai('2026-03-24', '11:00'), cutOff },
  },
]

/** Commands of the work on a listed user, biased to those that carry a cut on to its end. A measure's id begins with its code. */
export const anyWork: fc.Arbitrary<Step<HighRiskUserCommand, HighRiskUser>> = fc
  .tuple(fc.constantFrom(clerk, lead), fc.constantFrom('M01', 'M06', 'M08', 'M08-2', 'M08-3'), fc.constantFrom('p1', 'p2'), fc.constantFrom(...months))
  .chain(([by, m, p, month]) => {
    const said = { at, by }
    const measureId = m as CaseId
    const promiseId = p as CaseId
    const told = <C extends HighRiskUserCommand>(command: C): fc.Arbitrary<HighRiskUserCommand> => fc.constant(command)
    return fc.oneof<fc.MaybeWeightedArbitrary<Step<HighRiskUserCommand, HighRiskUser>>[]>(
      fc.constant(m.slice(0, 3)).map(
        (code): HighRiskUserCommand => ({
          type: 'PlanMeasure',
          data: {
            ...said,
            ...{ measureId, code, dueOn: day('2026-04-01'), details: {}, figures, cutOff },
            measure: measures.find((one) => one.code === code)!,
          },
        }),
      ),
      told({ type: 'StartMeasure', data: { ...said, measureId, details: { channel: 'letter', kind: 'pledge', amount: '1' }, catalogue: [...measures] } }),
      told({ type: 'CompleteMeasure', data: { ...said, measureId, result: 'so it is' } }),
      told({ type: 'FailMeasure', data: { ...said, measureId, reason: 'so it is' } }),
      told({ type: 'CancelMeasure', data: { ...said, measureId, reason: 'so it is' } }),
      ...cutSteps(said, measureId).map(told),
      {
        weight: 12,
        arbitrary: fc.constant((user: HighRiskUser): HighRiskUserCommand => {
          const steps = cutSteps(said, measureId)
          const standing = 'work' in user ? user.work.measures.get(measureId)?.cut?.step : undefined
          return steps[standing === undefined ? 0 : Math.min(CutStep.options.indexOf(standing) + 1, steps.length - 1)]!
        }),
      },
      told({ type: 'RecordPromise', data: { ...said, promiseId, bills: [month], amount: fen(100n), dueOn: day('2026-03-25'), figures } }),
      fc.tuple(fc.constantFrom(20_000n, 20_100n), fc.constantFrom('2026-03-21', '2026-03-25')).map(
        ([received, date]): HighRiskUserCommand => ({
          type: 'SettlePromise',
          data: {
            ...said,
            ...{ promiseId, reportDate: day(date), reportVersion: 1 },
            bills: [{ billMonth: months[0]!, dueDate: day('2026-01-15'), received: fen(received), open: fen(1n) }],
          },
        }),
      ),
      told({ type: 'RecordContact', data: { ...said, contactId: promiseId, channel: 'visit', person: 'Li', outcome: 'will pay' } }),
      told({ type: 'PlaceHold', data: { ...said, kind: 'court', until: day('2026-03-25'), reason: 'heard', caseRules } }),
      { weight: 2, arbitrary: told({ type: 'ReleaseHold', data: { ...said, reason: 'heard' } }) },
      told({ type: 'RaiseAlertFact', data: { ...said, factId: promiseId, kind: 'absconded', on: day('2026-03-19'), source: 'visit', evidence: [] } }),
      told({ type: 'WithdrawAlertFact', data: { ...said, factId: promiseId, cause: 'ended', reason: 'it opened again' } }),
      fc.constantFrom(1, 2, 3).map(
        (industryListVersion): HighRiskUserCommand => ({
          type: 'ProposeReview',
          data: {
            ...said,
            ...{ industryListVersion, ruleSetVersion: 1, causes: ['below-cut-off'], score: 12, computedLevel: null, hardTriggers: [] },
            dataDate: day('2026-03-19'),
          },
        }),
      ),
      told({ type: 'DismissReview', data: { ...said, reason: 'still to be watched' } }),
      told({ type: 'TransferOwner', data: { ...said, to: by } }),
      told({ type: 'ReviewLevel', data: { ...said, on: day('2026-03-19'), ruleSetVersion: 1, computedLevel: 'III', score: 31, hardTriggers: [] } }),
    )
  })
