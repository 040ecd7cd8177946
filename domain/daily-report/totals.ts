import { fen, kwh } from '#domain/shared/quantities.ts'
import type { Row, Totals } from './fields.ts'

/** A report's totals, from its rows alone. A day without a reading adds nothing to the electricity. */
export const totalsOf = (rows: Iterable<Row>): Totals => {
  let users = 0
  let electricity = 0n
  let receivable = 0n
  let received = 0n
  let arrears = 0n
  let penaltyReceivable = 0n
  let penaltyReceived = 0n
  for (const row of rows) {
    users++
    electricity += row.electricityDay ?? 0n
    for (const bill of row.bills) {
      receivable += bill.receivable
      received += bill.received
      arrears += bill.arrears
      penaltyReceivable += bill.penaltyReceivable
      penaltyReceived += bill.penaltyReceived
    }
  }
  return {
    users,
    electricity: kwh(electricity),
    receivable: fen(receivable),
    received: fen(received),
    arrears: fen(arrears),
    penaltyReceivable: fen(penaltyReceivable),
    penaltyReceived: fen(penaltyReceived),
  }
}

/** What a user owes over all bill months of a row; nothing when there is no row. */
export const arrearsOf = (row: Row | undefined): bigint => (row?.bills ?? []).reduce((sum, bill) => sum + bill.arrears, 0n)

export type Mismatch = { readonly field: keyof Totals; readonly declared: string; readonly computed: string }

/** The fields in which declared totals differ from the computed ones. */
export const mismatches = (declared: Totals, computed: Totals): readonly Mismatch[] =>
  FIELDS.filter((field) => declared[field] !== computed[field]).map((field) => ({
    field,
    declared: String(declared[field]),
    computed: String(computed[field]),
  }))

const FIELDS = ['users', 'electricity', 'receivable', 'received', 'arrears', 'penaltyReceivable', 'penaltyReceived'] as const
