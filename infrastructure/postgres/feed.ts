import type pg from 'pg'
import { interval, merge, type Observable, share, takeUntil, timer } from 'rxjs'
import type { Position } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import { lastPosition, logPage } from './recorded.ts'

export type FeedOptions = {
  readonly db: pg.Pool
  /** Emits after each batch that this process commits. */
  readonly committed$: Observable<unknown>
  /** Emits when another process has committed. */
  readonly elsewhere$: Observable<unknown>
  readonly closed$: Observable<unknown>
}

/** A subscriber looks for itself once a second, so that a call that was lost costs no more than that. */
const LOOK_MS = 1_000
/** Subscribers come and go with each page; the connection that listens stays a while. */
const LINGER_MS = 5_000

/** The log in commit order. Positions are dense decimal numbers; nobody outside this folder may know that. */
export const createFeed = ({ db, committed$, elsewhere$, closed$ }: FeedOptions): Feed => ({
  read: async (after, limit) => (await logPage(db, after, limit)).events,
  compare: (a, b) => Number(BigInt(a) - BigInt(b)),
  head: async () => {
    const last = await lastPosition(db)
    return last === 0n ? undefined : (String(last) as Position)
  },
  countAfter: async (after) => (await lastPosition(db)) - BigInt(after ?? 0),
  more$: merge(committed$, elsewhere$, interval(LOOK_MS)).pipe(
    takeUntil(closed$),
    share({ resetOnRefCountZero: () => timer(LINGER_MS), resetOnComplete: false }),
  ),
})
