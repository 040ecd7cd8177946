import { businessDateOf } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { Fen } from '#domain/shared/quantities.ts'
import { cutRefused } from './cut-off.ts'
import type { Answer, Data } from './listing.ts'
import type { KnownUser } from './state.ts'
import type { Measure } from './work.ts'

/** 计划措施. A cut wants the legal grounds already now; a hold is placed as a hold. */
export const planMeasure = (data: Data<'PlanMeasure'>, user: KnownUser): Answer => {
  const { at, by, measureId, code, target, dueOn, details, measure } = data
  const standing = user.work.measures.get(measureId)
  if (standing) return standing.code === code ? accept() : reject({ code: 'ID_TAKEN', id: measureId })
  if (measure === null) return reject({ code: 'UNKNOWN_MEASURE_CODE', measure: code })
  if (measure.role === 'hold') return reject({ code: 'PLACE_A_HOLD' })
  const today = businessDateOf(at)
  if (dueOn < today) return reject({ code: 'DATE_TOO_EARLY', date: dueOn, earliest: today })
  if (isNegative(target)) return reject({ code: 'AMOUNT_INVALID', amount: target })
  const refused = measure.role === 'cut' ? cutRefused(data, user.work) : undefined
  if (refused) return reject(refused)
  const { province, consNo } = user
  const { role } = measure
  return accept({
    type: 'MeasurePlanned',
    data: { at, by, province, consNo, measureId, code, role, ...(target !== undefined && { target }), dueOn, details },
  })
}

const isNegative = (amount: Fen | undefined): amount is Fen => amount !== undefined && amount < 0n

/** From planned to in force, once everything its kind needs is said. A cut starts by being approved. */
export const startMeasure = ({ at, by, measureId, details, catalogue }: Data<'StartMeasure'>, user: KnownUser): Answer => {
  const measure = user.work.measures.get(measureId)
  if (!measure) return reject({ code: 'UNKNOWN_MEASURE', measureId })
  if (measure.role === 'cut') return reject({ code: 'CUT_STEP_ORDER', step: measure.cut?.step ?? null, needs: 'approved' })
  if (measure.state === 'in-force') return accept()
  if (measure.state !== 'planned') return reject({ code: 'MEASURE_STATE', is: measure.state })
  const all = { ...measure.details, ...details }
  const needs = catalogue.find(({ code }) => code === measure.code)?.needs ?? []
  const missing = needs.filter((name) => all[name] === undefined)
  if (missing.length > 0) return reject({ code: 'DETAILS_MISSING', details: missing })
  const { province, consNo } = user
  return accept({ type: 'MeasureStarted', data: { at, by, province, consNo, measureId, details: all } })
}

type Ending = { readonly measureId: Data<'CompleteMeasure'>['measureId'] }
type Ended = { readonly kind: 'ended'; readonly answer: Answer } | { readonly kind: 'open'; readonly measure: Measure }

/** What has ended stays ended, and nothing ends while the power is off. */
const toEnd = ({ measureId }: Ending, user: KnownUser, as: Measure['state']): Ended => {
  const measure = user.work.measures.get(measureId)
  if (!measure) return { kind: 'ended', answer: reject({ code: 'UNKNOWN_MEASURE', measureId }) }
  if (measure.state === as) return { kind: 'ended', answer: accept() }
  if (measure.state !== 'planned' && measure.state !== 'in-force') return { kind: 'ended', answer: reject({ code: 'MEASURE_STATE', is: measure.state }) }
  if (measure.cut?.step === 'cut') return { kind: 'ended', answer: reject({ code: 'POWER_STILL_OFF' }) }
  return { kind: 'open', measure }
}

export const completeMeasure = (data: Data<'CompleteMeasure'>, user: KnownUser): Answer => {
  const { at, by, measureId, amount, result } = data
  const ending = toEnd(data, user, 'done')
  if (ending.kind === 'ended') return ending.answer
  if (ending.measure.state !== 'in-force') return reject({ code: 'MEASURE_STATE', is: ending.measure.state })
  if (isNegative(amount)) return reject({ code: 'AMOUNT_INVALID', amount })
  const { province, consNo } = user
  return accept({ type: 'MeasureCompleted', data: { at, by, province, consNo, measureId, ...(amount !== undefined && { amount }), result } })
}

export const failMeasure = (data: Data<'FailMeasure'>, user: KnownUser): Answer => {
  const ending = toEnd(data, user, 'failed')
  if (ending.kind === 'ended') return ending.answer
  if (ending.measure.state !== 'in-force') return reject({ code: 'MEASURE_STATE', is: ending.measure.state })
  return ended('MeasureFailed', data, user)
}

export const cancelMeasure = (data: Data<'CancelMeasure'>, user: KnownUser): Answer => {
  const ending = toEnd(data, user, 'cancelled')
  return ending.kind === 'ended' ? ending.answer : ended('MeasureCancelled', data, user)
}

const ended = (type: 'MeasureFailed' | 'MeasureCancelled', { at, by, measureId, reason }: Data<'FailMeasure'>, { province, consNo }: KnownUser): Answer =>
  reason === undefined ? reject({ code: 'REASON_REQUIRED' }) : accept({ type, data: { at, by, province, consNo, measureId, reason } })
