import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { TradeCode, TradeStandard } from '#domain/shared/identity.ts'

type OfEntry = { readonly standard: TradeStandard; readonly code: TradeCode }

/** Why a command on the industry list was refused. */
export type IndustryListRejection =
  /** One open draft at a time. */
  | { readonly code: 'DRAFT_EXISTS'; readonly version: number }
  | { readonly code: 'NO_OPEN_DRAFT' }
  /** The edition of the classification has no such trade. */
  | { readonly code: 'UNKNOWN_CODE'; readonly entry: OfEntry }
  | { readonly code: 'DUPLICATE_ENTRY'; readonly entry: OfEntry }
  | { readonly code: 'UNKNOWN_ENTRY'; readonly entry: OfEntry }
  | { readonly code: 'EMPTY_VERSION' }
  | { readonly code: 'EFFECTIVE_IN_PAST'; readonly effectiveFrom: BusinessDate; readonly today: BusinessDate }
  /** Provinces would have no time left to acknowledge. */
  | { readonly code: 'ACKNOWLEDGEMENT_DUE_IN_PAST'; readonly ackDueAt: Instant }
  | { readonly code: 'UNKNOWN_VERSION'; readonly version: number }
  | { readonly code: 'NOT_YET_PUBLISHED'; readonly version: number }
  | { readonly code: 'VERSION_REVOKED'; readonly version: number }
  | { readonly code: 'NOT_YET_EFFECTIVE'; readonly version: number; readonly effectiveFrom: BusinessDate }
  | { readonly code: 'ALREADY_EFFECTIVE'; readonly version: number; readonly effectiveFrom: BusinessDate }
