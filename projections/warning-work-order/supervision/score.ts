import { divideHalfUp } from '#domain/shared/quantities.ts'
import type { SupervisionScore } from '#domain/warning-work-order/fields.ts'
import { type CohortFigures, type Ratio, ratio } from './figures.ts'

type Part = { readonly numerator: bigint; readonly denominator: bigint }
type Weights = SupervisionScore['weights']
/** A row's score and place: hundredths of a point out of 100, null where nothing can be told. */
export type Scored = { readonly score: number | null; readonly rank: number | null }

/** What each weight is for; the rates of signing and answering in time are taken together, from their sums. */
const PARTS: Readonly<Record<keyof Weights, (figures: CohortFigures) => Ratio | null>> = {
  onTime: ({ signedOnTime: a, answeredOnTime: b }) => ratio((a?.numerator ?? 0n) + (b?.numerator ?? 0n), (a?.denominator ?? 0n) + (b?.denominator ?? 0n)),
  firstPass: ({ firstPass }) => firstPass,
  recovered: ({ recoveredRate }) => recoveredRate,
  closure: ({ closure }) => closure,
}

/** The weighted sum of what can be told, over the weights of that; exact, so that a tie is a tie. */
const scoreOf = (figures: CohortFigures, weights: Weights): Part | null => {
  let sum = { numerator: 0n, denominator: 1n }
  let weight = 0n
  for (const name of Object.keys(PARTS) as (keyof Weights)[]) {
    const part = PARTS[name](figures)
    if (!part) continue
    const times = BigInt(weights[name])
    weight += times
    sum = {
      numerator: sum.numerator * part.denominator + times * part.numerator * sum.denominator,
      denominator: sum.denominator * part.denominator,
    }
  }
  return weight === 0n ? null : { numerator: sum.numerator, denominator: sum.denominator * weight }
}

/** Each row's score and place, the best first; equals share a place and the next is skipped. */
export const scored = (rows: readonly CohortFigures[], weights: Weights): readonly Scored[] => {
  const scores = rows.map((figures) => scoreOf(figures, weights))
  const best = scores.flatMap((score) => (score ? [score] : [])).toSorted((a, b) => compare(b, a))
  const ranks = new Map<Part, number>()
  best.forEach((score, index) => {
    const ahead = best[index - 1]
    ranks.set(score, ahead && compare(ahead, score) === 0 ? ranks.get(ahead)! : index + 1)
  })
  return scores.map((score) => ({
    score: score && Number(divideHalfUp(score.numerator * 10_000n, score.denominator)),
    rank: score && (ranks.get(score) ?? null),
  }))
}

const compare = (a: Part, b: Part): number => {
  const [x, y] = [a.numerator * b.denominator, b.numerator * a.denominator]
  return x < y ? -1 : x > y ? 1 : 0
}
