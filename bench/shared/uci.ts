import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import pg from 'pg'

/**
 * Real clients of a bank (data/raw/README.md) as customers of one province, with a bill a month and the payments to it, so
 * that the product's own screening judges them. A statement is the month's bill, due on the 18th of the next month; what a
 * client paid in a month (on the 15th) pays the bill of the month before. A client k months behind at a statement has left the
 * bill of k months ago, and those since, open; where a bill was not left open, what he did not pay in money was carried
 * forward, which is money applied, no payment. The bill of September stays open for good when he defaulted.
 */
export type Client = {
  readonly id: string
  readonly limit: number
  /** Months behind, statements and payments; the latest month first. */
  readonly behind: readonly number[]
  readonly bills: readonly number[]
  readonly paid: readonly number[]
  readonly bad: boolean
}
export const UCI_FILE = new URL('../../data/raw/uci350_bills_payments_overdue.csv.gz', import.meta.url)
export const UCI_DATE = '2005-09-30'
export const UCI_PROVINCE = 'P35'

export const readClients = (file: URL | string): readonly Client[] => {
  const bytes = readFileSync(file)
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')
  const [header = '', ...lines] = text.trim().split(/\r?\n/)
  const names = header.split(',')
  const at = (name: string): number => names.indexOf(name)
  const six = (prefix: string): readonly number[] => [1, 2, 3, 4, 5, 6].map((n) => at(`${prefix}${prefix === 'PAY_' && n === 1 ? 0 : n}`))
  const [behind, bills, paid] = [six('PAY_'), six('BILL_AMT'), six('PAY_AMT')]
  return lines.map((line) => {
    const values = line.split(',')
    const numbers = (places: readonly number[]): readonly number[] => places.map((place) => Number(values[place]))
    return {
      id: values[at('ID')]!,
      limit: Number(values[at('LIMIT_BAL')]),
      behind: numbers(behind),
      bills: numbers(bills),
      paid: numbers(paid),
      bad: Number(values.at(-1)) === 1,
    }
  })
}

const LAST = 2005 * 12 + 8
const monthAgo = (ago: number): { readonly code: string; readonly date: (day: number) => string } => {
  const index = LAST - ago
  const [year, month] = [Math.floor(index / 12), String((index % 12) + 1).padStart(2, '0')]
  return { code: `${year}${month}`, date: (day) => `${year}-${month}-${String(day).padStart(2, '0')}` }
}

type Bill = readonly [consNo: string, id: string, month: string, fen: bigint, issued: string, due: string]
type Payment = readonly [consNo: string, id: string, month: string | null, kind: string, fen: bigint, on: string]

const fenOf = (amount: number): bigint => BigInt(Math.round(amount * 100))

/** Months ago until whose statement the bill of `ago` months ago stood open; undefined when it was paid in time. */
const openUntil = (behind: readonly number[], ago: number): number | undefined => {
  for (let at = 0; at < ago; at++) if (Math.min(6, behind[at] ?? 0) >= ago - at) return at
  return undefined
}

const accountOf = ({ id, bills, paid, behind, bad }: Client): { readonly bills: readonly Bill[]; readonly payments: readonly Payment[] } => {
  const consNo = id.padStart(10, '0')
  const ours: Bill[] = []
  const payments: Payment[] = []
  for (let ago = 6; ago >= 0; ago--) {
    const open = ago === 0 ? undefined : openUntil(behind, ago)
    const money = ago === 0 ? 0n : fenOf(paid[ago - 1] ?? 0)
    const stated = ago === 6 ? money : fenOf(Math.max(0, bills[ago] ?? 0))
    // The latest bill can only be left open when there is one: everybody has one of a yuan at least, whatever becomes of it.
    const owed = stated === 0n && (ago === 0 || open !== undefined) ? 100n : stated
    const month = monthAgo(ago)
    ours.push([consNo, `B${month.code}`, month.code, owed, month.date(28), monthAgo(ago - 1).date(18)])
    const most = open === undefined ? owed : owed - 1n
    const part = money < most ? money : most
    if (part > 0n) payments.push([consNo, `M${month.code}`, month.code, 'transfer', part, monthAgo(ago - 1).date(15)])
    if (money > part) payments.push([consNo, `P${month.code}`, null, 'prepayment', money - part, monthAgo(ago - 1).date(15)])
    const rest = owed - part
    if (rest > 0n && open !== 0 && !(ago === 0 && bad))
      payments.push([
        consNo,
        `C${month.code}`,
        month.code,
        'instalment-applied',
        rest,
        open === undefined ? monthAgo(ago - 1).date(18) : monthAgo(open - 1).date(10),
      ])
    if (rest > 0n && open === 0 && !bad) payments.push([consNo, `C${month.code}`, month.code, 'transfer', rest, '2005-10-10'])
  }
  return { bills: ours, payments }
}

/** Puts clients into `source`, as extraction would have brought them. */
export const loadClients = async (url: string, clients: readonly Client[]): Promise<void> => {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const accounts = clients.map(accountOf)
    const bills = accounts.flatMap((one) => one.bills)
    const payments = accounts.flatMap((one) => one.payments)
    const column = <T extends readonly unknown[]>(rows: readonly T[], index: number): unknown[] => rows.map((row) => row[index])
    await client.query(
      `insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, status, residential)
       select $1, c, $2::date, 'client ' || c, $1, 'GB/T 4754-2017', '5299', va, va, 'normal', false from unnest($3::text[], $4::bigint[]) as u(c, va)`,
      [UCI_PROVINCE, UCI_DATE, clients.map(({ id }) => id.padStart(10, '0')), clients.map(({ limit }) => BigInt(limit) * 10n)],
    )
    await client.query(
      `insert into source.bill (province, cons_no, bill_id, extracted_on, bill_month, kind, receivable_fen, issued_on, due_on)
       select $1, c, i, issued, m, '01', fen, issued, due from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::date[], $7::date[]) as u(c, i, m, fen, issued, due)`,
      [UCI_PROVINCE, ...[0, 1, 2, 3, 4, 5].map((index) => column(bills, index))],
    )
    await client.query(
      `insert into source.payment (province, cons_no, payment_id, extracted_on, bill_month, kind, amount_fen, paid_on, credited_on)
       select $1, c, i, day, m, kind, fen, day, day from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::date[]) as u(c, i, m, kind, fen, day)`,
      [UCI_PROVINCE, ...[0, 1, 2, 3, 4, 5].map((index) => column(payments, index))],
    )
    await client.query('analyze source.customer, source.bill, source.payment')
  } finally {
    await client.end()
  }
}
