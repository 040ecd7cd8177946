import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { prefill } from '#application/daily-report/prefill.ts'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { PenaltyRules } from '#domain/penalty/penalty.ts'
import { addDays, type BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { loadReferenceData } from '#infrastructure/reference-data.ts'
import { sumsOf } from '#projections/daily-report/national-day/figures.ts'
import { addUp, NO_SUMS, type Sums } from '#projections/group-user/electricity/columns.ts'
import { keepGroupFigures } from '#projections/group-user/electricity/keep.ts'
import { memberFigures } from '#projections/group-user/electricity/member.sql.ts'
import { groupSums, memberSums } from '#projections/group-user/electricity.queries.ts'
import { groupDirectory } from '#projections/group-user/group-user.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { day } from '#test/support/arbitraries/values.ts'
import { type Bill, brought, forgetBrought, groupSays, type Payment, type Reading } from '#test/support/group-figures.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'

const { database, pool } = await ownDatabase()
const tables = await tablesOf(pool, groupDirectory)
let source: ReturnType<typeof openSourceFigures>
beforeAll(async () => {
  source = openSourceFigures(database.url)
})
afterAll(async () => {
  await source.close()
})
const clear = async (): Promise<void> => {
  await forgetBrought(pool)
  for (const table of [...groupDirectory.publishes, 'group_register', 'group_link_stream'])
    await pool.query(run`delete from ${sql.identifier(['rm_group_user_v1_1', table])}`)
}
beforeEach(clear)

const P = 'P13S' as ProvinceCode
const G = (text: string): GroupNo => text as GroupNo
const penaltyRules = z.array(PenaltyRules).parse(loadReferenceData().penaltyRules)

const row = z.object({ province: z.string(), cons_no: z.string(), on_date: z.string() }).catchall(z.union([z.bigint(), z.string()]))
const figuresOn = (customers: readonly (readonly [string, string])[], dates: readonly BusinessDate[]) =>
  pool.any(
    sql.type(row)`${memberFigures(
      sql.fragment`select province, cons_no, on_date from ${rowset(
        customers.flatMap(([province, cons_no]) => dates.map((on_date) => ({ province, cons_no, on_date }))),
        'province text, cons_no text, on_date date',
      )}`,
    )} order by 1, 2, 3`,
  )

const someDay = (from: string, days: number) => fc.nat(days).map((n) => addDays(day(from), n))
const monthBack = fc.constantFrom('202511', '202512', '202601', '202602', '202603')

/** One customer's life in the source: several records a month, reversals, write-offs, prepayments, instalments, money in transit, rows brought twice. */
const life = (province: string, cons_no: string) =>
  fc.record({
    bills: fc
      .uniqueArray(
        fc.record({
          bill_id: fc.nat(9).map(String),
          bill_month: monthBack,
          receivable_fen: fc.bigInt(20n, 200n),
          lag: fc.nat(12),
          term: fc.nat(20),
          kind: fc.constantFrom('01', '01', '01', '11'),
        }),
        { selector: ({ bill_id }) => bill_id, maxLength: 8, size: 'max' },
      )
      .map((bills) =>
        bills.map(({ lag, term, ...bill }): Bill => {
          const issued_on = addDays(addDays(day(`${bill.bill_month.slice(0, 4)}-${bill.bill_month.slice(4)}-28`), 4), lag)
          return { province, cons_no, ...bill, issued_on, due_on: addDays(issued_on, term) }
        }),
      ),
    payments: fc
      .uniqueArray(
        fc.record({
          payment_id: fc.nat(9).map(String),
          bill_month: monthBack,
          amount_fen: fc.bigInt(-50n, 200n),
          paid_on: someDay('2025-12-01', 130),
          transit: fc.option(fc.nat(6)),
          kind: fc.constantFrom('cash', 'transfer', 'write-off', 'prepayment', 'prepayment-applied', 'instalment', 'penalty'),
        }),
        { selector: ({ payment_id }) => payment_id, maxLength: 8, size: 'max' },
      )
      .map((payments) =>
        payments.map(
          ({ transit, ...payment }): Payment => ({ province, cons_no, ...payment, credited_on: transit === null ? null : addDays(payment.paid_on, transit) }),
        ),
      ),
    readings: fc
      .uniqueArray(fc.record({ day: someDay('2025-12-20', 110), kwh: fc.option(fc.bigInt(0n, 500n)) }), {
        selector: ({ day }) => day,
        maxLength: 12,
        size: 'max',
      })
      .map((readings) => readings.map((reading): Reading => ({ province, cons_no, ...reading }))),
  })

type Life = { bills: Bill[]; payments: Payment[]; readings: Reading[] }
const together = (lives: readonly Life[]): Life => ({
  bills: lives.flatMap(({ bills }) => bills),
  payments: lives.flatMap(({ payments }) => payments),
  readings: lives.flatMap(({ readings }) => readings),
})

describe('a member on a date', () => {
  test('comes to what a report would say of him', async () => {
    let owing = 0
    await fc.assert(
      fc.asyncProperty(life(P, '1'), life(P, '1'), fc.uniqueArray(someDay('2025-12-25', 105), { minLength: 1, maxLength: 4 }), async (first, again, dates) => {
        await clear()
        await brought(pool, { customers: [{ province: P, cons_no: '1' }], ...first }, '2026-03-01')
        await brought(pool, again, '2026-03-02') // the later version of the same thing counts
        const found = await figuresOn([[P, '1']], dates.toSorted())
        for (const [index, date] of dates.toSorted().entries()) {
          const [figures] = await source.figures(P, date, ['1' as ConsNo])
          const told = await prefill({ figures: source.figures, penaltyRules }, { province: P, date, users: [{ consNo: '1' as ConsNo, level: 'II' }] })
          const { penalty_accrued: _, penalty_received: __, penalty_open: ___, ...sums } = sumsOf(told.rows[0]!, date)
          const mine = found[index]!
          expect(mine).toMatchObject({
            ...sums,
            on_date: date,
            prepaid: figures!.prepaidBalance,
            in_transit: figures!.inTransit,
            received_today: figures!.receivedToday,
            kwh_day: figures!.electricityDay ?? 0n,
            readings: figures!.electricityDay === null ? 0n : 1n,
            kwh_month: figures!.electricityMonthToDate,
            contract_va: 1_000_000n,
            members: 1n,
            unknown_members: 0n,
          })
          const latest = new Map([...first.readings, ...again.readings].map((reading) => [reading.day, reading.kwh ?? 0n]))
          const year = [...latest].filter(([on]) => on.slice(0, 4) === date.slice(0, 4) && on <= date).reduce((sum, [, kwh]) => sum + kwh, 0n)
          expect(mine.kwh_year).toBe(year)
          if ((mine.arrears as bigint) > 0n) owing++
        }
      }),
      { numRuns: 30 },
    )
    expect(owing).toBeGreaterThan(20)
  })
})

type Membership = {
  readonly province: string
  readonly consNo: string
  readonly groupNo: string
  readonly from: BusinessDate
  readonly to: BusinessDate | undefined
}
const within = (one: Membership, on: BusinessDate): boolean => one.from <= on && (one.to === undefined || one.to > on)

/** Customers who were members now and then: of one group or two, never of both on a day. */
const memberships = fc
  .array(
    fc.record({
      province: fc.constantFrom('P13S', 'P13N', 'P11'),
      n: fc.nat(2),
      groups: fc.shuffledSubarray(['GA1', 'GB1', 'GC1'], { minLength: 1 }),
      turns: fc.uniqueArray(someDay('2025-12-20', 100), { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 2, maxLength: 6, size: 'max' },
  )
  .map((all) => [...new Map(all.map((one) => [`${one.province} ${one.n}`, one])).values()])
  .map((all): readonly Membership[] =>
    all.flatMap(({ province, n, groups, turns }) => {
      const days = turns.toSorted()
      return days.flatMap((from, index) =>
        index % 2 === 0 ? [{ province, consNo: String(n), groupNo: groups[(index / 2) % groups.length]!, from, to: days[index + 1] }] : [],
      )
    }),
  )

const logOf = (all: readonly Membership[]): Log => [
  ...groupSays.registered('GA1', 'Alpha'),
  ...groupSays.registered('GB1', 'Beta', { parent: 'GA1' }),
  ...groupSays.registered('GC1', 'Gamma', { parent: 'GB1' }),
  ...groupSays.moved('GC1', null, '2026-02-10'),
  ...all.flatMap(({ province, consNo, groupNo, from, to }, index) =>
    groupSays.linked(province, consNo, groupNo, from, { linkId: `L${index}`, ...(to !== undefined && { endedOn: to }) }),
  ),
]
const FAMILY: Readonly<Record<string, (on: BusinessDate) => readonly string[]>> = {
  GA1: (on) => (on < '2026-02-10' ? ['GA1', 'GB1', 'GC1'] : ['GA1', 'GB1']),
  GB1: (on) => (on < '2026-02-10' ? ['GB1', 'GC1'] : ['GB1']),
  GC1: () => ['GC1'],
}

const LIVES = fc.tuple(life('P13S', '0'), life('P13S', '1'), life('P13N', '0'), life('P11', '2'), life('P11', '0'))

test('a group on a date is the sum of its members, as they were then and with those of another day, kept or not, whatever came in between', async () => {
  const reached = { members: 0, kept: 0, fresh: 0, stale: 0 }
  await fc.assert(
    fc.asyncProperty(
      memberships,
      LIVES,
      LIVES,
      fc.record({
        groupNo: fc.constantFrom('GA1', 'GA1', 'GB1'),
        date: someDay('2026-01-10', 85),
        on: fc.uniqueArray(fc.oneof(someDay('2025-12-25', 100), fc.constantFrom(day('2026-01-31'), day('2026-02-28'), day('2026-03-31'))), {
          minLength: 2,
          maxLength: 4,
        }),
        membership: fc.constantFrom('then' as const, 'current' as const),
        descendants: fc.boolean(),
        keep: fc.boolean(),
        again: fc.boolean(),
        batch: fc.constantFrom(1, 3, 500),
        // customers times months in one statement
        budget: fc.constantFrom(20, 100, 100_000),
      }),
      async (all, lives, later, { groupNo, date, on, membership, descendants, keep, again, batch, budget }) => {
        await clear()
        await tables.apply(record(logOf(all)), batch)
        const customers = ['P13S/0', 'P13S/1', 'P13N/0', 'P11/0'].map((key) => ({ province: key.split('/')[0]!, cons_no: key.split('/')[1]! }))
        await brought(pool, { customers, ...together(lives) }, '2026-03-01')
        if (keep) await keepGroupFigures(pool, addDays(date, 1), budget)
        if (again) {
          await brought(pool, together(later), '2026-03-02')
          await keepGroupFigures(pool, addDays(date, 1), budget)
        }
        const refs = on.map((one) => ({ ref: one as string, on: one }))
        const asked = { groupNo: G(groupNo), date, membership, descendants, provinces: undefined, byProvince: true }
        const { told, standing } = await groupSums(pool, refs, asked)
        const whole = await groupSums(pool, refs, { ...asked, byProvince: false })
        const ours = await groupSums(pool, refs, { ...asked, byProvince: false, provinces: [P] })
        for (const one of on) {
          const at = membership === 'then' ? one : date
          const family = descendants ? FAMILY[groupNo]!(at) : [groupNo]
          const members = all.filter((link) => family.includes(link.groupNo) && within(link, at))
          const figures = await figuresOn(
            members.map(({ province, consNo }) => [province, consNo] as const),
            [one],
          )
          const naive = addUp(figures as unknown as readonly Sums[])
          expect(whole.told.get(one)!.whole).toEqual(naive)
          const { provinces } = told.get(one)!
          expect(addUp(provinces.values())).toEqual(naive)
          expect(ours.told.get(one)!.whole).toEqual(provinces.get(P) ?? NO_SUMS)
          const open = await memberSums(pool, { ...asked, date: one, membershipOn: at }, { after: undefined, limit: 100 })
          expect(addUp(open.members.map(({ sums }) => sums))).toEqual(naive)
          if (naive.members > 0n) reached.members++
        }
        if (standing.keptSince === null) reached.fresh++
        else reached.kept++
        if (again) reached.stale++
      },
    ),
    { numRuns: 40 },
  )
  expect(Math.min(...Object.values(reached))).toBeGreaterThan(2)
})
