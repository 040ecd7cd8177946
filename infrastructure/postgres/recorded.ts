import type pg from 'pg'
import { LIMITS, LogUnavailable, type Position, type Recorded } from '#application/ports/event-store.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import { backoff } from '../shared/backoff.ts'
import { isRefusal } from './connection.ts'

/** Whatever can run one prepared statement. */
export type Queryable = Pick<pg.Pool, 'query'>

type Row = readonly [
  position: string,
  stream: string,
  revision: string,
  id: string,
  type: string,
  data: string,
  metadata: string,
  created: string,
  bytes: string,
]

/** With the number of the stream that was asked for. */
type Numbered = readonly [...Row, no: string]

/** `last`: nothing followed when it was read. */
export type Page = { readonly events: readonly Recorded[]; readonly last: boolean }

/** A page holds no more than this (and its last event), so that memory stays flat however large the events are. */
const PAGE_BYTES = 4 * LIMITS.appendBytes
const AS_TEXT = { getTypeParser: () => (value: string) => value }
const COLUMNS = 'position, stream, revision, id, type, data, metadata, created'

/** The next page in an order of the log: at most `limit` rows, cut where the rows before hold so many bytes as they are stored. */
const pageOf = (where: string, order: string, limit: string, most = String(PAGE_BYTES)): string =>
  `select ${COLUMNS}, bytes from (
     select ${COLUMNS}, pg_column_size(data) as size, sum(pg_column_size(data)) over (order by ${order} rows unbounded preceding) as bytes
     from (select * from log.event where ${where} order by ${order} limit ${limit}) page
   ) sized where bytes - size < ${most} order by ${order}`

type Statement = { readonly name: string; readonly text: string }
const HEAD = { name: 'log.head', text: 'select position from log.event order by position desc limit 1' }
const STREAM_PAGE = { name: 'log.stream', text: pageOf('stream = $1 and revision >= $2', 'revision', '$3') }
/** A page of each of several streams. */
const STREAM_PAGES = {
  name: 'log.streams',
  text: `select page.*, asked.no from unnest($1::text[], $2::int8[]) with ordinality as asked (of, since, no)
    cross join lateral (${pageOf('stream = asked.of and revision >= asked.since', 'revision', '$3', '$4::int8')}) page order by asked.no, page.revision`,
}
const LOG_PAGE = { name: 'log.page', text: pageOf('position > $1', 'position', '$2') }

export const streamPage = (db: Queryable, stream: StreamName, from: bigint, limit: number): Promise<Page> => page(db, STREAM_PAGE, [stream, from, limit], limit)

/** The next page of each of these streams, in one round trip; together they are about as large as one. */
export const streamPages = async (
  db: Queryable,
  asked: readonly { readonly stream: StreamName; readonly from: bigint }[],
  limit: number,
): Promise<readonly Page[]> => {
  if (asked.length === 1) return [await streamPage(db, asked[0]!.stream, asked[0]!.from, limit)]
  const most = Math.ceil(PAGE_BYTES / asked.length)
  const rows = await ask<Numbered>(db, STREAM_PAGES, [asked.map(({ stream }) => stream), asked.map(({ from }) => from), limit, most])
  const pages = asked.map((): Numbered[] => [])
  for (const row of rows) pages[Number(row[9]) - 1]!.push(row)
  return pages.map((page) => pageWith(page, limit, most))
}

export const logPage = (db: Queryable, after: Position | undefined, limit: number): Promise<Page> => page(db, LOG_PAGE, [after ?? '0', limit], limit)

/** The last position, 0 for an empty log. */
export const lastPosition = async (db: Queryable): Promise<bigint> => BigInt((await ask<[string]>(db, HEAD, []))[0]?.[0] ?? 0)

const page = async (db: Queryable, statement: Statement, values: unknown[], limit: number): Promise<Page> => {
  return pageWith(await ask<Row>(db, statement, values), limit, PAGE_BYTES)
}

const pageWith = (rows: readonly (Row | Numbered)[], limit: number, most: number): Page => ({
  events: recorded(rows),
  last: rows.length < limit && Number(rows.at(-1)?.[8] ?? 0) < most,
})

const TRIES = 3
const PATIENCE_MS = 5_000

/** A read may be asked again, so a connection that died in the pool is not the caller's trouble. Throws LogUnavailable. */
const ask = async <R extends readonly string[]>(db: Queryable, statement: Statement, values: unknown[]): Promise<readonly R[]> => {
  const start = performance.now()
  for (let attempt = 0; ; attempt++) {
    try {
      return (await db.query<R & unknown[]>({ ...statement, values, rowMode: 'array', types: AS_TEXT })).rows
    } catch (cause) {
      if (isRefusal(cause)) throw cause
      if (attempt + 1 === TRIES || performance.now() - start > PATIENCE_MS) throw new LogUnavailable('the event log cannot be reached', { cause })
      await backoff(attempt)
    }
  }
}

const recorded = (rows: readonly (Row | Numbered)[]): readonly Recorded[] =>
  rows.map(([position, stream, revision, id, type, data, metadata, created]) => ({
    id,
    stream: stream as StreamName,
    revision: BigInt(revision),
    position: position as Position,
    type,
    data: JSON.parse(data),
    metadata: JSON.parse(metadata),
    created: instant(created),
  }))

/** `2026-03-02 01:00:00.123456+00` (the connections' time zone is UTC) as an instant to the millisecond. */
const instant = (timestamp: string): string => {
  const end = timestamp.indexOf('+')
  return `${timestamp.slice(0, 10)}T${timestamp.slice(11, 19)}.${timestamp.slice(20, end).padEnd(3, '0').slice(0, 3)}Z`
}
