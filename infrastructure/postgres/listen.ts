import type pg from 'pg'
import { Observable, retry, timer } from 'rxjs'
import { pauseAfter } from '../shared/backoff.ts'

const CHANNEL = 'epm_log'

/**
 * Emits when another process says that it has committed events, and each time the connection is made, since something
 * may have been missed without it. A lost connection is made anew; `origin` is us, whom we do not tell.
 */
export const notifications = (connect: () => Promise<pg.Client>, origin: string): Observable<void> =>
  new Observable<void>((subscriber) => {
    let client: pg.Client | undefined
    const listen = async (): Promise<void> => {
      client = await connect()
      client.on('notification', ({ payload }) => {
        if (payload !== origin) subscriber.next()
      })
      client.on('error', (error) => subscriber.error(error))
      client.on('end', () => subscriber.error(new Error('the connection was closed')))
      await client.query(`listen ${CHANNEL}`)
      if (subscriber.closed) await client.end()
      else subscriber.next()
    }
    listen().catch((error: unknown) => subscriber.error(error))
    return () => void client?.end().catch(() => undefined)
  }).pipe(retry({ delay: (_, attempt) => timer(pauseAfter(attempt)), resetOnSuccess: true }))

export type Notifier = { readonly notify: () => void; readonly close: () => Promise<void> }

/** Between two calls: however many batches were committed meanwhile, one call is enough to read them all. */
const PAUSE_MS = 10

/**
 * Tells other processes that there is more, beside the appends and never in them: NOTIFY takes a lock of the whole server
 * at commit, and in a transaction that writes it would be held while the disk flushes. A call that is lost costs
 * a listener no event, only the time to its next look.
 */
export const createNotifier = (db: Pick<pg.Pool, 'query'>, origin: string): Notifier => {
  let due = false
  let busy: Promise<void> | undefined

  const run = async (): Promise<void> => {
    while (due) {
      due = false
      await db.query({ name: 'log.notify', text: `select pg_notify('${CHANNEL}', $1)`, values: [origin] }).catch(() => undefined)
      await new Promise((done) => setTimeout(done, PAUSE_MS))
    }
    busy = undefined
  }

  return {
    notify: () => {
      due = true
      busy ??= run()
    },
    close: async () => {
      await busy
    },
  }
}
