import type { BillFigure, Row } from '#domain/daily-report/fields.ts'
import { addMonths, type BillMonth, type BusinessDate, daysBetween, monthOf, yearOf } from '#domain/shared/dates.ts'
import type { USER_SUMS } from './columns.ts'

export type UserSums = Record<keyof typeof USER_SUMS, bigint>

/** What a bill still owes, O_b(D): nothing once it is settled, and never less than nothing. */
export const balanceOf = (bill: BillFigure): bigint => (bill.settleFlag === '03' || bill.arrears < 0n ? 0n : bill.arrears)

const NOTHING: UserSums = {
  receivable_month: 0n,
  received_month: 0n,
  open_month: 0n,
  receivable_year: 0n,
  received_year: 0n,
  open_year: 0n,
  receivable_current: 0n,
  received_current: 0n,
  open_current: 0n,
  arrears: 0n,
  arrears_prior_year: 0n,
  aged_not_due: 0n,
  aged_30: 0n,
  aged_60: 0n,
  aged_90: 0n,
  aged_180: 0n,
  aged_365: 0n,
  aged_over_365: 0n,
  penalty_accrued: 0n,
  penalty_received: 0n,
  penalty_open: 0n,
}

/**
 * The sums of one user's bills on a date (domain brief 4.1). Month scope: bills of last month. Year scope: January of the date's
 * year to last month, so empty in January. Arrears: everything up to last month, whatever the year. The current month stands apart.
 */
export const sumsOf = (row: Row, date: BusinessDate): UserSums => {
  const sums = { ...NOTHING }
  const lastMonth = addMonths(monthOf(date), -1)
  const year = yearOf(date)
  for (const bill of row.bills) {
    const open = balanceOf(bill)
    sums.penalty_accrued += bill.penaltyReceivable
    sums.penalty_received += bill.penaltyReceived
    if (bill.penaltyReceivable > bill.penaltyReceived) sums.penalty_open += bill.penaltyReceivable - bill.penaltyReceived
    if (bill.billMonth > lastMonth) addCurrent(sums, bill, open)
    else addClosed(sums, bill, open, { lastMonth, year, date })
  }
  return sums
}

const addCurrent = (sums: UserSums, bill: BillFigure, open: bigint): void => {
  sums.receivable_current += bill.receivable
  sums.received_current += bill.received
  sums.open_current += open
}

type Scope = { readonly lastMonth: BillMonth; readonly year: number; readonly date: BusinessDate }

const addClosed = (sums: UserSums, bill: BillFigure, open: bigint, { lastMonth, year, date }: Scope): void => {
  if (bill.billMonth === lastMonth) {
    sums.receivable_month += bill.receivable
    sums.received_month += bill.received
    sums.open_month += open
  }
  if (yearOf(bill.billMonth) === year) {
    sums.receivable_year += bill.receivable
    sums.received_year += bill.received
    sums.open_year += open
  } else sums.arrears_prior_year += open
  sums.arrears += open
  sums[ageOf(daysBetween(bill.dueDate, date))] += open
}

/** The ageing bucket of a bill so many days past due; beyond 30 days supply may be cut (条例 art. 39), so the 30/31 edge matters. */
const ageOf = (days: number): keyof UserSums => {
  if (days <= 0) return 'aged_not_due'
  if (days <= 30) return 'aged_30'
  if (days <= 60) return 'aged_60'
  if (days <= 90) return 'aged_90'
  if (days <= 180) return 'aged_180'
  return days <= 365 ? 'aged_365' : 'aged_over_365'
}
