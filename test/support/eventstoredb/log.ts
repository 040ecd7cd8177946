/** An event as the stand-in keeps it; `at` is its place in the log, counted in bytes as a real server does. */
export type Kept = {
  readonly at: bigint
  readonly stream: string
  readonly revision: bigint
  readonly id: string
  readonly type: string
  readonly contentType: string
  readonly data: Uint8Array
  readonly metadata: Uint8Array
  readonly created: bigint
}
export type Proposed = Omit<Kept, 'at' | 'stream' | 'revision' | 'created'>
export type Written =
  | { readonly kind: 'written'; readonly revision: bigint; readonly at: bigint; readonly fresh: boolean }
  | { readonly kind: 'conflict'; readonly actual: bigint | undefined }

export type StandInLog = {
  /** `expected` undefined: the stream has no events. */
  readonly write: (stream: string, expected: bigint | undefined, events: readonly Proposed[]) => Written
  readonly stream: (name: string) => readonly Kept[]
  readonly all: readonly Kept[]
  /** The index of the first event at or after a place; undefined for a place inside a record, which a real server refuses. */
  readonly indexOf: (place: bigint) => number | undefined
  readonly onWritten: (listener: () => void) => () => void
}

const RECORD_OVERHEAD = 96
/** 100 nanoseconds since 1970, as the protocol counts. */
const TICKS_A_MS = 10_000n

/**
 * What a real server was seen to do: an append is judged by its expectation first; where that fails and exactly its ids
 * stand where it wanted to write, it is accepted again with the first answer, whatever it says; anything else is a
 * conflict. No ids are compared where the expectation holds.
 */
export const createStandInLog = (): StandInLog => {
  const all: Kept[] = []
  const streams = new Map<string, Kept[]>()
  const listeners = new Set<() => void>()
  let end = 0n

  const put = (stream: string, proposed: Proposed): Kept => {
    const kept = streams.get(stream) ?? []
    const event = { ...proposed, at: end, stream, revision: BigInt(kept.length), created: BigInt(Date.now()) * TICKS_A_MS }
    end += BigInt(RECORD_OVERHEAD + stream.length + proposed.type.length + proposed.data.length + proposed.metadata.length)
    kept.push(event)
    all.push(event)
    streams.set(stream, kept)
    return event
  }

  const write: StandInLog['write'] = (stream, expected, events) => {
    const kept = streams.get(stream) ?? []
    const actual = kept.at(-1)?.revision
    if (actual !== expected) {
      const first = expected === undefined ? 0 : Number(expected) + 1
      const again = events.every(({ id }, index) => kept[first + index]?.id === id)
      const last = kept[first + events.length - 1]
      return again && last ? { kind: 'written', revision: last.revision, at: last.at, fresh: false } : { kind: 'conflict', actual }
    }
    const last = events.map((event) => put(stream, event)).at(-1)!
    for (const listener of listeners) listener()
    return { kind: 'written', revision: last.revision, at: last.at, fresh: true }
  }

  return {
    write,
    stream: (name) => streams.get(name) ?? [],
    all,
    indexOf: (place) => {
      let [low, high] = [0, all.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if (all[middle]!.at < place) low = middle + 1
        else high = middle
      }
      return low === all.length || all[low]!.at === place ? low : undefined
    },
    onWritten: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
