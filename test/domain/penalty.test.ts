import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PenaltyPayment, type PenaltyRules, penaltyOn } from '#domain/penalty/penalty.ts'
import { addDays, daysBetween, yearOf } from '#domain/shared/dates.ts'
import { divideHalfUp, fen } from '#domain/shared/quantities.ts'
import { anyDate, anyFen, day } from '#test/support/arbitraries/values.ts'

const only: PenaltyRules = {
  version: 1,
  effectiveFrom: day('1996-10-08'),
  residentialPerMille: 1,
  currentYearPerMille: 2,
  priorYearPerMille: 3,
  minimumFen: fen(100n),
}
const rules = [only]
const bill = (yuan: bigint, dueDate: string, residential = false) => ({ receivable: fen(yuan * 100n), dueDate: day(dueDate), residential })
const paid = (on: string, yuan: bigint): PenaltyPayment => ({ on: day(on), amount: fen(yuan * 100n) })

describe('the late-payment penalty', () => {
  test('(a) of a household: 1 000.00 for 10 days is 10.00', () => {
    expect(penaltyOn(bill(1000n, '2026-03-10', true), [], day('2026-03-20'), rules)).toBe(1000n)
  })
  test('(b) across the year’s end: 64 + 108 + 18 = 190.00', () => {
    const [december, january] = [bill(2000n, '2000-12-15'), bill(3000n, '2001-01-15')]
    const all = paid('2001-01-18', 3000n)
    const parts = [
      penaltyOn(december, [], day('2000-12-31'), rules),
      penaltyOn(december, [], day('2001-01-18'), rules),
      penaltyOn(january, [all], day('2001-03-01'), rules),
    ]
    expect(parts).toEqual([6400n, 17_200n, 1800n])
    expect(penaltyOn(december, [paid('2001-01-18', 2000n)], day('2001-12-31'), rules)).toBe(17_200n)
  })
  test('(c) after a part is paid, on the rest from the next day', () => {
    const payments = [paid('2026-03-15', 600n)]
    expect(penaltyOn(bill(1000n, '2026-03-10'), payments, day('2026-03-15'), rules)).toBe(1000n) // 5 days of 2 ‰ on 1 000
    expect(penaltyOn(bill(1000n, '2026-03-10'), payments, day('2026-03-16'), rules)).toBe(1080n) // and one on 400
  })
  test('(d) paid on the due day costs nothing; nor does a bill not yet due', () => {
    expect(penaltyOn(bill(1000n, '2026-03-10'), [paid('2026-03-10', 1000n)], day('2026-06-01'), rules)).toBe(0n)
    expect(penaltyOn(bill(1000n, '2026-03-10'), [], day('2026-03-10'), rules)).toBe(0n)
    expect(penaltyOn(bill(1000n, '2026-03-10'), [], day('2026-03-01'), rules)).toBe(0n)
  })
  test('a part paid before the due day never bears any', () => {
    expect(penaltyOn(bill(1000n, '2026-03-10'), [paid('2026-03-01', 400n)], day('2026-03-20'), rules)).toBe(1200n)
  })
  test('a reversed payment bears again from the day after the reversal', () => {
    const payments = [paid('2026-03-10', 1000n), paid('2026-03-20', -1000n)]
    expect(penaltyOn(bill(1000n, '2026-03-10'), payments, day('2026-03-20'), rules)).toBe(0n)
    expect(penaltyOn(bill(1000n, '2026-03-10'), payments, day('2026-03-21'), rules)).toBe(200n)
  })
  test('is rounded half up once, then raised to the rules’ floor', () => {
    const small = { receivable: fen(25n), dueDate: day('2026-03-10'), residential: false }
    expect(penaltyOn(small, [], day('2026-03-20'), [{ ...only, minimumFen: fen(0n) }])).toBe(1n) // 0.5 fen
    expect(penaltyOn(small, [], day('2026-03-19'), [{ ...only, minimumFen: fen(0n) }])).toBe(0n) // 0.45 fen
    expect(penaltyOn(small, [], day('2026-03-20'), rules)).toBe(100n)
    expect(penaltyOn(bill(1000n, '2026-03-10', true), [], day('2026-03-11'), rules)).toBe(100n) // exactly one yuan
  })
  test('counts 29 February', () => {
    expect(penaltyOn(bill(1000n, '2024-02-28'), [], day('2024-03-01'), rules)).toBe(400n)
    expect(penaltyOn(bill(1000n, '2026-02-28'), [], day('2026-03-01'), rules)).toBe(200n)
  })
  test('goes by the rates in force on each day, and by the floor of the last', () => {
    const dearer = { ...only, version: 2, effectiveFrom: day('2026-03-15'), currentYearPerMille: 5, residentialPerMille: 4, minimumFen: fen(0n) }
    const both = [only, dearer]
    const on = (date: string, one = bill(1000n, '2026-03-10')) => penaltyOn(one, [], day(date), both)
    expect(on('2026-03-14')).toBe(800n) // 4 days of 2 ‰
    expect(on('2026-03-15')).toBe(1300n) // and one of 5 ‰
    expect(on('2026-03-20'), 'what accrued before the change stands').toBe(3800n)
    expect(on('2026-03-16', bill(1000n, '2026-03-10', true))).toBe(1200n) // 4 of 1 ‰, 2 of 4 ‰
    expect(penaltyOn({ ...bill(1n, '2026-03-10') }, [], day('2026-03-14'), both)).toBe(100n)
    expect(penaltyOn({ ...bill(1n, '2026-03-10') }, [], day('2026-03-15'), both), 'no floor any more').toBe(1n)
    expect(penaltyOn(bill(1000n, '1996-10-01'), [], day('1996-10-10'), rules), 'none before the first rules').toBe(600n)
  })
  test('is what counting day by day comes to', () => {
    const payment = fc.record({ after: fc.integer({ min: -30, max: 600 }), amount: anyFen(3_000_000n) })
    fc.assert(
      fc.property(
        anyDate('2020-01-01', '2026-12-31'),
        anyFen(),
        fc.boolean(),
        fc.array(payment, { maxLength: 5 }),
        fc.nat(700),
        (dueDate, receivable, residential, given, late) => {
          const payments = given.map(({ after, amount }) => ({ on: addDays(dueDate, after), amount }))
          const until = addDays(dueDate, late)
          let thousandths = 0n
          for (let date = addDays(dueDate, 1); daysBetween(date, until) >= 0; date = addDays(date, 1)) {
            const open = payments.reduce<bigint>((rest, { on, amount }) => (on < date ? rest - amount : rest), receivable)
            const rate = residential ? 1n : yearOf(date) > yearOf(dueDate) ? 3n : 2n
            if (open > 0n) thousandths += open * rate
          }
          const expected = divideHalfUp(thousandths, 1000n)
          expect(penaltyOn({ dueDate, receivable, residential }, payments, until, rules)).toBe(thousandths > 0n && expected < 100n ? 100n : expected)
        },
      ),
    )
  })
})
