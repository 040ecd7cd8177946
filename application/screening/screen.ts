import type { UserFigures } from '#application/ports/source.ts'
import { versionOn } from '#domain/industry-list/state.ts'
import { assess } from '#domain/screening/assess.ts'
import { type Assessed, Content, type Purpose, type RuleSet } from '#domain/screening/fields.ts'
import type { MeasureName } from '#domain/screening/measures.ts'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { type ListedTrade, matcherOf } from '#domain/shared/trade.ts'
import type { UserCommand } from '../high-risk-user/bring.ts'
import type { HighRiskUserUseCases } from '../high-risk-user/use-cases.ts'
import type { ListAsRead } from '../industry-list/read.ts'
import type { Result, RunOrder, RunView, ScreeningEngine } from '../ports/screening.ts'
import type { SourceFigures } from '../ports/source.ts'
import type { Asked } from '../shared/asked.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { supplyOf } from '../shared/supply.ts'
import { scoringOf } from './scoring.ts'

export type Asking = {
  readonly runId: string
  readonly purpose: Purpose
  readonly asOf: BusinessDate
  readonly provinces: readonly ProvinceCode[]
  /** A draft is asked about under the number it would be published with. */
  readonly ruleSet: Pick<RuleSet, 'version' | 'content'>
  /** Other trades than those of the industry list in force on the date: what a draft of the list would do. */
  readonly list?: { readonly version: number; readonly entries: Iterable<ListedTrade> }
  readonly by: UserId
  readonly at: Instant
  readonly patient?: boolean
}

/** A run as the engine takes it, with the industry list that was in force on its date. */
export const orderOf = async (readList: () => Promise<ListAsRead>, { ruleSet, list, ...asking }: Asking): Promise<RunOrder> => {
  const inForce = list ?? versionOn((await readList()).list, asking.asOf)
  const matches = matcherOf(inForce?.entries ?? [])
  return {
    ...asking,
    ruleSetVersion: ruleSet.version,
    industryListVersion: inForce?.version ?? 0,
    content: ruleSet.content,
    scoring: scoringOf(ruleSet.content),
    isListed: (standard, code) => matches({ standard, code }) !== undefined,
  }
}

/** Why a customer of a run got his score: the rules as they were applied then, and what they saw. */
export const explain = ({ content, measures }: Pick<RunView, 'content' | 'measures'>, { inputs }: Pick<Result, 'inputs'>): Assessed => {
  const place = new Map<MeasureName, number>(measures.map((measure, index) => [measure, index]))
  return assess(Content.parse(content), (measure) => inputs[place.get(measure) ?? -1] ?? null)
}

export type Proposed = {
  readonly candidates: number
  readonly repeated: number
  readonly refused: Readonly<Record<string, number>>
}
type Proposing = { readonly engine: ScreeningEngine; readonly figures: SourceFigures; readonly highRiskUser: HighRiskUserUseCases }
const PAGE = 200

/**
 * Proposes everybody a run has named as a candidate (候选). Sent again, nothing is written twice. Whoever is listed already, or
 * may not be proposed, is counted by why.
 */
export const proposeCandidates = async (proposing: Proposing, run: RunView, asked: Omit<Asked, 'commandId'>): Promise<Proposed> => {
  const tally = new Map<string, number>()
  for (const province of run.provinces)
    for await (const page of pagesOf(proposing.engine, run.runId, province)) {
      const users = page.map(({ consNo }) => consNo)
      const known = new Map((await proposing.figures(province, run.asOf, users)).map((one) => [one.consNo, one]))
      for (const result of page) {
        const ended = await propose(proposing.highRiskUser, run, result, known.get(result.consNo), asked)
        tally.set(ended, (tally.get(ended) ?? 0) + 1)
      }
    }
  const { candidates = 0, repeated = 0, ...refused } = Object.fromEntries(tally)
  return { candidates, repeated, refused }
}

async function* pagesOf(engine: ScreeningEngine, runId: string, province: ProvinceCode): AsyncGenerator<readonly Result[]> {
  for (let after: Result | undefined; ; ) {
    const page = await engine.named(runId, { provinces: [province], level: undefined }, { after, limit: PAGE })
    if (page.length > 0) yield page
    after = page.at(-1)
    if (page.length < PAGE) return
  }
}

const propose = async (
  highRiskUser: HighRiskUserUseCases,
  run: RunView,
  result: Result,
  figures: UserFigures | undefined,
  asked: Omit<Asked, 'commandId'>,
): Promise<string> => {
  const command = commandOf(run, result, figures)
  if (!command) return 'NOT_FOUND'
  const { province, consNo } = result
  const outcome = await highRiskUser.execute({ province, consNo }, command, { ...asked, commandId: derivedCommandId(run.runId, `${province}_${consNo}`) })
  if (outcome.kind === 'done') return outcome.repeated || outcome.recorded === 0 ? 'repeated' : 'candidates'
  if (outcome.kind === 'rejected') return outcome.rejection.code
  return outcome.kind === 'forbidden' ? outcome.code : outcome.kind
}

const commandOf = (run: RunView, result: Result, figures: UserFigures | undefined): UserCommand | undefined => {
  if (!figures || result.level === null) return undefined
  const { score, hits, triggers } = explain(run, result)
  return {
    type: 'ScreenCandidate',
    data: {
      province: result.province,
      consNo: result.consNo,
      profile: { name: figures.name, ...supplyOf(figures) },
      ruleSetVersion: run.ruleSetVersion,
      industryListVersion: run.industryListVersion,
      score,
      hits: [...hits],
      proposedLevel: result.level,
      hardTriggers: [...triggers],
      dataDate: run.asOf,
    },
  }
}
