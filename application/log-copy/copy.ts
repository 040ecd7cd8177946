import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { type Append, type EventStore, LIMITS, type NewEvent, type Position, type Recorded } from '../ports/event-store.ts'
import type { Feed } from '../ports/feed.ts'
import { appendUntilKnown } from '../shared/handle.ts'
import { compareLogs, type Prefix } from './compare.ts'
import { type Digest, extended } from './fingerprint.ts'

type CopyProgress = Prefix & { readonly phase: 'checking' | 'copying' }
export type CopyOptions = {
  readonly digest: Digest
  readonly onProgress?: (soFar: CopyProgress) => void
  /** Where an earlier copy reported that it stood: what comes before is taken for equal and not read again. */
  readonly resume?: Prefix
}

/** The target holds something else than the beginning of the source. Nothing was written over it. */
export class NotACopy extends Error {
  override readonly name = 'NotACopy'
}

const PAGE = 1_000

/**
 * Carries a log from one engine to another: every event in its order, with its stream, revision, id, type, data and metadata
 * byte for byte, and so with the times at which it was decided and applied (`at` in data and metadata). `created`, the
 * engine's own clock, says when the target took it: no engine lets that be set.
 *
 * May be interrupted and begun again at any time: what the target holds already is compared, not written. Ends at the head
 * of the source; what is written there meanwhile is copied by the next call. Throws NotACopy, OutcomeUnknown,
 * LogUnavailable.
 */
export const copyLog = async (
  source: Pick<Feed, 'read'>,
  target: { readonly store: Pick<EventStore, 'append'>; readonly feed: Pick<Feed, 'read'> },
  { digest, onProgress, resume }: CopyOptions,
): Promise<Prefix> => {
  const report = (phase: CopyProgress['phase']) => (soFar: Prefix) => onProgress?.({ phase, ...soFar })
  const found = await compareLogs(source, target.feed, { digest, onProgress: report('checking'), ...(resume && { from: resume }) })
  if (found.kind === 'different')
    throw new NotACopy(`after ${found.events} equal events the target has ${named(found.next[1])} where the source has ${named(found.next[0])}`)
  if (found.kind === 'longer' && found.which === 'second') throw new NotACopy(`the target goes on after the ${found.events} events of the source`)
  let done: Prefix = { events: found.events, fingerprint: found.fingerprint, first: found.first, second: found.second }
  for (;;) {
    const page = await source.read(done.first, PAGE)
    if (page.length === 0) return done
    for (const group of groups(page)) {
      const second = await write(target.store, group)
      for (const event of group) done = { events: done.events + 1n, fingerprint: extended(digest, done.fingerprint, event), first: event.position, second }
      report('copying')(done)
    }
  }
}

const named = ({ stream, revision, type, id }: Recorded): string => `${type} ${id} (${stream} at ${revision})`

/** One after the other: an append that waits for the one before keeps the order of the whole log. */
const write = async (store: Pick<EventStore, 'append'>, group: readonly Recorded[]): Promise<Position> => {
  const first = group[0]!
  const append: Append = { stream: first.stream, expected: first.revision === 0n ? 'absent' : first.revision - 1n, events: group.map(asNew) }
  const outcome = await appendUntilKnown(store, append)
  if (outcome.kind === 'conflict') throw new NotACopy(`the target’s ${first.stream} is at ${outcome.actual} where ${named(first)} should follow`)
  return outcome.position
}

const asNew = ({ id, type, data, metadata }: Recorded): NewEvent => ({ id, type, data: canonicalJson(data), metadata: canonicalJson(metadata) })

/** Neighbours of one stream go in one append, as far as one may be large. */
const groups = (page: readonly Recorded[]): readonly (readonly Recorded[])[] => {
  const all: Recorded[][] = []
  let bytes = 0
  for (const event of page) {
    const group = all.at(-1)
    const size = sizeOf(event)
    bytes += size
    if (group && group[0]!.stream === event.stream && group.length < LIMITS.appendEvents && bytes <= LIMITS.appendBytes) group.push(event)
    else {
      all.push([event])
      bytes = size
    }
  }
  return all
}

/** At most what an event takes in an append: a UTF-16 unit is at most three bytes. */
const sizeOf = ({ type, data, metadata }: Recorded): number => 2 * type.length + 3 * (canonicalJson(data).length + canonicalJson(metadata).length)
