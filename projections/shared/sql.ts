import { createSqlTag, type FragmentSqlToken } from 'slonik'

/** The SQL tag of projections and queries. `sql.type(schema)` reads every row by its schema (see the pool's interceptor). */
export const sql = createSqlTag()

/** A statement whose rows nobody reads. */
export const run = sql.unsafe

/**
 * Many rows as one parameter: `select … from ${rowset(rows, 'cons_no text, on_date date')}` names it `r`. The names are the
 * objects' keys; bigint goes as text and comes out as whatever type is named; undefined and null come out as null.
 */
export const rowset = (rows: readonly object[], columns: string): FragmentSqlToken => {
  if (!/^[a-z0-9_,\s[\]]+$/.test(columns)) throw new RangeError(`"${columns}" is not a list of columns with their types`)
  return sql.fragment`json_to_recordset(${JSON.stringify(rows, bigintAsText)}::json) as r(${{ ...sql.fragment``, sql: columns }})`
}

const bigintAsText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

/** All of the conditions, or none: what is undefined asks for nothing. */
export const where = (conditions: readonly (FragmentSqlToken | undefined)[]): FragmentSqlToken => {
  const asked = conditions.filter((condition) => condition !== undefined)
  return asked.length === 0 ? sql.fragment`` : sql.fragment`where ${sql.join(asked, sql.fragment` and `)}`
}

/** Text to be found as it stands by LIKE: its own wildcards escaped. */
export const likeText = (text: string): string => text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)
