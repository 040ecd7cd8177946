import { addDays, type BusinessDate, businessDateOf, wholeMonths } from '#domain/shared/dates.ts'
import { accept, type Decision, reject } from '#domain/shared/decider.ts'
import { type Fen, sum } from '#domain/shared/quantities.ts'
import type { HighRiskUserCommand } from './commands.ts'
import type { HighRiskUserEvent } from './events.ts'
import type { HighRiskUserRejection } from './rejections.ts'
import { type Candidate, type Delisted, type DelistPending, type HighRiskUser, isOnList, type Listed, type ScreeningSeen, type UserKey } from './state.ts'

export type Data<T extends HighRiskUserCommand['type']> = Extract<HighRiskUserCommand, { type: T }>['data']
export type Answer = Decision<HighRiskUserEvent, HighRiskUserRejection>

/**
 * 筛选: a rule set names a customer without a record, names a candidate anew, or brings a dismissed one back once his date has
 * come, or at once over a hard trigger. The same finding again says nothing new.
 */
export const screen = ({ orgProvince, ruleSetInForce, ...data }: Data<'ScreenCandidate'>, user: HighRiskUser): Answer => {
  if (isOnList(user)) return reject({ code: 'ALREADY_LISTED' })
  const moved = keyMoved(data, user)
  if (moved) return reject(moved)
  if (user.status === 'delisted' || user.status === 'closed') return reject({ code: 'INVALID_STATE', status: user.status })
  if (data.ruleSetVersion !== ruleSetInForce) return reject({ code: 'STALE_REFERENCE', ruleSetVersion: data.ruleSetVersion, inForce: ruleSetInForce })
  if (user.status === 'candidate' && user.screening !== undefined && sameFinding(user.screening, data)) return accept()
  if (user.status === 'dismissed' && businessDateOf(data.at) < user.recheckAfter && data.hardTriggers.length === 0)
    return reject({ code: 'RECHECK_LATER', recheckAfter: user.recheckAfter })
  if (orgProvince !== data.province) return reject({ code: 'ORG_OUTSIDE_PROVINCE', orgCode: data.profile.orgCode, province: data.province })
  return accept({ type: 'CandidateScreened', data })
}

const sameFinding = (a: ScreeningSeen, b: ScreeningSeen): boolean =>
  a.ruleSetVersion === b.ruleSetVersion && a.industryListVersion === b.industryListVersion && a.score === b.score && a.dataDate === b.dataDate

const keyMoved = ({ province, consNo }: UserKey, user: HighRiskUser): Extract<HighRiskUserRejection, { code: 'KEY_IMMUTABLE' }> | undefined => {
  if (user.status === 'absent') return undefined
  if (user.province !== province) return { code: 'KEY_IMMUTABLE', field: 'province' }
  return user.consNo === consNo ? undefined : { code: 'KEY_IMMUTABLE', field: 'consNo' }
}

/** 提名: of a customer without a record, or one dismissed before. A delisted one is relisted instead. */
export const nominate = ({ orgProvince, ...data }: Data<'NominateCandidate'>, user: HighRiskUser): Answer => {
  if (isOnList(user)) return reject({ code: 'ALREADY_LISTED' })
  const moved = keyMoved(data, user)
  if (moved) return reject(moved)
  if (user.status === 'candidate' && user.nominatedBy === data.by && user.proposedLevel === data.proposedLevel) return accept() // nominated already
  if (user.status !== 'absent' && user.status !== 'dismissed') return reject({ code: 'INVALID_STATE', status: user.status })
  if (data.reason === undefined && data.evidence.length === 0) return reject({ code: 'EVIDENCE_REQUIRED' })
  if (orgProvince !== data.province) return reject({ code: 'ORG_OUTSIDE_PROVINCE', orgCode: data.profile.orgCode, province: data.province })
  return accept({ type: 'CandidateNominated', data })
}

/** 排除, until `recheckAfter`. */
export const dismiss = ({ at, by, reason, recheckAfter }: Data<'DismissCandidate'>, { province, consNo, work }: Candidate): Answer => {
  const today = businessDateOf(at)
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  if (recheckAfter < today) return reject({ code: 'DATE_TOO_EARLY', date: recheckAfter, earliest: today })
  const open = work.hardTriggers.length > 0 && { openHardTriggers: [...work.hardTriggers] }
  return accept({ type: 'CandidateDismissed', data: { at, by, province, consNo, reason, recheckAfter, ...open } })
}

/** 列入, by another than who nominated; with the profile as it stands now. */
export const confirm = ({ at, by, level, owner, listedOn, basis }: Data<'ConfirmListing'>, user: Candidate): Answer => {
  const today = businessDateOf(at)
  if (user.nominatedBy === by) return reject({ code: 'SELF_APPROVAL' })
  if (listedOn > today) return reject({ code: 'FUTURE_DATE', date: listedOn, latest: today })
  const { province, consNo, profile } = user
  return accept({ type: 'UserListed', data: { at, by, province, consNo, level, owner, listedOn, basis, profile } })
}

