import { describeDifferential } from '#test/contracts/differential.ts'
import { describeEventStore } from '#test/contracts/event-store.ts'
import { describeFeed } from '#test/contracts/feed.ts'
import { openReal } from './open.ts'

describeEventStore('EventStoreDB', openReal)
describeFeed('EventStoreDB', openReal, { empty: false })
describeDifferential('EventStoreDB', openReal)
