import { type Catalogue, decode, type EventOf } from '#domain/shared/catalogue.ts'
import type { Decider } from '#domain/shared/decider.ts'
import { Metadata } from '#domain/shared/envelope.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import type { EventStore, ExpectedRevision, Position, Recorded } from '../ports/event-store.ts'

/** A decider with the catalogue its events are written and read by. */
export type Aggregate<Command, State, Event extends { readonly type: string; readonly data: unknown }, Rejection> = {
  readonly catalogue: Catalogue
  readonly decider: Decider<Command, State, Event, Rejection>
}

export type Loaded<State> = {
  readonly state: State
  readonly revision: ExpectedRevision
  readonly position: Position | undefined
  /** The last event of the command asked about, when it had been carried out before. */
  readonly answered: { readonly revision: bigint; readonly position: Position } | undefined
}

/** Reads one event as the domain knows it. Throws UnreadableEvent. */
export const readEvent = <Event>(catalogue: Catalogue, recorded: Recorded): { readonly event: Event; readonly metadata: Metadata } => {
  const metadata = Metadata.parse(recorded.metadata)
  const event = decode(catalogue, { type: recorded.type, version: metadata.schemaVersion, data: recorded.data }) as EventOf<Catalogue> as Event
  return { event, metadata }
}

/** Folds a stream, and looks on the way for a command that may have been sent before. */
export const load = async <C, S, E extends { readonly type: string; readonly data: unknown }, R>(
  store: EventStore,
  { catalogue, decider }: Aggregate<C, S, E, R>,
  stream: StreamName,
  commandId?: string,
): Promise<Loaded<S>> => {
  let state = decider.initial
  let last: Recorded | undefined
  let answered: Loaded<S>['answered']
  for await (const page of store.readStream(stream)) {
    for (const recorded of page) {
      const { event, metadata } = readEvent<E>(catalogue, recorded)
      state = decider.evolve(state, event)
      if (metadata.commandId === commandId) answered = { revision: recorded.revision, position: recorded.position }
      last = recorded
    }
  }
  return { state, revision: last?.revision ?? 'absent', position: last?.position, answered }
}
