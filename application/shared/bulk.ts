/** What is wrong with a row of a request of many; `row` counts from 1. `message` is left to who shows it where `code` is a refusal. */
export type RowFault = {
  readonly row: number
  readonly consNo?: string | undefined
  readonly field?: string | undefined
  readonly code: string
  readonly message?: string
}

/** How a request of many rows ended: all were written, or none. */
export type BulkOutcome =
  /** `overtaken`: rows that somebody else decided otherwise between the check and the writing. */
  | { readonly kind: 'done'; readonly rows: number; readonly recorded: number; readonly overtaken: readonly RowFault[] }
  | { readonly kind: 'invalid'; readonly faults: readonly RowFault[] }
  | { readonly kind: 'too-large'; readonly most: number }
  | { readonly kind: 'forbidden'; readonly code: 'FORBIDDEN_ROLE' | 'FORBIDDEN_SCOPE' }
