import type { ResolvedEvent } from '@eventstore/db-client'
import type { Recorded } from '#application/ports/event-store.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import { type Place, positionOf } from './place.ts'

export type Raw = NonNullable<ResolvedEvent['event']>

/** The server's own events (statistics, stream metadata, links) stand in the same log; they are none of ours. */
export const isOurs = ({ type, streamId }: Raw): boolean => !type.startsWith('$') && !streamId.startsWith('$')

export const placeIn = ({ position, streamId }: Raw): Place => {
  if (!position) throw new Error(`EventStoreDB gives no position for an event of ${streamId}; version 22.6 or later is needed`)
  return position
}

export const recorded = (raw: Raw): Recorded => ({
  id: raw.id,
  stream: raw.streamId as StreamName,
  revision: raw.revision,
  position: positionOf(placeIn(raw)),
  type: raw.type,
  data: raw.data,
  metadata: raw.metadata ?? null,
  created: raw.created.toISOString(),
})
