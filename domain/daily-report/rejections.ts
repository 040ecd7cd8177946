import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, Uuid } from '#domain/shared/identity.ts'
import type { Issue, ReportStatus } from './fields.ts'
import type { Mismatch } from './totals.ts'

/** Why a command on a daily report was refused. */
export type DailyReportRejection =
  /** The province's report of that date was never opened. */
  | { readonly code: 'NOT_FOUND' }
  | { readonly code: 'INVALID_STATE'; readonly status: ReportStatus }
  /** Opened before, with other expectations. */
  | { readonly code: 'ALREADY_OPENED' }
  /** The day is not over yet. */
  | { readonly code: 'FUTURE_DATE'; readonly date: BusinessDate; readonly today: BusinessDate }
  /** Errors in the rows, and beside them the warnings; nothing of the chunk was kept. */
  | { readonly code: 'VALIDATION_FAILED'; readonly issues: readonly Issue[] }
  /** Rows with warnings and no comment that answers them. */
  | { readonly code: 'UNANSWERED_WARNINGS'; readonly issues: readonly Issue[] }
  | { readonly code: 'UNKNOWN_ROW'; readonly consNos: readonly ConsNo[] }
  | { readonly code: 'REASON_REQUIRED' }
  /** Expected users that have neither a row nor an excuse. */
  | { readonly code: 'MISSING_ROWS'; readonly consNos: readonly ConsNo[] }
  | { readonly code: 'TOTALS_MISMATCH'; readonly mismatches: readonly Mismatch[] }
  /** A report without rows has to say so. */
  | { readonly code: 'NIL_NOT_DECLARED' }
  | { readonly code: 'NOT_NIL'; readonly rows: number }
  | { readonly code: 'PERIOD_CLOSED'; readonly since: Instant }
  | { readonly code: 'TOO_EARLY'; readonly notBefore: Instant }
  | { readonly code: 'NO_CHANGE' }
  /** Another correction waits for headquarters; one at a time. */
  | { readonly code: 'CORRECTION_PENDING'; readonly correctionId: Uuid }
  /** That id was used for a correction before. */
  | { readonly code: 'DUPLICATE_CORRECTION'; readonly correctionId: Uuid }
  | { readonly code: 'UNKNOWN_CORRECTION'; readonly correctionId: Uuid }
  /** Who proposed a correction does not approve it. */
  | { readonly code: 'SELF_APPROVAL' }
  /** These users' rows were corrected otherwise since the proposal. */
  | { readonly code: 'STALE_REFERENCE'; readonly consNos: readonly ConsNo[] }
