import { z } from 'zod'
import { DailyStatistics } from '#projections/daily-report/national-day.queries.ts'

/** The figures that are two sums. */
const RATIOS = new Set(
  Object.entries<z.ZodNullable<z.ZodType>>(DailyStatistics.shape.total.shape.figures.shape).flatMap(([name, schema]) =>
    schema.unwrap() instanceof z.ZodObject ? [name] : [],
  ),
)

/** A line of the statistics as a table has it: figures in columns, a ratio as its two sums, nothing nested. */
type Line = {
  readonly key: string | null
  readonly name?: string | null
  readonly shortName?: string | null
  readonly status?: string | null
  readonly version?: number | null
  readonly rank?: number | null
  readonly asOf: string | null
  readonly stale: boolean
  readonly figures: Readonly<Record<string, unknown>>
}

export const flatRow = (
  date: string,
  { key, name = null, shortName = null, status = null, version = null, rank = null, asOf, stale, figures }: Line,
): Readonly<Record<string, unknown>> => ({
  date,
  key,
  name,
  shortName,
  rank,
  status,
  version,
  asOf,
  stale,
  ...flatFigures(figures),
})

const isRatio = (value: unknown): value is { readonly numerator: unknown; readonly denominator: unknown } =>
  typeof value === 'object' && value !== null && 'numerator' in value

/** A ratio that cannot be told keeps its two columns, empty. */
export const flatFigures = (figures: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const flat: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(figures)) {
    if (RATIOS.has(name)) {
      flat[`${name}Numerator`] = isRatio(value) ? value.numerator : null
      flat[`${name}Denominator`] = isRatio(value) ? value.denominator : null
    } else flat[name] = value
  }
  return flat
}
