import { addDays, type BillMonth, type BusinessDate, daysBetween } from '#domain/shared/dates.ts'
import { type Bill, hasInstalments, MONTHS } from './bills.ts'
import { happens, pick } from './chance.ts'
import type { Customer } from './customers.ts'

export type Payment = {
  readonly id: string
  readonly month: BillMonth | undefined
  readonly kind: string
  readonly fen: bigint
  readonly paidOn: BusinessDate
  readonly creditedOn: BusinessDate
}

/** The six statements of the UCI client, oldest first, are the bill months 2025-09 to 2026-02. */
const FIRST_STATEMENT = 8
const NEVER = 99
/** Who defaulted in the end and was at least four months behind: one in three of them stopped paying with the first bill. */
const stoppedLongAgo = ({ client, province, consNo }: Customer): boolean =>
  client.defaults && (client.overdue[5] ?? 0) >= 3 && happens(34, 'stopped', province, consNo)

/**
 * Months behind when the bill of a month falls due. Before the first statement the client is as far behind as at the first,
 * but at most two months; after the last he pays up, unless he defaulted.
 */
const behind = ({ client }: Customer, month: number): number => {
  const statement = month - FIRST_STATEMENT
  if (statement < 0) return Math.min(2, Math.max(0, client.overdue[0] ?? 0))
  if (statement > 5) return client.defaults ? NEVER : 0
  return Math.max(0, client.overdue[statement] ?? 0)
}

/** The month at whose due date a bill is paid: when the client is behind by k months, every bill older than that is paid. */
const paidIn = (customer: Customer, bill: number): number | undefined => {
  if (stoppedLongAgo(customer)) return undefined
  for (let month = bill; month < MONTHS.length; month++) if (month - behind(customer, month) >= bill) return month
  return undefined
}

const percentAt = ({ client }: Customer, month: number): number => client.paidPercent[Math.min(5, Math.max(0, month - FIRST_STATEMENT))] ?? 100

/** Payments of one customer, by what the client he behaves like did. */
export const composePayments = (customer: Customer, bills: readonly Bill[]): readonly Payment[] => {
  const key = `${customer.province}/${customer.consNo}`
  const payments: Payment[] = []
  const pay = (id: string, month: BillMonth | undefined, kind: string, fen: bigint, paidOn: BusinessDate): Payment => {
    const days = kind === 'transfer' ? ([0, 0, 0, 1, 1, 2, 3][pick(7, 'credit', key, id)] ?? 0) : kind === 'acceptance-bill' ? 2 + pick(4, 'credit', key, id) : 0
    const payment = { id, month, kind, fen, paidOn, creditedOn: addDays(paidOn, days) }
    if (fen !== 0n) payments.push(payment)
    return payment
  }
  const dueIn = (month: number, fallback: BusinessDate): BusinessDate => bills.find(({ month: m, id }) => m === MONTHS[month] && id.endsWith('F'))?.dueOn ?? fallback

  for (const bill of bills) {
    const index = MONTHS.indexOf(bill.month)
    if (bill.kind === '11') {
      pay(`${bill.id}-I`, bill.month, 'instalment', bill.fen, bill.dueOn)
      continue
    }
    let open = bill.fen
    if (hasInstalments(customer) && bill.id.endsWith('F')) {
      const paid = bills.reduce((sum, { month, kind, fen }) => (month === bill.month && kind === '11' ? sum + fen : sum), 0n)
      const applied = paid < open ? paid : open
      pay(`${bill.id}-J`, bill.month, 'instalment-applied', applied, bill.issuedOn)
      open -= applied
    }
    const prepays = (customer.client.overdue[5] ?? 0) < 0 && happens(40, 'prepays', key)
    if (prepays) {
      const ahead = open / 2n
      pay(`${bill.id}-V`, undefined, 'prepayment', ahead + open / 10n, addDays(bill.issuedOn, 1))
      pay(`${bill.id}-W`, bill.month, 'prepayment-applied', ahead, bill.dueOn)
      open -= ahead
    }
    settle(customer, bill, index, open, pay, dueIn)
  }
  return payments
}

type Pay = (id: string, month: BillMonth | undefined, kind: string, fen: bigint, paidOn: BusinessDate) => Payment

const settle = (customer: Customer, bill: Bill, index: number, open: bigint, pay: Pay, dueIn: (month: number, fallback: BusinessDate) => BusinessDate): void => {
  const key = `${customer.province}/${customer.consNo}`
  const kind = happens(12, 'acceptance', key) ? 'acceptance-bill' : 'transfer'
  const month = paidIn(customer, index)
  const share = BigInt(percentAt(customer, month ?? index))
  if (month === undefined) {
    // Never paid in full: what the client paid of his last statement, on the oldest months too.
    if (share >= 5n && share < 95n && !stoppedLongAgo(customer)) pay(`${bill.id}-1`, bill.month, kind, (open * (share < 60n ? share : 60n)) / 100n, addDays(bill.dueOn, 6 + pick(20, 'part', key, bill.id)))
    return
  }
  const late = month > index
  const earliest = addDays(bill.dueOn, 1)
  const wanted = addDays(dueIn(month, bill.dueOn), late ? -pick(15, 'late', key, bill.id) : -pick(6, 'early', key, bill.id))
  const on = late && wanted < earliest ? earliest : wanted < bill.issuedOn ? bill.issuedOn : wanted
  const inParts = late && share >= 5n && share < 95n
  const first = pay(`${bill.id}-1`, bill.month, kind, inParts ? (open * share) / 100n : open, on)
  if (inParts) pay(`${bill.id}-2`, bill.month, kind, open - first.fen, addDays(on, 5 + pick(16, 'rest', key, bill.id)))
  else if (happens(0.8, 'reversed', key, bill.id)) {
    // The bank sent it back (冲正), and it was paid again a week later.
    pay(`${bill.id}-R`, bill.month, 'cash', -first.fen, addDays(first.creditedOn, 3))
    pay(`${bill.id}-3`, bill.month, 'cash', first.fen, addDays(first.creditedOn, 10))
  }
  if (late && happens(50, 'penalty', key)) {
    const penalty = (open * BigInt(2 * Math.max(1, daysBetween(bill.dueOn, on)))) / 1000n
    pay(`${bill.id}-F`, bill.month, 'penalty', penalty > 100n ? penalty : 100n, on)
  }
}
