import shared from '@eventstore/db-client/generated/shared_pb.js'
import status from '@eventstore/db-client/generated/status_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import grpc from '@grpc/grpc-js'
import any from 'google-protobuf/google/protobuf/any_pb.js'
import empty from 'google-protobuf/google/protobuf/empty_pb.js'
import type { Kept, Written } from './log.ts'

const identifier = (stream: string) => new shared.StreamIdentifier().setStreamName(Buffer.from(stream).toString('base64'))
export const nameOf = (id: shared.StreamIdentifier | undefined): string => Buffer.from(id?.getStreamName_asU8() ?? []).toString('utf8')

export const eventMessage = ({ at, stream, revision, id, type, contentType, data, metadata, created }: Kept): streams.ReadResp => {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(id))
    .setStreamIdentifier(identifier(stream))
    .setStreamRevision(String(revision))
    .setCommitPosition(String(at))
    .setPreparePosition(String(at))
    .setCustomMetadata(metadata)
    .setData(data)
  event.getMetadataMap().set('type', type).set('content-type', contentType).set('created', String(created))
  return new streams.ReadResp().setEvent(new streams.ReadResp.ReadEvent().setEvent(event).setCommitPosition(String(at)))
}

export const confirmation = (id: string): streams.ReadResp =>
  new streams.ReadResp().setConfirmation(new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(id))

export const notFound = (stream: string): streams.ReadResp =>
  new streams.ReadResp().setStreamNotFound(new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifier(stream)))

export const answerTo = (correlation: shared.UUID | undefined, stream: string): streams.BatchAppendResp =>
  new streams.BatchAppendResp().setCorrelationId(correlation).setStreamIdentifier(identifier(stream))

export const written = (answer: streams.BatchAppendResp, { revision, at }: Extract<Written, { readonly kind: 'written' }>): streams.BatchAppendResp =>
  answer.setSuccess(
    new streams.BatchAppendResp.Success()
      .setCurrentRevision(String(revision))
      .setPosition(new shared.AllStreamPosition().setCommitPosition(String(at)).setPreparePosition(String(at))),
  )

export const conflict = (answer: streams.BatchAppendResp, actual: bigint | undefined, expected: bigint | undefined): streams.BatchAppendResp => {
  const details = new shared.WrongExpectedVersion()
  if (actual === undefined) details.setCurrentNoStream(new empty.Empty())
  else details.setCurrentStreamRevision(String(actual))
  if (expected === undefined) details.setExpectedNoStream(new empty.Empty())
  else details.setExpectedStreamPosition(String(expected))
  return refusal(answer, 'WrongExpectedVersion', details)
}

export const refusal = (
  answer: streams.BatchAppendResp,
  name: 'WrongExpectedVersion' | 'AccessDenied' | 'MaximumAppendSizeExceeded',
  details: { readonly serializeBinary: () => Uint8Array },
): streams.BatchAppendResp => failed(answer, name, details, `event_store.client.${name}`)

/** An error within the stream of answers, of which the client knows only the text. */
export const failed = (
  answer: streams.BatchAppendResp,
  message: string,
  details: { readonly serializeBinary: () => Uint8Array } = new empty.Empty(),
  type = 'google.protobuf.Empty',
): streams.BatchAppendResp => {
  const packed = new any.Any()
  packed.pack(details.serializeBinary(), type)
  return answer.setError(new status.Status().setMessage(message).setDetails(packed))
}

const withException = (exception: string, more: Readonly<Record<string, string>> = {}): grpc.Metadata => {
  const metadata = new grpc.Metadata()
  for (const [key, value] of Object.entries({ exception, ...more })) metadata.set(key, value)
  return metadata
}
export const INVALID_POSITION = { code: grpc.status.UNKNOWN, details: 'Unexpected ReadAllResult: InvalidPosition' }
export const CUT = { code: grpc.status.UNAVAILABLE, details: 'the stand-in cut the connection, as it was told' }
export const notLeader = (host: string, port: number) => ({
  code: grpc.status.NOT_FOUND,
  details: 'Leader info available',
  metadata: withException('not-leader', { 'leader-endpoint-host': host, 'leader-endpoint-port': String(port) }),
})
