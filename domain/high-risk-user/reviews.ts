import { addDays, type BusinessDate, sameDay } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { Level } from '#domain/shared/level.ts'
import type { CaseRules } from './fields.ts'
import type { Answer, Data } from './listing.ts'
import type { DelistPending, Listed } from './state.ts'

/** When the level of a user is due for review, who was reviewed last, or came to stand at it, on a day. */
export const levelReviewDue = ({ reviewEvery }: CaseRules, level: Level, since: BusinessDate): BusinessDate => {
  const every = reviewEvery[level]
  return 'days' in every ? addDays(since, every.days) : sameDay(since, every.months)
}

/**
 * 复核建议, once for each version of the industry list. Whoever is to leave the list anyway is being looked at already; of
 * days before he was listed nothing is said.
 */
export const proposeReview = (data: Data<'ProposeReview'>, { province, consNo, status, listedOn, work: { proposal } }: Listed | DelistPending): Answer => {
  if (status === 'delist-pending') return accept()
  if (proposal !== undefined && proposal.industryListVersion >= data.industryListVersion) return accept()
  if (data.dataDate < listedOn) return reject({ code: 'DATE_TOO_EARLY', date: data.dataDate, earliest: listedOn })
  return accept({ type: 'ReviewProposed', data: { ...data, province, consNo } })
}

/** The proposal is set aside, and the user stays as he is; a later version of the list may propose again. */
export const dismissReview = ({ at, by, reason }: Data<'DismissReview'>, { province, consNo, work: { proposal } }: Listed | DelistPending): Answer => {
  if (!proposal?.open) return reject({ code: 'NO_OPEN_REVIEW' })
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  return accept({ type: 'ReviewDismissed', data: { at, by, province, consNo, industryListVersion: proposal.industryListVersion, reason } })
}
