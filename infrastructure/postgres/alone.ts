import pg from 'pg'
import type { Alone } from '#application/ports/alone.ts'

/**
 * Turns taken by advisory locks of one session. When the process or its connection goes, the server lets its locks go. A key that
 * cannot be asked for, because the server is away, is nobody's turn.
 */
export const openAlone = (url: string): { readonly alone: Alone; readonly close: () => Promise<void> } => {
  const held = new Set<string>()
  let session: Promise<pg.Client> | undefined

  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url, application_name: 'epm turns', keepAlive: true, connectionTimeoutMillis: 5_000 })
    const gone = (): void => {
      session = undefined
    }
    client.on('error', gone)
    client.on('end', gone)
    await client.connect()
    return client
  }
  const connected = (): Promise<pg.Client> => {
    session ??= connect().catch((error: unknown) => {
      session = undefined
      throw error
    })
    return session
  }
  /** One question after the other: a session answers no two at once. */
  let asked: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(ask: () => Promise<T>): Promise<T> => {
    const answer = asked.then(ask)
    asked = answer.catch(() => undefined)
    return answer
  }
  const locked = async (key: string): Promise<pg.Client | undefined> => {
    const client = await connected()
    const { rows } = await inTurn(() => client.query<{ got: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as got', [key]))
    return rows[0]?.got === true ? client : undefined
  }

  return {
    alone: async (key, work) => {
      if (held.has(key)) return undefined // a session is given its own lock again, so what it holds it knows itself
      held.add(key)
      try {
        const client = await locked(key)
        if (!client) return undefined
        try {
          return await work()
        } finally {
          await inTurn(() => client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [key])).catch(() => undefined)
        }
      } finally {
        held.delete(key)
      }
    },
    close: async () => {
      const client = await session?.catch(() => undefined)
      session = undefined
      await client?.end()
    },
  }
}
