import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import type { HighRiskUserEvent } from './events.ts'
import type { Profile, Screening } from './fields.ts'
import { evolveWork, NO_WORK, type Work } from './work.ts'

export type UserKey = { readonly province: ProvinceCode; readonly consNo: ConsNo }
/** What tells one screening's finding from another's. */
export type ScreeningSeen = Pick<Screening, 'ruleSetVersion' | 'industryListVersion' | 'score' | 'dataDate' | 'hardTriggers'>

type Known = UserKey & { readonly profile: Profile; readonly work: Work }
type OnList = { readonly level: Level; readonly owner: UserId; readonly listedOn: BusinessDate; readonly reported: boolean }

export type Candidate = Known & {
  readonly status: 'candidate'
  readonly nominatedBy: UserId
  readonly proposedLevel: Level
  /** The last finding of a rule set; undefined for who was only nominated. */
  readonly screening?: ScreeningSeen
}
type Dismissed = Known & { readonly status: 'dismissed'; readonly recheckAfter: BusinessDate }
export type Listed = Known & OnList & { readonly status: 'listed' }
export type DelistPending = Known & OnList & { readonly status: 'delist-pending'; readonly proposedBy: UserId; readonly basis: string }
export type Delisted = Known & OnList & { readonly status: 'delisted'; readonly delistedOn: BusinessDate }
type Closed = Known & { readonly status: 'closed' }

/** One customer of one province as the list of high-risk users knows him. Whoever is listed has a level and an owner. */
export type HighRiskUser = { readonly status: 'absent' } | Candidate | Dismissed | Listed | DelistPending | Delisted | Closed

export const initial: HighRiskUser = { status: 'absent' }

export type KnownUser = Exclude<HighRiskUser, { status: 'absent' }>

/** A user as his events tell of him. */
export const evolve = (user: HighRiskUser, event: HighRiskUserEvent): HighRiskUser => {
  const work = evolveWork(user.status === 'absent' ? NO_WORK : user.work, event, isOnList(user) ? user.level : undefined)
  if (event.type === 'CandidateNominated') {
    const { province, consNo, profile, by, proposedLevel } = event.data
    return { status: 'candidate', province, consNo, profile, work, nominatedBy: by, proposedLevel }
  }
  if (event.type === 'CandidateScreened') {
    const { province, consNo, profile, by, proposedLevel, ruleSetVersion, industryListVersion, score, dataDate, hardTriggers } = event.data
    const screening = { ruleSetVersion, industryListVersion, score, dataDate, hardTriggers }
    const nominatedBy = user.status === 'candidate' ? user.nominatedBy : by // who said it first does not confirm it
    return { status: 'candidate', province, consNo, profile, work, nominatedBy, proposedLevel, screening }
  }
  return user.status === 'absent' ? user : evolveKnown({ ...user, work }, event)
}

const evolveKnown = (user: KnownUser, { type, data }: Exclude<HighRiskUserEvent, { type: 'CandidateNominated' | 'CandidateScreened' }>): HighRiskUser => {
  const { province, consNo, profile, work } = user
  const known = { province, consNo, profile, work }
  switch (type) {
    case 'CandidateDismissed':
      return { ...known, status: 'dismissed', recheckAfter: data.recheckAfter }
    case 'UserListed':
      return { ...known, profile: data.profile, status: 'listed', level: data.level, owner: data.owner, listedOn: data.listedOn, reported: false }
    case 'ProfileAmended':
      return { ...user, profile: data.profile }
    case 'RecordClosed':
      return { ...known, status: 'closed' }
    case 'UserReportedToHq':
      return isOnList(user) ? { ...user, reported: true } : user
    case 'RiskLevelChanged':
      return isOnList(user) ? { ...user, level: data.to } : user
    case 'OwnerTransferred':
      return isOnList(user) ? { ...user, owner: data.to } : user
    case 'DelistProposed':
      return user.status === 'listed' ? { ...user, status: 'delist-pending', proposedBy: data.by, basis: data.basis } : user
    case 'DelistRejected':
      return user.status === 'delist-pending' ? { ...known, ...onList(user), status: 'listed' } : user
    case 'UserDelisted':
      return user.status === 'delist-pending' ? { ...known, ...onList(user), status: 'delisted', delistedOn: data.on } : user
    case 'UserRelisted':
      return user.status === 'delisted' ? { ...known, ...onList(user), status: 'listed', level: data.level, listedOn: data.on, reported: false } : user
    default:
      return user // of the work alone
  }
}

/** On the list (在册), also while his leaving waits for approval. */
export const isOnList = (user: HighRiskUser): user is Listed | DelistPending => user.status === 'listed' || user.status === 'delist-pending'

const onList = ({ level, owner, listedOn, reported }: OnList): OnList => ({ level, owner, listedOn, reported })
