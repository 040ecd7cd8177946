import { setTimeout as pause } from 'node:timers/promises'
import { createPgDriverFactory } from '@slonik/pg-driver'
import { createPool, type DatabasePool, type DriverTypeParser, type Interceptor, SchemaValidationError } from 'slonik'

export type PoolOptions = {
  readonly maxConnections?: number
  /** How long to go on trying when the server does not answer yet; 30 s when left out. */
  readonly startUpMs?: number
  /** A statement that runs longer is cancelled by the server; 30 s when left out. Projections raise it for their own transactions. */
  readonly statementMs?: number
}

const IN_UTC = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$/
/** As a server tells an instant; most tell it in UTC, and then nothing has to be worked out. */
const instantOf = (text: string): string =>
  IN_UTC.test(text) ? `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(3, '0').slice(0, 3)}Z` : new Date(text).toISOString()

/** Every type that would otherwise lose something on its way: no float for numeric, no local time, no millisecond counts for instants. */
const PARSERS: readonly DriverTypeParser[] = [
  { name: 'int8', parse: BigInt },
  { name: 'numeric', parse: (text) => text },
  { name: 'date', parse: (text) => text },
  { name: 'timestamp', parse: (text) => text },
  { name: 'interval', parse: (text) => text },
  { name: 'timestamptz', parse: (text) => instantOf(text) },
]

/** slonik takes a result schema for its type only; this runs it, synchronously, for a promise a row halves the speed of a list. */
const resultSchemas: Interceptor = {
  name: 'result schemas',
  transformRow: ({ resultParser }, query, row) => {
    if (!resultParser) return row
    const result = resultParser['~standard'].validate(row)
    if (result instanceof Promise) throw new TypeError('a row schema must answer at once: take the asynchronous check out of it')
    if (result.issues) throw new SchemaValidationError(query, row, result.issues)
    return result.value as typeof row
  },
}

/**
 * The one way a pool for read models and queries is made. Connections are handed on as they are, so nothing may leave
 * session state behind: settings are made with `set_config(…, true)` inside a transaction.
 * Waits for a server that is just starting; throws with the address (never the password) when it does not answer in time.
 */
export const createReadPool = async (url: string, options: PoolOptions = {}): Promise<DatabasePool> => {
  const { maxConnections = 10, startUpMs = 30_000, statementMs = 30_000 } = options
  const deadline = performance.now() + startUpMs
  for (let wait = 50; ; wait = Math.min(wait * 2, 2000)) {
    try {
      return await createPool(url, {
        driverFactory: createPgDriverFactory(),
        typeParsers: PARSERS,
        interceptors: [resultSchemas],
        resetConnection: async () => undefined,
        captureStackTrace: false,
        maxPoolSize: maxConnections,
        idleTimeout: 60_000,
        statementTimeout: statementMs,
        idleInTransactionSessionTimeout: 60_000,
      })
    } catch (cause) {
      if (!isStartingUp(cause) || performance.now() + wait > deadline) throw unreachable(url, cause)
      await pause(wait)
    }
  }
}

/** Refused or reset while the server boots, or "the database system is starting up" (57P03). */
const isStartingUp = (error: unknown): boolean =>
  error instanceof Error &&
  ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', '57P03'].includes((error as { readonly code?: string }).code ?? '')

const unreachable = (url: string, cause: unknown): Error => {
  const { hostname, port, pathname } = new URL(url)
  return new Error(`PostgreSQL at ${hostname}:${port || 5432}${pathname} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
}
