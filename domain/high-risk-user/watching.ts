import { businessDateOf } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { Level } from '#domain/shared/level.ts'
import { Profile } from './fields.ts'
import type { Answer, Data } from './listing.ts'
import type { HighRiskUserRejection } from './rejections.ts'
import type { Candidate, Delisted, DelistPending, Listed } from './state.ts'

/** The first sealed report in which the user stands; later ones say nothing new. */
export const markReported = ({ at, by, reportDate, reportVersion }: Data<'MarkReported'>, { province, consNo, reported }: Listed | DelistPending): Answer =>
  reported ? accept() : accept({ type: 'UserReportedToHq', data: { at, by, province, consNo, reportDate, reportVersion } })

/** The levels from the mildest on. */
const SEVERITY: readonly Level[] = ['III', 'II', 'I']

/** 等级变更. Raising takes effect at once; lowering wants patience (domain brief 2.4); a level unlike the computed one is an override with an end. */
export const changeLevel = (data: Data<'ChangeLevel'>, { province, consNo, level }: Listed): Answer => {
  const { at, by, to, on, computedLevel, score, reason, override } = data
  const refused = levelRefused(data, level)
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

const levelRefused = (data: Data<'ChangeLevel'>, level: Level): HighRiskUserRejection | undefined => {
  const { at, to, on, override } = data
  const today = businessDateOf(at)
  if (to === level) return { code: 'NO_CHANGE' }
  if (on > today) return { code: 'FUTURE_DATE', date: on, latest: today }
  if (override) return override.expiresOn <= on ? { code: 'DATE_TOO_EARLY', date: override.expiresOn, earliest: on } : undefined
  if (data.computedLevel !== undefined && data.computedLevel !== to) return { code: 'OVERRIDE_REQUIRED' }
  return SEVERITY.indexOf(to) < SEVERITY.indexOf(level) ? loweringRefused(data) : undefined
}

const loweringRefused = ({ openHardTriggers, lowerReviews, rules: { lowerReviews: needed } }: Data<'ChangeLevel'>): HighRiskUserRejection | undefined => {
  if (openHardTriggers.length > 0) return { code: 'HARD_TRIGGER_OPEN', triggers: openHardTriggers }
  return lowerReviews < needed ? { code: 'LOWERING_TOO_SOON', reviews: lowerReviews, needed } : undefined
}

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
