import { captureAt, qualityOf, type Step } from '#domain/screening/quality.ts'
import { type BusinessDate, sameDay } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import type { Horizon, OutcomeCount, Part, ScreeningEngine } from '../ports/screening.ts'

/** A bill that is settled this many days after it was due is late; beyond, its customer has fallen into arrears. */
export const GRACE_DAYS = 30
export const EVERYBODY_IN: Part = { from: 0, to: 100 }
/** Until when, and with how much patience, it is looked at what became of the customers. */
export const horizonOf = (asOf: BusinessDate, months: number, graceDays = GRACE_DAYS): Horizon => ({ until: sameDay(asOf, months), graceDays })

/** A province of which nobody can say yet what became of its customers: figures have come up to `known` only. */
type TooEarly = { readonly province: ProvinceCode; readonly until: BusinessDate; readonly known: BusinessDate }

/** The first of these provinces whose figures do not reach to the end of a horizon: what has not come yet would all look unpaid. Where no extraction is recorded, today is the limit. */
export const tooEarly = (
  provinces: readonly ProvinceCode[],
  { until }: Horizon,
  lastDays: ReadonlyMap<ProvinceCode, BusinessDate>,
  today: BusinessDate,
): TooEarly | undefined => {
  for (const province of provinces) {
    const known = lastDays.get(province) ?? today
    if (known < until) return { province, until, known }
  }
  return undefined
}

/** Of those named at this level or above: how many there were and how many of them fell into arrears. */
type LevelOutcome = {
  readonly level: Level
  readonly named: number
  readonly found: number
  /** found / named, found / all bad, and precision by the rate among everybody; null where there is nothing to divide by. */
  readonly precision: number | null
  readonly recall: number | null
  readonly lift: number | null
}
type CurvePoint = { readonly share: number; readonly captured: number | null }
export type BackTest = {
  readonly customers: number
  readonly bad: number
  readonly auc: number | null
  readonly levels: readonly LevelOutcome[]
  /** Which part of those who fell into arrears stands in the first so much of the list. */
  readonly curve: readonly CurvePoint[]
}

const SHARES = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75]

/** What a run of a past date had named of those who fell into arrears afterwards. */
export const backTest = async (engine: Pick<ScreeningEngine, 'outcomes'>, runId: string, horizon: Horizon, part: Part = EVERYBODY_IN): Promise<BackTest> =>
  backTestOf(await engine.outcomes(runId, horizon, part))

const backTestOf = (counts: readonly OutcomeCount[]): BackTest => {
  const steps = stepsBy(counts)
  const { customers, bad, auc } = qualityOf(steps)
  return {
    customers,
    bad,
    auc: auc ?? null,
    levels: (['I', 'II', 'III'] as const).map((level) => levelOutcome(level, counts, { customers, bad })),
    curve: SHARES.map((share) => ({ share, captured: captureAt(steps, share) ?? null })),
  }
}

const stepsBy = (counts: readonly OutcomeCount[]): readonly Step[] => {
  const steps = new Map<number, { named: number; found: number }>()
  for (const { score, customers, bad } of counts) {
    const { named, found } = steps.get(score) ?? { named: 0, found: 0 }
    steps.set(score, { named: named + customers, found: found + bad })
  }
  return [...steps].map(([score, step]) => ({ score, ...step })).toSorted((a, b) => b.score - a.score)
}

const AT_LEAST: Readonly<Record<Level, readonly Level[]>> = { I: ['I'], II: ['I', 'II'], III: ['I', 'II', 'III'] }

const levelOutcome = (level: Level, counts: readonly OutcomeCount[], all: { readonly customers: number; readonly bad: number }): LevelOutcome => {
  const those = counts.filter((one) => one.level !== null && AT_LEAST[level].includes(one.level))
  const named = those.reduce((sum, { customers }) => sum + customers, 0)
  const found = those.reduce((sum, { bad }) => sum + bad, 0)
  const precision = named === 0 ? null : found / named
  return {
    level,
    named,
    found,
    precision,
    recall: all.bad === 0 ? null : found / all.bad,
    lift: precision === null || all.bad === 0 ? null : precision / (all.bad / all.customers),
  }
}
