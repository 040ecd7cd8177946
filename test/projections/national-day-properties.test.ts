import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BillFigure, Row } from '#domain/daily-report/fields.ts'
import { addDays, addMonths, type BusinessDate, daysBetween, monthOf } from '#domain/shared/dates.ts'
import type { Basis } from '#projections/daily-report/national-day/asking.ts'
import { dailyStatistics } from '#projections/daily-report/national-day.queries.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import * as say from './national-day.fixtures.ts'

const { pool } = await ownDatabase()

/* A history: what happens to users' bills day by day, and what becomes of each day's report. */
const PROVINCES = ['P11', 'P13N'] as const
const USERS = ['1', '2', '3']
const FIRST = '2026-12-28' as BusinessDate
const Happening = fc.record({
  user: fc.constantFrom(...USERS),
  what: fc.constantFrom('bill', 'bill', 'pay', 'pay', 'pay', 'takeBack', 'writeOff'),
  amount: fc.bigInt({ min: 1n, max: 900n }),
})
const Day = fc.record({
  happenings: fc.array(Happening, { maxLength: 5 }),
  fate: fc.constantFrom('sealed', 'sealed', 'sealed', 'returned', 'missing'),
  absent: fc.option(fc.constantFrom(...USERS), { freq: 5 }),
  /** How many reported days back a correction of this day reaches, and how much more had been received then. */
  correction: fc.option(fc.record({ back: fc.nat({ max: 4 }), user: fc.constantFrom(...USERS), more: fc.bigInt({ min: 1n, max: 400n }) }), { freq: 3 }),
})
const History = fc.record({ P11: fc.array(Day, { minLength: 5, maxLength: 8, size: 'max' }), P13N: fc.array(Day, { minLength: 5, maxLength: 8, size: 'max' }) })

type Snapshot = Map<string, Map<string, BillFigure>>
type Reported = { readonly date: BusinessDate; published: Snapshot; corrected: Snapshot; version: number }
const seen = new Set<string>()

const rowsOf = (bills: Snapshot): Row[] => [...bills].map(([user, months]) => say.row(user, [...months.values()]))
const copy = (bills: Snapshot): Snapshot => new Map([...bills].map(([user, months]) => [user, new Map(months)]))

const change = (old: BillFigure | undefined, month: string, { what, amount }: { what: string; amount: bigint }): BillFigure | undefined => {
  const [r, a, w] = [old?.receivable ?? 0n, old?.received ?? 0n, old?.writtenOff ?? 0n]
  const open = r - a - w
  const least = (x: bigint, y: bigint): bigint => (x < y ? x : y)
  const bill = (receivable: bigint, received: bigint, writtenOff: bigint) => say.bill(month, receivable, received, { writtenOff })
  if (what === 'bill') return bill(r + amount, a, w)
  if (!old) return undefined
  if (what === 'pay') return bill(r, a + least(amount, open), w)
  if (what === 'takeBack') return bill(r, a - least(amount, a), w)
  return bill(r, a, w + least(amount, open))
}

/** Plays a province's history: the log it makes, and what was reported of each day by a model of a few lines. */
const play = (province: string, days: readonly (typeof Day extends fc.Arbitrary<infer D> ? D : never)[]): { log: Log; reported: Reported[] } => {
  const bills: Snapshot = new Map(USERS.map((user) => [user, new Map([['202611', say.bill('202611', 1_000n, 400n)]])]))
  const reported: Reported[] = []
  const log: Log[number][] = []
  days.forEach(({ happenings, fate, absent, correction }, index) => {
    const date = addDays(FIRST, index)
    for (const happening of happenings) {
      const months = bills.get(happening.user)!
      const month = happening.amount % 2n === 0n ? monthOf(date) : addMonths(monthOf(date), -1)
      const next = change(months.get(month), month, happening)
      if (next) months.set(month, next)
      if (next) seen.add(happening.what)
    }
    const today = copy(bills)
    if (absent) today.delete(absent)
    log.push(say.opened(province, date, USERS))
    seen.add(fate)
    if (fate === 'missing') log.push(say.missing(province, date))
    else {
      const rows = rowsOf(today)
      if (fate === 'returned') {
        const wrong = say.row('1', [say.bill('202611', 7_777n, 0n)])
        log.push(
          say.put(province, date, [wrong]),
          say.submitted(province, date, [wrong], { minute: 200 }),
          say.returned(province, date),
          say.removed(province, date, '1'),
        )
      }
      if (rows.length > 0) log.push(say.put(province, date, rows.slice(0, 2)), ...(rows.length > 2 ? [say.put(province, date, rows.slice(2), [], 1)] : []))
      log.push(say.submitted(province, date, rows, fate === 'returned' ? { version: 2, minute: 900 } : {}))
      reported.push({ date, published: today, corrected: copy(today), version: fate === 'returned' ? 2 : 1 })
    }
    const target = correction && reported.at(-1 - correction.back)
    const months = target?.corrected.get(correction!.user)
    const [month, bill] = [...(months ?? [])].find(([, { arrears }]) => arrears > 0n) ?? []
    if (!target || !months || !month || !bill) return
    months.set(month, change(bill, month, { what: 'pay', amount: correction!.more })!)
    target.version += 1
    seen.add('corrected')
    log.push(
      say.corrected(province, target.date, target.version, [say.row(correction!.user, [...months.values()])], { all: rowsOf(target.corrected), minute: 3_000 }),
    )
  })
  return { log, reported }
}

