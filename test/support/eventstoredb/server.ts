import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import featureMessages from '@eventstore/db-client/generated/serverfeatures_pb.js'
import services from '@eventstore/db-client/generated/streams_grpc_pb.js'
import type streams from '@eventstore/db-client/generated/streams_pb.js'
import grpc from '@grpc/grpc-js'
import { answerAppends } from './appends.ts'
import { createFaults, type Faults } from './faults.ts'
import { createStandInLog, type StandInLog } from './log.ts'
import { answerRead } from './reads.ts'

/** Said wherever a server would say what it is. */
const STAND_IN = '0.0.0 (a stand-in of the tests that speaks EventStoreDB’s wire; no EventStoreDB)'

export type StandIn = {
  readonly url: string
  readonly log: StandInLog
  readonly faults: Faults
  /** How many subscriptions are open. */
  readonly subscriptions: () => number
  /** Ends every subscription without an error, as a server does that is being stopped. */
  readonly endSubscriptions: () => void
  readonly cutSubscriptions: () => void
  /** The server's own events, as a real one writes its statistics. */
  readonly writeStatistics: (count: number) => void
  /** All connections break; the port refuses until `start`. What was written stays. */
  readonly kill: () => void
  readonly start: () => Promise<void>
  readonly stop: () => void
}

/** What a real server answers to the deletion of a stream that is not at the revision named; this one deletes nothing. */
const NO_SUCH_STREAM = { code: grpc.status.FAILED_PRECONDITION, details: 'Delete failed due to WrongExpectedVersion.' }

type Read = grpc.ServerWritableStream<streams.ReadReq, streams.ReadResp>

/**
 * A server in this process with the client package's own service definitions, which stores in memory and provokes faults on
 * demand. It shows that our adapter speaks the wire and survives it; what it measures or promises says nothing of EventStoreDB.
 */
export const startStandIn = async (): Promise<StandIn> => {
  const log = createStandInLog()
  const faults = createFaults()
  const subscriptions = new Set<Read>()
  let server: grpc.Server
  let port = 0

  const supported = (): featureMessages.SupportedMethods => {
    const methods = Object.values(services.StreamsService as unknown as Record<string, { readonly path: string }>).map(({ path }) => {
      const [, service = '', method = ''] = path.toLowerCase().split('/')
      return new featureMessages.SupportedMethod().setServiceName(service).setMethodName(method)
    })
    return new featureMessages.SupportedMethods().setEventStoreServerVersion(STAND_IN).setMethodsList(methods)
  }

  const start = async (): Promise<void> => {
    server = new grpc.Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 })
    server.addService(services.StreamsService as unknown as grpc.ServiceDefinition, {
      read: (call: Read) => answerRead(call, log, faults, subscriptions),
      batchAppend: (call: grpc.ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>) => answerAppends(call, log, faults, () => port),
      delete: (_: unknown, answer: grpc.sendUnaryData<never>) => answer(NO_SUCH_STREAM),
      tombstone: (_: unknown, answer: grpc.sendUnaryData<never>) => answer(NO_SUCH_STREAM),
    })
    server.addService(features.ServerFeaturesService as unknown as grpc.ServiceDefinition, {
      getSupportedMethods: (_: unknown, answer: grpc.sendUnaryData<featureMessages.SupportedMethods>) => answer(null, supported()),
    })
    port = await new Promise<number>((done, fail) => {
      server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? fail(error) : done(bound)))
    })
  }
  const writeStatistics = (count: number): void => {
    for (let n = 0; n < count; n++) {
      const own = { id: crypto.randomUUID(), type: '$statsCollected', contentType: 'application/json', data: Buffer.from('{}'), metadata: new Uint8Array() }
      log.write('$stats-127.0.0.1:2113', log.stream('$stats-127.0.0.1:2113').at(-1)?.revision, [own])
    }
  }

  await start()
  writeStatistics(1)
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    log,
    faults,
    subscriptions: () => subscriptions.size,
    endSubscriptions: () => {
      for (const call of [...subscriptions]) call.end()
    },
    cutSubscriptions: () => {
      for (const call of [...subscriptions]) call.emit('error', { code: grpc.status.UNAVAILABLE, details: 'the stand-in cut the subscription, as it was told' })
    },
    writeStatistics,
    kill: () => server.forceShutdown(),
    start,
    stop: () => server.forceShutdown(),
  }
}
