import { addDays, type BillMonth, monthOf } from '#domain/shared/dates.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import { tradePath } from '#domain/shared/trade.ts'
import type { Issue, Row } from './fields.ts'
import { BILL_AMOUNTS, billedSince, type Check, type CheckContext, inBills, open, ROW_AMOUNTS, settleFlagOf, when } from './findings.ts'
import { arrearsOf } from './totals.ts'

const TOO_LARGE = 10_000_000_000_000n

/** 行校验: what every row has to satisfy, in the order in which it is told. Errors block; warnings want a comment in the row. */
export const checks: readonly Check[] = [
  {
    code: 'DUPLICATE_CONS_NO',
    severity: 'error',
    rule: 'A customer has one row in a chunk.',
    find: (row, { consNos }) => when((consNos.get(row.consNo) ?? 0) > 1, 'consNo'),
  },
  {
    code: 'DUPLICATE_BILL_MONTH',
    severity: 'error',
    rule: 'A bill month stands once in a row.',
    find: (row) => {
      const met = new Set<BillMonth>()
      return inBills(row, ({ billMonth }) => {
        if (met.has(billMonth)) return { field: 'billMonth', detail: {} }
        met.add(billMonth)
        return undefined
      })
    },
  },
  {
    code: 'AMOUNT_NEGATIVE',
    severity: 'error',
    rule: 'Amounts and capacities are not below zero. The receipts of one day may be: a reversal (冲正) takes back what came earlier.',
    find: (row) => [
      ...ROW_AMOUNTS.flatMap((field) => when((row[field] ?? 0n) < 0n, field, { value: row[field] ?? 0n })),
      ...(['planned', 'received'] as const).flatMap((field) =>
        when((row.instalment?.[field] ?? 0n) < 0n, `instalment.${field}`, { value: row.instalment?.[field] ?? 0n }),
      ),
      ...BILL_AMOUNTS.flatMap((field) => inBills(row, (bill) => (bill[field] < 0n ? { field, detail: { value: bill[field] } } : undefined))),
    ],
  },
  {
    code: 'AMOUNT_TOO_LARGE',
    severity: 'error',
    rule: 'No amount reaches 100 billion yuan (10^13 fen) and no electricity 10^13 kWh, so that every total can be written.',
    find: (row) => [
      ...inBills(row, (bill) => {
        const field = BILL_AMOUNTS.find((name) => bill[name] >= TOO_LARGE)
        return field && { field, detail: { value: bill[field] } }
      }),
      ...(['electricityDay', 'electricityMonthToDate'] as const).flatMap((field) => when((row[field] ?? 0n) >= TOO_LARGE, field, { value: row[field] ?? 0n })),
    ],
  },
  {
    code: 'ARREARS_MISMATCH',
    severity: 'error',
    rule: 'Arrears = receivable - received - written off.',
    find: (row) =>
      inBills(row, (bill) =>
        bill.arrears === open(bill)
          ? undefined
          : { field: 'arrears', detail: { receivable: bill.receivable, received: bill.received, writtenOff: bill.writtenOff, arrears: bill.arrears } },
      ),
  },
  {
    code: 'OVERPAID',
    severity: 'error',
    rule: 'A bill takes no more than its receivable; the rest belongs to the prepaid balance (预收).',
    find: (row) =>
      inBills(row, (bill) =>
        open(bill) < 0n ? { field: 'received', detail: { receivable: bill.receivable, received: bill.received, writtenOff: bill.writtenOff } } : undefined,
      ),
  },
  {
    code: 'SETTLE_FLAG_MISMATCH',
    severity: 'error',
    rule: 'The settle flag says what the amounts say: 01 nothing paid, 02 partly, 03 nothing open.',
    find: (row) =>
      inBills(row, (bill) =>
        bill.settleFlag === settleFlagOf(bill) ? undefined : { field: 'settleFlag', detail: { settleFlag: bill.settleFlag, expected: settleFlagOf(bill) } },
      ),
  },
  {
    code: 'FUTURE_BILL_MONTH',
    severity: 'error',
    rule: 'No bill is of a month after the report’s.',
    find: (row, { date }) =>
      inBills(row, ({ billMonth }) => (billMonth > monthOf(date) ? { field: 'billMonth', detail: { latest: monthOf(date) } } : undefined)),
  },
  {
    code: 'KWH_NEGATIVE',
    severity: 'error',
    rule: 'Electricity is not below zero.',
    find: (row) => [
      ...when((row.electricityDay ?? 0n) < 0n, 'electricityDay', { value: row.electricityDay ?? 0n }),
      ...when(row.electricityMonthToDate < 0n, 'electricityMonthToDate', { value: row.electricityMonthToDate }),
    ],
  },
  {
    code: 'MTD_BELOW_DAY',
    severity: 'error',
    rule: 'The month to date is not below the day.',
    find: (row) =>
      when(row.electricityMonthToDate < (row.electricityDay ?? 0n), 'electricityMonthToDate', {
        day: row.electricityDay ?? 0n,
        monthToDate: row.electricityMonthToDate,
      }),
  },
  {
    code: 'MTD_BELOW_YESTERDAY',
    severity: 'error',
    rule: 'Within a month the month to date does not fall, but by a correction.',
    find: (row, { before, date, correction }) =>
      when(
        correction !== true &&
          before !== undefined &&
          monthOf(addDays(date, -1)) === monthOf(date) &&
          row.electricityMonthToDate < before.electricityMonthToDate,
        'electricityMonthToDate',
        { yesterday: before?.electricityMonthToDate ?? 0n, monthToDate: row.electricityMonthToDate },
      ),
  },
  {
    code: 'POWER_OFF_DATE_MISMATCH',
    severity: 'error',
    rule: 'A power-off date belongs to a customer whose power is off, and is not after the report’s date.',
    find: (row, { date }) =>
      when(row.powerOffDate !== undefined && (!row.powerOff || row.powerOffDate > date), 'powerOffDate', { powerOffDate: row.powerOffDate ?? '' }),
  },
  {
    code: 'UNEXPLAINED_RISE',
    severity: 'warning',
    rule: 'Arrears rose by more than was newly billed since yesterday.',
    find: (row, { before }) => {
      if (before === undefined) return []
      const billed = billedSince(before, row)
      const rise = arrearsOf(row) - arrearsOf(before)
      return when(rise > billed, 'bills', { before: arrearsOf(before), after: arrearsOf(row), billed })
    },
  },
  {
    code: 'KWH_JUMP',
    severity: 'warning',
    rule: 'The day’s kWh differs from yesterday’s by more than the share in force.',
    find: (row, { before, kwhJumpBasisPoints }) => {
      const [day, yesterday] = [row.electricityDay, before?.electricityDay]
      if (kwhJumpBasisPoints === undefined || day == null || yesterday == null || yesterday <= 0n) return []
      const change = day < yesterday ? yesterday - day : day - yesterday
      return when(change * 10_000n > yesterday * BigInt(kwhJumpBasisPoints), 'electricityDay', { yesterday, day })
    },
  },
  {
    code: 'UNMAPPED_CODE',
    severity: 'warning',
    rule: 'The trade stands in the named edition of the classification.',
    find: (row, { knowsTrade }) => {
      const [code] = tradePath(row.standard, row.tradeCode)
      return when(code === undefined || !knowsTrade(row.standard, code), 'tradeCode', { standard: row.standard, code: row.tradeCode })
    },
  },
]

/** Everything the checks find, row by row. A row without a finding adds nothing. */
export const checkRows = (rows: readonly Row[], { previous, ...context }: CheckContext): readonly Issue[] => {
  const yesterday = new Map(previous.map((row) => [row.consNo, row]))
  const consNos = new Map<ConsNo, number>()
  for (const { consNo } of rows) consNos.set(consNo, (consNos.get(consNo) ?? 0) + 1)
  return rows.flatMap((row) => {
    const seen = { ...context, before: yesterday.get(row.consNo), consNos }
    return checks.flatMap(({ code, severity, find }) => find(row, seen).map((finding) => ({ severity, code, consNo: row.consNo, ...finding })))
  })
}
