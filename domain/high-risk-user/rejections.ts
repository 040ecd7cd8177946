import type { BusinessDate } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { Fen } from '#domain/shared/quantities.ts'
import type { UserStatus } from './fields.ts'

/** Why a command on a high-risk user was refused. */
export type HighRiskUserRejection =
  | { readonly code: 'NOT_FOUND' }
  | { readonly code: 'INVALID_STATE'; readonly status: UserStatus }
  | { readonly code: 'ALREADY_LISTED' }
  /** Screened by a rule set that is not the one in force. */
  | { readonly code: 'STALE_REFERENCE'; readonly ruleSetVersion: number; readonly inForce: number | null }
  /** Dismissed until a date, and nothing that cannot wait has come up. */
  | { readonly code: 'RECHECK_LATER'; readonly recheckAfter: BusinessDate }
  /** The record belongs to one customer of one province for good. */
  | { readonly code: 'KEY_IMMUTABLE'; readonly field: 'province' | 'consNo' }
  | { readonly code: 'ORG_OUTSIDE_PROVINCE'; readonly orgCode: OrgCode; readonly province: ProvinceCode }
  | { readonly code: 'REASON_REQUIRED' }
  /** A nomination wants a reason or evidence. */
  | { readonly code: 'EVIDENCE_REQUIRED' }
  /** Who nominated does not confirm; who proposed does not decide. */
  | { readonly code: 'SELF_APPROVAL' }
  | { readonly code: 'FUTURE_DATE'; readonly date: BusinessDate; readonly latest: BusinessDate }
  | { readonly code: 'DATE_TOO_EARLY'; readonly date: BusinessDate; readonly earliest: BusinessDate }
  | { readonly code: 'NO_CHANGE' }
  /** A level that differs from the computed one is an override: it wants a reason and an expiry date. */
  | { readonly code: 'OVERRIDE_REQUIRED' }
  | { readonly code: 'LOWERING_TOO_SOON'; readonly reviews: number; readonly needed: number }
  | { readonly code: 'HARD_TRIGGER_OPEN'; readonly triggers: readonly string[] }
  | { readonly code: 'ARREARS_OPEN'; readonly arrears: Fen }
  | { readonly code: 'CLEAN_MONTHS_TOO_FEW'; readonly cleanMonths: number; readonly needed: number }
  | { readonly code: 'OPEN_WORK_ORDER'; readonly orders: readonly string[] }
  /** A duplicate names its successor, a recognised bad debt its approval. */
  | { readonly code: 'REFERENCE_REQUIRED' }
