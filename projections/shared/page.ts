import type { FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { type AsOf, type Reader, readAsOf } from './as-of.ts'
import { sql } from './sql.ts'

/** Rows of a page: `next` asks for the page after it, null after the last. */
export type Page<Row> = { readonly asOf: AsOf; readonly rows: readonly Row[]; readonly next: string | null }

export const Direction = z.enum(['asc', 'desc'])
export type Direction = z.output<typeof Direction>

/** A column or expression to sort by, never null, and the type its value has in SQL. */
export type SortKey = { readonly expression: FragmentSqlToken; readonly type: 'text' | 'int8' | 'date' | 'timestamptz' }

/** What page of which order is asked for. */
type Asked<Row> = {
  /** Names the order, so that a cursor of another is refused. */
  readonly order: string
  readonly direction: Direction
  /** They tell any two rows apart. */
  readonly keys: readonly SortKey[]
  /** The keys' values of a row, as text. */
  readonly keysOf: (row: Row) => readonly string[]
  readonly cursor: string | undefined
  /** Rows of a page, at most 1000. */
  readonly limit: number
}
/** What a query says of the page: a condition (none for the first page), its order, and how many rows. */
type Slice = { readonly after: FragmentSqlToken | undefined; readonly order: FragmentSqlToken; readonly limit: FragmentSqlToken }

/** A page of a query, and where its read model stood; 'BAD_CURSOR' for a cursor that is none of this order's. */
export const readPage = async <S extends z.ZodType>(
  db: Reader,
  projection: string,
  schema: S,
  { order, direction, keys, keysOf, cursor, limit }: Asked<z.output<S>>,
  query: (slice: Slice) => FragmentSqlToken,
): Promise<Page<z.output<S>> | 'BAD_CURSOR'> => {
  const values = cursor === undefined ? undefined : readCursor(cursor, order, direction, keys.length)
  if (cursor !== undefined && !values) return 'BAD_CURSOR'
  const size = Math.max(1, Math.min(limit, 1000))
  const slice = { after: values && after(keys, direction, values), order: orderBy(keys, direction), limit: sql.fragment`limit ${size + 1}` }
  const { asOf, rows } = await readAsOf(db, projection, schema, query(slice))
  const page = rows.slice(0, size)
  const last = page.at(-1)
  return { asOf, rows: page, next: last !== undefined && rows.length > size ? writeCursor(order, direction, keysOf(last)) : null }
}

const Cursor = z.tuple([z.string(), Direction, z.array(z.string()).min(1).max(8)])

/** Where a page ended, as text for a URL: the order it belongs to and the last row's keys. Not secret, and no promise to anyone. */
const writeCursor = (order: string, direction: Direction, keys: readonly string[]): string =>
  Buffer.from(JSON.stringify([order, direction, keys])).toString('base64url')

/** The keys of a cursor, undefined when it is not one or belongs to another order. */
const readCursor = (text: string, order: string, direction: Direction, count: number): readonly string[] | undefined => {
  try {
    const [of, towards, keys] = Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
    return of === order && towards === direction && keys.length === count ? keys : undefined
  } catch {
    return undefined
  }
}

/** Rows after these keys, as one row comparison: an index serves it at any depth, which `or` and `offset` do not allow. */
const after = (keys: readonly SortKey[], direction: Direction, values: readonly string[]): FragmentSqlToken => {
  const left = sql.join(
    keys.map(({ expression }) => expression),
    sql.fragment`, `,
  )
  const right = sql.join(
    keys.map(({ type }, index) => sql.fragment`${values[index]!}::text::${sql.identifier([type])}`),
    sql.fragment`, `,
  )
  return direction === 'asc' ? sql.fragment`(${left}) > (${right})` : sql.fragment`(${left}) < (${right})`
}

const orderBy = (keys: readonly SortKey[], direction: Direction): FragmentSqlToken =>
  sql.fragment`order by ${sql.join(
    keys.map(({ expression }) => (direction === 'asc' ? sql.fragment`${expression} asc` : sql.fragment`${expression} desc`)),
    sql.fragment`, `,
  )}`
