import { type Content, MAX_SCORE, type Rule, type Trigger } from './fields.ts'
import { type Case, edgesOf, type Fitted, fitAdditive } from './fit.ts'
import { MEASURES, type MeasureName } from './measures.ts'

/** Bins a measure gets at most, besides the thin end; neighbours are held together, so that many of them need not mean many different points. */
const BINS = 20
/** Which part of the customers each level names, the levels above it included, when cut-offs are set from history. */
const NAMED = { I: 0.05, II: 0.15, III: 0.3 }

/**
 * The rules of a draft from history: points over bins that add up to a score, rising or falling where the business says so.
 * Measures that say nothing (one bin, or no points after rounding) are left out. Hard triggers stay as they were given.
 */
export const calibrate = (measures: readonly MeasureName[], cases: readonly Case[], triggers: readonly Trigger[]): Content => {
  const axes = measures.map((measure, index) => ({
    edges: edgesOf(
      cases.map(({ inputs }) => inputs[index] ?? null),
      BINS,
    ),
    shape: MEASURES[measure].shape,
  }))
  const scale = scaled(fitAdditive(axes, cases))
  const rules = measures.flatMap((measure, index): Rule[] => {
    const points = scale[index]!
    const [below = 0, ...rest] = points.bins
    const bins = axes[index]!.edges.map((from, bin) => ({ from, points: rest[bin]! })).filter((bin, at) => bin.points !== (at === 0 ? below : rest[at - 1]))
    if (bins.length === 0) return []
    const { zh, en } = MEASURES[measure]
    return [
      {
        id: slug(measure),
        measure,
        below,
        bins,
        unknown: points.missing,
        text: { zh: `${zh}：{input}（{points} 分）`, en: `${en}: {input} ({points} points)` },
      },
    ]
  })
  return { rules, triggers: [...triggers], cutOffs: cutOffsOf(rules, measures, cases) }
}

const slug = (measure: string): string => measure.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Log-odds as whole points from 0 on; the highest of all measures add up to the highest score. */
const scaled = (fitted: readonly Fitted[]): readonly Fitted[] => {
  const lows = fitted.map(({ bins }) => Math.min(...bins))
  const span = fitted.reduce((sum, { bins }, index) => sum + Math.max(...bins) - lows[index]!, 0) || 1
  for (let maximum = MAX_SCORE; ; maximum--) {
    const points = fitted.map(({ bins, missing }, index) => {
      const unit = maximum / span
      const high = Math.max(...bins)
      const at = (value: number): number => Math.round((Math.min(high, Math.max(lows[index]!, value)) - lows[index]!) * unit)
      return { bins: bins.map(at), missing: at(missing) }
    })
    if (points.reduce((sum, { bins, missing }) => sum + Math.max(missing, ...bins), 0) <= MAX_SCORE) return points
  }
}

const cutOffsOf = (rules: readonly Rule[], measures: readonly MeasureName[], cases: readonly Case[]): Content['cutOffs'] => {
  const places = rules.map(({ measure }) => measures.indexOf(measure))
  const scores = cases.map(({ inputs }) => rules.reduce((sum, rule, index) => sum + points(rule, inputs[places[index]!] ?? null), 0)).toSorted((a, b) => b - a)
  const at = (share: number): number => scores[Math.min(scores.length - 1, Math.floor(scores.length * share))] ?? 1
  const III = Math.max(1, Math.min(MAX_SCORE - 2, at(NAMED.III)))
  const II = Math.max(III + 1, Math.min(MAX_SCORE - 1, at(NAMED.II)))
  return { III, II, I: Math.max(II + 1, Math.min(MAX_SCORE, at(NAMED.I))) }
}

const points = ({ below, bins, unknown }: Rule, input: number | null): number =>
  input === null ? unknown : bins.reduce((given, bin) => (input >= bin.from ? bin.points : given), below)
