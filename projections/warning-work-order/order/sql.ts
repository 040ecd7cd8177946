import type { FragmentSqlToken } from 'slonik'
import { sql } from '#projections/shared/sql.ts'

/** SQL text that stands in this folder's code; never anything that came from outside. */
export const text = (constant: string): FragmentSqlToken => ({ ...sql.fragment``, sql: constant })

type Columns = Readonly<Record<string, string>>
export const names = (columns: Columns, prefix = ''): string =>
  Object.keys(columns)
    .map((name) => prefix + name)
    .join(', ')
/** Column names with their types, as a table definition or a row set writes them. */
export const typed = (columns: Columns): string =>
  Object.entries(columns)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')
