import type { FragmentSqlToken } from 'slonik'
import { INSTALMENT_KINDS } from '#domain/extraction/fields.ts'
import { text } from './columns.ts'

const quoted = (words: readonly string[]): FragmentSqlToken => text(`(${words.map((word) => `'${word}'`).join(', ')})`)
/** Money that was money before: it pays a bill without a receipt of the day. */
export const APPLIED = quoted(['prepayment-applied', 'instalment-applied'])
/** What does not reduce a bill's principal. */
export const BESIDE = quoted(['prepayment', 'instalment', 'penalty'])
export const INSTALMENT = quoted(INSTALMENT_KINDS)
