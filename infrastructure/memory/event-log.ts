import { Subject } from 'rxjs'
import type { Clock } from '#application/ports/clock.ts'
import type { Append, AppendOutcome, EventStore, ExpectedRevision, NewEvent, Position, Recorded } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import { checkAppend } from '../shared/append-check.ts'

type Kept = NewEvent & { readonly stream: StreamName; readonly revision: bigint; readonly position: Position; readonly created: string }

const PAGE = 500

/** The event log in this process's memory: the semantics of the lasting engines, for tests. */
export const createMemoryEventLog = ({ now }: Clock): { readonly store: EventStore; readonly feed: Feed } => {
  const log: Kept[] = []
  const streams = new Map<StreamName, Kept[]>()
  const more = new Subject<void>()

  const write = (append: Append): AppendOutcome => {
    const stream = streams.get(append.stream) ?? []
    const outcome = judge(stream, append)
    if (outcome) return outcome
    const created = now()
    for (const event of append.events) {
      const kept = { ...event, stream: append.stream, revision: BigInt(stream.length), position: String(log.length + 1) as Position, created }
      stream.push(kept)
      log.push(kept)
    }
    streams.set(append.stream, stream)
    return answer(stream.at(-1)!, false)
  }

  const appendMany = async (appends: readonly Append[]): Promise<readonly AppendOutcome[]> => {
    for (const append of appends) checkAppend(append)
    const outcomes = appends.map(write)
    if (outcomes.some((outcome) => outcome.kind === 'appended' && !outcome.repeated)) more.next()
    return outcomes
  }

  return {
    store: {
      append: async (append) => (await appendMany([append]))[0]!,
      appendMany,
      async *readStream(name, from = 0n) {
        for (let at = Number(from); ; at += PAGE) {
          const page = (streams.get(name) ?? []).slice(at, at + PAGE)
          if (page.length > 0) yield page.map(recorded)
          if (page.length < PAGE) return
        }
      },
    },
    feed: {
      read: async (after, limit) => log.slice(Number(after ?? 0), Number(after ?? 0) + limit).map(recorded),
      compare: (a, b) => Number(a) - Number(b),
      head: async () => log.at(-1)?.position,
      countAfter: async (after) => BigInt(log.length - Number(after ?? 0)),
      more$: more.asObservable(),
    },
  }
}

/** Undefined when the append may be written. Ids are compared only where the expectation fails, as EventStoreDB does. */
const judge = (stream: readonly Kept[], { expected, events }: Append): AppendOutcome | undefined => {
  const actual: ExpectedRevision = stream.at(-1)?.revision ?? 'absent'
  if (actual === expected) return undefined
  const first = expected === 'absent' ? 0 : Number(expected) + 1
  const repeated = events.every(({ id }, index) => stream[first + index]?.id === id)
  return repeated ? answer(stream[first + events.length - 1]!, true) : { kind: 'conflict', actual }
}

const answer = ({ revision, position }: Kept, repeated: boolean): AppendOutcome => ({ kind: 'appended', revision, position, repeated })

/** Parsed anew for each reader, so that none can change what another sees. */
const recorded = ({ data, metadata, ...rest }: Kept): Recorded => ({ ...rest, data: JSON.parse(data), metadata: JSON.parse(metadata) })
