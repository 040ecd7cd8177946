import { measuresOf } from '#domain/screening/assess.ts'
import type { Content } from '#domain/screening/fields.ts'
import { MEASURES, type MeasureName } from '#domain/screening/measures.ts'
import type { Scoring } from '../ports/screening.ts'

/** A rule set as the engine applies it. `also`: measures to be kept although no rule asks for them. */
export const scoringOf = (content: Content, also: readonly MeasureName[] = []): Scoring => {
  const names = [...new Set([...measuresOf(content), ...also])]
  const place = (name: MeasureName): number => names.indexOf(name)
  return {
    measures: names.map((name) => ({ name, family: MEASURES[name].family })),
    rules: content.rules.map(({ measure, below, bins, unknown }) => ({
      measure: place(measure),
      below,
      edges: bins.map(({ from }) => from),
      points: bins.map(({ points }) => points),
      unknown,
    })),
    triggers: content.triggers.map(({ id, measure, from }) => ({ id, measure: place(measure), from })),
    cutOffs: content.cutOffs,
  }
}
