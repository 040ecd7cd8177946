import type { z } from 'zod'
import { canonicalJson } from './canonical-json.ts'

export type EventSpec<S extends z.ZodType = z.ZodType> = {
  /** The version in which this event is written today. */
  readonly version: number
  readonly schema: S
  /** Reads a payload of any version ever written. */
  readonly decode: (version: number, data: unknown) => z.output<S>
}
export type Catalogue = Readonly<Record<string, EventSpec>>
export type EventOf<C extends Catalogue> = { [T in keyof C & string]: { readonly type: T; readonly data: z.output<C[T]['schema']> } }[keyof C & string]

/** An event as the log keeps it: `json` is the one byte form of its payload on every engine. */
export type EncodedEvent = { readonly type: string; readonly version: number; readonly json: string }

/** The log holds something this code cannot read, or was about to. Not a business outcome: somebody has to look. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent'
}

/** The first version of an event. */
export const event = <S extends z.ZodType>(schema: S): EventSpec<S> => ({
  version: 1,
  schema,
  decode: (version, data) => {
    if (version !== 1) throw new UnreadableEvent(`no version ${version}`)
    return schema.parse(data)
  },
})

/** The next version: old payloads keep their own schema, and one pure function lifts them. */
export const revise = <P extends z.ZodType, S extends z.ZodType>(previous: EventSpec<P>, schema: S, lift: (old: z.output<P>) => z.output<S>): EventSpec<S> => {
  const version = previous.version + 1
  return { version, schema, decode: (stored, data) => (stored === version ? schema.parse(data) : lift(previous.decode(stored, data))) }
}

/** Writes an event in its canonical form, and proves first that the reading schema takes it. */
export const encode = <C extends Catalogue>(catalogue: C, { type, data }: EventOf<C>): EncodedEvent => {
  const spec = catalogue[type]
  if (!spec) throw new UnreadableEvent(`no event ${type}`)
  const json = canonicalJson(data)
  const { success, error } = spec.schema.safeParse(JSON.parse(json))
  if (!success) throw new UnreadableEvent(`${type} v${spec.version} would not be readable`, { cause: error })
  return { type, version: spec.version, json }
}

/** Reads an event of any version. Throws UnreadableEvent when its type, version or shape is unknown. */
export const decode = <C extends Catalogue>(catalogue: C, stored: { readonly type: string; readonly version: number; readonly data: unknown }): EventOf<C> => {
  const spec = catalogue[stored.type]
  if (!spec) throw new UnreadableEvent(`no event ${stored.type}`)
  try {
    return { type: stored.type, data: spec.decode(stored.version, stored.data) } as EventOf<C>
  } catch (cause) {
    throw new UnreadableEvent(`${stored.type} v${stored.version} cannot be read`, { cause })
  }
}
