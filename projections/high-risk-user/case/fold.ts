import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { Screening } from '#domain/high-risk-user/fields.ts'
import { type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import type { Level } from '#domain/shared/level.ts'
import { pick, type UserCase } from './document.ts'
import { type WorkEvent, workAfter } from './work.ts'

type Named = Extract<HighRiskUserEvent, { type: 'CandidateNominated' | 'CandidateScreened' }>['data']

const begun = ({ at, profile }: Named): UserCase => ({
  ...{ status: 'candidate', statusSince: businessDateOf(at), level: null, levelSince: null, owner: null, name: profile.name, orgCode: profile.orgCode },
  ...{
    recheckAfter: null,
    dismissal: null,
    overrideExpiresOn: null,
    nomination: null,
    screening: null,
    review: null,
    proposal: null,
    measures: [],
    promises: [],
    contacts: [],
    holds: [],
    facts: [],
  },
})

/** The case after an event; undefined before the first that names the customer. */
export const caseAfter = (before: UserCase | undefined, event: HighRiskUserEvent): UserCase | undefined => {
  if (event.type === 'CandidateNominated' || event.type === 'CandidateScreened') {
    const { at, profile } = event.data
    const now = { ...(before ?? begun(event.data)), name: profile.name, orgCode: profile.orgCode, recheckAfter: null }
    const screening = event.type === 'CandidateScreened' ? Screening.parse(pick(event.data, Screening)) : now.screening
    const nomination = event.type === 'CandidateNominated' ? nominationIn(event.data) : now.nomination
    return { ...now, nomination, status: 'candidate', statusSince: before?.status === 'candidate' ? before.statusSince : businessDateOf(at), screening }
  }
  return before && standingAfter(before, event)
}

const nominationIn = ({ by, reason, proposedLevel }: Extract<HighRiskUserEvent, { type: 'CandidateNominated' }>['data']) => ({
  by,
  reason: reason ?? null,
  proposedLevel,
})

const standingAfter = (user: UserCase, event: Exclude<HighRiskUserEvent, { type: 'CandidateNominated' | 'CandidateScreened' }>): UserCase => {
  const { type, data } = event
  const today = businessDateOf(data.at)
  switch (type) {
    case 'CandidateDismissed': {
      const { by, reason, recheckAfter, openHardTriggers = [] } = data
      return { ...user, status: 'dismissed', statusSince: today, recheckAfter, dismissal: { by, reason, openHardTriggers } }
    }
    case 'UserListed':
      return { ...user, ...listedAs(data.level, data.listedOn, today), owner: data.owner, name: data.profile.name, orgCode: data.profile.orgCode }
    case 'UserRelisted':
      return { ...user, ...listedAs(data.level, data.on, today) }
    case 'RiskLevelChanged':
      return { ...user, level: data.to, levelSince: data.on, overrideExpiresOn: data.override?.expiresOn ?? null, proposal: null }
    case 'ProfileAmended':
      return { ...user, name: data.profile.name, orgCode: data.profile.orgCode }
    case 'OwnerTransferred':
      return { ...user, owner: data.to }
    case 'DelistProposed':
      return { ...user, status: 'delist-pending', statusSince: today, proposal: null }
    case 'DelistRejected':
      return { ...user, status: 'listed', statusSince: today }
    case 'UserDelisted':
      return { ...user, status: 'delisted', statusSince: today }
    case 'RecordClosed':
      return { ...user, status: 'closed', statusSince: today, proposal: null }
    case 'UserReportedToHq':
      return user
    default:
      return workAfter(user, event as WorkEvent, today)
  }
}

const listedAs = (level: Level, levelSince: BusinessDate, statusSince: BusinessDate) => ({
  ...{ status: 'listed' as const, statusSince, level, levelSince, overrideExpiresOn: null, proposal: null },
})
