import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { prefill } from '#application/daily-report/prefill.ts'
import { lineChecker, readHeader } from '#application/extraction/check-line.ts'
import type { Receipt, Receivable, UserFigures } from '#application/ports/source.ts'
import { checkRows } from '#domain/daily-report/rows.ts'
import { sourceColumns } from '#domain/extraction/rows.ts'
import { PenaltyRules, penaltyOn } from '#domain/penalty/penalty.ts'
import { addDays, type BillMonth, type BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { fen, kwh, va } from '#domain/shared/quantities.ts'
import { csvLines } from '#infrastructure/csv-lines.ts'
import { bytesOf, DATE, reference, trades } from './support.ts'

const rules = reference.penaltyRules.map((one) => PenaltyRules.parse(one))
const day = (from: string, most: number) => fc.integer({ min: 0, max: most }).map((days) => addDays(from as BusinessDate, days))

/** What a source may hold of one user: a reversal takes back an earlier receipt, later. */
const figures: fc.Arbitrary<UserFigures> = fc
  .array(
    fc.record({
      billMonth: fc.constantFrom('202511', '202512', '202601', '202602') as fc.Arbitrary<BillMonth>,
      amounts: fc.array(fc.bigInt({ min: 1n, max: 10n ** 9n }), { minLength: 1, maxLength: 3, size: 'max' }),
      due: day('2025-12-10', 60),
      paid: fc.array(
        fc.record({
          share: fc.integer({ min: 1, max: 150 }),
          on: day('2025-12-01', 90),
          late: fc.integer({ min: 0, max: 6 }),
          reversed: fc.boolean(),
          kind: fc.constantFrom('transfer', 'write-off', 'penalty', 'prepayment-applied', 'unheard-of'),
        }),
        { maxLength: 5, size: 'max' },
      ),
    }),
    { maxLength: 4, size: 'max' },
  )
  .map((bills) => {
    const receivables: Receivable[] = []
    const receipts: Receipt[] = []
    for (const { billMonth, amounts, due, paid } of bills) {
      for (const [index, amount] of amounts.entries()) receivables.push({ billMonth, dueOn: addDays(due, index * 7), amount: fen(amount) })
      for (const { share, on, late, reversed, kind } of paid) {
        const amount = fen(((amounts[0] ?? 1n) * BigInt(share)) / 100n)
        receipts.push({ billMonth, kind, amount, paidOn: on, creditedOn: addDays(on, late) })
        if (reversed) receipts.push({ billMonth, kind, amount: fen(0n - amount), paidOn: addDays(on, late + 3), creditedOn: addDays(on, late + 3) })
      }
    }
    return { ...USER, receivables, receipts }
  })

const USER = {
  consNo: '1' as ConsNo,
  name: '甲',
  orgCode: 'C3701',
  tradeStandard: 'GB/T 4754-2017',
  tradeCode: '3110',
  hecClass: undefined,
  electType: undefined,
  voltage: undefined,
  contractCapacity: va(1n),
  runningCapacity: va(1n),
  residential: false,
  powerOffOn: undefined,
  electricityDay: null,
  electricityMonthToDate: kwh(0n),
  prepaidBalance: fen(0n),
  inTransit: fen(0n),
  receivedToday: fen(0n),
  instalment: undefined,
} as unknown as UserFigures

const rowOf = async (one: UserFigures, date: BusinessDate) => {
  const { rows } = await prefill(
    { figures: async () => [one], penaltyRules: rules },
    { province: 'P37' as ProvinceCode, date, users: [{ consNo: one.consNo, level: 'I' }] },
  )
  return rows[0]!
}

describe('whatever the source holds', () => {
  test('a prefilled row passes the checks of the report', async () => {
    const met = { partly: 0, settled: 0, owing: 0, writtenOff: 0, over: 0 }
    await fc.assert(
      fc.asyncProperty(figures, day('2025-12-15', 110), async (one, date) => {
        const row = await rowOf(one, date)
        expect(checkRows([row], { date: '2026-12-31' as BusinessDate, previous: [], knowsTrade: trades.knows, kwhJumpBasisPoints: 8_000 })).toEqual([])
        for (const { settleFlag, writtenOff, received, receivable } of row.bills) {
          met[settleFlag === '01' ? 'owing' : settleFlag === '02' ? 'partly' : 'settled']++
          if (writtenOff > 0n) met.writtenOff++
          if (received === receivable) met.over++
        }
      }),
      { numRuns: 400 },
    )
    expect(Object.values(met).every((times) => times > 10)).toBe(true)
  })

  test('a month of one record accrues exactly what the law’s formula says', async () => {
    let accrued = 0
    await fc.assert(
      fc.asyncProperty(figures, day('2025-12-15', 110), async (one, date) => {
        const single = { ...one, receivables: one.receivables.slice(0, 1) }
        const [record] = single.receivables
        if (!record) return
        const credited = single.receipts.filter(
          ({ billMonth, kind, creditedOn }) => billMonth === record.billMonth && kind !== 'penalty' && (creditedOn ?? date) <= date,
        )
        const bill = { dueDate: record.dueOn, receivable: record.amount, residential: false }
        const paid = credited.reduce<bigint>((sum, { amount }) => sum + amount, 0n)
        const everOver = credited.reduce<bigint>((sum, { amount }) => sum + (amount > 0n ? amount : 0n), 0n) > record.amount
        const row = await rowOf(single, date)
        const own = row.bills.find(({ billMonth }) => billMonth === record.billMonth)
        if (!everOver) {
          expect(own?.penaltyReceivable).toBe(
            penaltyOn(
              bill,
              credited.map(({ paidOn, amount }) => ({ on: paidOn, amount })),
              date,
              rules,
            ),
          )
          expect(own?.arrears).toBe(record.amount - paid)
          if (own && own.penaltyReceivable > 0n) accrued++
        }
      }),
      { numRuns: 300 },
    )
    expect(accrued).toBeGreaterThan(20)
  })
})

describe('whatever a file holds', () => {
  const columns = Object.keys(sourceColumns.bills)
  const cell = fc.oneof(
    fc.constantFrom('', 'P37', '1', '202602', '01', '12.30', '-5', '2026-03-01', '2026-03-20', 'b-1', '1e9', ' ', "'=1+1"),
    fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed()),
  )

  test('every line comes out as a row or with its problems, and never throws', () => {
    let rows = 0
    let problems = 0
    fc.assert(
      fc.property(fc.array(cell, { minLength: 7, maxLength: 11 }), fc.shuffledSubarray(columns, { minLength: columns.length }), (fields, header) => {
        const read = readHeader('bills', header)
        if (!read.ok) throw new Error('a header in another order is the same header')
        const check = lineChecker('bills', read.fields, DATE, (province) => (province === 'P37' ? 'allowed' : 'unknown'), undefined)
        const likely: Readonly<Record<string, string>> = {
          province: 'P37',
          cons_no: '1',
          bill_id: 'a',
          bill_month: '202602',
          kind: '01',
          receivable_yuan: '12.30',
          electricity_kwh: '',
          issued_on: '2026-03-01',
          due_on: '2026-03-20',
        }
        const garbled = header.map((name, index) => (index === 0 ? (fields[0] ?? '') : (likely[name] ?? '')))
        for (const line of [fields, garbled]) {
          const judged = check({ line: 2, raw: line.join(','), fields: line })
          if ('row' in judged) rows++
          else {
            problems++
            expect(judged.problems.length).toBeGreaterThan(0)
            expect(judged.problems.every(({ reason }) => reason.length > 0)).toBe(true)
          }
        }
      }),
      { numRuns: 500 },
    )
    expect(Math.min(rows, problems)).toBeGreaterThan(50)
  })

  test('amounts keep every fen, capacities every VA, in whatever way they are written', () => {
    const judge = lineChecker('payments', Object.values(sourceColumns.payments), DATE, () => 'allowed', undefined)
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), fc.nat({ max: 4 }), (amount, zeros) => {
        const whole = amount < 0n ? -amount : amount
        const text = `${amount < 0n ? '-' : ''}${whole / 100n}.${String(whole % 100n).padStart(2, '0')}${'0'.repeat(zeros)}`
        const judged = judge({ line: 2, raw: '', fields: ['P37', '1', 'p', '202602', 'cash', text, '2026-03-01', ''] })
        expect('row' in judged && 'amount' in judged.row && judged.row.amount).toBe(amount)
      }),
    )
  })

  test('lines are read as they were written, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 40 }),
        async (table, size) => {
          const written = table.map((fields) => [...fields, 'end']) // a last cell that is never empty, so that no line is
          const csv = written.map((fields) => fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')).join('\n')
          const read: (readonly string[])[] = []
          for await (const lines of csvLines()(bytesOf(csv, size))) read.push(...lines.map(({ fields }) => fields))
          expect(read).toEqual(written)
        },
      ),
      { numRuns: 60 },
    )
  })
})
