import { catalogue } from '#domain/catalogue.ts'
import type { Actor } from '#domain/shared/actor.ts'
import type { Catalogue } from '#domain/shared/catalogue.ts'
import type { Instant } from '#domain/shared/dates.ts'
import { Metadata } from '#domain/shared/envelope.ts'
import { maskPersonal } from '#domain/shared/personal.ts'
import { categoryOf, type StreamName } from '#domain/shared/stream-name.ts'
import type { EventStore, ExpectedRevision, Position, Recorded } from '../ports/event-store.ts'
import { readEvent } from '../shared/load.ts'

/** What replaying needs of an aggregate: how its events read, and how they add up. The same `evolve` that decided. */
export type Replayable = {
  readonly catalogue: Catalogue
  readonly decider: { readonly initial: unknown; readonly evolve: (state: never, event: never) => unknown }
}

/** One event as it was recorded: what, by whom, in which role, why and because of what. `data` is as written, in its schema version, but for what identifies a person: that is masked. */
export type HistoryEntry = {
  readonly id: string
  readonly revision: bigint
  readonly position: Position
  readonly type: string
  readonly schemaVersion: number
  readonly at: Instant
  readonly businessDate: string
  readonly actor: { readonly userId: string; readonly role: Actor['roles'][number]; readonly orgCode: string }
  readonly commandId: string
  readonly correlationId: string
  readonly causationId: string | undefined
  readonly reason: string | undefined
  readonly trace: string | undefined
  readonly data: unknown
}

/** A stream's events in order from a revision on; bounded memory whatever its length. */
export async function* historyOf(store: EventStore, stream: StreamName, from = 0n): AsyncGenerator<HistoryEntry> {
  for await (const page of store.readStream(stream, from)) for (const recorded of page) yield entryOf(recorded)
}

/** At most `limit` events from a revision on. */
export const historyPage = async (store: EventStore, stream: StreamName, from: bigint, limit: number): Promise<readonly HistoryEntry[]> => {
  const entries: HistoryEntry[] = []
  for await (const entry of historyOf(store, stream, from)) {
    entries.push(entry)
    if (entries.length >= limit) break
  }
  return entries
}

const entryOf = (recorded: Recorded): HistoryEntry => {
  const { schemaVersion, at, businessDate, actor, commandId, correlationId, causationId, reason, trace } = Metadata.parse(recorded.metadata)
  const { id, revision, position, type, data } = recorded
  const events = (catalogue as Readonly<Record<string, Catalogue>>)[categoryOf(recorded.stream)] ?? {}
  const shown = maskPersonal(events, type, data)
  return { id, revision, position, type, schemaVersion, at, businessDate, actor, commandId, correlationId, causationId, reason, trace, data: shown }
}

/** Up to which event a state is wanted: a revision (inclusive), an instant (inclusive), or all there is. */
export type Until = { readonly revision?: bigint; readonly at?: Instant }
export type Replayed = {
  readonly state: unknown
  readonly revision: ExpectedRevision
  readonly position: Position | undefined
  readonly at: Instant | undefined
}

/** The state as it was: folded by the `evolve` that decided. */
export const stateOf = async (store: EventStore, { catalogue, decider }: Replayable, stream: StreamName, until: Until = {}): Promise<Replayed> => {
  const evolve = decider.evolve as (state: unknown, event: unknown) => unknown
  let replayed: Replayed = { state: decider.initial, revision: 'absent', position: undefined, at: undefined }
  for await (const page of store.readStream(stream)) {
    for (const recorded of page) {
      if (until.revision !== undefined && recorded.revision > until.revision) return replayed
      const { event, metadata } = readEvent<unknown>(catalogue, recorded)
      if (until.at !== undefined && metadata.at > until.at) return replayed
      replayed = { state: evolve(replayed.state, event), revision: recorded.revision, position: recorded.position, at: metadata.at }
    }
  }
  return replayed
}
