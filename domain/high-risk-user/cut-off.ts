import { addDays, businessDateOf, daysBetween, epochOf, type Instant, instantAt, instantOfEpoch } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { CaseId, CutClass, CutOffRules, CutStep, Figures, Profile } from './fields.ts'
import type { Answer, Data } from './listing.ts'
import type { HighRiskUserRejection } from './rejections.ts'
import type { KnownUser } from './state.ts'
import type { Cut, Measure, Work } from './work.ts'

type Grounds = { readonly at: Instant; readonly figures: Figures | null; readonly cutOff: CutOffRules }

/** Whether supply may be stopped (条例 art. 39): a bill open for more days than the rules say, dunned before, and no hold. */
export const cutRefused = ({ at, figures, cutOff }: Grounds, work: Work): HighRiskUserRejection | undefined => {
  const today = businessDateOf(at)
  if (figures === null) return { code: 'CUT_NOT_ALLOWED', because: 'NO_FIGURES' }
  const overdue = figures.bills.some(({ dueDate, open }) => open > 0n && daysBetween(dueDate, today) > cutOff.overdueDays)
  if (!overdue) return { code: 'CUT_NOT_ALLOWED', because: 'NOT_OVERDUE' }
  const dunned = [...work.measures.values()].some(({ role, state }) => role === 'dunning' && (state === 'in-force' || state === 'done'))
  if (!dunned) return { code: 'CUT_NOT_ALLOWED', because: 'NOT_DUNNED' }
  return work.hold !== undefined && work.hold.until >= today ? { code: 'CUT_NOT_ALLOWED', because: 'HOLD' } : undefined
}

const cutClassOf = ({ importance, electType }: Profile, { residentialElectTypes }: CutOffRules): CutClass => {
  if (importance !== undefined) return 'important'
  return electType !== undefined && residentialElectTypes.includes(electType) ? 'residential' : 'other'
}

type Found = { readonly answer: Answer } | { readonly measure: Measure }

/** The cut whose next step this is; taken already, it is answered so. */
const toStep = (measureId: CaseId, user: KnownUser, step: CutStep, needs: CutStep | null): Found => {
  const measure = user.work.measures.get(measureId)
  if (!measure) return { answer: reject({ code: 'UNKNOWN_MEASURE', measureId }) }
  if (measure.role !== 'cut') return { answer: reject({ code: 'NOT_A_CUT' }) }
  const standing = measure.cut?.step ?? null
  if (standing === step) return { answer: accept() }
  if (measure.state !== 'planned' && measure.state !== 'in-force') return { answer: reject({ code: 'MEASURE_STATE', is: measure.state }) }
  return standing === needs ? { measure } : { answer: reject({ code: 'CUT_STEP_ORDER', step: standing, needs }) }
}

/** 停电审批, by another than who planned it. */
export const approveCut = (data: Data<'ApproveCut'>, user: KnownUser): Answer => {
  const { at, by, measureId, reason, plannedOn, safetyPlan, cutOff } = data
  const found = toStep(measureId, user, 'approved', null)
  if ('answer' in found) return found.answer
  if (found.measure.plannedBy === by) return reject({ code: 'SELF_APPROVAL' })
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  const refused = cutRefused(data, user.work)
  if (refused) return reject(refused)
  const cutClass = cutClassOf(user.profile, cutOff)
  const { noticeDays, safetyPlan: wanted } = cutOff.classes[cutClass]
  const earliest = addDays(businessDateOf(at), noticeDays)
  if (plannedOn < earliest) return reject({ code: 'DATE_TOO_EARLY', date: plannedOn, earliest })
  if (wanted && safetyPlan === undefined) return reject({ code: 'SAFETY_PLAN_REQUIRED' })
  const { province, consNo } = user
  const rulesVersion = cutOff.version
  return accept({
    type: 'CutApproved',
    data: { at, by, province, consNo, measureId, reason, plannedOn, cutClass, rulesVersion, ...(safetyPlan !== undefined && { safetyPlan }) },
  })
}

