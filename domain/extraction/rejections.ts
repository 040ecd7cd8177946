import type { BusinessDate } from '#domain/shared/dates.ts'

/** Why a command on an extraction was refused. */
export type ExtractionRejection =
  | { readonly code: 'NOT_FOUND' }
  | { readonly code: 'INVALID_STATE'; readonly status: 'completed' | 'failed' }
  | { readonly code: 'ALREADY_RUNNING'; readonly run: number }
  | { readonly code: 'FUTURE_DATE'; readonly date: BusinessDate; readonly today: BusinessDate }
  /** What came is not what was stored and set aside together. */
  | { readonly code: 'ROWS_NOT_RECONCILED'; readonly received: number; readonly stored: number; readonly quarantined: number }
