import { z } from 'zod'
import { addDays, BusinessDate, daysBetween, yearOf } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import { divideHalfUp, Fen, fen } from '#domain/shared/quantities.ts'

/** Daily rates of the late-payment penalty (违约金), in thousandths of the open principal. Effective-dated: the law has been revised. */
export const PenaltyRules = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  residentialPerMille: z.int().min(0),
  /** On arrears of the year in which they fell due. */
  currentYearPerMille: z.int().min(0),
  /** On arrears that have crossed a year's end. */
  priorYearPerMille: z.int().min(0),
  /** A penalty below this is charged as this (the 1996 rules: one yuan); 0 where the rules have no floor. */
  minimumFen: Fen,
})
export type PenaltyRules = z.output<typeof PenaltyRules>

/** The open principal of one bill: without penalty, for there is none on penalty. */
export type PenaltyBill = { readonly dueDate: BusinessDate; readonly receivable: Fen; readonly residential: boolean }
/** A payment, write-off or reversal (negative): it changes the open principal from the next day. */
export type PenaltyPayment = { readonly on: BusinessDate; readonly amount: Fen }

/**
 * The penalty accrued on a bill up to and including `date`, in fen: the open principal of every day after the due date, at the
 * rate of the rules in force on that day (`versions`: all there are); of a day before the first of them there is none. Rounded
 * half up once per bill; then the floor of the rules in force on `date`, when anything accrued at all. Paid on the due date costs
 * nothing; a bill paid off stops accruing.
 */
export const penaltyOn = (bill: PenaltyBill, payments: readonly PenaltyPayment[], date: BusinessDate, versions: readonly PenaltyRules[]): Fen => {
  let thousandths = 0n
  let from = bill.dueDate
  for (const until of boundaries(bill.dueDate, payments, date, versions)) {
    const open = principalAfter(bill, payments, from)
    if (open > 0n) thousandths += open * BigInt(daysBetween(from, until)) * BigInt(perMille(bill, addDays(from, 1), versions))
    from = until
  }
  if (thousandths === 0n) return fen(0n)
  const penalty = divideHalfUp(thousandths, 1000n)
  const { minimumFen } = inForceOn(versions, date) ?? { minimumFen: fen(0n) }
  return penalty < minimumFen ? minimumFen : fen(penalty)
}

/** Days after which the principal or the rate changes, within (dueDate, date], in order, `date` last. */
const boundaries = (
  dueDate: BusinessDate,
  payments: readonly PenaltyPayment[],
  date: BusinessDate,
  versions: readonly PenaltyRules[],
): readonly BusinessDate[] => {
  const changes = versions.flatMap(({ effectiveFrom }) => (effectiveFrom > dueDate && effectiveFrom <= date ? [addDays(effectiveFrom, -1)] : []))
  const days = new Set([date, `${dueDate.slice(0, 4)}-12-31` as BusinessDate, ...payments.map(({ on }) => on), ...changes])
  return [...days].filter((day) => day > dueDate && day <= date).toSorted()
}

const principalAfter = (bill: PenaltyBill, payments: readonly PenaltyPayment[], day: BusinessDate): bigint => {
  let open: bigint = bill.receivable
  for (const { on, amount } of payments) if (on <= day) open -= amount
  return open
}

const perMille = (bill: PenaltyBill, day: BusinessDate, versions: readonly PenaltyRules[]): number => {
  const rules = inForceOn(versions, day)
  if (!rules) return 0
  if (bill.residential) return rules.residentialPerMille
  return yearOf(day) > yearOf(bill.dueDate) ? rules.priorYearPerMille : rules.currentYearPerMille
}
