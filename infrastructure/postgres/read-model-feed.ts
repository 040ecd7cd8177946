import { Subject } from 'rxjs'
import type { Feed, Position, Recorded } from '#projections/shared/feed.ts'

export type SharedFeed = Feed & { readonly close: () => void }

/** Pages kept for the projections that follow at the same pace; each is a few megabytes at most. */
const KEPT = 3

/**
 * One reader for all projections of a process: those at the same place get the same page from one read. A page that was
 * asked for before the last wake-up is not joined while it is empty, or a reader would sleep through what woke it.
 */
export const shareReads = (feed: Feed): SharedFeed => {
  const more = new Subject<void>()
  const full = new Map<string, readonly Recorded[]>()
  const asked = new Map<string, Promise<readonly Recorded[]>>()
  let calls = 0
  const hearing = feed.more$.subscribe(() => {
    calls++
    more.next()
  })

  const keep = (place: string, page: readonly Recorded[]): void => {
    full.set(place, page)
    for (const oldest of full.keys()) {
      if (full.size <= KEPT) break
      full.delete(oldest)
    }
  }
  const read = (after: Position | undefined, limit: number): Promise<readonly Recorded[]> => {
    const place = `${limit} after ${after ?? ''}`
    const page = full.get(place)
    if (page) return Promise.resolve(page)
    const call = `${calls}: ${place}`
    const before = asked.get(call)
    if (before) return before
    const reading = feed
      .read(after, limit)
      .then((events) => {
        if (events.length > 0) keep(place, events)
        return events
      })
      .finally(() => asked.delete(call))
    asked.set(call, reading)
    return reading
  }
  return { ...feed, read, more$: more.asObservable(), close: () => hearing.unsubscribe() }
}
