import shared from '@eventstore/db-client/generated/shared_pb.js'
import type streams from '@eventstore/db-client/generated/streams_pb.js'
import type grpc from '@grpc/grpc-js'
import type { AppendFault, Faults } from './faults.ts'
import type { Proposed, StandInLog } from './log.ts'
import { answerTo, CUT, conflict, failed, nameOf, notLeader, refusal, written } from './messages.ts'

type Call = grpc.ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>

/** The real server's default for a whole append, metadata included. */
const MAX_APPEND_SIZE = 1_048_576

const proposed = (message: streams.BatchAppendReq.ProposedMessage): Proposed => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  contentType: message.getMetadataMap().get('content-type') ?? '',
  data: message.getData_asU8(),
  metadata: message.getCustomMetadata_asU8(),
})
const sizeOf = (events: readonly Proposed[]): number =>
  events.reduce((sum, { type, data, metadata }) => sum + 2 * type.length + data.length + metadata.length, 0)

/** One stream of appends, each answered for itself, as the real server does unless a fault is waiting. */
export const answerAppends = (call: Call, log: StandInLog, faults: Faults, port: () => number): void => {
  const begun = new Map<string, { readonly options: streams.BatchAppendReq.Options; readonly events: Proposed[] }>()

  const judge = (options: streams.BatchAppendReq.Options, events: readonly Proposed[], answer: streams.BatchAppendResp): streams.BatchAppendResp => {
    const stream = nameOf(options.getStreamIdentifier())
    if (stream === '' || events.some(({ type }) => type === '') || !(options.hasNoStream() || options.hasStreamPosition())) return failed(answer, 'BadRequest')
    if (sizeOf(events) > MAX_APPEND_SIZE)
      return refusal(answer, 'MaximumAppendSizeExceeded', new shared.MaximumAppendSizeExceeded().setMaxappendsize(MAX_APPEND_SIZE))
    const expected = options.hasNoStream() ? undefined : BigInt(options.getStreamPosition())
    const outcome = log.write(stream, expected, events)
    return outcome.kind === 'written' ? written(answer, outcome) : conflict(answer, outcome.actual, expected)
  }

  const misbehave = (fault: AppendFault, answer: streams.BatchAppendResp, commit: () => streams.BatchAppendResp): void => {
    if (typeof fault === 'object') {
      const late = commit()
      setTimeout(() => call.write(late), fault.commitAndAnswerAfterMs)
      return
    }
    switch (fault) {
      case 'never answer':
        return
      case 'commit, never answer':
        return void commit()
      case 'cut before commit':
        return void call.emit('error', CUT)
      case 'commit then cut':
        commit()
        return void call.emit('error', CUT)
      case 'not leader':
        return void call.emit('error', notLeader('127.0.0.1', port()))
      case 'not ready':
        return void call.write(failed(answer, 'Server Is Not Ready'))
      case 'access denied':
        return void call.write(refusal(answer, 'AccessDenied', new shared.AccessDenied()))
      case 'too large':
        return void call.write(refusal(answer, 'MaximumAppendSizeExceeded', new shared.MaximumAppendSizeExceeded().setMaxappendsize(MAX_APPEND_SIZE / 2)))
      case 'bad request':
        return void call.write(failed(answer, 'BadRequest'))
    }
  }

  call.on('data', (request: streams.BatchAppendReq) => {
    const correlation = request.getCorrelationId()
    const key = correlation?.getString() ?? ''
    const under = begun.get(key) ?? { options: request.getOptions()!, events: [] }
    under.events.push(...request.getProposedMessagesList().map(proposed))
    begun.set(key, under)
    if (!request.getIsFinal()) return
    begun.delete(key)
    const answer = answerTo(correlation, nameOf(under.options.getStreamIdentifier()))
    const commit = () => judge(under.options, under.events, answer)
    const fault = faults.takeAppend()
    if (fault === undefined) call.write(commit())
    else misbehave(fault, answer, commit)
  })
  call.on('end', () => call.end())
  call.on('error', () => undefined)
}
