import { randomUUID } from 'node:crypto'
import type streams from '@eventstore/db-client/generated/streams_pb.js'
import type grpc from '@grpc/grpc-js'
import type { Faults, ReadFault } from './faults.ts'
import type { Kept, StandInLog } from './log.ts'
import { CUT, confirmation, eventMessage, INVALID_POSITION, nameOf, notFound } from './messages.ts'

type Call = grpc.ServerWritableStream<streams.ReadReq, streams.ReadResp>

/** Answers one read or subscription as the real server does, unless a fault is waiting. */
export const answerRead = (call: Call, log: StandInLog, faults: Faults, subscriptions: Set<Call>): void => {
  const options = call.request.getOptions()!
  if (options.hasSubscription()) subscribe(call, log, faults, subscriptions)
  else readOnce(call, options, log, faults.takeRead())
}

const readOnce = (call: Call, options: streams.ReadReq.Options, log: StandInLog, fault: ReadFault | undefined): void => {
  if (fault === 'never answer') return
  if (fault === 'cut') {
    call.emit('error', CUT)
    return
  }
  const found = options.hasStream() ? ofStream(options, log) : ofAll(options, log)
  if (found === 'not found') {
    call.write(notFound(nameOf(options.getStream()?.getStreamIdentifier())))
    call.end()
    return
  }
  if (found === 'invalid') {
    call.emit('error', INVALID_POSITION)
    return
  }
  const midway = fault === 'cut midway' ? Math.floor(found.length / 2) : found.length
  for (const event of found.slice(0, midway)) call.write(eventMessage(event))
  if (fault === 'cut midway') call.emit('error', CUT)
  else call.end()
}

const counted = (options: streams.ReadReq.Options): number => Number(options.getCount())

const ofStream = (options: streams.ReadReq.Options, log: StandInLog): readonly Kept[] | 'not found' => {
  const asked = options.getStream()!
  const events = log.stream(nameOf(asked.getStreamIdentifier()))
  if (events.length === 0) return 'not found'
  const from = asked.hasStart() ? 0 : Number(asked.getRevision())
  return events.slice(from, from + counted(options))
}

const BACKWARDS = 1
const ofAll = (options: streams.ReadReq.Options, log: StandInLog): readonly Kept[] | 'invalid' => {
  const asked = options.getAll()!
  const place = asked.getPosition()
  const index = place ? log.indexOf(BigInt(place.getCommitPosition())) : asked.hasEnd() ? log.all.length : 0
  if (index === undefined) return 'invalid'
  // Backwards, a place stands for the gap before its record: the record itself is not read.
  if (options.getReadDirection() === BACKWARDS) return log.all.slice(Math.max(0, index - counted(options)), index).reverse()
  return log.all.slice(index, index + counted(options))
}

const subscribe = (call: Call, log: StandInLog, faults: Faults, subscriptions: Set<Call>): void => {
  const options = call.request.getOptions()!
  const place = options.getAll()?.getPosition()
  let next = log.all.length
  if (options.getAll()?.hasStart()) next = 0
  else if (place) next = (log.indexOf(BigInt(place.getCommitPosition())) ?? log.all.length) + 1
  const wanted = options.getFilter()?.getEventType()?.getRegex()
  const pattern = wanted ? new RegExp(wanted) : undefined
  if (faults.duplicateDelivery && next > 0) next--
  const deliver = (): void => {
    for (; next < log.all.length; next++) if (pattern?.test(log.all[next]!.type) !== false) call.write(eventMessage(log.all[next]!))
  }
  call.write(confirmation(randomUUID()))
  deliver()
  subscriptions.add(call)
  const stop = log.onWritten(deliver)
  call.on('cancelled', () => {
    stop()
    subscriptions.delete(call)
  })
  call.on('close', () => {
    stop()
    subscriptions.delete(call)
  })
}
