import { type AppendToStreamOptions, NO_STREAM } from '@eventstore/db-client'
import { type Append, type AppendOutcome, AppendTooLarge, type EventStore, OutcomeUnknown, type Recorded } from '#application/ports/event-store.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import { checkAppend } from '../shared/append-check.ts'
import { type Ask, Silence, within } from './ask.ts'
import { toWire } from './payload.ts'
import { comparePlaces, type Place, positionOf } from './place.ts'
import { reading, take } from './read.ts'
import { recorded } from './recorded.ts'

export type EventStoreOptions = {
  readonly ask: Ask
  readonly answerMs: number
  /** The furthest place in the log that this process knew of when it started. */
  readonly seen: Place | undefined
  readonly onCommitted: () => void
}

const PAGE = 500
/** Most streams end here; a longer one is read in full pages from then on. */
const FIRST_PAGE = 100
/** Appends of one `appendMany` that are under way at a time. */
const AT_ONCE = 32

export const createEventStore = ({ ask, answerMs, seen: seenAtFirst, onCommitted }: EventStoreOptions): EventStore => {
  let seen = seenAtFirst

  /** The server answers a repetition as it did the first time. What is new stands after everything that was known when it was sent. */
  const appended = (place: Place, revision: bigint, before: Place | undefined): AppendOutcome => {
    const repeated = before !== undefined && comparePlaces(place, before) <= 0
    if (seen === undefined || comparePlaces(place, seen) > 0) seen = place
    if (!repeated) onCommitted()
    return { kind: 'appended', revision, position: positionOf(place), repeated }
  }

  const append = async (append: Append): Promise<AppendOutcome> => {
    const bytes = checkAppend(append)
    const { stream, expected } = append
    const events = append.events.map(toWire)
    const before = seen
    const options: AppendToStreamOptions = { expectedRevision: expected === 'absent' ? NO_STREAM : expected, deadline: answerMs, requiresLeader: true }
    const answer = await ask('appending', (client) => within(client.appendToStream(stream, events, options), answerMs)).catch((error: unknown) => {
      if (error instanceof Silence) throw new OutcomeUnknown('EventStoreDB did not answer, so the append may or may not have happened', { cause: error.cause })
      throw error
    })
    switch (answer.kind) {
      case 'answered': {
        const { position, nextExpectedRevision } = answer.value
        if (!position) throw new OutcomeUnknown(`EventStoreDB took an append to ${stream} without saying where it stands`)
        return appended(position, nextExpectedRevision, before)
      }
      case 'conflict':
        return { kind: 'conflict', actual: answer.actual }
      case 'too large':
        throw new AppendTooLarge(`${bytes} bytes for ${stream}; EventStoreDB takes at most ${answer.limit} in one append (its MaxAppendSize)`)
      case 'absent':
        return { kind: 'conflict', actual: 'absent' }
      case 'refused':
        throw answer.error
    }
  }

  return {
    append,
    appendMany: async (appends) => {
      for (const each of appends) checkAppend(each)
      return inTurns(appends, append)
    },
    async *readStream(stream, from = 0n) {
      let at = from
      for (let asked = FIRST_PAGE; ; asked = PAGE) {
        const { events, ended } = await streamPage(ask, answerMs, stream, at, asked)
        if (events.length > 0) yield events
        if (ended) return
        at += BigInt(events.length)
      }
    },
  }
}

const streamPage = async (
  ask: Ask,
  answerMs: number,
  stream: StreamName,
  from: bigint,
  asked: number,
): Promise<{ readonly events: readonly Recorded[]; readonly ended: boolean }> => {
  const { events, ended } = await reading(ask, (client) =>
    take(client.readStream(stream, { fromRevision: from, maxCount: asked, requiresLeader: true }), asked, answerMs),
  )
  return { events: events.map(recorded), ended }
}

/** Appends to one stream go one after the other in the order given, different streams side by side. */
const inTurns = async (appends: readonly Append[], append: (append: Append) => Promise<AppendOutcome>): Promise<readonly AppendOutcome[]> => {
  const outcomes = new Array<AppendOutcome>(appends.length)
  const lines = [...Map.groupBy(appends.keys(), (index) => appends[index]!.stream).values()].values()
  const worker = async (): Promise<void> => {
    for (const line of lines) for (const index of line) outcomes[index] = await append(appends[index]!)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, appends.length) }, worker))
  return outcomes
}
