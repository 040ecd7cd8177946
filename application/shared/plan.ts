import type { StreamName } from '#domain/shared/stream-name.ts'
import { type AppendOutcome, type EventStore, type ExpectedRevision, LIMITS, type NewEvent } from '../ports/event-store.ts'
import { appendUntilKnown } from './handle.ts'

const encoder = new TextEncoder()
/** The bytes of a text in UTF-8. */
export const bytesOf = (text: string): number => encoder.encode(text).length

const ENVELOPE_BYTES = 256
const sizeOf = ({ id, type, data, metadata }: NewEvent): number => bytesOf(data) + bytesOf(metadata) + id.length + type.length + ENVELOPE_BYTES

/** Cuts a run of events into appends that every engine takes; the order is kept, and no append is larger than need be. */
const appendsOf = (events: readonly NewEvent[]): readonly (readonly NewEvent[])[] => {
  const appends: NewEvent[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const event of events) {
    const size = sizeOf(event)
    const current = appends.at(-1)
    if (current === undefined || bytes + size > LIMITS.appendBytes || current.length >= LIMITS.appendEvents) {
      appends.push([event])
      bytes = size
    } else {
      current.push(event)
      bytes += size
    }
  }
  return appends
}

/**
 * Writes more events than one append takes, one append after the other, each expecting what the one before left. Stops at the
 * first conflict; what was written before it stands, and whoever plans again from the stream goes on from there.
 */
export const appendRun = async (
  store: EventStore,
  stream: StreamName,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<AppendOutcome | undefined> => {
  let outcome: AppendOutcome | undefined
  let revision = expected
  for (const append of appendsOf(events)) {
    outcome = await appendUntilKnown(store, { stream, expected: revision, events: append })
    if (outcome.kind === 'conflict') return outcome
    revision = outcome.revision
  }
  return outcome
}
