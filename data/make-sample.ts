import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { addDays, BusinessDate, type BillMonth } from '#domain/shared/dates.ts'
import { composeBills, type Bill } from './compose/bills.ts'
import { happens, pick } from './compose/chance.ts'
import { composeCustomers, type Customer } from './compose/customers.ts'
import { composeGroupLinks, composeGroups } from './compose/groups.ts'
import { composePayments, type Payment } from './compose/payments.ts'

/** The 93 days whose reports are sent, and the last day that the sample knows anything of. */
export const WINDOW = { from: BusinessDate.parse('2025-12-31'), to: BusinessDate.parse('2026-04-02') }
export const EXTRACTED_ON = BusinessDate.parse('2026-04-08')
/** When the demonstration screens again, and when those who have settled leave the list. */
const SCREENED_AGAIN_ON = ['2026-02-15', '2026-03-15']
const SETTLED_ON = '2026-03-31'
const FIRST_KWH = BusinessDate.parse('2025-12-01')

const yuan = (fen: bigint): string => {
  const whole = fen < 0n ? -fen : fen
  return `${fen < 0n ? '-' : ''}${whole / 100n}.${String(whole % 100n).padStart(2, '0')}`
}

export type Account = { readonly customer: Customer; readonly bills: readonly Bill[]; readonly payments: readonly Payment[] }

/** Old debts of those who stopped paying, written off in the window: the oldest bill of about a dozen. */
const writeOff = (customer: Customer, bills: readonly Bill[], payments: readonly Payment[]): readonly Payment[] => {
  const { province, consNo } = customer
  if (!happens(25, 'write-off', province, consNo)) return []
  const unpaid = bills.filter(({ id, month, kind }) => kind === '01' && month <= ('202503' as BillMonth) && !payments.some((one) => one.id.startsWith(id)))
  const [oldest] = unpaid
  if (!oldest || unpaid.length < 3) return []
  const on = addDays('2026-01-12' as BusinessDate, pick(60, 'write-off day', province, consNo))
  return [{ id: `${oldest.id}-B`, month: oldest.month, kind: 'write-off', fen: oldest.fen, paidOn: on, creditedOn: on }]
}

export const composeAccounts = (): readonly Account[] =>
  composeCustomers().map((customer) => {
    const bills = composeBills(customer)
    const payments = composePayments(customer, bills)
    return { customer, bills, payments: [...payments, ...writeOff(customer, bills, payments)] }
  })

const powerOff = ({ customer, payments }: Account): string => {
  const lastPaid = payments.reduce((last, { paidOn, kind }) => (kind !== 'write-off' && paidOn > last ? paidOn : last), '')
  const cut = lastPaid < '2025-10-01' && happens(20, 'power off', customer.province, customer.consNo)
  return cut ? addDays('2026-01-20' as BusinessDate, pick(50, 'power off day', customer.province, customer.consNo)) : ''
}

const customerLine = (account: Account): string => {
  const c = account.customer
  const fields = [c.province, c.consNo, c.name, c.orgCode, c.standard, c.tradeCode, c.hecClass ?? '', c.electType, c.voltage]
  return [...fields, `${c.contractKva}.000`, `${c.contractKva}.000`, 'normal', '0', powerOff(account)].join(',')
}
const billLines = ({ customer: { province, consNo }, bills }: Account): readonly string[] =>
  bills.filter(({ issuedOn }) => issuedOn <= EXTRACTED_ON).map((bill) => [province, consNo, bill.id, bill.month, bill.kind, yuan(bill.fen), bill.kind === '01' ? bill.kwh : '', bill.issuedOn, bill.dueOn].join(','))
const paymentLines = ({ customer: { province, consNo }, payments }: Account): readonly string[] =>
  payments
    .filter(({ paidOn }) => paidOn <= EXTRACTED_ON)
    .map((one) => [province, consNo, one.id, one.month ?? '', one.kind, yuan(one.fen), one.paidOn, one.creditedOn <= EXTRACTED_ON ? one.creditedOn : ''].join(','))
const kwhLines = ({ customer: { province, consNo, series } }: Account): readonly string[] => {
  const lines: string[] = []
  for (let day = FIRST_KWH; day <= EXTRACTED_ON; day = addDays(day, 1)) lines.push(`${province},${consNo},${day},${series.kwh.get(day) ?? ''}`)
  return lines
}

const file = (header: string, lines: readonly string[]): { readonly text: string; readonly rows: number } => ({ text: `${[header, ...lines].join('\n')}\n`, rows: lines.length })

/** Every file of the sample as text, by name. */
export const composeSample = (accounts: readonly Account[] = composeAccounts()): Readonly<Record<string, { readonly text: string; readonly rows: number }>> => {
  const byProvince = accounts.toSorted((a, b) => (a.customer.province < b.customer.province ? -1 : a.customer.province > b.customer.province ? 1 : a.customer.rank - b.customer.rank))
  return {
    'customers.csv': file('province,cons_no,name,org_code,trade_standard,trade_code,hec_class,elect_type,voltage,contract_kva,running_kva,status,residential,power_off_on', byProvince.map(customerLine)),
    'bills.csv': file('province,cons_no,bill_id,bill_month,kind,receivable_yuan,electricity_kwh,issued_on,due_on', byProvince.flatMap(billLines)),
    'payments.csv': file('province,cons_no,payment_id,bill_month,kind,amount_yuan,paid_on,credited_on', byProvince.flatMap(paymentLines)),
    'daily-kwh.csv': file('province,cons_no,day,kwh', byProvince.flatMap(kwhLines)),
    'groups.csv': file(
      'group_no,name,uscc,kind,parent',
      composeGroups().map(({ no, name, uscc, kind, parent = '' }) => [no, name, uscc, kind, parent].join(',')),
    ),
    'group-links.csv': file(
      'group_no,province,cons_no,basis,effective_from',
      composeGroupLinks(byProvince.map(({ customer }) => customer)).map(({ group, customer, basis, from }) => [group.no, customer.province, customer.consNo, basis, from].join(',')),
    ),
  }
}

const write = (): void => {
  const folder = new URL('sample/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const files = composeSample()
  const digests = Object.fromEntries(
    Object.entries(files).map(([name, { text, rows }]) => {
      const packed = !name.startsWith('group')
      writeFileSync(new URL(packed ? `${name}.gz` : name, folder), packed ? gzipSync(text, { level: 9 }) : text)
      return [name, { rows, sha256: createHash('sha256').update(text).digest('hex') }]
    }),
  )
  const manifest = {
    what: 'A composite of real parts: daily electricity of real enterprises, payment behaviour of real clients of a bank, real trades and provinces, put together by data/make-sample.ts. No customer in it exists.',
    window: WINDOW,
    screenedAgainOn: SCREENED_AGAIN_ON,
    settledOn: SETTLED_ON,
    extractedOn: EXTRACTED_ON,
    digests: 'SHA-256 of each file unpacked',
    files: digests,
  }
  writeFileSync(new URL('sample.json', folder), `${JSON.stringify(manifest, null, 2)}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) write()
