import type { DatabaseTransactionConnection } from 'slonik'
import type { Catalogue, EventOf } from '#domain/shared/catalogue.ts'
import type { Metadata } from '#domain/shared/envelope.ts'
import type { Category, StreamName } from '#domain/shared/stream-name.ts'

/** An event as a projection sees it: lifted to today's version, with its place in its stream and who caused it. */
export type Projected<E> = E & { readonly stream: StreamName; readonly revision: bigint; readonly metadata: Metadata }

/** A statement runner inside the transaction that also moves the checkpoint; unqualified table names are the projection's own. */
export type ProjectionDb = Pick<DatabaseTransactionConnection, 'query' | 'any' | 'maybeOne' | 'one'>

type Sources = Partial<Record<Category, Catalogue>>
type EventsOf<S extends Sources> = { [K in keyof S]: S[K] extends Catalogue ? EventOf<S[K]> : never }[keyof S]

/** A table as analysts see it: what its rows are, and the columns they do not see. */
export type AnalysisView = { readonly table: string; readonly means: string; readonly withheld: readonly string[] }

/**
 * A read model as a value. Its tables live in a schema of their own (`rm_<name>_v<version>_<generation>`), which the runner puts
 * first on the search path; what readers may see is published as views `read_model.<table>` of the live generation.
 */
export type Projection<S extends Sources = Sources> = {
  readonly name: string
  /** Raise it when the tables or the meaning change: the new version is built beside the old one and then switched to. */
  readonly version: number
  /** The streams' categories it reads, each with the events it understands. */
  readonly sources: S
  /**
   * What to do with an event that cannot be applied: `park-stream` sets it and its stream's later events aside and goes on;
   * `halt` stops, because a total that skips a fact is a lie. While rebuilding every projection halts.
   */
  readonly onPoison: 'park-stream' | 'halt'
  /**
   * At the head, milliseconds between two pages; none when left out. For a model whose page costs much whatever its size:
   * while it rests, events gather, and the machine is left to those who write them. It does not rest while somebody waits for it.
   */
  readonly restMs?: number
  /** Tables that readers see, each published as a view. */
  readonly publishes: readonly string[]
  /** What of it analysts see, as views `analysis.<table>`; nothing when left out. */
  readonly analysis?: readonly AnalysisView[]
  /** DDL, run once in a new generation's empty schema. */
  readonly create: string
  /** Applies a batch in log order, set-based; must bear being given events it has seen (guard by stream revision or by key). */
  readonly apply: (events: readonly Projected<EventsOf<S>>[], db: ProjectionDb) => Promise<void>
}

/** Keeps the events' types while the projection is written, and forgets them where all projections stand in one list. */
export const projection = <S extends Sources>(definition: Projection<S>): Projection => definition as unknown as Projection
