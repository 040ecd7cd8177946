import {
  AccessDeniedError,
  InvalidArgumentError,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  StreamNotFoundError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client'

/** The server understood, and will say the same again: no rights, a deleted stream, a request it cannot read. */
export class RefusedByServer extends Error {
  override readonly name = 'RefusedByServer'
}

/** How a failed call is to be taken. `silence`: it did not answer, so nobody knows; all shapes of an outage are this one. */
export type Failure =
  | { readonly kind: 'conflict'; readonly actual: 'absent' | bigint }
  | { readonly kind: 'absent' }
  | { readonly kind: 'too large'; readonly limit: number }
  | { readonly kind: 'refused'; readonly error: RefusedByServer }
  | { readonly kind: 'silence' }

const NOT_UNDERSTOOD = /^Could not recognize BadRequest|InvalidPosition/
/** gRPC's PERMISSION_DENIED, INVALID_ARGUMENT and UNIMPLEMENTED, in errors that the client gives no name. */
const NEVER_CODES = [7, 3, 12]

export const failureOf = (error: unknown): Failure => {
  if (error instanceof WrongExpectedVersionError) return { kind: 'conflict', actual: typeof error.actualVersion === 'bigint' ? error.actualVersion : 'absent' }
  if (error instanceof StreamNotFoundError) return { kind: 'absent' }
  if (error instanceof MaxAppendSizeExceededError) return { kind: 'too large', limit: error.maxAppendSize }
  if (error instanceof AccessDeniedError) return refused('EventStoreDB denies access: the user in EVENTSTORE_URL lacks a right for this', error)
  if (error instanceof StreamDeletedError) return refused(`the stream ${error.streamName} was deleted in EventStoreDB`, error)
  if (error instanceof InvalidArgumentError) return refused(error.message, error)
  if (error instanceof UnknownError && (NOT_UNDERSTOOD.test(error.message) || NEVER_CODES.includes(error.code ?? -1))) return refused(error.message, error)
  return { kind: 'silence' }
}

const refused = (message: string, cause: Error): Failure => ({ kind: 'refused', error: new RefusedByServer(message, { cause }) })
