import { randomUUID } from 'node:crypto'
import { Subject } from 'rxjs'
import type { EventStore } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import { checkAppend } from '../shared/append-check.ts'
import { createAppender } from './append.ts'
import { connectClient, connectPool, type Server, type Settings } from './connection.ts'
import { createFeed } from './feed.ts'
import { createNotifier, notifications } from './listen.ts'
import { type Page, type Queryable, streamPage } from './recorded.ts'
import { checkServer } from './server-check.ts'
import { createStreamReads } from './stream-reads.ts'

export type PostgresEventLog = {
  readonly store: EventStore
  readonly feed: Feed
  /** Answers what was asked, completes `feed.more$`, and lets go of every connection. */
  readonly close: () => Promise<void>
}

export type PostgresEventLogOptions = {
  readonly url: string
  /** Takes a server with fsync or full_page_writes off: for tests that do not crash it. */
  readonly allowUnsafe?: boolean
  /** Connections for reading; two more append, one listens. */
  readonly readers?: number
  /** How long an answer may take before its connection is given up and the outcome is unknown. */
  readonly answerMs?: number
  /** How long an append waits for a server that is gone before its outcome is called unknown. */
  readonly patienceMs?: number
}

const PAGE = 500
/** Most streams end here; a longer one is read in full pages from then on. */
const FIRST_PAGE = 100

/** Opens the event log of a migrated database. Throws UnfitServer, or the driver's error when it cannot be reached. */
export const openPostgresEventLog = async ({
  url,
  allowUnsafe = false,
  readers = 8,
  answerMs = 30_000,
  patienceMs = 5_000,
}: PostgresEventLogOptions): Promise<PostgresEventLog> => {
  const server: Server = { url, answerMs }
  const settings = await settingsFor(server, allowUnsafe)
  const origin = randomUUID()
  const closed = new Subject<void>()
  const committed = new Subject<void>()
  const db = connectPool(server, 'event log reader', readers)
  const firstPage = createStreamReads(db, FIRST_PAGE)
  const notifier = createNotifier(db, origin)
  const appender = await createAppender({
    connect: () => connectClient(server, 'event log appender', settings),
    patienceMs,
    onCommitted: () => {
      committed.next()
      notifier.notify()
    },
  })
  const elsewhere$ = notifications(() => connectClient(server, 'event log listener'), origin)
  const store: EventStore = {
    append: appender.append,
    appendMany: async (appends) => {
      for (const append of appends) checkAppend(append)
      return Promise.all(appends.map(appender.append))
    },
    readStream: (stream, from = 0n) => pagesOf(db, firstPage, stream, from),
  }
  return {
    store,
    feed: createFeed({ db, committed$: committed, elsewhere$, closed$: closed }),
    close: async () => {
      await appender.close()
      await notifier.close()
      closed.next()
      await db.end()
    },
  }
}

const settingsFor = async (server: Server, allowUnsafe: boolean): Promise<Settings> => {
  const client = await connectClient(server, 'event log')
  try {
    return await checkServer(client, { allowUnsafe })
  } finally {
    await client.end()
  }
}

/** Pages of one stream; no connection is held between them. The first is read together with those of others. */
async function* pagesOf(db: Queryable, firstPage: (stream: StreamName, from: bigint) => Promise<Page>, stream: StreamName, first: bigint) {
  let page = await firstPage(stream, first)
  for (let from = first; ; page = await streamPage(db, stream, from, PAGE)) {
    if (page.events.length > 0) yield page.events
    if (page.last) return
    from += BigInt(page.events.length)
  }
}
