import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, Uuid } from '#domain/shared/identity.ts'
import { type HighRiskUserUseCases, highRiskUserStream } from '../high-risk-user/use-cases.ts'
import type { Result, RunView, ScreeningEngine } from '../ports/screening.ts'
import type { Asked } from '../shared/asked.ts'
import { derivedCommandId } from '../shared/ids.ts'

type Reviewing = { readonly engine: Pick<ScreeningEngine, 'results'>; readonly highRiskUser: HighRiskUserUseCases }
export type ReviewingNeeds = Reviewing & {
  /** Who stands on a province's list. */
  readonly onList: (province: ProvinceCode) => Promise<readonly { readonly consNo: ConsNo; readonly listedOn: BusinessDate }[]>
}
/** A user to be reviewed, and the command that does it: sent again it does nothing. */
export type ToReview = { readonly consNo: ConsNo; readonly commandId: Uuid }
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
  const all: Tally = new Map()
  for (const province of run.provinces) {
    const listed = (await needs.onList(province)).filter(({ listedOn }) => listedOn <= run.asOf)
    const users = listed.map(({ consNo }) => ({
      consNo,
      commandId: derivedCommandId(run.runId, `${highRiskUserStream({ province, consNo })}/ReviewLevel`),
    }))
    for (const [what, count] of await reviewUsers(needs, run, province, users, asked)) all.set(what, (all.get(what) ?? 0) + count)
  }
  const { reviewed = 0, repeated = 0, unknown = 0, ...refused } = Object.fromEntries(all)
  return { reviewed, repeated, unknown, refused }
}

type Tally = Map<string, number>

/** Reviews these users of a province by what a run found of them; answers how many ended how: `reviewed`, `repeated`, `unknown`, or why they were refused. */
export const reviewUsers = async (
  { engine, highRiskUser }: Reviewing,
  run: RunView,
  province: ProvinceCode,
  users: readonly ToReview[],
  asked: Omit<Asked, 'commandId'>,
): Promise<ReadonlyMap<string, number>> => {
  const tally: Tally = new Map()
  for (let at = 0; at < users.length; at += CHUNK) {
    const chunk = users.slice(at, at + CHUNK)
    const results = await engine.results(
      run.runId,
      province,
      chunk.map(({ consNo }) => consNo),
    )
    const found = new Map(results.map((result) => [result.consNo, result]))
    for (const { consNo, commandId } of chunk) {
      const result = found.get(consNo)
      const ended = result ? await review(highRiskUser, run, result, { ...asked, commandId }) : 'unknown'
      tally.set(ended, (tally.get(ended) ?? 0) + 1)
    }
  }
  return tally
}

const review = async (highRiskUser: HighRiskUserUseCases, run: RunView, result: Result, asked: Asked): Promise<string> => {
  const { province, consNo, level, score, triggers } = result
  const outcome = await highRiskUser.execute(
    { province, consNo },
    { type: 'ReviewLevel', data: { on: run.asOf, ruleSetVersion: run.ruleSetVersion, computedLevel: level, score, hardTriggers: [...triggers] } },
    asked,
  )
  if (outcome.kind === 'done') return outcome.repeated || outcome.recorded === 0 ? 'repeated' : 'reviewed'
  if (outcome.kind === 'rejected') return outcome.rejection.code
  return outcome.kind === 'forbidden' ? outcome.code : outcome.kind
}
