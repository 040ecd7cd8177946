import pg from 'pg'
import { expect, test } from 'vitest'
import { INSTALMENT_KINDS } from '#domain/extraction/fields.ts'
import { addDays } from '#domain/shared/dates.ts'
import { settledMonths } from '#infrastructure/postgres/screening-inputs.ts'
import { day, province } from '#test/support/arbitraries/values.ts'
import { freshDatabase } from '#test/support/postgres.ts'
import { fill } from './support.ts'

type Version = {
  readonly cons_no: string
  readonly id: string
  readonly bill_month: string | null
  readonly kind: string
  readonly fen: bigint
  readonly extracted_on: string
}
type Bill = Version & { readonly issued_on: string; readonly due_on: string }
type Payment = Version & { readonly credited_on: string | null }

/** Of the versions of a thing the last that was there on the date, else the first that came later. */
const asKnown = <T extends Version>(rows: readonly T[], on: string): readonly T[] =>
  [...Map.groupBy(rows, ({ cons_no, id }) => `${cons_no} ${id}`).values()].map((versions) => {
    const inOrder = versions.toSorted((a, b) => (a.extracted_on < b.extracted_on ? -1 : 1))
    return inOrder.findLast(({ extracted_on }) => extracted_on <= on) ?? inOrder[0]!
  })

/** When the last gap of a bill month was closed, its payments gone through one by one. */
const settledBy = (bills: readonly Bill[], payments: readonly Payment[]): { readonly billed: bigint; readonly paid: bigint; readonly settledOn: string } => {
  const billed = bills.reduce((sum, { fen }) => sum + fen, 0n)
  const due =
    bills
      .map(({ due_on }) => due_on)
      .toSorted()
      .at(-1) ?? ''
  let paid = 0n
  let closedOn: string | undefined
  const inOrder = payments.toSorted((a, b) => (`${a.credited_on} ${a.id}` < `${b.credited_on} ${b.id}` ? -1 : 1))
  for (const { fen, credited_on } of inOrder) {
    if (paid < billed) closedOn = credited_on ?? undefined
    paid += fen
  }
  return { billed, paid, settledOn: billed > paid ? 'infinity' : (closedOn ?? due) }
}

test('a bill month was settled when its last gap was closed, as its payments say that are gone through one by one', async () => {
  const database = await freshDatabase()
  await fill(database.url, 3)
  const client = new pg.Client(database.url)
  await client.connect()
  const own = province('P11')
  const seen = { open: 0, inParts: 0, givenBack: 0, tooMuch: 0 }
  const all = async <T>(columns: string, table: string): Promise<readonly T[]> =>
    (await client.query(`select cons_no, ${columns}, bill_month, kind, extracted_on::text from source.${table} where province = '${own}'`)).rows
  const bills = (await all<Bill & { fen: string }>('bill_id as id, receivable_fen as fen, issued_on::text, due_on::text', 'bill')).map((row) => ({
    ...row,
    fen: BigInt(row.fen),
  }))
  const payments = (await all<Payment & { fen: string }>('payment_id as id, amount_fen as fen, credited_on::text', 'payment')).map((row) => ({
    ...row,
    fen: BigInt(row.fen),
  }))
  for (let on = day('2025-06-30'); on <= '2026-05-01'; on = addDays(on, 61)) {
    const { rows } = await client.query<{ cons_no: string; bill_month: string; billed: string; paid: string; settled_on: string }>(
      `with ${settledMonths(own, on)} select cons_no, bill_month, billed, paid, settled_on::text from settled`,
    )
    const billsOf = Map.groupBy(
      asKnown(bills, on).filter(({ issued_on, kind }) => issued_on <= on && !INSTALMENT_KINDS.includes(kind)),
      (bill) => `${bill.cons_no} ${bill.bill_month}`,
    )
    const paymentsOf = Map.groupBy(
      asKnown(payments, on).filter(
        ({ credited_on, kind }) => credited_on !== null && credited_on <= on && !['prepayment', 'instalment', 'penalty'].includes(kind),
      ),
      (payment) => `${payment.cons_no} ${payment.bill_month}`,
    )
    expect(rows.length).toBe(billsOf.size)
    for (const row of rows) {
      const key = `${row.cons_no} ${row.bill_month}`
      const own = paymentsOf.get(key) ?? []
      const wanted = settledBy(billsOf.get(key) ?? [], own)
      expect([key, BigInt(row.billed), BigInt(row.paid), row.settled_on]).toEqual([key, wanted.billed, wanted.paid, wanted.settledOn])
      if (wanted.settledOn === 'infinity') seen.open++
      if (own.length > 1) seen.inParts++
      if (own.some(({ fen }) => fen < 0n)) seen.givenBack++
      if (wanted.paid > wanted.billed && own.length > 1) seen.tooMuch++
    }
  }
  await client.end()
  await database.drop()
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(20)
})
