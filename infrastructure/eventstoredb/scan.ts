import { BACKWARDS, END, START } from '@eventstore/db-client'
import type { Ask } from './ask.ts'
import { comparePlaces, type Place } from './place.ts'
import { type Brought, reading, take } from './read.ts'
import { isOurs, placeIn, type Raw } from './recorded.ts'

/** A stretch of the log: what is ours in it, how far it reaches, and whether it reached the head. */
type Stretch = { readonly ours: readonly Raw[]; readonly reached: Place | undefined; readonly ended: boolean }

export type Scan = {
  /** Our events after a place, at most `limit`; looks on over the server's own until it has one or is at the head. */
  readonly after: (after: Place | undefined, limit: number) => Promise<Stretch>
  /** Where our last event stands. */
  readonly head: () => Promise<Place | undefined>
}

/** The server's own events come one at a time but may be many: so many are looked over in one read. */
const OVER = 500

/**
 * Reads of `$all`. What is known to hold nothing of ours is not read again: a server writes statistics all day, and a
 * reader who waits at the head would look over them once a second.
 */
export const createScan = (ask: Ask, answerMs: number): Scan => {
  /** Nothing of ours after `from` (the start of the log when undefined) up to `to`. */
  let quiet: { readonly from: Place | undefined; readonly to: Place } | undefined

  const page = (from: Place | undefined, limit: number): Promise<Brought> => {
    const asked = from ? limit + 1 : limit // the event at the place itself comes first
    return reading(ask, (client) => take(client.readAll({ fromPosition: from ?? START, maxCount: asked, requiresLeader: true }), asked, answerMs))
  }
  const backwards = (from: Place | undefined, limit: number): Promise<Brought> =>
    reading(ask, (client) => take(client.readAll({ fromPosition: from ?? END, direction: BACKWARDS, maxCount: limit, requiresLeader: true }), limit, answerMs))

  const skipped = (after: Place | undefined): Place | undefined => (quiet && same(quiet.from, after) ? quiet.to : after)

  return {
    after: async (after, limit) => {
      let from = skipped(after)
      for (let asked = limit; ; asked = Math.max(limit, OVER)) {
        const { events, ended } = await page(from, asked)
        const last = events.at(-1)
        const beyond = from && events[0] && comparePlaces(placeIn(events[0]), from) === 0 ? events.slice(1) : events
        const ours = beyond.filter(isOurs)
        if (ours.length > limit) return { ours: ours.slice(0, limit), reached: placeIn(ours[limit - 1]!), ended: false }
        const reached = last ? placeIn(last) : from
        if (ours.length === 0 && reached && beyond.length > 0) quiet = { from: after, to: reached }
        if (ours.length > 0 || ended) return { ours, reached, ended }
        from = reached
      }
    },
    head: async () => {
      let end: Place | undefined
      for (let from: Place | undefined, asked = 1; ; asked = OVER) {
        const { events, ended } = await backwards(from, asked)
        for (const event of events) {
          const place = placeIn(event)
          if (isOurs(event)) return found(place)
          if (quiet && comparePlaces(place, quiet.to) <= 0) return found(quiet.from)
          end ??= place
          from = place
        }
        if (ended) return found(undefined)
      }
      function found(head: Place | undefined): Place | undefined {
        if (end) quiet = { from: head, to: end }
        return head
      }
    },
  }
}

const same = (a: Place | undefined, b: Place | undefined): boolean => (a && b ? comparePlaces(a, b) === 0 : a === b)
