import type { Level } from '#domain/shared/level.ts'
import type { Assessed, Content, Hit, Rule, Trigger } from './fields.ts'
import { type MeasureName, sayInput } from './measures.ts'

/** What was measured of one customer; null where nothing can be said. */
export type Inputs = (measure: MeasureName) => bigint | null

/** The points a rule gives for an input. */
export const pointsOf = ({ below, bins, unknown }: Rule, input: bigint | null): number => {
  if (input === null) return unknown
  let points = below
  for (const bin of bins) {
    if (input < BigInt(bin.from)) break
    points = bin.points
  }
  return points
}

/** The level a score comes to by itself; a hard trigger makes it I. */
const levelOf = ({ cutOffs }: Content, score: number, triggered: boolean): Level | undefined => {
  if (triggered || score >= cutOffs.I) return 'I'
  if (score >= cutOffs.II) return 'II'
  return score >= cutOffs.III ? 'III' : undefined
}

/** Judges one customer and says why: the points of the hits add up to the score. */
export const assess = (content: Content, inputs: Inputs): Assessed => {
  const triggers = content.triggers.filter(({ measure, from }) => (inputs(measure) ?? BigInt(from) - 1n) >= BigInt(from))
  const given = content.rules.map((rule) => ({ rule, input: inputs(rule.measure), points: pointsOf(rule, inputs(rule.measure)) }))
  const score = given.reduce((sum, { points }) => sum + points, 0)
  const level = levelOf(content, score, triggers.length > 0)
  return {
    score,
    ...(level !== undefined && { level }),
    triggers: triggers.map(({ id }) => id),
    hits: [
      ...triggers.map((trigger) => hitOf(trigger, inputs(trigger.measure), 0)),
      ...given
        .filter(({ points }) => points > 0)
        .toSorted((a, b) => b.points - a.points)
        .map(({ rule, input, points }) => hitOf(rule, input, points)),
    ],
  }
}

const hitOf = ({ id, measure, text }: Rule | Trigger, input: bigint | null, points: number): Hit => {
  const say = (template: string, language: 'zh' | 'en'): string =>
    template
      .replaceAll('{input}', input === null ? (language === 'zh' ? '未知' : 'not known') : sayInput(measure, input, language))
      .replaceAll('{points}', String(points))
  return { ruleId: id, inputs: { [measure]: input === null ? 'unknown' : String(input) }, points, text: { zh: say(text.zh, 'zh'), en: say(text.en, 'en') } }
}

/** The measures a rule set looks at, each once. */
export const measuresOf = ({ rules, triggers }: Content): readonly MeasureName[] => [...new Set([...rules, ...triggers].map(({ measure }) => measure))]
