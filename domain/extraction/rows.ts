import { z } from 'zod'
import { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, Name, OrgCode, ProvinceCode, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { type Fen, fen, type Kwh, kwh, type Va, va } from '#domain/shared/quantities.ts'
import type { Source } from './fields.ts'

/** What a payment is (收费方式与性质). A write-off (核销) is no money; a prepayment (预存) pays a bill only when it is applied. */
export const PAYMENT_KINDS: readonly string[] = [
  'cash',
  'transfer',
  'acceptance-bill',
  'instalment',
  'instalment-applied',
  'prepayment',
  'prepayment-applied',
  'write-off',
  'penalty',
]
/** Decimal text as an integer number of its smallest unit, exactly. */
const scaled = (text: string, decimals: number): bigint => {
  const [whole = '0', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'))
}

/** A code that we may not know: kept as it is, and reported. */
const code = z.string().regex(/^[^\s",]{1,32}$/u, 'a code of at most 32 characters')
const yuan = z
  .string()
  .regex(/^-?\d{1,13}(\.\d{1,2}0*)?$/, 'an amount in yuan such as 1234.56')
  .transform((text): Fen => fen(text.startsWith('-') ? -scaled(text.slice(1), 2) : scaled(text, 2)))
const kva = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,3}0*)?$/, 'a capacity in kVA such as 315.000')
  .transform((text): Va => va(scaled(text, 3)))
const energy = z
  .string()
  .regex(/^\d{1,12}$/, 'whole kWh, not negative')
  .transform((text): Kwh => kwh(BigInt(text)))
const flag = z.enum(['0', '1'], '0 or 1').transform((text) => text === '1')
const id = z.string().regex(/^[0-9A-Za-z_-]{1,40}$/, 'an id of at most 40 letters or digits')
const owner = { province: ProvinceCode, consNo: ConsNo }

const CustomerRow = z.object({
  ...owner,
  name: Name,
  orgCode: OrgCode,
  tradeStandard: TradeStandard,
  tradeCode: TradeCode,
  hecClass: code.max(8).optional(),
  electType: code.optional(),
  voltage: code.max(16).optional(),
  contractCapacity: kva,
  runningCapacity: kva,
  uscc: z
    .string()
    .regex(/^[0-9A-HJ-NPQRTUWXY]{18}$/, 'an 18-character unified social credit code')
    .optional(),
  status: code,
  residential: flag,
  powerOffOn: BusinessDate.optional(),
})
type CustomerRow = z.output<typeof CustomerRow>

const BillRow = z
  .object({
    ...owner,
    billId: id,
    billMonth: BillMonth,
    kind: code,
    receivable: yuan,
    electricity: energy.optional(),
    issuedOn: BusinessDate,
    dueOn: BusinessDate,
  })
  .refine((row) => row.dueOn >= row.issuedOn, { path: ['dueOn'], error: 'due before it is issued', params: { code: 'INCONSISTENT' } })
  .refine((row) => row.issuedOn.slice(0, 7).replace('-', '') >= row.billMonth, {
    path: ['issuedOn'],
    error: 'issued before its month',
    params: { code: 'INCONSISTENT' },
  })
type BillRow = z.output<typeof BillRow>

const PAYS_NO_BILL = ['prepayment']
const PaymentRow = z
  .object({
    ...owner,
    paymentId: id,
    billMonth: BillMonth.optional(),
    kind: code,
    amount: yuan,
    paidOn: BusinessDate,
    creditedOn: BusinessDate.optional(),
  })
  .refine((row) => row.creditedOn === undefined || row.creditedOn >= row.paidOn, {
    path: ['creditedOn'],
    error: 'credited before it is paid',
    params: { code: 'INCONSISTENT' },
  })
  .refine((row) => row.billMonth !== undefined || PAYS_NO_BILL.includes(row.kind), {
    path: ['billMonth'],
    error: 'wanted for a payment of this kind',
    params: { code: 'REQUIRED' },
  })
type PaymentRow = z.output<typeof PaymentRow>

/** kWh of one day; left empty when the meter was not read. */
const DailyKwhRow = z.object({ ...owner, day: BusinessDate, electricity: energy.optional() })
type DailyKwhRow = z.output<typeof DailyKwhRow>

export const sourceRows = {
  customers: CustomerRow,
  bills: BillRow,
  payments: PaymentRow,
  'daily-kwh': DailyKwhRow,
} as const satisfies Record<Source, z.ZodType>
export type SourceRow = CustomerRow | BillRow | PaymentRow | DailyKwhRow

/** The columns of each source's CSV, in any order in a file, by the field that each fills. */
export const sourceColumns = {
  customers: {
    province: 'province',
    cons_no: 'consNo',
    name: 'name',
    org_code: 'orgCode',
    trade_standard: 'tradeStandard',
    trade_code: 'tradeCode',
    hec_class: 'hecClass',
    elect_type: 'electType',
    voltage: 'voltage',
    contract_kva: 'contractCapacity',
    running_kva: 'runningCapacity',
    uscc: 'uscc',
    status: 'status',
    residential: 'residential',
    power_off_on: 'powerOffOn',
  },
  bills: {
    province: 'province',
    cons_no: 'consNo',
    bill_id: 'billId',
    bill_month: 'billMonth',
    kind: 'kind',
    receivable_yuan: 'receivable',
    electricity_kwh: 'electricity',
    issued_on: 'issuedOn',
    due_on: 'dueOn',
  },
  payments: {
    province: 'province',
    cons_no: 'consNo',
    payment_id: 'paymentId',
    bill_month: 'billMonth',
    kind: 'kind',
    amount_yuan: 'amount',
    paid_on: 'paidOn',
    credited_on: 'creditedOn',
  },
  'daily-kwh': { province: 'province', cons_no: 'consNo', day: 'day', kwh: 'electricity' },
} as const satisfies Record<Source, Readonly<Record<string, string>>>
