import { Subject } from 'rxjs'
import type { Feed, Position, Recorded } from '#projections/shared/feed.ts'

export type SharedFeed = Feed & { readonly close: () => void }

/** Pages kept for the projections that follow at about the same pace, whatever they hold; each is a few megabytes at most. */
const KEPT_PAGES = 3
/** More pages are kept while all of them hold no more values than this: at the head, where pages are small, some seconds' worth. */
const KEPT_VALUES = 400_000

type Page = { readonly after: string; readonly events: readonly Recorded[]; readonly values: number }

/**
 * One reader for all projections of a process: what one of them has read is not read again for those that come to the same
 * place soon after, wherever their own pages begin. A page that was asked for before the last wake-up is not joined while it
 * is empty, or a reader would sleep through what woke it.
 */
export const shareReads = (feed: Feed, keptValues = KEPT_VALUES): SharedFeed => {
  const more = new Subject<void>()
  const kept = keeper(keptValues)
  const asked = new Map<string, Promise<readonly Recorded[]>>()
  let calls = 0
  const hearing = feed.more$.subscribe(() => {
    calls++
    more.next()
  })

  const read = (after: Position | undefined, limit: number): Promise<readonly Recorded[]> => {
    const known = kept.from(after ?? '', limit)
    if (known.length > 0) return Promise.resolve(known)
    const call = `${calls}: ${limit} after ${after ?? ''}`
    const before = asked.get(call)
    if (before) return before
    const reading = feed
      .read(after, limit)
      .then((events) => {
        if (events.length > 0) kept.keep({ after: after ?? '', events, values: valuesIn(events) })
        return events
      })
      .finally(() => asked.delete(call))
    asked.set(call, reading)
    return reading
  }
  return { ...feed, read, more$: more.asObservable(), close: () => hearing.unsubscribe() }
}

const keeper = (mostValues: number) => {
  const pages: Page[] = []
  /** By the position after which to go on: the page, and where in it. */
  const places = new Map<string, { readonly page: Page; readonly index: number }>()
  let values = 0

  const placesOf = ({ after, events }: Page): readonly string[] => [after, ...events.slice(0, -1).map(({ position }) => position)]
  const forget = (page: Page): void => {
    values -= page.values
    for (const place of placesOf(page)) if (places.get(place)?.page === page) places.delete(place)
  }
  return {
    keep: (page: Page): void => {
      pages.push(page)
      values += page.values
      for (const [index, place] of placesOf(page).entries()) places.set(place, { page, index })
      while (pages.length > KEPT_PAGES && values > mostValues) forget(pages.shift()!)
    },
    /** What follows a position as far as it is known, over as many pages as it takes. */
    from: (after: string, limit: number): readonly Recorded[] => {
      const found: Recorded[] = []
      for (let at = places.get(after); at && found.length < limit; at = places.get(found.at(-1)!.position))
        found.push(...at.page.events.slice(at.index, at.index + limit - found.length))
      return found
    },
  }
}

const valuesIn = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 1
  let count = 0
  for (const part of Object.values(value)) count += valuesIn(part)
  return count
}
