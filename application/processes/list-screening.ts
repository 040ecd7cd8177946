import { type Version, versionOn } from '#domain/industry-list/state.ts'
import type { RuleSet } from '#domain/screening/fields.ts'
import type { FollowingRules } from '#domain/screening/following.ts'
import { addDays, type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ConsNo, ProvinceCode, TradeCode, TradeStandard, UserId } from '#domain/shared/identity.ts'
import { matcherOf } from '#domain/shared/trade.ts'
import type { UserCommand } from '../high-risk-user/bring.ts'
import { type HighRiskUserUseCases, highRiskUserStream } from '../high-risk-user/use-cases.ts'
import type { ListAsRead } from '../industry-list/read.ts'
import { INDUSTRY_LIST, type IndustryListUseCases } from '../industry-list/use-cases.ts'
import type { Result, RunView, ScreeningEngine } from '../ports/screening.ts'
import type { SourceFigures } from '../ports/source.ts'
import { orderOf, proposeCandidates } from '../screening/screen.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { oneByOne } from '../shared/one-by-one.ts'

type OnList = { readonly consNo: ConsNo; readonly standard: TradeStandard; readonly code: TradeCode; readonly listedOn: BusinessDate }

export type ListScreeningNeeds = {
  readonly readList: () => Promise<ListAsRead>
  readonly engine: ScreeningEngine
  readonly figures: SourceFigures
  readonly highRiskUser: HighRiskUserUseCases
  readonly industryList: IndustryListUseCases
  /** How far back a new list is followed; nothing is followed where no rules are in force. */
  readonly followingRules: readonly FollowingRules[]
  /** The rule set by which a province is judged on a date: its own where it has one. */
  readonly ruleSetOn: (province: ProvinceCode, date: BusinessDate) => Promise<RuleSet>
  readonly provinces: (date: BusinessDate) => readonly ProvinceCode[]
  /** Whether the read models asked here have everything the log has. */
  readonly caughtUp: () => Promise<boolean>
  /** Who stands on a province's list, nobody proposed to leave it. */
  readonly onList: (province: ProvinceCode) => Promise<readonly OnList[]>
}

const ACTOR = { ...SYSTEM, userId: 'list-screening' as UserId }
const CHUNK = 500

/** What a version changes: it, and what it took the place of. */
type Change = { readonly version: Version; readonly before: Version | undefined; readonly now: Instant }

/**
 * List published, screened again (清单下发重新筛选): once a version of the industry list is in force, every province is screened as
 * of its effective date. Whom the rules name is proposed as a candidate; of listed users whose trade left the list, or whom the
 * rules no longer name, a review is proposed, and nobody is delisted. That a province was screened by a version stands in the
 * list's own stream, and every command's id follows from the version: restarts, several workers and rebuilt read models do
 * nothing twice. Answers how many provinces were screened.
 */
export const screenByNewList = async (needs: ListScreeningNeeds, now: Instant): Promise<number> => {
  const today = businessDateOf(now)
  const { list } = await needs.readList()
  const version = versionOn(list, today)
  const rules = inForceOn(needs.followingRules, today)
  if (!version || !rules || version.effectiveFrom < addDays(today, -rules.lookBackDays)) return 0
  const left = needs.provinces(today).filter((province) => !version.screened.has(province))
  if (left.length === 0 || !(await needs.caughtUp())) return 0
  const change = { version, before: versionOn(list, addDays(version.effectiveFrom, -1)), now }
  return oneByOne(left, async (province) => ((await screenProvince(needs, change, province)) ? 1 : 0))
}

const causeOf = ({ version }: Change): string => `${INDUSTRY_LIST}/${version.version}`

const screenProvince = async (needs: ListScreeningNeeds, change: Change, province: ProvinceCode): Promise<boolean> => {
  const { version, now } = change
  const ruleSet = await needs.ruleSetOn(province, businessDateOf(now))
  const cause = causeOf(change)
  const order = await orderOf(needs.readList, {
    runId: derivedCommandId(cause, `${province}/${ruleSet.version}/${ruleSet.effectiveFrom}`),
    purpose: 'screening',
    asOf: version.effectiveFrom,
    provinces: [province],
    ruleSet,
    list: version,
    by: ACTOR.userId,
    at: now,
    patient: false,
  })
  const run = await needs.engine.run(order)
  if (run.status !== 'done') return false // another worker is at it
  const asked = { actor: ACTOR, correlationId: derivedCommandId(cause, province), at: now }
  const { candidates, repeated, refused } = await proposeCandidates(needs, run, asked)
  if (refused.STALE_REFERENCE || refused.conflict) return false // the rules changed meanwhile, or others kept writing: again, then
  const reviews = await proposeReviews(needs, change, run, province)
  const { runId, asOf, ruleSetVersion, customers, named } = run
  const outcome = await needs.industryList.execute(
    {
      type: 'RecordScreening',
      data: { version: version.version, province, runId, asOf, ruleSetVersion, customers, named, candidates: candidates + repeated, reviews },
    },
    { ...asked, commandId: derivedCommandId(cause, `${province}/RecordScreening`) },
  )
  return outcome.kind === 'done' && !outcome.repeated
}

/** Proposes a review of every listed user for whom there is a cause; answers of how many one was proposed, now or before. */
const proposeReviews = async (needs: ListScreeningNeeds, change: Change, run: RunView, province: ProvinceCode): Promise<number> => {
  const listed = (await needs.onList(province)).filter(({ listedOn }) => listedOn <= run.asOf)
  const wasOn = matcherOf(change.before?.entries ?? [])
  const isOn = matcherOf(change.version.entries)
  let proposed = 0
  for (let at = 0; at < listed.length; at += CHUNK) {
    const chunk = listed.slice(at, at + CHUNK)
    const found = new Map(
      (
        await needs.engine.results(
          run.runId,
          province,
          chunk.map(({ consNo }) => consNo),
        )
      ).map((result) => [result.consNo, result]),
    )
    for (const user of chunk) {
      const result = found.get(user.consNo)
      const leftList = wasOn(user) !== undefined && isOn(user) === undefined
      if ((leftList || result?.level === null) && (await proposeReview(needs, change, run, { province, user, result, leftList }))) proposed++
    }
  }
  return proposed
}

type Case = { readonly province: ProvinceCode; readonly user: OnList; readonly result: Result | undefined; readonly leftList: boolean }

const proposeReview = async (needs: ListScreeningNeeds, change: Change, run: RunView, { province, user, result, leftList }: Case): Promise<boolean> => {
  const key = { province, consNo: user.consNo }
  const command: UserCommand = {
    type: 'ProposeReview',
    data: {
      industryListVersion: change.version.version,
      ruleSetVersion: run.ruleSetVersion,
      causes: [...(leftList ? (['trade-off-list'] as const) : []), ...(result?.level === null ? (['below-cut-off'] as const) : [])],
      score: result?.score ?? null,
      computedLevel: result?.level ?? null,
      hardTriggers: [...(result?.triggers ?? [])],
      dataDate: run.asOf,
    },
  }
  const cause = causeOf(change)
  const outcome = await needs.highRiskUser.execute(key, command, {
    actor: ACTOR,
    commandId: derivedCommandId(cause, `${highRiskUserStream(key)}/ProposeReview`),
    correlationId: derivedCommandId(cause, province),
    at: change.now,
  })
  if (outcome.kind === 'conflict') throw new Error(`others kept writing to ${highRiskUserStream(key)}`)
  return outcome.kind === 'done' && (outcome.repeated || outcome.recorded > 0)
}
