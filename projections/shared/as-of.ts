import { type DatabasePool, type DatabasePoolConnection, type FragmentSqlToken, SchemaValidationError } from 'slonik'
import { z } from 'zod'
import type { Position } from './feed.ts'
import { sql } from './sql.ts'

/** Where a read model stood when it answered: everything up to this position, decided up to this instant; both null before the first event. */
export const AsOf = z.object({ position: z.string().nullable(), at: z.string().nullable() })
export type AsOf = { readonly position: Position | null; readonly at: string | null }

export type Reader = Pick<DatabasePool | DatabasePoolConnection, 'any'>
export type Answer<Row> = { readonly asOf: AsOf; readonly rows: readonly Row[] }

/** What stands beside each row is our own; the row itself is read by the schema that is asked for, once. */
const Standing = z.custom<
  Readonly<Record<string, unknown>> & { readonly as_of_position: string | null; readonly as_of_at: string | null; readonly as_of_row: boolean | null }
>()

/**
 * Rows of a query with where its read model stood, in one statement and so of one moment: the checkpoint moves in the
 * transaction that writes the rows. The query's own order is kept. `prepared` names a statement whose text never varies: a
 * connection plans it once, which for a single row is most of the cost. Throws SchemaValidationError.
 */
export const readAsOf = async <S extends z.ZodType>(
  db: Reader,
  projection: string,
  schema: S,
  query: FragmentSqlToken,
  prepared?: string,
): Promise<Answer<z.output<S>>> => {
  // One row on the left, so the join is a loop over the query's rows as they come.
  const statement = (prepared === undefined ? sql.type(Standing) : sql.prepared(prepared, Standing))`
    select stand.position as as_of_position, stand.last_event_at as as_of_at, answer.*
    from (values (1)) as one
    left join read_model.projection stand on stand.name = ${projection} and stand.status = 'live'
    left join lateral (select true as as_of_row, q.* from (${query}) q) answer on true`
  const rows = await db.any(statement)
  const [first] = rows
  return {
    asOf: { position: (first?.as_of_position ?? null) as Position | null, at: first?.as_of_at ?? null },
    rows: rows.flatMap((row) => (row.as_of_row === true ? [parsed(schema, row, statement)] : [])),
  }
}

/**
 * Where a read model stands, and a mark that is another one whenever anything in it may be. Asked before reading, so that no answer is
 * older than it says.
 */
export const standingOf = async (db: Reader, projection: string): Promise<{ readonly asOf: AsOf; readonly content: string }> => {
  const { asOf, rows } = await readAsOf(
    db,
    projection,
    z.object({ content: z.string() }),
    sql.fragment`select p.generation || '.' || p.content as content from read_model.projection p where p.name = ${projection} and p.status = 'live'`,
    'standing',
  )
  return { asOf, content: rows[0]?.content ?? '' }
}

const parsed = <S extends z.ZodType>(
  schema: S,
  row: Readonly<Record<string, unknown>>,
  query: { readonly sql: string; readonly values: readonly never[] | readonly unknown[] },
): z.output<S> => {
  const { as_of_position: _, as_of_at: __, as_of_row: ___, ...own } = row
  const result = schema.safeParse(own)
  if (!result.success) throw new SchemaValidationError(query as never, own as never, result.error.issues)
  return result.data
}
