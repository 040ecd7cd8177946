import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type HighRiskUserUseCases, highRiskUserStream } from '../high-risk-user/use-cases.ts'
import type { Result, RunView, ScreeningEngine } from '../ports/screening.ts'
import type { Asked } from '../shared/asked.ts'
import { derivedCommandId } from '../shared/ids.ts'

export type ReviewingNeeds = {
  readonly engine: Pick<ScreeningEngine, 'results'>
  readonly highRiskUser: HighRiskUserUseCases
  /** Who stands on a province's list. */
  readonly onList: (province: ProvinceCode) => Promise<readonly { readonly consNo: ConsNo; readonly listedOn: BusinessDate }[]>
}
export type Reviewed = {
  readonly reviewed: number
  readonly repeated: number
  /** Listed users of whom the run knows nothing. */
  readonly unknown: number
  readonly refused: Readonly<Record<string, number>>
}
const CHUNK = 500

/**
 * Reviews the level (等级评审) of everybody on the list by what a run found of him. Whoever was listed after the run's date is left
 * out; whoever was reviewed since is counted as refused. Sent again, nothing is written twice; no level is changed by it.
 */
export const reviewListed = async (needs: ReviewingNeeds, run: RunView, asked: Omit<Asked, 'commandId'>): Promise<Reviewed> => {
  const tally = new Map<string, number>()
  const count = (what: string): unknown => tally.set(what, (tally.get(what) ?? 0) + 1)
  for (const province of run.provinces) {
    const listed = (await needs.onList(province)).filter(({ listedOn }) => listedOn <= run.asOf).map(({ consNo }) => consNo)
    for (let at = 0; at < listed.length; at += CHUNK) {
      const chunk = listed.slice(at, at + CHUNK)
      const found = new Map((await needs.engine.results(run.runId, province, chunk)).map((result) => [result.consNo, result]))
      for (const consNo of chunk) {
        const result = found.get(consNo)
        count(result ? await review(needs.highRiskUser, run, result, asked) : 'unknown')
      }
    }
  }
  const { reviewed = 0, repeated = 0, unknown = 0, ...refused } = Object.fromEntries(tally)
  return { reviewed, repeated, unknown, refused }
}

const review = async (highRiskUser: HighRiskUserUseCases, run: RunView, result: Result, asked: Omit<Asked, 'commandId'>): Promise<string> => {
  const { province, consNo, level, score, triggers } = result
  const key = { province, consNo }
  const outcome = await highRiskUser.execute(
    key,
    { type: 'ReviewLevel', data: { on: run.asOf, ruleSetVersion: run.ruleSetVersion, computedLevel: level, score, hardTriggers: [...triggers] } },
    { ...asked, commandId: derivedCommandId(run.runId, `${highRiskUserStream(key)}/ReviewLevel`) },
  )
  if (outcome.kind === 'done') return outcome.repeated || outcome.recorded === 0 ? 'repeated' : 'reviewed'
  if (outcome.kind === 'rejected') return outcome.rejection.code
  return outcome.kind === 'forbidden' ? outcome.code : outcome.kind
}
