import { EventStoreDBClient } from '@eventstore/db-client'
import queued from '@eventstore/db-client/dist/utils/backpressuredWrite.js'
import compression from '@grpc/grpc-js/build/src/compression-filter.js'

export type Connection = {
  /** The client that appends, and does nothing else. */
  readonly appending: () => Promise<EventStoreDBClient>
  /** The client that reads and subscribes. */
  readonly reading: () => Promise<EventStoreDBClient>
  /** A call was answered, be it with a refusal: the connection is sound. */
  readonly answered: (client: EventStoreDBClient) => void
  /** A call was not answered. A client that has not been for a while is given up, with all it remembers of its server. */
  readonly failed: (client: EventStoreDBClient) => void
  /** Nothing is to be asked any more, not even again. */
  readonly closed: () => boolean
  readonly close: () => Promise<void>
}

/** So long a client may recover by itself (it reconnects when its connection breaks) before another takes its place. */
const RENEW_AFTER_MS = 2_000
const KEEP_ALIVE_MS = 10_000

let amended = false
const amendClient = (): void => {
  if (amended) return
  quietWrites()
  refuseCompression()
  amended = true
}

/**
 * The client awaits its own writes where nobody can catch: when a stream breaks while more than 16 messages wait to be
 * sent, each of them would end the process as an unhandled rejection. Their appends are told by another way, so nothing
 * is lost by silence here.
 */
const quietWrites = (): void => {
  const seam = queued as { backpressuredWrite: (...parameters: Parameters<typeof queued.backpressuredWrite>) => Promise<void> }
  const original = seam.backpressuredWrite
  seam.backpressuredWrite = (...parameters) => original(...parameters).catch(() => undefined)
}

type Headers = Parameters<compression.CompressionFilter['sendMetadata']>[0]
type SendMetadata = (this: compression.CompressionFilter, headers: Headers) => Headers

/**
 * gRPC offers the server to compress each answer and gives no way not to; beside the server, unpacking events costs as much
 * again as all the rest of reading them.
 */
const refuseCompression = (): void => {
  const seam: { sendMetadata: SendMetadata } = compression.CompressionFilter.prototype
  const original = seam.sendMetadata
  seam.sendMetadata = async function (metadata) {
    const headers = await original.call(this, metadata)
    headers.set('grpc-accept-encoding', 'identity')
    return headers
  }
}

/** Refusals must be thrown: as values they carry a wrong revision. The last mention of an option is the one in force. */
const connectionString = (url: string): string => {
  const options = [
    !/keepAliveInterval=/i.test(url) && `keepAliveInterval=${KEEP_ALIVE_MS}`,
    !/keepAliveTimeout=/i.test(url) && `keepAliveTimeout=${KEEP_ALIVE_MS / 2}`,
  ]
  const all = [...options, 'throwOnAppendFailure=true'].filter((option) => option !== false).join('&')
  const base = url.trim().replace(/\/+$/, '')
  return `${base}${base.includes('?') ? '&' : '?'}${all}`
}

/**
 * Two clients: what waits for an answer to an append stands in one map of the client's whole module, so that a second
 * stream of appends, which a broken read could bring about, would answer for the first. Throws what the client throws at
 * a connection string that it cannot read.
 */
export const createConnection = (url: string): Connection => {
  amendClient()
  const appending = createSeat(connectionString(url))
  const reading = createSeat(connectionString(url))
  let closed = false
  const seatOf = (client: EventStoreDBClient) => [appending, reading].find((seat) => seat.holds(client))
  return {
    appending: appending.take,
    reading: reading.take,
    answered: (client) => seatOf(client)?.answered(),
    failed: (client) => {
      if (!closed) seatOf(client)?.failed()
    },
    closed: () => closed,
    close: async () => {
      closed = true
      await Promise.all([appending.close(), reading.close()])
    },
  }
}

const createSeat = (url: string) => {
  let client = EventStoreDBClient.connectionString(url)
  let failingSince: number | undefined
  /** The next one appends only after the last one's streams are gone, whose end would reject what is new. */
  let leaving: Promise<void> = Promise.resolve()

  return {
    holds: (other: EventStoreDBClient): boolean => other === client,
    take: async (): Promise<EventStoreDBClient> => {
      await leaving
      return client
    },
    answered: (): void => {
      failingSince = undefined
    },
    failed: (): void => {
      const now = performance.now()
      failingSince ??= now
      if (now - failingSince < RENEW_AFTER_MS) return
      failingSince = undefined
      leaving = release(client)
      client = EventStoreDBClient.connectionString(url)
    },
    close: async (): Promise<void> => {
      await leaving
      await release(client)
    },
  }
}

/** Ends the client's streams and lets go of its connection, which `dispose` alone would keep. */
const release = async (client: EventStoreDBClient): Promise<void> => {
  await client.dispose().catch(() => undefined)
  const channel = await (client as unknown as { readonly getChannel: () => Promise<{ readonly close: () => void }> }).getChannel().catch(() => undefined)
  channel?.close()
}

/** What the server calls itself, `24.10.0`. Throws what the client throws when it cannot be reached. */
export const serverVersion = async (client: EventStoreDBClient): Promise<string> => {
  const { serverVersion: version } = await (client as unknown as { readonly capabilities: Promise<{ readonly serverVersion: string }> }).capabilities
  return version
}