/**
 * Asks for 退出: nothing owed and enough clean months, or a reasoned exception; never over an open work order. `arrears`
 * and `cleanMonths` are what who proposes it says; what sealed reports show counts where it is worse: what is past due in the
 * last of them, and how long nothing has been past due in any.
 */
export const proposeDelist = (data: Data<'ProposeDelist'>, { province, consNo }: Listed): Answer => {
  const { at, by, basis, openWorkOrders, exception, rules } = data
  const arrears = owed(data)
  const cleanMonths = cleanUntil(businessDateOf(at), data)
  if (openWorkOrders.length > 0) return reject({ code: 'OPEN_WORK_ORDER', orders: openWorkOrders })
  if (exception === undefined) {
    if (arrears > 0n) return reject({ code: 'ARREARS_OPEN', arrears })
    if (cleanMonths < rules.cleanMonths) return reject({ code: 'CLEAN_MONTHS_TOO_FEW', cleanMonths, needed: rules.cleanMonths, ...shownIn(data) })
  }
  return accept({ type: 'DelistProposed', data: { at, by, province, consNo, basis, arrears, cleanMonths, ...(exception !== undefined && { exception }) } })
}

/** What is owed: as it is said, or what the last sealed report shows past due on its day, if that is more. */
const owed = ({ arrears, figures }: Data<'ProposeDelist'> | Data<'CloseRecord'>): Fen => {
  const shown = sum(figures ? figures.bills.filter(({ dueDate, open }) => dueDate < figures.date && open > 0n).map(({ open }) => open) : [])
  return shown > arrears ? shown : arrears
}

type Clean = Pick<Data<'ProposeDelist'>, 'cleanMonths' | 'lastPastDue'>
/** Months without a late bill up to a day: as it is said, or since a sealed report last showed one past due, if that is less. */
const cleanUntil = (today: BusinessDate, { cleanMonths, lastPastDue }: Clean): number =>
  lastPastDue === null ? cleanMonths : Math.min(cleanMonths, wholeMonths(lastPastDue, today))
const shownIn = ({ lastPastDue }: Clean): { readonly lastPastDue?: BusinessDate } => (lastPastDue === null ? {} : { lastPastDue })

/** 退出 from tomorrow at the latest, by another than who proposed it. */
export const approveDelist = ({ at, by, on }: Data<'ApproveDelist'>, user: DelistPending): Answer => {
  const tomorrow = addDays(businessDateOf(at), 1)
  if (user.proposedBy === by) return reject({ code: 'SELF_APPROVAL' })
  if (on > tomorrow) return reject({ code: 'FUTURE_DATE', date: on, latest: tomorrow })
  if (on < user.listedOn) return reject({ code: 'DATE_TOO_EARLY', date: on, earliest: user.listedOn })
  const { province, consNo, basis } = user
  return accept({ type: 'UserDelisted', data: { at, by, province, consNo, on, basis } })
}

export const rejectDelist = ({ at, by, reason }: Data<'RejectDelist'>, { province, consNo, proposedBy }: DelistPending): Answer => {
  if (proposedBy === by) return reject({ code: 'SELF_APPROVAL' })
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  return accept({ type: 'DelistRejected', data: { at, by, province, consNo, reason } })
}

/** 重新列入: the same record and history go on. */
export const relist = ({ at, by, level, on, reason }: Data<'Relist'>, { province, consNo, delistedOn }: Delisted): Answer => {
  const today = businessDateOf(at)
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  if (on > today) return reject({ code: 'FUTURE_DATE', date: on, latest: today })
  if (on < delistedOn) return reject({ code: 'DATE_TOO_EARLY', date: on, earliest: delistedOn })
  return accept({ type: 'UserRelisted', data: { at, by, province, consNo, level, on, reason, previousDelistOn: delistedOn } })
}

/** 归档: nothing is owed, or the debt was recognised as bad (M12), or a successor carries it on. */
export const close = (data: Data<'CloseRecord'>, user: Exclude<HighRiskUser, { status: 'absent' | 'closed' }>): Answer => {
  const { at, by, kind, ref, on } = data
  const arrears = owed(data)
  const today = businessDateOf(at)
  if (kind === 'accountCancelled' && arrears > 0n) return reject({ code: 'ARREARS_OPEN', arrears })
  if (kind !== 'accountCancelled' && ref === undefined) return reject({ code: 'REFERENCE_REQUIRED' })
  if (on > today) return reject({ code: 'FUTURE_DATE', date: on, latest: today })
  const { province, consNo } = user
  return accept({ type: 'RecordClosed', data: { at, by, province, consNo, kind, ...(ref !== undefined && { ref }), on, wasListed: isOnList(user) } })
}
