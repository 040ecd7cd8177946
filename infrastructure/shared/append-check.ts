import { type Append, AppendTooLarge, LIMITS } from '#application/ports/event-store.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * What every engine refuses before anything is sent, so that no engine takes what another would not.
 * Returns the append's size in bytes. Throws AppendTooLarge; RangeError for an append of no events (there would be no
 * revision or position to answer with), for an id that is not a lower-case uuid and for an expectation below 0.
 */
export const checkAppend = ({ stream, expected, events }: Append): number => {
  if (events.length === 0) throw new RangeError(`an append to ${stream} has no events`)
  if (events.length > LIMITS.appendEvents) throw new AppendTooLarge(`${events.length} events for ${stream}; at most ${LIMITS.appendEvents} in one append`)
  if (expected !== 'absent' && expected < 0n) throw new RangeError(`${stream} cannot be expected at revision ${expected}; a stream without events is "absent"`)
  let size = 0
  for (const { id, type, data, metadata } of events) {
    if (!UUID.test(id)) throw new RangeError(`the event id "${id}" is not a lower-case uuid`)
    size += 2 * type.length + Buffer.byteLength(data) + Buffer.byteLength(metadata)
  }
  if (size > LIMITS.appendBytes) throw new AppendTooLarge(`${size} bytes for ${stream}; at most ${LIMITS.appendBytes} in one append`)
  return size
}