/** The figures by their definitions, bill by bill. */
const byDefinition = (now: Snapshot, then: Snapshot, date: BusinessDate) => {
  const total = { arrears: 0n, arrearsAllBills: 0n, newArrears: 0n, cleared: 0n, writtenOff: 0n, enteredWith: 0n, departedWith: 0n }
  const lastMonth = addMonths(monthOf(date), -1)
  for (const user of USERS) {
    const [n, t] = [now.get(user), then.get(user)]
    for (const month of new Set([...(n?.keys() ?? []), ...(t?.keys() ?? [])])) {
      const [after, before] = [n?.get(month)?.arrears ?? 0n, t?.get(month)?.arrears ?? 0n]
      total.arrearsAllBills += after
      if (month <= lastMonth) total.arrears += after
      if (!t) total.enteredWith += after
      else if (!n) total.departedWith += before
      else if (after > before) total.newArrears += after - before
      else {
        const off = (n.get(month)?.writtenOff ?? 0n) - (t.get(month)?.writtenOff ?? 0n)
        const written = off < before - after ? off : before - after
        total.writtenOff += written
        total.cleared += before - after - written
      }
    }
  }
  return total
}

const holdsOn = async (date: BusinessDate, reported: Record<string, Reported[]>, basis: Basis): Promise<void> => {
  const { rows, total } = await dailyStatistics(pool, { date, basis })
  for (const { key, stale, figures, checks } of rows) {
    const index = reported[key]!.findLastIndex((day) => day.date <= date)
    if (index < 0) continue
    const day = reported[key]![index]!
    const expected = byDefinition(day[basis], reported[key]![index - 1]?.[basis] ?? new Map(), day.date)
    expect(figures).toMatchObject(stale ? { arrears: expected.arrears, arrearsAllBills: expected.arrearsAllBills, newArrears: null } : expected)
    if (stale) continue
    expect([checks.allBills?.holds, checks.scope?.holds]).toEqual([true, true])
    if (figures.rolledIn) seen.add('rolledIn')
    if (figures.newArrearsReversed) seen.add('reversed')
    if (figures.departedWith) seen.add('departed')
  }
  for (const name of ['arrears', 'newArrears', 'cleared', 'writtenOff', 'rolledIn', 'receivableMonth', 'electricityDay'] as const)
    expect(total.figures[name] ?? 0n).toBe(rows.reduce((sum, { figures }) => sum + (figures[name] ?? 0n), 0n))
  if (total.checks.allBills) expect([total.checks.allBills.holds, total.checks.scope?.holds]).toEqual([true, true])
}

describe('whatever happens', () => {
  it("the balance is yesterday's with what came and went, the nation is its provinces, and a rebuild is the same in batches of any size", async () => {
    await fc.assert(
      fc.asyncProperty(History, fc.constantFrom(1, 7), fc.nat({ max: 20 }), async (history, batchSize, again) => {
        const played = PROVINCES.map((province) => [province, play(province, history[province])] as const)
        const reported = Object.fromEntries(played.map(([province, { reported }]) => [province, reported]))
        const log = [
          say.list(1, '2026-01-01', [{ code: '31', includeChildren: true, category: 'HIGH_ENERGY' }]),
          ...PROVINCES.flatMap((province) => USERS.map((user) => say.listed(province, user, '2026-12-29'))),
          ...played[0]![1].log,
          // They reach back over many days at once; the other province comes after them, so that they hide nothing that its own days leave undone.
          say.levelChanged('P11', '1', '2026-12-31', 'II', 'I'),
          say.list(2, '2027-01-01', [{ code: '25', category: 'OTHER' }]),
          ...played[1]![1].log,
        ]
        const events = record(log)
        const live = await tablesOf(pool, nationalDay)
        await live.apply(events, 500)
        const last = Math.max(...Object.values(reported).map((days) => (days.length > 0 ? daysBetween(FIRST, days.at(-1)!.date) : 0)))
        for (let day = 0; day <= last; day++) for (const basis of ['published', 'corrected'] as const) await holdsOn(addDays(FIRST, day), reported, basis)
        const before = await say.dump(pool, nationalDay.publishes)
        // Redelivered, nothing changes.
        await live.apply(events.slice(-again - 1), batchSize)
        expect(await say.dump(pool, nationalDay.publishes)).toEqual(before)
        await live.drop()
        const rebuilt = await tablesOf(pool, nationalDay)
        await rebuilt.apply(events, batchSize)
        expect(await say.dump(pool, nationalDay.publishes)).toEqual(before)
        await rebuilt.drop()
      }),
      { numRuns: 8, endOnFailure: true },
    )
    expect([...seen].sort()).toEqual(
      ['bill', 'corrected', 'departed', 'missing', 'pay', 'returned', 'reversed', 'rolledIn', 'sealed', 'takeBack', 'writeOff'].sort(),
    )
  })
})
