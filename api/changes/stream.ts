import { BehaviorSubject, filter, firstValueFrom, type Observable, takeUntil, timer } from 'rxjs'
import type { Position, Recorded } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'

/** What is told of an event: that it happened and where, never what it says. */
const told = ({ stream, revision, type, metadata, created }: Recorded): string => {
  const { at } = metadata as { readonly at?: unknown }
  return JSON.stringify({ stream, revision: revision.toString(), type, at: typeof at === 'string' ? at : created })
}

export type Following = {
  readonly feed: Pick<Feed, 'more$'>
  readonly read: Feed['read']
  /** Whether the caller may know of an event; asked of each page anew, for people and units change. */
  readonly sees: () => Promise<(event: Recorded) => boolean>
  /** When it emits, the stream ends. */
  readonly end$: Observable<unknown>
  readonly beatMs: number
}

const PAGE = 200
/** A client that lost its stream comes back after so long. */
const RETRY_MS = 3_000

/**
 * The log from a position on as server-sent events, each under its position as id. Pulls a page when the one before it has been
 * taken, so that a slow reader holds one page. While there is nothing to tell it says where it stands, which keeps the way
 * open and lets a client that comes back skip what was not for it.
 */
export async function* followChanges({ feed, read, sees, end$, beatMs }: Following, start: Position | undefined): AsyncGenerator<string> {
  // The bell is heard from before the first read, so that nothing committed between a read and the wait is slept through.
  const bell = new BehaviorSubject(0)
  const hearing = feed.more$.subscribe(() => bell.next(bell.value + 1))
  let ended = false
  hearing.add(
    end$.subscribe(() => {
      ended = true
      bell.next(bell.value + 1)
    }),
  )
  try {
    let after = start
    let spokeAt = performance.now()
    yield `retry: ${RETRY_MS}\n${beat(after)}`
    while (!ended) {
      const rung = bell.value
      const page = await read(after, PAGE)
      const visible = page.length > 0 ? await sees() : () => false
      const text = page
        .filter(visible)
        .map((event) => `id: ${event.position}\ndata: ${told(event)}\n\n`)
        .join('')
      after = page.at(-1)?.position ?? after
      const quiet = performance.now() - spokeAt >= beatMs
      if (text !== '' || quiet) {
        yield text === '' ? beat(after) : text
        spokeAt = performance.now()
      }
      if (page.length === 0 && !ended) await firstOf(bell.pipe(filter((now) => now !== rung)), timer(Math.max(1, beatMs - (performance.now() - spokeAt))))
    }
  } finally {
    hearing.unsubscribe()
  }
}

/** A comment, and under an id but without data nothing is dispatched: the client only remembers the place. */
const beat = (after: Position | undefined): string => (after === undefined ? ': here\n\n' : `: here\nid: ${after}\n\n`)

const firstOf = async (one$: Observable<unknown>, other$: Observable<unknown>): Promise<void> => {
  await firstValueFrom(one$.pipe(takeUntil(other$)), { defaultValue: undefined })
}
