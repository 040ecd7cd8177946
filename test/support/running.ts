import type { DatabasePool } from 'slonik'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { projections } from '#projections/catalogue.ts'
import { silent } from '#test/support/silent.ts'
import { type World, world } from './http.ts'
import { freshDatabase } from './postgres.ts'

type Headers = Record<string, string>
type Made = { readonly databaseUrl: string; readonly pool: DatabasePool }

/** The whole interface over a real log with its read models running; `read` waits for what `send` wrote last. */
export const runningWorld = async (over: (made: Made) => Parameters<typeof world>[0] | Promise<Parameters<typeof world>[0]> = () => ({})) => {
  const database = await freshDatabase()
  const log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  const pool = await createReadPool(database.url, { maxConnections: 10 })
  const running = await startProjections({ feed: log.feed, pool, databaseUrl: database.url, projections, logger: silent, pollMs: 100 })
  const w: World = await world({ log, pool, waitFor: running.waitFor, ...(await over({ databaseUrl: database.url, pool })) })
  let position: string | undefined
  const send = async (method: 'POST' | 'PUT' | 'DELETE', url: string, headers: Headers, payload: object | string = {}) => {
    const type: Headers = typeof payload === 'string' ? { 'content-type': 'application/x-ndjson' } : {}
    const answer = await w.app.inject({ method, url, payload, headers: { ...headers, ...type } })
    if (answer.statusCode === 200) position = answer.json().position ?? position
    return answer
  }
  return {
    ...w,
    log,
    pool,
    databaseUrl: database.url,
    running,
    send,
    /** As `send`, and throws when it was refused. */
    done: async (...said: Parameters<typeof send>) => {
      const answer = await send(...said)
      if (answer.statusCode !== 200) throw new Error(`${said[0]} ${said[1]}: ${answer.statusCode} ${answer.body}`)
      return answer.json()
    },
    read: async (url: string, headers: Headers, more: Headers = {}) =>
      w.app.inject({ url, headers: { ...headers, ...(position !== undefined && { prefer: 'wait=20', 'epm-position': position }), ...more } }),
    close: async () => {
      await w.app.close()
      await running.stop()
      await pool.end()
      await log.close()
      await database.drop()
    },
  }
}
export type RunningWorld = Awaited<ReturnType<typeof runningWorld>>
