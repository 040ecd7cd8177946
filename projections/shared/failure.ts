/** Somebody else moved the checkpoint, or what the runner knew of its generation is out of date: look again and go on from there. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved'
}

/** The generation stands at an event it cannot apply, until a person releases or rebuilds it. */
export class Halted extends Error {
  override readonly name = 'Halted'
}

/** The generation is no longer kept up: another has taken its place. */
export class Retired extends Error {
  override readonly name = 'Retired'
}

/** Connection trouble, lost races, lack of resources, a busy object, an operator's intervention: the same attempt may succeed later. */
const PASSING_STATES = ['08', '40', '53', '55', '57']
const PASSING_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']
const PASSING_NAMES = [
  'BackendTerminatedError',
  'BackendTerminatedUnexpectedlyError',
  'ConnectionError',
  'IdleTransactionTimeoutError',
  'StatementCancelledError',
]
const PASSING_MESSAGES =
  /connection terminated|timeout expired|timeout exceeded|client has encountered a connection error|connection is destroyed|pool is (being|already) ended/i

type Failure = {
  readonly name?: string
  readonly code?: unknown
  readonly message?: string
  readonly cause?: unknown
  readonly constructor?: { readonly name?: string }
}

/** The failure and what caused it, outermost first. */
const chain = (error: unknown): readonly Failure[] => {
  const links: Failure[] = []
  for (let link = error as Failure | undefined; link !== null && typeof link === 'object' && links.length < 8; link = link.cause as Failure | undefined)
    links.push(link)
  return links
}

/** The SQLSTATE that the server gave, if it was the server's word. */
export const sqlState = (error: unknown): string | undefined => {
  for (const { code } of chain(error)) if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code)) return code
  return undefined
}

/**
 * True when nothing is said against the event: the attempt is repeated. A statement that ran into its time limit (57014)
 * is not among them, for it would do so again.
 */
export const isPassing = (error: unknown): boolean => {
  const state = sqlState(error)
  if (state !== undefined) return state !== '57014' && PASSING_STATES.includes(state.slice(0, 2))
  return chain(error).some(
    (failure) =>
      (typeof failure.code === 'string' && PASSING_CODES.includes(failure.code)) ||
      PASSING_NAMES.includes(failure.constructor?.name ?? '') ||
      PASSING_MESSAGES.test(failure.message ?? ''),
  )
}

/** What is kept of a failure with the event that met it: enough to find it, nothing of the payload. */
export type Fault = {
  readonly position: string
  readonly stream: string
  readonly revision: string
  readonly type: string
  readonly message: string
  readonly sqlState?: string
  readonly at: string
}

/** The messages of a failure and its causes, shortened. */
export const describe = (error: unknown): string => {
  const messages = chain(error).map(({ message }) => message ?? '')
  return (messages.length > 0 ? [...new Set(messages)].join(': ') : String(error)).slice(0, 1000)
}
