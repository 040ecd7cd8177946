import type { RuleSet } from '#domain/screening/fields.ts'
import { type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { type HighRiskUserUseCases, highRiskUserStream } from '../high-risk-user/use-cases.ts'
import type { ListAsRead } from '../industry-list/read.ts'
import type { ScreeningEngine } from '../ports/screening.ts'
import { reviewUsers } from '../screening/review.ts'
import { orderOf } from '../screening/screen.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { oneByOne } from '../shared/one-by-one.ts'

/** Users of a province at one level who were last reviewed, or came to stand at it, on one day. */
type ReviewDay = { readonly province: ProvinceCode; readonly level: Level; readonly since: BusinessDate }

export type LevelReviewNeeds = {
  readonly readList: () => Promise<ListAsRead>
  readonly engine: ScreeningEngine
  readonly highRiskUser: HighRiskUserUseCases
  /** The rule set by which a province is judged on a date: its own where it has one. */
  readonly ruleSetOn: (province: ProvinceCode, date: BusinessDate) => Promise<RuleSet>
  /** Up to which day the figures of each province have come in; a province without any is absent. */
  readonly lastDays: () => Promise<ReadonlyMap<ProvinceCode, BusinessDate>>
  readonly reviewDays: () => Promise<readonly ReviewDay[]>
  /** Who they are. */
  readonly usersOf: (days: readonly ReviewDay[]) => Promise<readonly (ReviewDay & { readonly consNo: ConsNo })[]>
  /** When a review is due after such a day. */
  readonly due: (level: Level, since: BusinessDate) => BusinessDate
  /** Whether the read models asked here have everything the log has. */
  readonly caughtUp: () => Promise<boolean>
}

const ACTOR = { ...SYSTEM, userId: 'level-reviews' as UserId }

/**
 * Reviews levels when they are due (等级评审: I daily, II weekly, III monthly): a province is screened once as of the last day its
 * figures have, and those due by then are reviewed by what was found; no level is changed by it. Nothing is screened when nobody is
 * due. The run's id follows from province, day and rules, each command's from the user and the day his review was due: restarts,
 * several workers and rebuilt read models do nothing twice. Answers how many users were reviewed.
 */
export const reviewLevels = async (needs: LevelReviewNeeds, now: Instant): Promise<number> => {
  const today = businessDateOf(now)
  const lastDays = await needs.lastDays()
  if (lastDays.size === 0) return 0
  const asOf = (province: ProvinceCode): BusinessDate | undefined => {
    const last = lastDays.get(province)
    return last !== undefined && last > today ? today : last
  }
  const due = (await needs.reviewDays()).filter(({ province, level, since }) => needs.due(level, since) <= (asOf(province) ?? ''))
  if (due.length === 0 || !(await needs.caughtUp())) return 0
  return oneByOne(
    Map.groupBy(due, (day) => day.province),
    ([province, days]) => reviewProvince(needs, { province, days, asOf: asOf(province)!, now }),
  )
}

type Turn = { readonly province: ProvinceCode; readonly days: readonly ReviewDay[]; readonly asOf: BusinessDate; readonly now: Instant }

const reviewProvince = async (needs: LevelReviewNeeds, { province, days, asOf, now }: Turn): Promise<number> => {
  const ruleSet = await needs.ruleSetOn(province, businessDateOf(now))
  const cause = `level-reviews/${province}/${asOf}`
  const order = await orderOf(needs.readList, {
    runId: derivedCommandId(cause, `${ruleSet.version}/${ruleSet.effectiveFrom}`),
    purpose: 'review',
    asOf,
    provinces: [province],
    ruleSet,
    by: ACTOR.userId,
    at: now,
    patient: false,
  })
  const run = await needs.engine.run(order)
  if (run.status !== 'done') return 0 // another worker is at it
  const users = (await needs.usersOf(days)).map(({ consNo, level, since }) => ({
    consNo,
    commandId: derivedCommandId(`level-reviews/${highRiskUserStream({ province, consNo })}`, needs.due(level, since)),
  }))
  const asked = { actor: ACTOR, correlationId: derivedCommandId(cause, 'reviews'), at: now }
  return (await reviewUsers(needs, run, province, users, asked)).get('reviewed') ?? 0
}
