import { Instant } from '#domain/shared/dates.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { describeEventStore } from './event-store.ts'
import { describeFeed } from './feed.ts'

const open = async () => ({ ...createMemoryEventLog({ now: () => Instant.parse('2026-03-02T01:00:00.000Z') }), close: async () => undefined })

describeEventStore('memory', open)
describeFeed('memory', open)
