import pg from 'pg'
import { BehaviorSubject, distinctUntilChanged, type Observable, Subject } from 'rxjs'
import { backoff } from '../shared/backoff.ts'

export type Leadership = {
  /** True while this process, and no other on this database, may do what the key names. */
  readonly lead: (key: string) => Observable<boolean>
  /** Says what was told on the channel `read_model`: a projection's name. */
  readonly told$: Observable<string>
  /** Gives every leadership back. */
  readonly close: () => Promise<void>
}

export type LeadershipOptions = {
  /** How often one that stands by tries again, and how soon a dead connection is found out. */
  readonly retryMs?: number
  readonly onLost?: (error: unknown) => void
}

const CHANNEL = 'read_model'

/**
 * One leader a key in any number of processes: a session's advisory lock on a connection that does nothing else. When
 * the process or its connection goes, the server lets the lock go and one of those standing by takes over.
 */
export const openLeadership = (url: string, { retryMs = 1000, onLost = () => undefined }: LeadershipOptions = {}): Leadership => {
  const candidates = new Map<string, BehaviorSubject<boolean>>()
  const told = new Subject<string>()
  let closed = false
  let client: pg.Client | undefined
  let wake: () => void = () => undefined

  const lost = (gone: pg.Client, error: unknown): void => {
    if (client !== gone) return
    client = undefined
    for (const held of candidates.values()) held.next(false)
    if (!closed) onLost(error)
  }
  const connected = async (): Promise<pg.Client> => {
    if (client) return client
    const fresh = new pg.Client({
      connectionString: url,
      application_name: 'epm leadership',
      keepAlive: true,
      query_timeout: 10_000,
      connectionTimeoutMillis: 5_000,
    })
    fresh.on('error', (error) => lost(fresh, error))
    fresh.on('end', () => lost(fresh, new Error('the connection was closed')))
    fresh.on('notification', ({ payload }) => told.next(payload ?? ''))
    await fresh.connect()
    client = fresh
    await fresh.query(`listen ${CHANNEL}`)
    return fresh
  }
  const tryAll = async (): Promise<void> => {
    const session = await connected()
    try {
      const wanted = [...candidates].filter(([, held]) => !held.value).map(([key]) => key)
      // With nothing left to win this still proves that the connection, and so every lock, is alive.
      const { rows } = await session.query<{ key: string }>('select key from unnest($1::text[]) as key where pg_try_advisory_lock(hashtextextended(key, 0))', [
        wanted,
      ])
      for (const { key } of rows) candidates.get(key)?.next(true)
    } catch (error) {
      lost(session, error)
      await session.end().catch(() => undefined)
      throw error
    }
  }
  const standing = (async () => {
    for (let failures = 0; !closed; ) {
      try {
        await tryAll()
        failures = 0
      } catch {
        await backoff(failures++)
        continue
      }
      await new Promise<void>((done) => {
        const alarm = setTimeout(done, retryMs)
        wake = () => {
          clearTimeout(alarm)
          done()
        }
      })
    }
  })()

  return {
    lead: (key) => {
      const held = candidates.get(key) ?? new BehaviorSubject(false)
      candidates.set(key, held)
      queueMicrotask(() => wake())
      return held.pipe(distinctUntilChanged())
    },
    told$: told.asObservable(),
    close: async () => {
      closed = true
      wake()
      await standing
      for (const held of candidates.values()) held.complete()
      const last = client
      client = undefined
      await last?.end().catch(() => undefined)
    },
  }
}
