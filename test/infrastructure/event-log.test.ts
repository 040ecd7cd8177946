import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { filter, firstValueFrom, take, timeout } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Append, LogUnavailable, OutcomeUnknown } from '#application/ports/event-store.ts'
import { openPostgresEventLog, type PostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { checkServer, UnfitServer } from '#infrastructure/postgres/server-check.ts'
import { anEvent, aStream, everything, someEvents } from '#test/contracts/event-store.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'

let database: TestDatabase
let log: PostgresEventLog
let admin: pg.Client
beforeAll(async () => {
  database = await freshDatabase()
  log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  admin = new pg.Client(database.url)
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await log.close()
  await database.drop()
})

const fresh = (count: number): readonly Append[] => Array.from({ length: count }, () => ({ stream: aStream(), expected: 'absent', events: [anEvent()] }))

describe('the database itself', () => {
  test('refuses every change of what was written, from its owner too', async () => {
    const stream = aStream()
    await log.store.append({ stream, expected: 'absent', events: someEvents(2) })
    for (const statement of [
      `update log.event set data = '{}'`,
      'update log.event set data = data where false',
      'delete from log.event',
      'truncate log.event',
      'truncate log.event cascade',
      `set session_replication_role = replica; delete from log.event`,
    ])
      await expect(admin.query(statement)).rejects.toThrow(/^the event log is append-only: (UPDATE|DELETE|TRUNCATE) on log\.event is refused$/)
    expect(await everything(log.store, stream)).toHaveLength(2)
  })

  test('gives out dense positions, also past conflicts and repeats', async () => {
    const appends = fresh(40)
    await log.store.appendMany(appends)
    await log.store.appendMany([...appends, ...fresh(3), { ...fresh(1)[0]!, expected: 5n }, ...fresh(9)])
    const { rows } = await admin.query('select count(*)::int as events, min(position)::int as first, max(position)::int as last from log.event')
    expect(rows[0]).toEqual({ events: rows[0].last, first: 1, last: rows[0].last })
  })

  test('does not append under a snapshot that was taken before the lock', async () => {
    await admin.query('begin isolation level repeatable read')
    await expect(admin.query(`select log.append('{a}', '{-1}', '{1}', '{a}', '{0}', array[gen_random_uuid()], '{T}', '[{}]', '[{}]')`)).rejects.toThrow(
      'log.append needs "read committed"',
    )
    await admin.query('rollback')
  })
})

describe('group commit', () => {
  test('carries waiting appends in few transactions, each answered for itself', async () => {
    const committed = async () => (await admin.query(`select count(distinct xmin::text)::int as n from log.event`)).rows[0].n as number
    const before = await committed()
    expect((await log.store.appendMany(fresh(400))).every(({ kind }) => kind === 'appended')).toBe(true)
    expect((await committed()) - before).toBeLessThan(20)
  })

  test('fails only the append that the server refuses', async () => {
    const good = fresh(10)
    const bad: Append = { stream: aStream(), expected: 'absent', events: [{ ...anEvent(), data: '{"not json' }] }
    const outcomes = await Promise.allSettled([...good.slice(0, 5), bad, ...good.slice(5)].map(log.store.append))
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), 'rejected', ...Array(5).fill('fulfilled')])
    expect(outcomes[5]).toMatchObject({ reason: { message: expect.stringContaining('invalid input syntax for type json') } })
    for (const { stream } of good) expect(await everything(log.store, stream)).toHaveLength(1)
    expect(await everything(log.store, bad.stream)).toEqual([])
  })

  test('answers everything that was asked before it closes, and nothing after', async () => {
    const other = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
    const appends = fresh(1200)
    const answers = appends.map(other.store.append)
    await other.close()
    expect((await Promise.all(answers)).every(({ kind }) => kind === 'appended')).toBe(true)
    await expect(other.store.append(fresh(1)[0]!)).rejects.toThrow('the event log is closed')
  })
})

