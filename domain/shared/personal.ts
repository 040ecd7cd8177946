import { z } from 'zod'
import type { Catalogue } from './catalogue.ts'

/** Fields that identify a person carry `.meta({ personal: true })` in their event's schema. */
type Shape = z.core.JSONSchema.JSONSchema & { readonly personal?: boolean }

/**
 * Enough to recognise what one knows already, and no more: 张伟 is 张*, 13800001234 is 138******34. Masked again it stays so.
 */
export const masked = (text: string): string => {
  const signs = Array.from(text)
  const long = signs.length >= 7
  return signs.map((sign, i) => ((long ? i < 3 || i >= signs.length - 2 : i === 0) ? sign : '*')).join('')
}

/** A payload as it may be shown: what its schema marks as personal is masked, whatever version it was written in. */
export const maskPersonal = (catalogue: Catalogue, type: string, data: unknown): unknown => {
  const spec = catalogue[type]
  return spec === undefined ? data : maskedBy(shapeOf(spec.schema), data)
}

const shapes = new WeakMap<z.ZodType, Shape | undefined>()
/** Undefined for a schema in which nothing is personal. */
const shapeOf = (schema: z.ZodType): Shape | undefined => {
  if (!shapes.has(schema)) {
    const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Shape
    shapes.set(schema, hasPersonal(shape) ? shape : undefined)
  }
  return shapes.get(schema)
}

const partsOf = ({ properties, items, anyOf }: Shape): readonly Shape[] =>
  [...Object.values(properties ?? {}), ...[items ?? []].flat(), ...(anyOf ?? [])] as Shape[]
const hasPersonal = (shape: Shape): boolean => shape.personal === true || partsOf(shape).some(hasPersonal)

const maskedBy = (shape: Shape | undefined, value: unknown): unknown => {
  if (shape === undefined || value === null || value === undefined) return value
  if (shape.personal === true) return typeof value === 'string' ? masked(value) : '***'
  if (shape.anyOf) return shape.anyOf.reduce<unknown>((seen, one) => maskedBy(one as Shape, seen), value)
  if (Array.isArray(value)) return value.map((one) => maskedBy(shape.items as Shape | undefined, one))
  if (typeof value !== 'object' || !shape.properties) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, maskedBy(shape.properties?.[name] as Shape | undefined, member)]))
}
