import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { highRiskUser } from '#domain/high-risk-user/decider.ts'
import { type HighRiskUserEvent, highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import type { CaseId } from '#domain/high-risk-user/fields.ts'
import { fen } from '#domain/shared/quantities.ts'
import { at, clerk, key, lead, measures, profile, today } from './arbitraries/high-risk-user.ts'
import { day, user } from './arbitraries/values.ts'
import { specFor } from './spec.ts'

export const { given } = specFor(highRiskUserEvents, highRiskUser)
export type Event<T extends HighRiskUserEvent['type']> = Extract<HighRiskUserEvent, { type: T }>
export type Data<T extends HighRiskUserCommand['type']> = Extract<HighRiskUserCommand, { type: T }>['data']

export const byClerk = { at, by: clerk }
export const byLead = { at, by: lead }
export const bySystem = { at, by: user('system') }
export const tomorrow = day('2026-03-03')

export const nominate = (over: Partial<Data<'NominateCandidate'>> = {}): HighRiskUserCommand => ({
  type: 'NominateCandidate',
  data: { ...byClerk, ...key, profile, proposedLevel: 'II', reason: 'arrears of 3 months', evidence: [], orgProvince: key.province, ...over },
})
export const nominated: Event<'CandidateNominated'> = {
  type: 'CandidateNominated',
  data: { ...byClerk, ...key, profile, proposedLevel: 'II', reason: 'arrears of 3 months', evidence: [] },
}
export const dismissed: Event<'CandidateDismissed'> = {
  type: 'CandidateDismissed',
  data: { ...byLead, ...key, reason: 'paid meanwhile', recheckAfter: day('2026-06-01') },
}
export const listed: Event<'UserListed'> = {
  type: 'UserListed',
  data: { ...byLead, ...key, level: 'II', owner: clerk, listedOn: today, basis: ['arrears'], profile },
}
export const proposal: Event<'DelistProposed'> = { type: 'DelistProposed', data: { ...byClerk, ...key, basis: 'clean', arrears: fen(0n), cleanMonths: 3 } }
export const delisted: Event<'UserDelisted'> = { type: 'UserDelisted', data: { ...byLead, ...key, on: tomorrow, basis: 'clean' } }
export const closed: Event<'RecordClosed'> = { type: 'RecordClosed', data: { ...byLead, ...key, kind: 'accountCancelled', on: today, wasListed: true } }
export const changed = (from: 'I' | 'II' | 'III', to: 'I' | 'II' | 'III'): Event<'RiskLevelChanged'> => ({
  type: 'RiskLevelChanged',
  data: { ...byLead, ...key, from, to, on: today, reason: 'score' },
})
export const onList = [nominated, listed]

export const id = (text: string): CaseId => text as CaseId
export const planned = (measureId: string, code: string): Event<'MeasurePlanned'> => ({
  type: 'MeasurePlanned',
  data: {
    ...byClerk,
    ...key,
    ...{ measureId: id(measureId), code, dueOn: day('2026-03-20'), details: {} },
    role: measures.find((measure) => measure.code === code)!.role,
  },
})
export const started = (measureId: string, details: Record<string, string>): Event<'MeasureStarted'> => ({
  type: 'MeasureStarted',
  data: { ...byClerk, ...key, measureId: id(measureId), details },
})
export const held = (until: string): Event<'HoldPlaced'> => ({
  type: 'HoldPlaced',
  data: { ...byLead, ...key, kind: 'dispute', until: day(until), reason: 'meter disputed' },
})