/** Stands between the log and its server; can cut the line, or let a question through and keep the answer. */
const wire = async (url: string) => {
  const { hostname, port } = new URL(url)
  const lines = new Set<{ readonly near: Socket; readonly far: Socket }>()
  let deaf = false
  let refusing = false
  const server = createServer((near) => {
    if (refusing) return void near.destroy()
    const far = connect(Number(port), hostname)
    const line = { near, far }
    lines.add(line)
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => {
      if (!deaf) near.write(chunk)
    })
    for (const socket of [near, far])
      socket
        .on('error', () => undefined)
        .on('close', () => {
          lines.delete(line)
          near.destroy()
          far.destroy()
        })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(url)
  through.port = String((server.address() as { port: number }).port)
  return {
    url: through.href,
    keepAnswers: (keep: boolean) => {
      deaf = keep
    },
    refuse: (refuse: boolean) => {
      refusing = refuse
    },
    cut: () => {
      for (const { near } of lines) near.destroy()
    },
    close: () => server.close(),
  }
}

describe('a lost connection', () => {
  test('leaves the outcome unknown to whoever was being answered; asked again with the same ids, all is there once', async () => {
    const line = await wire(database.url)
    const remote = await openPostgresEventLog({ url: line.url, allowUnsafe: true })
    const appends = fresh(30)
    const stored = async () =>
      (await admin.query('select count(*)::int as n from log.event where stream = any($1)', [appends.map(({ stream }) => stream)])).rows[0].n
    line.keepAnswers(true)
    const answers = Promise.allSettled(appends.map(remote.store.append))
    await expect.poll(stored).toBe(30)
    line.cut()
    line.keepAnswers(false)
    for (const answer of await answers) expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(OutcomeUnknown) })
    const again = await remote.store.appendMany(appends)
    expect(again.every((outcome) => outcome.kind === 'appended' && outcome.repeated)).toBe(true)
    for (const { stream } of appends) expect(await everything(remote.store, stream)).toHaveLength(1)
    await remote.close()
    line.close()
  })

  test('is given up when the server stays silent', async () => {
    const line = await wire(database.url)
    const remote = await openPostgresEventLog({ url: line.url, allowUnsafe: true, answerMs: 1_000 })
    const append = fresh(1)[0]!
    line.keepAnswers(true)
    await expect(remote.store.append(append)).rejects.toThrow(OutcomeUnknown)
    line.keepAnswers(false)
    expect(await remote.store.append(append)).toMatchObject({ kind: 'appended', repeated: true })
    await remote.close()
    line.close()
  })

  test('is made anew when it was lost between two appends', async () => {
    const line = await wire(database.url)
    const remote = await openPostgresEventLog({ url: line.url, allowUnsafe: true })
    for (let round = 0; round < 3; round++) {
      line.cut()
      const [append] = fresh(1)
      const outcome = await remote.store.append(append!).catch(() => remote.store.append(append!))
      expect(outcome).toMatchObject({ kind: 'appended' })
      expect(await everything(log.store, append!.stream)).toHaveLength(1)
    }
    await remote.close()
    line.close()
  })

  test('is told to a reader as what it is, and forgotten when the server is back', async () => {
    const line = await wire(database.url)
    const remote = await openPostgresEventLog({ url: line.url, allowUnsafe: true })
    const head = await remote.feed.head()
    line.refuse(true)
    line.cut()
    await expect(remote.feed.head()).rejects.toThrow(LogUnavailable)
    await expect(everything(remote.store, aStream())).rejects.toThrow(LogUnavailable)
    line.refuse(false)
    expect(await remote.feed.head()).toBe(head)
    line.cut()
    expect(await remote.feed.head()).toBe(head)
    await remote.close()
    line.close()
  })

  test('keeps nobody waiting for ever: who waits is told, and closing ends', async () => {
    const line = await wire(database.url)
    const remote = await openPostgresEventLog({ url: line.url, allowUnsafe: true })
    line.refuse(true)
    line.cut()
    const chain = aStream()
    const waiting: readonly Append[] = [...fresh(5), ...[0n, 1n, 2n].map((expected) => ({ stream: chain, expected, events: [anEvent()] }))]
    const answers = Promise.allSettled(waiting.map(remote.store.append))
    await remote.close()
    for (const answer of await answers) expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(OutcomeUnknown) })
    line.close()
  })

  test('does not end a feed: its calls go on', async () => {
    const line = await wire(database.url)
    const remote = await openPostgresEventLog({ url: line.url, allowUnsafe: true })
    let calls = 0
    const listening = remote.feed.more$.subscribe(() => calls++)
    await expect.poll(() => calls).toBeGreaterThan(0)
    line.cut()
    const before = calls
    await log.store.append(fresh(1)[0]!)
    await expect.poll(() => calls).toBeGreaterThan(before)
    listening.unsubscribe()
    await remote.close()
    line.close()
  })
})

