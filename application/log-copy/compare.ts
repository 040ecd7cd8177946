import type { Position, Recorded } from '../ports/event-store.ts'
import type { Feed } from '../ports/feed.ts'
import { type Digest, extended, NOTHING } from './fingerprint.ts'

type Reading = Pick<Feed, 'read'>

/** How far two logs are equal, and where each of them stands there. */
export type Prefix = {
  readonly events: bigint
  readonly fingerprint: string
  readonly first: Position | undefined
  readonly second: Position | undefined
}
export type Comparison =
  | (Prefix & { readonly kind: 'equal' })
  /** One log goes on where the other ends. */
  | (Prefix & { readonly kind: 'longer'; readonly which: 'first' | 'second' })
  /** The next event of each, the first that differ. */
  | (Prefix & { readonly kind: 'different'; readonly next: readonly [first: Recorded, second: Recorded] })

const PAGE = 1_000

/**
 * Reads two logs side by side from the start, or from where they were found equal before, up to the first difference.
 * Bounded memory; throws LogUnavailable.
 */
export const compareLogs = async (
  first: Reading,
  second: Reading,
  { digest, onProgress, from }: { readonly digest: Digest; readonly onProgress?: (soFar: Prefix) => void; readonly from?: Prefix },
): Promise<Comparison> => {
  let equal: Prefix = from ?? { events: 0n, fingerprint: NOTHING, first: undefined, second: undefined }
  const [left, right] = [pages(first, equal.first), pages(second, equal.second)]
  for (;;) {
    const [a, b] = await Promise.all([left.next(), right.next()])
    if (!a && !b) return { kind: 'equal', ...equal }
    if (!a || !b) return { kind: 'longer', which: a ? 'first' : 'second', ...equal }
    const fingerprint = extended(digest, equal.fingerprint, a)
    if (fingerprint !== extended(digest, equal.fingerprint, b)) return { kind: 'different', next: [a, b], ...equal }
    equal = { events: equal.events + 1n, fingerprint, first: a.position, second: b.position }
    if (equal.events % BigInt(PAGE) === 0n) onProgress?.(equal)
  }
}

/** One event after the other; undefined at the head. */
const pages = (feed: Reading, after: Position | undefined) => {
  let page: readonly Recorded[] = []
  let at = 0
  let last = after
  return {
    next: async (): Promise<Recorded | undefined> => {
      if (at === page.length) {
        page = await feed.read(last, PAGE)
        at = 0
      }
      const event = page[at++]
      if (!event) at = page.length
      last = event?.position ?? last
      return event
    },
  }
}
