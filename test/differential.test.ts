import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { describeDifferential } from '#test/contracts/differential.ts'
import { openStandIn, STAND_IN_NAME } from '#test/support/eventstoredb/open.ts'
import { freshDatabase } from '#test/support/postgres.ts'

describeDifferential('PostgreSQL', async () => {
  const database = await freshDatabase()
  const log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  return {
    ...log,
    close: async () => {
      await log.close()
      await database.drop()
    },
  }
})

describeDifferential(STAND_IN_NAME, openStandIn)
