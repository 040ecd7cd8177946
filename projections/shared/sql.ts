import { createSqlTag, type FragmentSqlToken } from 'slonik'

/** The SQL tag of projections and queries. `sql.type(schema)` reads every row by its schema (see the pool's interceptor). */
export const sql = createSqlTag()

/** SQL text that stands in our own code or was checked to hold names and types only; never anything that came from outside. */
export const text = (constant: string): FragmentSqlToken => ({ ...sql.fragment``, sql: constant })

/** A statement whose rows nobody reads. */
export const run = sql.unsafe

/**
 * Many rows as parameters of one statement: `select … from ${rowset(rows, 'cons_no text, on_date date')}` names them `r`.
 * The columns' names are the objects' keys; bigint comes out as whatever type is named; undefined and null come out as null.
 * Plain columns go as one array each, which the server reads several times faster than JSON; arrays and documents as JSON.
 */
export const rowset = (rows: readonly object[], columns: string): FragmentSqlToken => {
  if (!/^[a-z0-9_,\s[\]]+$/.test(columns)) throw new RangeError(`"${columns}" is not a list of columns with their types`)
  const named = columns.split(',').map((column) => /^\s*(\S+)\s+(.+?)\s*$/s.exec(column)?.slice(1) ?? [])
  if (named.some(([, type]) => type === undefined || NESTED.test(type)))
    return sql.fragment`json_to_recordset(${JSON.stringify(rows, bigintAsText)}::json) as r(${text(columns)})`
  const arrays = named.map(([name, type]) => sql.fragment`${arrayOf(rows as readonly Row[], name!)}::${text(`${type}[]`)}`)
  return sql.fragment`unnest(${sql.join(arrays, sql.fragment`, `)}) as r(${text(named.map(([name]) => name).join(', '))})`
}

const NESTED = /\[|^json/
type Row = Readonly<Record<string, unknown>>

/** A column as an array literal: text is quoted, so that nothing in it is read as anything else. */
const arrayOf = (rows: readonly Row[], name: string): string => {
  const elements = rows.map((row) => {
    const value = row[name]
    if (typeof value === 'string') return quoted(value)
    if (value === null || value === undefined) return 'NULL'
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value.toString()
    throw new RangeError(`${name} holds a ${typeof value}: give its column an array or document type`)
  })
  return `{${elements.join(',')}}`
}

const quoted = (value: string): string => (SPECIAL.test(value) ? `"${value.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"` : `"${value}"`)
const SPECIAL = /["\\]/

const bigintAsText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

/** All of the conditions, or none: what is undefined asks for nothing. */
export const where = (conditions: readonly (FragmentSqlToken | undefined)[]): FragmentSqlToken => {
  const asked = conditions.filter((condition) => condition !== undefined)
  return asked.length === 0 ? sql.fragment`` : sql.fragment`where ${sql.join(asked, sql.fragment` and `)}`
}

/** Rows of the provinces that a caller may see: of all when nothing is said, of none for an empty list. */
export const inProvinces = (column: string, provinces: readonly string[] | undefined): FragmentSqlToken | undefined =>
  provinces && sql.fragment`${sql.identifier(column.split('.'))} = any(${sql.array([...provinces], 'text')})`

/** Text to be found as it stands by LIKE: its own wildcards escaped. */
export const likeText = (text: string): string => text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)
