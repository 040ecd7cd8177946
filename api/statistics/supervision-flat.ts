import { z } from 'zod'
import { SupervisionStatistics } from '#projections/warning-work-order/supervision.queries.ts'

/** The figures that are two sums. */
const RATIOS = new Set(
  Object.entries<z.ZodType>(SupervisionStatistics.shape.total.shape.cohort.shape).flatMap(([name, schema]) =>
    schema instanceof z.ZodNullable && schema.unwrap() instanceof z.ZodObject ? [name] : [],
  ),
)

type Figures = Readonly<Record<string, unknown>>
type Ratio = { readonly numerator: unknown; readonly denominator: unknown }

/** Figures in columns, a ratio as its two sums; one that cannot be told keeps its columns, empty. */
export const flatFigures = (figures: Figures, prefix = ''): Record<string, unknown> => {
  const flat: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(figures)) {
    const column = prefix === '' ? name : `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`
    if (RATIOS.has(name) && (value === null || typeof value === 'object')) {
      const ratio = value as Ratio | null
      flat[`${column}Numerator`] = ratio?.numerator ?? null
      flat[`${column}Denominator`] = ratio?.denominator ?? null
    } else flat[column] = value
  }
  return flat
}

type Line = { readonly flow: Figures; readonly stock: Figures; readonly cohort: Figures } & Figures

/** A line of the statistics as a table has it. */
export const flatLine = (date: string, { flow, stock, cohort, ...head }: Line): Record<string, unknown> => ({
  date,
  ...head,
  ...flatFigures(flow, 'flow'),
  ...flatFigures(stock, 'stock'),
  ...flatFigures(cohort, 'cohort'),
})
