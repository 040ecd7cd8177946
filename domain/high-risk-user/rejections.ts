import type { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { Fen } from '#domain/shared/quantities.ts'
import type { CaseId, CutStep, MeasureState, UserStatus } from './fields.ts'

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
  /** `lastPastDue`: the last day on which a sealed report showed a bill past due; absent when none did. */
  | { readonly code: 'CLEAN_MONTHS_TOO_FEW'; readonly cleanMonths: number; readonly needed: number; readonly lastPastDue?: BusinessDate }
  | { readonly code: 'OPEN_WORK_ORDER'; readonly orders: readonly string[] }
  /** A duplicate names its successor, a recognised bad debt its approval. */
  | { readonly code: 'REFERENCE_REQUIRED' }
  /** The catalogue has no such measure. */
  | { readonly code: 'UNKNOWN_MEASURE_CODE'; readonly measure: string }
  /** A hold is placed as a hold. */
  | { readonly code: 'PLACE_A_HOLD' }
  | { readonly code: 'UNKNOWN_MEASURE'; readonly measureId: CaseId }
  /** The id stands for something else in this record. */
  | { readonly code: 'ID_TAKEN'; readonly id: CaseId }
  | { readonly code: 'MEASURE_STATE'; readonly is: MeasureState }
  | { readonly code: 'DETAILS_MISSING'; readonly details: readonly string[] }
  | { readonly code: 'AMOUNT_INVALID'; readonly amount: Fen }
  /** Cutting wants a bill overdue for longer than the rules say, dunned without payment, and no hold (条例 art. 39). */
  | { readonly code: 'CUT_NOT_ALLOWED'; readonly because: 'NO_FIGURES' | 'NOT_OVERDUE' | 'NOT_DUNNED' | 'HOLD' }
  | { readonly code: 'NOT_A_CUT' }
  | { readonly code: 'CUT_STEP_ORDER'; readonly step: CutStep | null; readonly needs: CutStep | null }
  | { readonly code: 'NOTICE_TOO_SHORT'; readonly step: 'noticed' | 'final-notice'; readonly earliest: Instant }
  | { readonly code: 'AUTHORITY_NOTICE_REQUIRED' }
  | { readonly code: 'SAFETY_PLAN_REQUIRED' }
  | { readonly code: 'FUTURE_INSTANT'; readonly instant: Instant; readonly latest: Instant }
  | { readonly code: 'INSTANT_TOO_EARLY'; readonly instant: Instant; readonly earliest: Instant }
  /** Restored later than the rules allow. */
  | { readonly code: 'EXPLANATION_REQUIRED'; readonly due: Instant }
  | { readonly code: 'POWER_STILL_OFF' }
  | { readonly code: 'PROMISE_EXISTS'; readonly promiseId: CaseId; readonly billMonth: BillMonth }
  /** The last sealed report shows no such bill: no report would ever say whether the promise is kept. */
  | { readonly code: 'UNKNOWN_BILL'; readonly billMonth: BillMonth }
  | { readonly code: 'UNKNOWN_PROMISE'; readonly promiseId: CaseId }
  | { readonly code: 'HOLD_EXISTS'; readonly until: BusinessDate }
  | { readonly code: 'HOLD_TOO_LONG'; readonly until: BusinessDate; readonly latest: BusinessDate }
  | { readonly code: 'NO_HOLD' }
  | { readonly code: 'UNKNOWN_FACT'; readonly factId: CaseId }
  /** Nothing has proposed a review that still waits. */
  | { readonly code: 'NO_OPEN_REVIEW' }
