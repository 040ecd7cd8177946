import { openEventStoreDbLog } from '#infrastructure/eventstoredb/event-log.ts'
import type { OpenedLog } from '#test/contracts/event-store.ts'
import { startStandIn } from './server.ts'

/** As it stands in the names of the tests: nothing shown here was shown of a real server. */
export const STAND_IN_NAME = 'EventStoreDB (its adapter on the stand-in, no real server)'

/** A log on a stand-in of its own. */
export const openStandIn = async (): Promise<OpenedLog> => {
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
