import type { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { Fen } from '#domain/shared/quantities.ts'
import type { Grade, OrderKind, OrderNo, OrderStatus, QuestionId, SilenceId } from './fields.ts'

/** Why a command on a work order was refused. */
export type WarningWorkOrderRejection =
  | { readonly code: 'NOT_FOUND' }
  | { readonly code: 'INVALID_STATE'; readonly status: OrderStatus }
  /** The number stands for another order, or for none for good. */
  | { readonly code: 'ORDER_NO_TAKEN'; readonly orderNo: OrderNo }
  | { readonly code: 'NO_SUBJECTS' }
  | { readonly code: 'TOO_MANY_SUBJECTS'; readonly most: number }
  | { readonly code: 'DUPLICATE_SUBJECT'; readonly consNos: readonly ConsNo[] }
  | { readonly code: 'SUBJECT_NOT_IN_PROVINCE'; readonly province: ProvinceCode; readonly consNos: readonly ConsNo[] }
  /** Arrears are the sum of the named bills, each named once, none below zero. */
  | { readonly code: 'FIGURES_MISMATCH'; readonly consNos: readonly ConsNo[] }
  /** The report that the figures are from is too old, or of a day to come. */
  | { readonly code: 'STALE_FIGURES'; readonly consNos: readonly ConsNo[]; readonly oldest: BusinessDate }
  /** Who drafts a red order does not issue it; who drafted an order or answered it does not close it; who asked does not grant. */
  | { readonly code: 'SELF_APPROVAL' }
  | { readonly code: 'REASON_REQUIRED' }
  | { readonly code: 'ORG_OUTSIDE_PROVINCE'; readonly orgCode: OrgCode; readonly province: ProvinceCode }
  | { readonly code: 'DUE_TOO_LATE'; readonly dueAt: Instant; readonly latest: Instant }
  | { readonly code: 'INSTANT_TOO_EARLY'; readonly instant: Instant; readonly earliest: Instant }
  | { readonly code: 'DATE_TOO_EARLY'; readonly date: BusinessDate; readonly earliest: BusinessDate }
  /** Asked for after it was due, or reopened after the days within which that may be. */
  | { readonly code: 'TOO_LATE'; readonly latest: Instant }
  | { readonly code: 'TOO_MANY_EXTENSIONS'; readonly most: number }
  | { readonly code: 'EXTENSION_PENDING'; readonly newDueAt: Instant }
  | { readonly code: 'NO_EXTENSION_ASKED' }
  /** Every subject is answered, once. */
  | { readonly code: 'INCOMPLETE_FEEDBACK'; readonly missing: readonly ConsNo[]; readonly twice: readonly ConsNo[] }
  | { readonly code: 'NOT_A_SUBJECT'; readonly consNos: readonly ConsNo[] }
  | { readonly code: 'AMOUNT_INVALID'; readonly consNo: ConsNo; readonly amount: Fen }
  /** More than the order named and was billed since. */
  | { readonly code: 'RECOVERED_TOO_HIGH'; readonly consNo: ConsNo; readonly recovered: Fen; readonly most: Fen }
  /** Returned so often that the reviewer is to confirm it. */
  | { readonly code: 'MANY_RETURNS'; readonly returns: number }
  /** Something remains: it wants a date on which it is followed up. */
  | { readonly code: 'FOLLOW_UP_REQUIRED'; readonly remaining: Fen }
  /** The answers say that something remains, so it is not recovered. */
  | { readonly code: 'NOT_RECOVERED'; readonly remaining: Fen }
  | { readonly code: 'URGED_TOO_SOON'; readonly earliest: Instant }
  | { readonly code: 'LEVEL_NOT_HIGHER'; readonly standing: number }
  /** A clock's level was asked for before its time. */
  | { readonly code: 'NOT_DUE'; readonly dueAt: Instant }
  | { readonly code: 'ALREADY_PAUSED' }
  | { readonly code: 'NOT_PAUSED' }
  | { readonly code: 'BILL_NOT_NAMED'; readonly consNo: ConsNo; readonly billMonth: BillMonth }
  /** More than what the bill had open when named, less what it has open now. */
  | { readonly code: 'RECOVERY_TOO_HIGH'; readonly consNo: ConsNo; readonly billMonth: BillMonth; readonly most: Fen }
  /** Worked out by other rules than those by which the order was issued. */
  | { readonly code: 'OTHER_RULES'; readonly slaVersion: number }
  | { readonly code: 'ID_TAKEN'; readonly id: QuestionId }
  | { readonly code: 'UNKNOWN_QUESTION'; readonly questionId: QuestionId }
  /** A question is answered by the other side. */
  | { readonly code: 'OWN_QUESTION' }
  | { readonly code: 'ALREADY_ANSWERED' }

/** Why a customer could not be claimed for an order. */
export type WarningSubjectRejection =
  /** One open order of a kind for a customer: append to `orderNo` instead. */
  | { readonly code: 'DUPLICATE_OPEN_ORDER'; readonly consNo: ConsNo; readonly kind: OrderKind; readonly orderNo: OrderNo; readonly since: Instant }
  /** A graver order is open: what the rules would warn of gives way. */
  | { readonly code: 'INHIBITED'; readonly consNo: ConsNo; readonly orderNo: OrderNo; readonly grade: Grade }

export type WarningSilencesRejection =
  | { readonly code: 'SILENCE_ID_TAKEN'; readonly id: SilenceId }
  | { readonly code: 'UNKNOWN_SILENCE'; readonly silenceId: SilenceId }
  | { readonly code: 'INSTANT_TOO_EARLY'; readonly instant: Instant; readonly earliest: Instant }

/** The day's numbers are used up. */
export type OrderNumbersRejection = { readonly code: 'NUMBERS_EXHAUSTED'; readonly left: number }
