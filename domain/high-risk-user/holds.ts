import { addDays, businessDateOf } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { Answer, Data } from './listing.ts'
import type { KnownUser } from './state.ts'

/** 暂缓, one at a time and for so many days at most. A hold whose day is over is none. */
export const placeHold = ({ at, by, kind, until, reason, caseRules }: Data<'PlaceHold'>, user: KnownUser): Answer => {
  const today = businessDateOf(at)
  const { province, consNo, work } = user
  if (work.hold !== undefined && work.hold.until >= today)
    return work.hold.until === until && work.hold.kind === kind ? accept() : reject({ code: 'HOLD_EXISTS', until: work.hold.until })
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  if (until < today) return reject({ code: 'DATE_TOO_EARLY', date: until, earliest: today })
  const latest = addDays(today, caseRules.maxHoldDays)
  if (until > latest) return reject({ code: 'HOLD_TOO_LONG', until, latest })
  return accept({ type: 'HoldPlaced', data: { at, by, province, consNo, kind, until, reason } })
}

export const releaseHold = ({ at, by, reason }: Data<'ReleaseHold'>, { province, consNo, work }: KnownUser): Answer => {
  if (work.hold === undefined || work.hold.until < businessDateOf(at)) return reject({ code: 'NO_HOLD' })
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  return accept({ type: 'HoldReleased', data: { at, by, province, consNo, reason } })
}

/** 联系记录. Said twice under one id, it is logged once. */
export const recordContact = (data: Data<'RecordContact'>, { province, consNo, work }: KnownUser): Answer => {
  if (work.contacts.has(data.contactId)) return accept()
  return accept({ type: 'ContactLogged', data: { ...data, province, consNo } })
}

/** 不利情况, on any day up to today. */
export const raiseAlertFact = (data: Data<'RaiseAlertFact'>, { province, consNo, work }: KnownUser): Answer => {
  const today = businessDateOf(data.at)
  if (work.facts.has(data.factId)) return accept()
  if (data.on > today) return reject({ code: 'FUTURE_DATE', date: data.on, latest: today })
  return accept({ type: 'AdverseFactRecorded', data: { ...data, province, consNo } })
}

/** The fact was mistaken, or is over. Withdrawn once, it stays so. */
export const withdrawAlertFact = ({ at, by, factId, cause, reason }: Data<'WithdrawAlertFact'>, { province, consNo, work }: KnownUser): Answer => {
  const fact = work.facts.get(factId)
  if (fact === undefined) return reject({ code: 'UNKNOWN_FACT', factId })
  if (fact.withdrawn) return accept()
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  return accept({ type: 'AdverseFactWithdrawn', data: { at, by, province, consNo, factId, kind: fact.kind, cause, reason } })
}
