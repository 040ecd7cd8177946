import { type Catalogue, decode, UnreadableEvent } from '#domain/shared/catalogue.ts'
import { Metadata } from '#domain/shared/envelope.ts'
import type { Recorded } from './feed.ts'
import type { Projected, Projection } from './projection.ts'

type AnyEvent = { readonly type: string; readonly data: unknown }
type Read = Parameters<Projection['apply']>[0][number]

/**
 * Reads recorded events for a projection: those of its categories, lifted to today's version by the catalogue.
 * The envelope is read only when the projection looks at it, for most models find all they need in the payload.
 * Throws UnreadableEvent.
 */
export const readFor =
  ({ sources }: Projection) =>
  (recorded: readonly Recorded[]): readonly Read[] => {
    const read: Projected<AnyEvent>[] = []
    for (const event of recorded) {
      const catalogue = catalogueOf(sources, event)
      if (catalogue) read.push(lifted(catalogue, event))
    }
    // What the sources' types promise was just checked by their own schemas; the list of all projections has forgotten the types.
    return read as unknown as readonly Read[]
  }

export const concerns = ({ sources }: Projection, event: Recorded): boolean => catalogueOf(sources, event) !== undefined

const catalogueOf = (sources: Readonly<Record<string, Catalogue>>, { stream }: Recorded): Catalogue | undefined => sources[stream.slice(0, stream.indexOf('-'))]

const lifted = (catalogue: Catalogue, { stream, revision, type, data, metadata }: Recorded): Projected<AnyEvent> => {
  const event = decode(catalogue, { type, version: versionIn(metadata), data }) as AnyEvent
  const lazily: Lazily = { __proto__: envelopeLater, type: event.type, data: event.data, stream, revision, raw: metadata }
  return lazily as unknown as Projected<AnyEvent>
}

type Lazily = AnyEvent & { readonly __proto__: object; readonly stream: string; readonly revision: bigint; readonly raw: unknown }

/** Shared by all events: a getter made anew for each of them would cost as much as reading its payload. */
const envelopeLater = {
  get metadata(): Metadata {
    return Metadata.parse((this as unknown as Lazily).raw)
  },
}

/** Read without the rest of the envelope, for every event passes here. */
const versionIn = (metadata: unknown): number => {
  const version = (metadata as { readonly schemaVersion?: unknown } | null)?.schemaVersion
  if (typeof version !== 'number') throw new UnreadableEvent('no schema version in the envelope')
  return version
}
