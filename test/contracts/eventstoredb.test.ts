import { openEventStoreDbLog } from '#infrastructure/eventstoredb/event-log.ts'
import { startStandIn } from '#test/support/eventstoredb/server.ts'
import { describeEventStore } from './event-store.ts'
import { describeFeed } from './feed.ts'

const open = async () => {
  const server = await startStandIn()
  const log = await openEventStoreDbLog({ url: server.url })
  return {
    ...log,
    close: async () => {
      await log.close()
      server.stop()
    },
  }
}

const NAME = 'EventStoreDB (its adapter on the stand-in, no real server)'
describeEventStore(NAME, open)
describeFeed(NAME, open)
