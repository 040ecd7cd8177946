import { openFreshLog } from '#test/support/postgres.ts'
import { describeEventStore } from './event-store.ts'
import { describeFeed } from './feed.ts'

describeEventStore('PostgreSQL', openFreshLog)
describeFeed('PostgreSQL', openFreshLog)
