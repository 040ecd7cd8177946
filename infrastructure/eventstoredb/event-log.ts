import { Subject } from 'rxjs'
import { type EventStore, LogUnavailable } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import { createAsk, PATIENCE, type Patience, Silence, within } from './ask.ts'
import { createConnection, serverVersion } from './client.ts'
import { createEventStore } from './event-store.ts'
import { createFeed } from './feed.ts'
import { createScan } from './scan.ts'
import { wakeUps } from './wake-up.ts'

export type EventStoreDbLog = {
  readonly store: EventStore
  readonly feed: Feed
  /** What the server calls itself, `24.10.0`. */
  readonly version: string
  /** Completes `feed.more$` and ends every call; what has no answer by then is unknown. */
  readonly close: () => Promise<void>
}

export type EventStoreDbLogOptions = {
  /** `esdb://user:password@host:2113` or `esdb+discover://…`; TLS unless it says `tls=false`. */
  readonly url: string
  readonly patience?: Patience
}

/**
 * Opens the event log of an EventStoreDB or KurrentDB server. At most one a process should append: see client.ts.
 * Throws LogUnavailable when the server does not answer, RefusedByServer when it does not let us read.
 */
export const openEventStoreDbLog = async ({ url, patience = PATIENCE }: EventStoreDbLogOptions): Promise<EventStoreDbLog> => {
  const connection = createConnection(url)
  const ask = createAsk(connection, patience)
  const scan = createScan(ask, patience.answerMs)
  try {
    const seen = await scan.head()
    const version = await ask('reading', (client) => within(serverVersion(client), patience.answerMs))
    const closed = new Subject<void>()
    const committed = new Subject<void>()
    return {
      store: createEventStore({ ask, answerMs: patience.answerMs, seen, onCommitted: () => committed.next() }),
      feed: createFeed({ scan, committed$: committed, elsewhere$: wakeUps(connection.reading), closed$: closed }),
      version: version.kind === 'answered' ? version.value : 'unknown',
      close: async () => {
        closed.next()
        await connection.close()
      },
    }
  } catch (error) {
    await connection.close()
    throw error instanceof Silence ? new LogUnavailable('EventStoreDB did not answer', { cause: error.cause }) : error
  }
}
