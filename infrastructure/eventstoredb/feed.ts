import { interval, merge, type Observable, share, takeUntil, timer } from 'rxjs'
import type { Feed } from '#application/ports/feed.ts'
import { createCounter } from './count.ts'
import { comparePlaces, placeOf, positionOf } from './place.ts'
import { recorded } from './recorded.ts'
import type { Scan } from './scan.ts'

export type FeedOptions = {
  readonly scan: Scan
  /** Emits after each append of this process. */
  readonly committed$: Observable<unknown>
  /** Emits when the server says that there is more. */
  readonly elsewhere$: Observable<unknown>
  readonly closed$: Observable<unknown>
}

/** A subscriber looks for itself once a second, so that a call that was lost costs no more than that. */
const LOOK_MS = 1_000
/** Subscribers come and go with each page; the subscription to the server stays a while. */
const LINGER_MS = 5_000

/** The whole log as the server orders it, without the server's own events. */
export const createFeed = ({ scan, committed$, elsewhere$, closed$ }: FeedOptions): Feed => {
  const count = createCounter(scan)
  return {
    read: async (after, limit) => (await scan.after(after === undefined ? undefined : placeOf(after), limit)).ours.map(recorded),
    compare: (a, b) => (a === b ? 0 : comparePlaces(placeOf(a), placeOf(b))),
    head: async () => {
      const head = await scan.head()
      return head && positionOf(head)
    },
    countAfter: (after) => count(after === undefined ? undefined : placeOf(after)),
    more$: merge(committed$, elsewhere$, interval(LOOK_MS)).pipe(
      takeUntil(closed$),
      share({ resetOnRefCountZero: () => timer(LINGER_MS), resetOnComplete: false }),
    ),
  }
}
