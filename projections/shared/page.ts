import type { FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { sql } from './sql.ts'

/** Rows of a page, newest knowledge first said: `next` asks for the page after it, null after the last. */
export type Page<Row, AsOf> = { readonly asOf: AsOf; readonly rows: readonly Row[]; readonly next: string | null }

export const Direction = z.enum(['asc', 'desc'])
export type Direction = z.output<typeof Direction>

/** A column or expression to sort by, never null, and the type its value has in SQL. */
export type SortKey = { readonly expression: FragmentSqlToken; readonly type: 'text' | 'int8' | 'date' | 'timestamptz' }

const Cursor = z.tuple([z.string(), Direction, z.array(z.string()).min(1).max(8)])

/** Where a page ended, as text for a URL: the order it belongs to and the last row's keys. Not secret, and no promise to anyone. */
export const writeCursor = (order: string, direction: Direction, keys: readonly string[]): string =>
  Buffer.from(JSON.stringify([order, direction, keys])).toString('base64url')

/** The keys of a cursor, undefined when it is not one or belongs to another order. */
export const readCursor = (text: string, order: string, direction: Direction, count: number): readonly string[] | undefined => {
  try {
    const [of, towards, keys] = Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
    return of === order && towards === direction && keys.length === count ? keys : undefined
  } catch {
    return undefined
  }
}

/** Rows after these keys, as one row comparison: an index serves it at any depth, which `or` and `offset` do not allow. */
export const after = (keys: readonly SortKey[], direction: Direction, values: readonly string[]): FragmentSqlToken => {
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

export const orderBy = (keys: readonly SortKey[], direction: Direction): FragmentSqlToken =>
  sql.fragment`order by ${sql.join(
    keys.map(({ expression }) => (direction === 'asc' ? sql.fragment`${expression} asc` : sql.fragment`${expression} desc`)),
    sql.fragment`, `,
  )}`
