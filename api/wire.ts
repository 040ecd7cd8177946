import type { FastifySerializerCompiler } from 'fastify'

const exact = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Map) return Object.fromEntries(value)
  if (value instanceof Set) return [...value]
  return value
}

/** JSON as it leaves: whole quantities as text, so that no reader rounds them; maps as objects, sets as arrays. */
export const wireJson = (value: unknown): string => JSON.stringify(value, exact)

/** Answers are shaped by types at compile time and by tests against the documented schemas; nothing is checked twice per request. */
export const wireSerializer: FastifySerializerCompiler<unknown> = () => wireJson