/** 停电通知书 delivered; for important users the authority is told as well. */
export const serveCutNotice = (data: Data<'ServeCutNotice'>, user: KnownUser): Answer => {
  const { at, by, measureId, deliveredOn, proof, authorityNotifiedOn, cutOff } = data
  const found = toStep(measureId, user, 'noticed', 'approved')
  if ('answer' in found) return found.answer
  const today = businessDateOf(at)
  const late = [deliveredOn, authorityNotifiedOn].find((date) => date !== undefined && date > today)
  if (late !== undefined) return reject({ code: 'FUTURE_DATE', date: late, latest: today })
  if (cutOff.classes[classOf(found.measure.cut)].authorityNotice && authorityNotifiedOn === undefined) return reject({ code: 'AUTHORITY_NOTICE_REQUIRED' })
  const { province, consNo } = user
  return accept({
    type: 'CutNoticeServed',
    data: { at, by, province, consNo, measureId, deliveredOn, proof, ...(authorityNotifiedOn !== undefined && { authorityNotifiedOn }) },
  })
}

const classOf = (cut: Cut | undefined): CutClass => cut?.cutClass ?? 'other'

export const giveFinalNotice = ({ at, by, measureId, givenAt }: Data<'GiveFinalNotice'>, user: KnownUser): Answer => {
  const found = toStep(measureId, user, 'final-notice', 'noticed')
  if ('answer' in found) return found.answer
  if (givenAt > at) return reject({ code: 'FUTURE_INSTANT', instant: givenAt, latest: at })
  const { province, consNo } = user
  return accept({ type: 'FinalNoticeGiven', data: { at, by, province, consNo, measureId, givenAt } })
}

/** 中止供电: still allowed now, not before the day that was approved, and both notices old enough by the rules of today. */
export const cutPower = (data: Data<'CutPower'>, user: KnownUser): Answer => {
  const { at, by, measureId, cutAt, cutOff } = data
  const found = toStep(measureId, user, 'cut', 'final-notice')
  if ('answer' in found) return found.answer
  if (cutAt > at) return reject({ code: 'FUTURE_INSTANT', instant: cutAt, latest: at })
  const { cut } = found.measure
  const refused = cutRefused(data, user.work) ?? tooSoon(cutAt, cut, cutOff) ?? unapproved(cutAt, cut)
  if (refused) return reject(refused)
  const { province, consNo } = user
  return accept({ type: 'PowerCut', data: { at, by, province, consNo, measureId, cutAt } })
}

const tooSoon = (cutAt: Instant, cut: Cut | undefined, cutOff: CutOffRules): HighRiskUserRejection | undefined => {
  const { noticeDays, finalNoticeMinutes } = cutOff.classes[classOf(cut)]
  const byNotice = cut?.deliveredOn && instantAt(addDays(cut.deliveredOn, noticeDays), 0)
  if (byNotice && cutAt < byNotice) return { code: 'NOTICE_TOO_SHORT', step: 'noticed', earliest: byNotice }
  const byLast = cut?.finalNoticeAt && instantOfEpoch(epochOf(cut.finalNoticeAt) + finalNoticeMinutes * 60_000)
  return byLast && cutAt < byLast ? { code: 'NOTICE_TOO_SHORT', step: 'final-notice', earliest: byLast } : undefined
}

const unapproved = (cutAt: Instant, cut: Cut | undefined): HighRiskUserRejection | undefined => {
  const earliest = cut && instantAt(cut.plannedOn, 0)
  return earliest && cutAt < earliest ? { code: 'INSTANT_TOO_EARLY', instant: cutAt, earliest } : undefined
}

/** 复电, within the hours of the rules once the cause is gone, or explained (1996 order art. 69). */
export const restorePower = (data: Data<'RestorePower'>, user: KnownUser): Answer => {
  const { at, by, measureId, causeGoneAt, restoredAt, explanation, cutOff } = data
  const found = toStep(measureId, user, 'restored', 'cut')
  if ('answer' in found) return found.answer
  if (restoredAt > at) return reject({ code: 'FUTURE_INSTANT', instant: restoredAt, latest: at })
  const earliest = [found.measure.cut?.cutAt, causeGoneAt]
    .filter((one) => one !== undefined)
    .toSorted()
    .at(-1)!
  if (restoredAt < earliest) return reject({ code: 'INSTANT_TOO_EARLY', instant: restoredAt, earliest })
  const due = instantOfEpoch(epochOf(causeGoneAt) + cutOff.classes[classOf(found.measure.cut)].restoreHours * 3_600_000)
  if (restoredAt > due && explanation === undefined) return reject({ code: 'EXPLANATION_REQUIRED', due })
  const { province, consNo } = user
  return accept({
    type: 'PowerRestored',
    data: { at, by, province, consNo, measureId, causeGoneAt, restoredAt, ...(explanation !== undefined && { explanation }) },
  })
}
