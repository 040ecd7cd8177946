import type { Source } from '#domain/extraction/fields.ts'

/** How a source's rows lie in Postgres: the field each column takes, and the columns that make a row one thing. */
export type SourceTable = {
  readonly table: string
  readonly columns: readonly (readonly [column: string, field: string, type: string])[]
  readonly key: readonly string[]
  readonly amount?: string
  readonly electricity?: string
  /** The date of what has happened; its maximum is how far the source has come. */
  readonly happened?: string
}

export const sourceTables: Readonly<Record<Source, SourceTable>> = {
  customers: {
    table: 'source.customer',
    key: ['cons_no'],
    columns: [
      ['cons_no', 'consNo', 'text'],
      ['name', 'name', 'text'],
      ['org_code', 'orgCode', 'text'],
      ['trade_standard', 'tradeStandard', 'text'],
      ['trade_code', 'tradeCode', 'text'],
      ['hec_class', 'hecClass', 'text'],
      ['elect_type', 'electType', 'text'],
      ['voltage', 'voltage', 'text'],
      ['contract_va', 'contractCapacity', 'bigint'],
      ['running_va', 'runningCapacity', 'bigint'],
      ['uscc', 'uscc', 'text'],
      ['status', 'status', 'text'],
      ['residential', 'residential', 'boolean'],
      ['power_off_on', 'powerOffOn', 'date'],
    ],
  },
  bills: {
    table: 'source.bill',
    key: ['cons_no', 'bill_id'],
    amount: 'receivable_fen',
    electricity: 'electricity_kwh',
    happened: 'issued_on',
    columns: [
      ['cons_no', 'consNo', 'text'],
      ['bill_id', 'billId', 'text'],
      ['bill_month', 'billMonth', 'char(6)'],
      ['kind', 'kind', 'text'],
      ['receivable_fen', 'receivable', 'bigint'],
      ['electricity_kwh', 'electricity', 'bigint'],
      ['issued_on', 'issuedOn', 'date'],
      ['due_on', 'dueOn', 'date'],
    ],
  },
  payments: {
    table: 'source.payment',
    key: ['cons_no', 'payment_id'],
    amount: 'amount_fen',
    happened: 'paid_on',
    columns: [
      ['cons_no', 'consNo', 'text'],
      ['payment_id', 'paymentId', 'text'],
      ['bill_month', 'billMonth', 'char(6)'],
      ['kind', 'kind', 'text'],
      ['amount_fen', 'amount', 'bigint'],
      ['paid_on', 'paidOn', 'date'],
      ['credited_on', 'creditedOn', 'date'],
    ],
  },
  'daily-kwh': {
    table: 'source.daily_kwh',
    key: ['cons_no', 'day'],
    electricity: 'kwh',
    happened: 'day',
    columns: [
      ['cons_no', 'consNo', 'text'],
      ['day', 'day', 'date'],
      ['kwh', 'electricity', 'bigint'],
    ],
  },
}

const SPECIAL = /[\\\t\n\r\0]/
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '\ufffd' }

/** A value as COPY's text format wants it; what is absent is null. */
export const copyText = (value: string | bigint | boolean | undefined): string => {
  if (value === undefined) return '\\N'
  const text = String(value)
  return SPECIAL.test(text) ? text.replaceAll(/[\\\t\n\r\0]/g, (special) => ESCAPES[special] ?? special) : text
}
