import type { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import type { KnowsTrade } from '#domain/shared/trade.ts'
import type { BillFigure, Issue, Row } from './fields.ts'

export type CheckContext = {
  /** The report's date. */
  readonly date: BusinessDate
  /** The same users' rows of the day before, as far as there are any. */
  readonly previous: readonly Row[]
  readonly knowsTrade: KnowsTrade
  /** A correction may lower the month's electricity. */
  readonly correction?: boolean
  /** The share (in 1/10 000) beyond which a day's kWh is asked about; undefined: it is not. */
  readonly kwhJumpBasisPoints: number | undefined
}

export type Finding = { readonly field: string; readonly billMonth?: BillMonth; readonly detail: Readonly<Record<string, string>> }
/** What a check may look at beside the row. */
type Seen = { readonly before: Row | undefined; readonly consNos: ReadonlyMap<ConsNo, number> } & Omit<CheckContext, 'previous'>
export type Check = {
  readonly code: string
  readonly severity: Issue['severity']
  /** The rule in words. */
  readonly rule: string
  readonly find: (row: Row, seen: Seen) => readonly Finding[]
}

const text = (detail: Readonly<Record<string, string | bigint | number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(detail).map(([key, value]) => [key, String(value)]))

/** One finding where something is wrong, none where it is not. */
export const when = (wrong: boolean, field: string, detail: Readonly<Record<string, string | bigint | number>> = {}): readonly Finding[] =>
  wrong ? [{ field, detail: text(detail) }] : []

type InBill = { readonly field: string; readonly detail: Readonly<Record<string, string | bigint | number>> }

/** Looks at each bill of a row; `look` answers what is wrong with it. */
export const inBills = (row: Row, look: (bill: BillFigure) => InBill | undefined): readonly Finding[] =>
  row.bills.flatMap((bill, index) => {
    const wrong = look(bill)
    return wrong ? [{ field: `bills.${index}.${wrong.field}`, billMonth: bill.billMonth, detail: text(wrong.detail) }] : []
  })

export const BILL_AMOUNTS = ['receivable', 'received', 'writtenOff', 'arrears', 'penaltyReceivable', 'penaltyReceived'] as const
export const ROW_AMOUNTS = ['prepaidBalance', 'inTransit', 'guaranteeAmount', 'contractCapacity', 'runningCapacity'] as const

/** What is still to pay. */
export const open = (bill: BillFigure): bigint => bill.receivable - bill.received - bill.writtenOff

/** 03 when nothing is open, 01 when nothing was paid yet, else 02. */
export const settleFlagOf = (bill: BillFigure): BillFigure['settleFlag'] => {
  if (open(bill) <= 0n) return '03'
  return bill.received + bill.writtenOff === 0n ? '01' : '02'
}

/** What was billed between two days: the rise of each bill month's receivable, new bill months included. */
export const billedSince = (before: Row, row: Row): bigint => {
  const known = new Map(before.bills.map((bill) => [bill.billMonth, bill.receivable]))
  return row.bills.reduce<bigint>((sum, bill) => {
    const rise = bill.receivable - (known.get(bill.billMonth) ?? 0n)
    return rise > 0n ? sum + rise : sum
  }, 0n)
}
