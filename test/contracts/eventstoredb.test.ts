import { openStandIn, STAND_IN_NAME } from '#test/support/eventstoredb/open.ts'
import { describeEventStore } from './event-store.ts'
import { describeFeed } from './feed.ts'

describeEventStore(STAND_IN_NAME, openStandIn)
describeFeed(STAND_IN_NAME, openStandIn)
