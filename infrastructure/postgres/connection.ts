import pg from 'pg'

/**
 * What the log's statements rely on, whatever the server's own defaults are: UTC, a snapshot for each statement, and the
 * indexes even before the first statistics; our statements are too short for jit.
 */
const SESSION = { timezone: 'UTC', default_transaction_isolation: 'read committed', enable_seqscan: 'off', jit: 'off' }

export type Settings = Readonly<Record<string, string>>

export type Server = {
  readonly url: string
  /** An answer that has not come by then never comes: the connection is given up. */
  readonly answerMs: number
}

/** `purpose` is what an operator reads in pg_stat_activity. */
const configOf = ({ url, answerMs }: Server, purpose: string, settings: Settings): pg.ClientConfig => ({
  connectionString: url,
  application_name: `epm ${purpose}`,
  options: Object.entries({ ...SESSION, ...settings })
    .map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`)
    .join(' '),
  connectionTimeoutMillis: 5_000,
  query_timeout: answerMs,
  keepAlive: true,
})

/** One connection for the event log. */
export const connectClient = async (server: Server, purpose: string, settings: Settings = {}): Promise<pg.Client> => {
  const client = new pg.Client(configOf(server, purpose, settings))
  client.on('error', () => undefined) // told by the next answer; without a listener it would end the process
  await client.connect()
  return client
}

export const connectPool = (server: Server, purpose: string, max: number): pg.Pool => {
  const pool = new pg.Pool({ ...configOf(server, purpose, {}), max, idleTimeoutMillis: 60_000 })
  pool.on('error', () => undefined)
  return pool
}

/** The server said no and has undone the transaction; any other failure leaves open what has become of it. */
export const isRefusal = (error: unknown): error is pg.DatabaseError => error instanceof pg.DatabaseError && error.severity === 'ERROR'
