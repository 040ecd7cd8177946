import { addDays, businessDateOf } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { Level } from '#domain/shared/level.ts'
import { Profile } from './fields.ts'
import type { Answer, Data } from './listing.ts'
import type { HighRiskUserRejection } from './rejections.ts'
import type { Candidate, Delisted, DelistPending, Listed } from './state.ts'
import { isBelow, type Work } from './work.ts'

/** The first sealed report in which the user stands; later ones say nothing new. */
export const markReported = ({ at, by, reportDate, reportVersion }: Data<'MarkReported'>, { province, consNo, reported }: Listed | DelistPending): Answer =>
  reported ? accept() : accept({ type: 'UserReportedToHq', data: { at, by, province, consNo, reportDate, reportVersion } })

/** 等级变更. Raising takes effect at once; lowering wants patience (domain brief 2.4); a level unlike the computed one is an override with an end. */
export const changeLevel = (data: Data<'ChangeLevel'>, user: Listed): Answer => {
  const { province, consNo, level } = user
  const { at, by, to, on, computedLevel, score, reason, override } = data
  const refused = levelRefused(data, user)
  if (refused) return reject(refused)
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  return accept({
    type: 'RiskLevelChanged',
    data: {
      ...{ at, by, province, consNo, from: level, to, on, reason },
      ...(computedLevel !== undefined && { computedLevel }),
      ...(score !== undefined && { score }),
      ...(override !== undefined && { override }),
    },
  })
}

const levelRefused = (data: Data<'ChangeLevel'>, { level, work }: Listed): HighRiskUserRejection | undefined => {
  const { at, to, on, override } = data
  const today = businessDateOf(at)
  if (to === level) return { code: 'NO_CHANGE' }
  if (on > today) return { code: 'FUTURE_DATE', date: on, latest: today }
  if (override) return override.expiresOn <= on ? { code: 'DATE_TOO_EARLY', date: override.expiresOn, earliest: on } : undefined
  if (data.computedLevel !== undefined && data.computedLevel !== to) return { code: 'OVERRIDE_REQUIRED' }
  return (isBelow(to, level) ? loweringRefused(data, work) : undefined) ?? unlikeReview(to, work)
}

/** What the last review came to binds who says nothing of an override; over an open hard trigger he decides himself. Who was never reviewed has no computed level. */
const unlikeReview = (to: Level, { review, hardTriggers }: Work): HighRiskUserRejection | undefined => {
  if (review === undefined || hardTriggers.length > 0) return undefined
  return to === (review.computedLevel ?? 'III') ? undefined : { code: 'OVERRIDE_REQUIRED' }
}

const loweringRefused = ({ rules: { lowerReviews: needed } }: Data<'ChangeLevel'>, work: Work): HighRiskUserRejection | undefined => {
  if (work.hardTriggers.length > 0) return { code: 'HARD_TRIGGER_OPEN', triggers: work.hardTriggers }
  return work.lowerReviews < needed ? { code: 'LOWERING_TOO_SOON', reviews: work.lowerReviews, needed } : undefined
}

/** 等级评审, one a day, each later than the last: what the rule set comes to now. Only a person changes the level. */
export const reviewLevel = (data: Data<'ReviewLevel'>, { province, consNo, listedOn, work: { review } }: Listed | DelistPending): Answer => {
  const today = businessDateOf(data.at)
  if (data.on > today) return reject({ code: 'FUTURE_DATE', date: data.on, latest: today })
  if (data.on < listedOn) return reject({ code: 'DATE_TOO_EARLY', date: data.on, earliest: listedOn })
  if (review === undefined || data.on > review.on) return accept({ type: 'LevelReviewed', data: { ...data, province, consNo } })
  const same = data.on === review.on && data.computedLevel === review.computedLevel && data.score === review.score
  return same ? accept() : reject({ code: 'DATE_TOO_EARLY', date: data.on, earliest: addDays(review.on, 1) })
}

export const transferOwner = ({ at, by, to }: Data<'TransferOwner'>, { province, consNo, owner }: Listed | DelistPending): Answer =>
  to === owner ? accept() : accept({ type: 'OwnerTransferred', data: { at, by, province, consNo, from: owner, to } })

/** What is known of the customer, brought up to date. His number and province never change: they are not in the profile. */
export const amendProfile = (data: Data<'AmendProfile'>, user: Candidate | Listed | DelistPending | Delisted): Answer => {
  const { at, by, source, orgProvince } = data
  const { province, consNo } = user
  const changes = FIELDS.flatMap((field) => {
    const [before, after] = [user.profile[field], data.changes[field]]
    return after === undefined || after === before ? [] : [{ field, before: before === undefined ? '' : String(before), after: String(after) }]
  })
  if (changes.length === 0) return accept() // it is known like this already
  const { orgCode } = data.changes
  if (orgCode !== undefined && orgProvince !== province) return reject({ code: 'ORG_OUTSIDE_PROVINCE', orgCode, province })
  const given = Object.fromEntries(Object.entries(data.changes).filter(([, value]) => value !== undefined))
  return accept({ type: 'ProfileAmended', data: { at, by, province, consNo, profile: { ...user.profile, ...given }, changes, source } })
}

const FIELDS = Object.keys(Profile.shape) as (keyof Profile)[]
