import { z } from 'zod'
import { GroupFigures } from '#projections/group-user/figures.queries.ts'

/** The figures that are two sums. */
const RATIOS = new Set(Object.entries<z.ZodType>(GroupFigures.shape).flatMap(([name, schema]) => (schema instanceof z.ZodNullable ? [name] : [])))

/** Figures as a table has them: a ratio in two columns, empty when it cannot be told. */
export const flatFigures = (figures: GroupFigures): Record<string, unknown> => {
  const flat: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(figures)) {
    if (RATIOS.has(name)) {
      flat[`${name}Numerator`] = typeof value === 'object' && value !== null ? value.numerator : null
      flat[`${name}Denominator`] = typeof value === 'object' && value !== null ? value.denominator : null
    } else flat[name] = value
  }
  return flat
}
