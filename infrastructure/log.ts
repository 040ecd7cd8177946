import type { EventStore } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import { openEventStoreDbLog } from './eventstoredb/event-log.ts'
import { openPostgresEventLog } from './postgres/event-log.ts'

export type Engine = 'postgres' | 'eventstoredb'

export type EventLog = {
  readonly engine: Engine
  /** The server, as a person names it. */
  readonly name: string
  readonly store: EventStore
  readonly feed: Feed
  readonly close: () => Promise<void>
}

/** Opens the event log on its engine. Nobody above this can tell which one it is. */
export const openLog = async (engine: Engine, url: string): Promise<EventLog> => {
  if (engine === 'postgres') return { engine, name: 'PostgreSQL', ...(await openPostgresEventLog({ url })) }
  const { store, feed, version, close } = await openEventStoreDbLog({ url })
  return { engine, name: `EventStoreDB ${version}`, store, feed, close }
}
