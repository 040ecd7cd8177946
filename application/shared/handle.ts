import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { type Catalogue, type EventOf, encode } from '#domain/shared/catalogue.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { Metadata } from '#domain/shared/envelope.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import { type Append, type AppendOutcome, type EventStore, type NewEvent, OutcomeUnknown } from '../ports/event-store.ts'
import { eventId } from './ids.ts'
import { type Aggregate, type Loaded, load } from './load.ts'
import type { Outcome } from './outcome.ts'
import type { Request } from './request.ts'

/** Each round of a race has a winner, so this many callers of one stream are all served. */
const DECISIONS = 40
const APPENDS = 6
const FIRST_PAUSE_MS = 50

/**
 * The one way a command is carried out: load, fold, decide, append. A command sent before is answered as it was then.
 * A lost race is decided anew unless the caller pinned a revision. Throws OutcomeUnknown when the log stays silent
 * (the same command may safely be sent again), AppendTooLarge, UnreadableEvent. `loaded` takes the place of reading the stream from its
 * beginning, for one of thousands of events that the caller reads on from where it was read.
 */
export const handle = async <C, S, E extends { readonly type: string; readonly data: unknown }, R>(
  store: EventStore,
  aggregate: Aggregate<C, S, E, R>,
  stream: StreamName,
  command: C,
  request: Request,
  loaded: (commandId: string) => Promise<Loaded<S>> = (commandId) => load(store, aggregate, stream, commandId),
): Promise<Outcome<R>> => {
  let conflict: Outcome<R> | undefined
  for (let attempt = 0; attempt < DECISIONS; attempt++) {
    const seen = await loaded(request.commandId)
    if (seen.answered) return { kind: 'done', ...seen.answered, repeated: true, recorded: 0 }
    if (request.pinned !== undefined && request.pinned !== seen.revision) return { kind: 'conflict', actual: seen.revision, pinned: true }
    const decision = aggregate.decider.decide(command, seen.state)
    if (!decision.ok) return { kind: 'rejected', rejection: decision.rejection }
    if (decision.events.length === 0)
      return seen.revision === 'absent' || seen.position === undefined
        ? { kind: 'unchanged', revision: seen.revision }
        : { kind: 'done', revision: seen.revision, position: seen.position, repeated: false, recorded: 0 }
    const outcome = await appendUntilKnown(store, { stream, expected: seen.revision, events: newEvents(aggregate.catalogue, decision.events, request) })
    if (outcome.kind === 'appended')
      return { kind: 'done', revision: outcome.revision, position: outcome.position, repeated: outcome.repeated, recorded: decision.events.length }
    conflict = { kind: 'conflict', actual: outcome.actual, pinned: request.pinned !== undefined }
    if (request.pinned !== undefined) return conflict
  }
  return conflict ?? { kind: 'conflict', actual: 'absent', pinned: false }
}

/** Decided events as the log takes them. What stands beside them is the same for all of one schema version, so it is written once. */
export const newEvents = (
  catalogue: Catalogue,
  events: readonly { readonly type: string; readonly data: unknown }[],
  request: Request,
): readonly NewEvent[] => {
  const metadata = new Map<number, string>()
  return events.map((event, index) => {
    const { type, version, json } = encode(catalogue, event as EventOf<Catalogue>)
    const beside = metadata.get(version) ?? canonicalJson(metadataOf(version, request))
    metadata.set(version, beside)
    return { id: eventId(request.commandId, index), type, data: json, metadata: beside }
  })
}

const metadataOf = (schemaVersion: number, request: Request): Metadata => ({
  schemaVersion,
  commandId: request.commandId,
  correlationId: request.correlationId,
  ...(request.causationId !== undefined && { causationId: request.causationId }),
  actor: { userId: request.actor.userId, role: request.role, orgCode: request.actor.orgCode },
  at: request.at,
  businessDate: businessDateOf(request.at),
  ...(request.reason !== undefined && { reason: request.reason }),
  ...(request.trace !== undefined && { trace: request.trace }),
})

/** An unknown outcome is asked again with the same ids and expectation, which writes nothing twice, until it is known or we give up. */
export const appendUntilKnown = async (store: Pick<EventStore, 'append'>, append: Append): Promise<AppendOutcome> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await store.append(append)
    } catch (error) {
      if (!(error instanceof OutcomeUnknown) || attempt >= APPENDS) throw error
      await new Promise((done) => setTimeout(done, FIRST_PAUSE_MS * 2 ** (attempt - 1)))
    }
  }
}