describe('between processes', () => {
  test('an append there is a call here', async () => {
    const other = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
    const head = await other.feed.head()
    const called = firstValueFrom(
      other.feed.more$.pipe(
        filter(() => true),
        take(1),
        timeout(60_000),
      ),
    )
    await log.store.append(fresh(1)[0]!)
    await called
    await expect.poll(() => other.feed.countAfter(head)).toBe(1n)
    await other.close()
  })

  test('two logs that append to one database share one order', async () => {
    const other = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
    const head = await log.feed.head()
    const outcomes = await Promise.all([log.store.appendMany(fresh(200)), other.store.appendMany(fresh(200))])
    const positions = outcomes.flat().map((outcome) => (outcome.kind === 'appended' ? outcome.position : 'none'))
    expect(new Set(positions).size).toBe(400)
    expect(await log.feed.countAfter(head)).toBe(400n)
    await other.close()
  })
})

describe('a page', () => {
  test('is cut by its bytes, and goes on where it was cut', async () => {
    const stream = aStream()
    const large = Array.from({ length: 12 }, (_, n) => anEvent({ n, noise: randomBytes(450_000).toString('hex') }))
    for (const [index, event] of large.entries()) await log.store.append({ stream, expected: index === 0 ? 'absent' : BigInt(index - 1), events: [event] })
    const pages: number[] = []
    for await (const page of log.store.readStream(stream)) pages.push(page.length)
    expect(pages.length).toBeGreaterThan(1)
    expect(pages.reduce((a, b) => a + b)).toBe(12)
  })

  test('of each of several streams, read at once, is cut so that all of them are no larger than one', async () => {
    const streams = Array.from({ length: 6 }, aStream)
    for (let n = 0; n < 4; n++)
      await log.store.appendMany(
        streams.map((stream) => ({
          stream,
          expected: n === 0 ? 'absent' : BigInt(n - 1),
          events: [anEvent({ n, noise: randomBytes(450_000).toString('hex') })],
        })),
      )
    const sizes = async (stream: (typeof streams)[number]): Promise<readonly number[]> => {
      const pages: number[] = []
      for await (const page of log.store.readStream(stream)) pages.push(page.length)
      return pages
    }
    const alone = await sizes(streams[0]!)
    const together = await Promise.all(streams.map(sizes))
    expect(alone).toEqual([4])
    for (const pages of together) expect(pages.reduce((a, b) => a + b)).toBe(4)
    expect(together.some((pages) => pages.length > 1)).toBe(true)
  })
})

describe('reading streams', () => {
  test('takes few round trips for many readers, and one reader waits for nobody', async () => {
    const appends = fresh(200)
    await log.store.appendMany(appends)
    const calls = vi.spyOn(pg.Pool.prototype, 'query')
    const read = await Promise.all(appends.map(({ stream }) => everything(log.store, stream)))
    expect(read.every((events) => events.length === 1)).toBe(true)
    expect(calls.mock.calls.length).toBeLessThan(20)
    calls.mockClear()
    expect(await everything(log.store, appends[0]!.stream)).toHaveLength(1)
    expect(calls.mock.calls.length).toBe(1)
    calls.mockRestore()
  })
})

describe('a server that cannot be trusted', () => {
  test('is refused by what it says of itself', async () => {
    const fit = { version: 150_004, encoding: 'UTF8', fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', standby: false, log: true }
    const check = (facts: object, allowUnsafe = false) => checkServer({ query: async () => ({ rows: [{ ...fit, ...facts }] }) } as never, { allowUnsafe })
    expect(await check({})).toEqual({})
    expect(await check({ synchronous_commit: 'off' })).toEqual({ synchronous_commit: 'on' })
    expect(await check({ synchronous_commit: 'off', fsync: 'off' }, true)).toEqual({})
    await expect(check({ version: 140_010 })).rejects.toThrow('PostgreSQL 14 is too old; 15 or later is needed')
    await expect(check({ standby: true })).rejects.toThrow('the server is a standby')
    await expect(check({ fsync: 'off' })).rejects.toThrow('fsync is off; a crash would lose acknowledged events (set fsync = on)')
  })

  test('is refused, and told why', async () => {
    await expect(openPostgresEventLog({ url: database.url })).rejects.toThrow(/fsync is off.*full_page_writes is off/)
    await expect(openPostgresEventLog({ url: database.url })).rejects.toThrow(UnfitServer)
    const bare = new URL(database.url)
    bare.pathname = '/template1'
    await expect(openPostgresEventLog({ url: bare.href, allowUnsafe: true })).rejects.toThrow('run the migrations first')
    await admin.query(`create database sql_ascii encoding 'SQL_ASCII' locale 'C' template template0`)
    bare.pathname = '/sql_ascii'
    await expect(openPostgresEventLog({ url: bare.href, allowUnsafe: true })).rejects.toThrow('encoding is SQL_ASCII; UTF8 is needed')
    await admin.query('drop database sql_ascii')
  })
})
