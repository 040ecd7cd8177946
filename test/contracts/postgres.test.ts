import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { freshDatabase } from '#test/support/postgres.ts'
import { describeEventStore } from './event-store.ts'
import { describeFeed } from './feed.ts'

const open = async () => {
  const database = await freshDatabase()
  const log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  return {
    ...log,
    close: async () => {
      await log.close()
      await database.drop()
    },
  }
}

describeEventStore('PostgreSQL', open)
describeFeed('PostgreSQL', open)
