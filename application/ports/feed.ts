import type { Observable } from 'rxjs'
import type { Position, Recorded } from './event-store.ts'

/** The whole log in commit order. A reader never skips an event that commits late. */
export type Feed = {
  /** Events after a position (from the start when undefined), at most `limit`; empty at the head. */
  readonly read: (after: Position | undefined, limit: number) => Promise<readonly Recorded[]>
  /** Negative, zero or positive as `a` stands before, at or after `b`. */
  readonly compare: (a: Position, b: Position) => number
  /** The last position, undefined for an empty log. */
  readonly head: () => Promise<Position | undefined>
  /** How many events stand after a position up to the head: a projection's lag. */
  readonly countAfter: (after: Position | undefined) => Promise<bigint>
  /** A wake-up call, never the data: emits when there may be more to read. */
  readonly more$: Observable<unknown>
}
