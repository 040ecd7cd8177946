import type { FragmentSqlToken } from 'slonik'
import { sql } from '#projections/shared/sql.ts'

/** A step of folding names: what matches gives way to `by`, everywhere; `$1` is the first group. */
export type FoldingStep = { readonly pattern: string; readonly by: string }

/** The core of a name in SQL, by the same steps as in the program: `normalize(…, NFKC)`, lower case, then each step in order. */
export const foldedIn = (name: FragmentSqlToken, steps: readonly FoldingStep[]): FragmentSqlToken =>
  steps.reduce(
    (folded, { pattern, by }) => sql.fragment`regexp_replace(${folded}, ${sql.literalValue(pattern)}, ${sql.literalValue(by.replaceAll('$1', '\\1'))}, 'g')`,
    sql.fragment`lower(normalize(${name}, NFKC))`,
  )
