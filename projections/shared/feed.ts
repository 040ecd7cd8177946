import type { Observable } from 'rxjs'
import type { StreamName } from '#domain/shared/stream-name.ts'

/** A place in the log. Opaque: only the feed that gave it out compares it. */
export type Position = string & { readonly __brand: 'Position' }

/** An event as the log gives it back; `data` and `metadata` are parsed JSON, read by the catalogue only where a projection wants them. */
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

/** What a projection needs of the log (the port application/ports/feed.ts has the same shape). */
export type Feed = {
  readonly read: (after: Position | undefined, limit: number) => Promise<readonly Recorded[]>
  readonly compare: (a: Position, b: Position) => number
  readonly head: () => Promise<Position | undefined>
  readonly countAfter: (after: Position | undefined) => Promise<bigint>
  readonly more$: Observable<unknown>
}
