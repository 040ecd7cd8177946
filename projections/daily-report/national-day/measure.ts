import { divideHalfUp } from '#domain/shared/quantities.ts'
import { type Changes, type Figures, KPI_NAMES, KPIS, type KpiName, type Ratio, type Sums } from './kpis.ts'

/** The figures that the sums come to. */
export const figuresOf = (sums: Sums): Figures => Object.fromEntries(KPI_NAMES.map((name) => [name, figure(name, sums)])) as Figures

const figure = (name: KpiName, sums: Sums): bigint | number | Ratio | null => {
  const kpi = KPIS[name]
  if (kpi.unit === 'rate' || kpi.unit === 'quotient') return ratio(...kpi.of(sums))
  const value = kpi.of(sums)
  return kpi.unit === 'count' && value !== null ? Number(value) : value
}

const ratio = (numerator: bigint | null, denominator: bigint | null): Ratio | null =>
  numerator === null || denominator === null || denominator === 0n ? null : { numerator, denominator }

/** Figures of a day, and whether anything was reported of it: the listed users are known without. */
type Dated = { readonly figures: Figures; readonly reported: boolean }

/** The figures of the day and those it is told against. */
export type Compared = {
  readonly day: Dated
  readonly before: Dated
  readonly sameDayLastMonth: Dated
  readonly lastYear: Dated
  /** Two full months, the later first: flows are told month against month. */
  readonly fullMonth: Figures
  readonly monthBefore: Figures
}

/** Day over day, month over month (stocks on the same day, flows by full months) and year over year of every figure; only between what was reported. */
export const changesOf = ({ day, before, sameDayLastMonth, lastYear, fullMonth, monthBefore }: Compared): Changes =>
  Object.fromEntries(
    KPI_NAMES.map((name) => {
      const { nature } = KPIS[name]
      const ofUsers = nature === 'members' || nature === 'moves'
      const against = (base: Dated) => (ofUsers || (day.reported && base.reported) ? change(name, day.figures, base.figures) : null)
      return [
        name,
        {
          day: against(before),
          month: nature === 'flow' || nature === 'moves' ? change(name, fullMonth, monthBefore) : against(sameDayLastMonth),
          year: against(lastYear),
        },
      ]
    }),
  ) as Changes

const change = (name: KpiName, now: Figures, base: Figures): Ratio | number | null => {
  const a = now[name]
  const b = base[name]
  if (a === null || b === null) return null
  if (typeof a === 'object' && typeof b === 'object') return KPIS[name].unit === 'rate' ? points(a, b) : relativeRatio(a, b)
  if (typeof a === 'object' || typeof b === 'object') return null
  return ratio(BigInt(a) - BigInt(b), BigInt(b))
}

const points = (a: Ratio, b: Ratio): number =>
  Number(divideHalfUp((a.numerator * b.denominator - b.numerator * a.denominator) * 10_000n, a.denominator * b.denominator))

const relativeRatio = (a: Ratio, b: Ratio): Ratio | null => ratio(a.numerator * b.denominator - b.numerator * a.denominator, b.numerator * a.denominator)

/** The place of each by a figure: ties share a rank and the next is skipped; what has no figure has no rank. */
export const ranks = (figures: readonly Figures[], by: KpiName, descending: boolean): readonly (number | null)[] => {
  const values = figures.map((each) => each[by])
  return values.map((value) => (value === null ? null : 1 + values.filter((other) => other !== null && ahead(other, value, descending)).length))
}

const ahead = (a: Figures[KpiName], b: Figures[KpiName], descending: boolean): boolean => {
  const order = difference(a, b)
  return descending ? order > 0n : order < 0n
}

/** Positive when `a` is more than `b`; ratios are compared crosswise, exactly. */
const difference = (a: Figures[KpiName], b: Figures[KpiName]): bigint => {
  if (a === null || b === null) return 0n
  if (typeof a === 'object' || typeof b === 'object')
    return typeof a === 'object' && typeof b === 'object' ? a.numerator * b.denominator - b.numerator * a.denominator : 0n
  return BigInt(a) - BigInt(b)
}
