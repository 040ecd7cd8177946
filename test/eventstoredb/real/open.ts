import { EventStoreDBClient } from '@eventstore/db-client'
import type { EventStore } from '#application/ports/event-store.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import { openEventStoreDbLog } from '#infrastructure/eventstoredb/event-log.ts'
import type { OpenedLog } from '#test/contracts/event-store.ts'

/** The server that these suites run against. Throws when none is named. */
export const realUrl = (): string => {
  const url = process.env.EVENTSTORE_URL
  if (!url) throw new Error('EVENTSTORE_URL names no server, for example esdb://127.0.0.1:2113?tls=false')
  return url
}

/** A log on the real server that remembers which streams it wrote, and deletes those, and no others, when it is closed. */
export const openReal = async (): Promise<OpenedLog> => {
  const log = await openEventStoreDbLog({ url: realUrl() })
  process.stdout.write(`EventStoreDB ${log.version} at ${new URL(realUrl()).host}\n`)
  const written = new Set<StreamName>()
  const store: EventStore = {
    ...log.store,
    append: async (append) => {
      const outcome = await log.store.append(append)
      if (outcome.kind === 'appended') written.add(append.stream)
      return outcome
    },
    appendMany: async (appends) => {
      const outcomes = await log.store.appendMany(appends)
      outcomes.forEach(({ kind }, index) => {
        if (kind === 'appended') written.add(appends[index]!.stream)
      })
      return outcomes
    },
  }
  return {
    store,
    feed: log.feed,
    close: async () => {
      await log.close()
      await deleteStreams([...written])
    },
  }
}

/** Deletes as an administrator would; the server's next scavenge gives the space back. */
export const deleteStreams = async (streams: readonly StreamName[]): Promise<void> => {
  const client = EventStoreDBClient.connectionString(realUrl())
  const left = [...streams]
  const worker = async (): Promise<void> => {
    for (let stream = left.pop(); stream; stream = left.pop()) await client.deleteStream(stream)
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  await client.dispose()
}
