import type { BusinessDate } from '#domain/shared/dates.ts'

/** Why a command on a rule set was refused. */
export type ScreeningRejection =
  /** One open draft at a time. */
  | { readonly code: 'DRAFT_EXISTS'; readonly version: number }
  | { readonly code: 'NO_OPEN_DRAFT' }
  | { readonly code: 'UNKNOWN_VERSION'; readonly version: number }
  | { readonly code: 'EMPTY_RULE_SET' }
  /** Two rules, or a rule and a trigger, of one name. */
  | { readonly code: 'DUPLICATE_RULE'; readonly rule: string }
  /** The bins of a rule must begin ever higher. */
  | { readonly code: 'BINS_UNORDERED'; readonly rule: string }
  /** Points that fall where the business says that risk rises, or the other way round. */
  | { readonly code: 'NOT_MONOTONE'; readonly rule: string }
  /** The highest points of all rules must not add up to more than the highest score. */
  | { readonly code: 'POINTS_OVER_MAXIMUM'; readonly sum: number; readonly maximum: number }
  | { readonly code: 'LEVELS_UNORDERED' }
  /** Whoever wrote any of it does not publish it. */
  | { readonly code: 'SELF_APPROVAL' }
  | { readonly code: 'EFFECTIVE_IN_PAST'; readonly effectiveFrom: BusinessDate; readonly today: BusinessDate }
  | { readonly code: 'VERSION_REVOKED'; readonly version: number }
  | { readonly code: 'ALREADY_EFFECTIVE'; readonly version: number; readonly effectiveFrom: BusinessDate }
