import type { StreamName } from '#domain/shared/stream-name.ts'

/** A place in the log. Opaque: only the engine that gave it out compares it (see Feed.compare). */
export type Position = string & { readonly __brand: 'Position' }
/** What a writer saw: no stream at all, or its last revision (the first event has revision 0). There is no "any". */
export type ExpectedRevision = 'absent' | bigint

/** `data` and `metadata` are canonical JSON (RFC 8785), so that an event has one byte form on every engine. */
export type NewEvent = { readonly id: string; readonly type: string; readonly data: string; readonly metadata: string }
export type Append = { readonly stream: StreamName; readonly expected: ExpectedRevision; readonly events: readonly NewEvent[] }

export type AppendOutcome =
  /**
   * `repeated`: the same events were already there at the same revision; nothing was written this time. EventStoreDB does not
   * say which it was: `false` may also answer a repetition of what another process wrote a moment ago.
   */
  | { readonly kind: 'appended'; readonly revision: bigint; readonly position: Position; readonly repeated: boolean }
  | { readonly kind: 'conflict'; readonly actual: ExpectedRevision }

/** `data` and `metadata` are parsed JSON. `created` is the engine's own clock, for operations; the business reads metadata.at. */
export type Recorded = {
  readonly id: string
  readonly stream: StreamName
  readonly revision: bigint
  readonly position: Position
  readonly type: string
  readonly data: unknown
  readonly metadata: unknown
  readonly created: string
}

/** An append beyond what every engine takes; refused before anything is sent. */
export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge'
}
/** The engine did not answer, so the append may or may not have happened: repeat it with the same ids and expectation. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
}
/** The engine did not answer a read. Nothing was asked of it that changes anything, so the same may be asked again later. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable'
}

export const LIMITS = {
  /** EventStoreDB's limit for a whole append, metadata included; kept on every engine so that moving house never fails. */
  appendBytes: 1_048_576,
  /** Events in one append: longer lock holds starve other writers. */
  appendEvents: 500,
} as const

export type EventStore = {
  /** Writes the events of one stream, all or none. Throws AppendTooLarge, OutcomeUnknown, and RangeError for an append of no events. */
  readonly append: (append: Append) => Promise<AppendOutcome>
  /** Many independent appends, each answered for itself, those to one stream in the order given. Sends none when one could never be taken. */
  readonly appendMany: (appends: readonly Append[]) => Promise<readonly AppendOutcome[]>
  /** A stream's events in order, from a revision on (0 when left out), in pages; an absent stream has none. Throws LogUnavailable. */
  readonly readStream: (stream: StreamName, from?: bigint) => AsyncIterable<readonly Recorded[]>
}
