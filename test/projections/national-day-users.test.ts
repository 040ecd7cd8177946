import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, type BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { type DailyStatisticsQuery, dailyStatistics } from '#projections/daily-report/national-day.queries.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { trend } from '#projections/daily-report/national-day-trend.queries.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import * as say from './national-day.fixtures.ts'

const { pool } = await ownDatabase()

const given = async (log: Log, batchSize = 500) => {
  const tables = await tablesOf(pool, nationalDay)
  await tables.apply(record(log), batchSize)
  return tables
}
const on = (date: string, query: Partial<DailyStatisticsQuery> = {}) => dailyStatistics(pool, { date: date as BusinessDate, ...query })
const owing = (consNo: string) => say.row(consNo, [say.bill('202602', 1_000n, 0n)])

describe('a province that has not reported', () => {
  it('shows its users from the day on which they are listed, and nothing that only a report could tell', async () => {
    const tables = await given([
      say.list(1, '2026-01-01', [{ code: '31', includeChildren: true, category: 'HIGH_ENERGY' }]),
      say.listed('P11', '1', '2026-03-01'),
      say.listed('P12', '1', '2026-03-02', { level: 'I', trade: '3110' }),
      say.listed('P12', '2', '2026-03-02', { level: 'III', trade: '2521' }),
      ...say.sealed('P11', '2026-03-02', [owing('1')]),
      say.delisted('P12', '2', '2026-03-04'),
    ])
    const P12 = async (date: string) => (await on(date)).rows.find(({ key }) => key === 'P12')!
    expect((await P12('2026-03-01')).figures).toMatchObject({ users: null, completeness: null, onTime: null })
    const first = await P12('2026-03-02')
    expect(first).toMatchObject({ status: 'UNKNOWN', stale: true, asOf: null, version: null })
    expect(first.checks).toEqual({ allBills: null, scope: null, users: { before: 0, joined: 2, left: 0, after: 2, holds: true } })
    expect(first.figures).toMatchObject({ users: 2, usersNew: 2, usersDelisted: 0, completeness: { numerator: 0n, denominator: 2n } })
    expect(first.figures.onTime).toEqual({ numerator: 0n, denominator: 1n })
    expect(first.figures).toMatchObject({ rowsReported: null, electricityDay: null, electricityMonthToDate: null, readingCoverage: null, quality: null })
    expect(first.figures).toMatchObject({ arrears: null, newArrears: null, cleared: null, topTenArrears: null, measuresCover: null, receivableMonth: null })
    // Nothing happens on the 3rd: as many as the day before; one goes on the 4th.
    const second = await P12('2026-03-03')
    expect(second.figures).toMatchObject({ users: 2, usersNew: 0, usersDelisted: 0, completeness: { numerator: 0n, denominator: 2n } })
    expect(second.checks.users).toEqual({ before: 2, joined: 0, left: 0, after: 2, holds: true })
    expect(second.changes).toMatchObject({ users: { day: { numerator: 0n, denominator: 2n } }, arrears: { day: null } })
    const third = await P12('2026-03-04')
    expect(third.checks.users).toEqual({ before: 2, joined: 0, left: 1, after: 1, holds: true })
    expect(third.changes.users.day).toEqual({ numerator: -1n, denominator: 2n })
    expect(third.changes.electricityDay).toEqual({ day: null, month: null, year: null })

    const { total, reporting } = await on('2026-03-02')
    expect(total.figures).toMatchObject({
      users: 3,
      rowsReported: 1,
      completeness: { numerator: 1n, denominator: 3n },
      onTime: { numerator: 1n, denominator: 2n },
    })
    expect(reporting).toMatchObject({ onTime: ['P11'], missing: ['P12'] })
    const users = async (groupBy: 'level' | 'category') =>
      Object.fromEntries((await on('2026-03-03', { groupBy })).rows.map(({ key, figures }) => [key, figures.users]))
    expect(await users('level')).toEqual({ I: 1, II: 1, III: 1 })
    expect(await users('category')).toEqual({ HIGH_ENERGY: 2, UNLISTED: 1 })
    const { points } = await trend(pool, {
      from: '2026-03-01' as BusinessDate,
      to: '2026-03-04' as BusinessDate,
      groupBy: 'province',
      figures: ['users', 'usersDelisted'],
    })
    expect(points.filter(({ key }) => key === 'P12').map(({ date, figures }) => [date, figures.users, figures.usersDelisted])).toEqual([
      ['2026-03-02', 2, 0],
      ['2026-03-03', 2, 0],
      ['2026-03-04', 1, 1],
    ])
    await tables.drop()
  })

  it('is told by its expected users once the report is open, whoever was listed since', async () => {
    const tables = await given([
      say.listed('P11', '1', '2026-03-01'),
      say.opened('P11', '2026-03-01', ['1']),
      say.listed('P11', '2', '2026-03-01'),
      say.missing('P11', '2026-03-01'),
      say.missing('P12', '2026-03-01'),
    ])
    const { rows, total } = await on('2026-03-01')
    expect(rows.map(({ key, status, figures }) => [key, status, figures.users, figures.completeness])).toEqual([
      ['P11', 'MISSING', 2, { numerator: 0n, denominator: 1n }],
      ['P12', 'MISSING', null, null],
    ])
    expect(total.figures.onTime).toEqual({ numerator: 0n, denominator: 2n })
    await tables.drop()
  })

  it('keeps no trace of a day on which nothing happened after all', async () => {
    const log: Log = [
      say.list(1, '2026-01-01', [{ code: '31', includeChildren: true, category: 'HIGH_ENERGY' }]),
      say.listed('P11', '1', '2026-03-01'),
      say.list(2, '2026-03-05', [{ code: '31', includeChildren: true, category: 'OBSOLETE' }]),
      say.levelChanged('P11', '1', '2026-03-10', 'II', 'I'),
      say.delisted('P11', '1', '2026-03-07'),
      say.revoked(2),
    ]
    const live = await given(log, 1)
    const dump = await say.dump(pool, ['statistic', 'province_day', 'statistic_month'])
    expect((await on('2026-03-06', { groupBy: 'category' })).rows.map(({ key, figures }) => [key, figures.users])).toEqual([['HIGH_ENERGY', 1]])
    expect(dump.province_day!.split('\n').map((line) => line.slice(1, 25))).toEqual([
      'corrected,2026-03-01,P11',
      'corrected,2026-03-07,P11',
      'published,2026-03-01,P11',
      'published,2026-03-07,P11',
    ])
    await live.drop()
    const rebuilt = await given(log)
    expect(await say.dump(pool, ['statistic', 'province_day', 'statistic_month'])).toEqual(dump)
    await rebuilt.drop()
  })
})

/* Users come, go and change while reports are sealed, opened or never begun. */
const FIRST = '2026-02-25' as BusinessDate
const DAYS = 14
const TRADES = ['3110', '3120', '2521'] as const
const CATEGORIES = ['HIGH_ENERGY', 'OVERCAPACITY', 'OBSOLETE'] as const
const Step = fc.record({
  what: fc.constantFrom('list', 'list', 'leave', 'close', 'level', 'trade', 'publish', 'revoke', 'open', 'seal'),
  later: fc.constantFrom(0, 0, 0, 0, 1),
  back: fc.nat({ max: 3 }),
  province: fc.constantFrom('P11', 'P12'),
  user: fc.constantFrom('1', '2'),
  level: fc.constantFrom<Level>('I', 'II', 'III'),
  trade: fc.constantFrom(...TRADES),
  category: fc.constantFrom(...CATEGORIES),
})
type Step = typeof Step extends fc.Arbitrary<infer S> ? S : never
type State = { readonly level: Level; readonly trade: string } | null
type User = { readonly province: string; readonly days: State[]; since: number | null; left: boolean; trade: string }
type Move = { readonly province: string; readonly day: number; readonly kind: 'usersNew' | 'usersRelisted' | 'usersDelisted' | 'usersClosed' }
const seen = new Set<string>()

/** A model of a few lines: of every user his state at the end of each day, changed from a day on. */
const play = (steps: readonly Step[]) => {
  const users = new Map<string, User>()
  const moves: Move[] = []
  const lists: { from: number; trade: string; category: string; revoked: boolean }[] = []
  const reports = new Set<string>()
  const log: Log[number][] = []
  const known = new Map<string, number>()
  const from = (user: User, day: number, change: (state: State) => State): void => {
    for (let at = day; at < DAYS; at++) user.days[at] = change(user.days[at]!)
  }
  let today = 0
  for (const { what, later, back, province, user: consNo, level, trade, category } of steps) {
    today += later
    if (today >= DAYS) break
    const date = addDays(FIRST, today)
    const key = `${province} ${consNo}`
    const user = users.get(key) ?? { province, days: Array<State>(DAYS).fill(null), since: null, left: false, trade }
    users.set(key, user)
    const earlier = Math.max(today - back, user.since ?? 0)
    const knowing = (day: number): void => void known.set(province, Math.min(known.get(province) ?? day, day))
    const move = (kind: Move['kind']): void => {
      moves.push({ province, day: today, kind })
      knowing(today)
      seen.add(kind)
    }
    if (what === 'list' && user.since === null) {
      if (!user.left) user.trade = trade
      log.push(user.left ? say.relisted(province, consNo, date, level) : say.listed(province, consNo, date, { level, trade }))
      move(user.left ? 'usersRelisted' : 'usersNew')
      user.since = today
      from(user, today, () => ({ level, trade: user.trade }))
    } else if ((what === 'leave' || what === 'close') && user.since !== null && !(what === 'close' && user.left)) {
      log.push(what === 'leave' ? say.delisted(province, consNo, date) : say.closed(province, consNo, date))
      move(what === 'leave' ? 'usersDelisted' : 'usersClosed')
      user.since = null
      user.left = true
      from(user, today, () => null)
    } else if (what === 'level' && user.since !== null) {
      log.push(say.levelChanged(province, consNo, addDays(FIRST, earlier), 'II', level))
      if (earlier < today) seen.add('dated back')
      from(user, earlier, (state) => state && { ...state, level })
    } else if (what === 'trade' && user.since !== null) {
      log.push(say.amended(province, consNo, date, trade))
      user.trade = trade
      from(user, today, (state) => state && { ...state, trade })
    } else if (what === 'publish') {
      lists.push({ from: earlier, trade, category, revoked: false })
      log.push(say.list(lists.length, addDays(FIRST, earlier), [{ code: trade, category }]))
    } else if (what === 'revoke' && lists.length > 0) {
      lists.at(-1)!.revoked = true
      seen.add('revoked')
      log.push(say.revoked(lists.length))
    } else if ((what === 'open' || what === 'seal') && province === 'P11' && !reports.has(date)) {
      reports.add(date)
      seen.add(what)
      log.push(...(what === 'seal' ? say.sealed(province, date, [owing(consNo)]) : [say.opened(province, date, ['1'])]))
      knowing(what === 'seal' ? today : DAYS)
    }
  }
  const categoryOf = (day: number, trade: string): string => {
    const list = lists.reduce<(typeof lists)[number] | undefined>(
      (best, each) => (!each.revoked && each.from <= day && (!best || each.from >= best.from) ? each : best),
      undefined,
    )
    return list?.trade === trade ? list.category : 'UNLISTED'
  }
  return { log, users: [...users.values()], moves, known, categoryOf }
}

const countBy = (keys: readonly string[]) => Object.fromEntries([...Map.groupBy(keys, (key) => key)].map(([key, all]) => [key, all.length]))
const present = (rows: readonly { readonly key: string; readonly figures: { readonly users: number | null } }[]) =>
  Object.fromEntries(rows.flatMap(({ key, figures }) => (figures.users ? [[key, figures.users]] : [])))

const holdsOn = async (day: number, { users, moves, known, categoryOf }: ReturnType<typeof play>): Promise<void> => {
  const date = addDays(FIRST, day)
  const states = (at: number) => users.flatMap(({ province, days }) => (days[at] ? [{ province, ...days[at] }] : []))
  const { rows, total } = await dailyStatistics(pool, { date })
  for (const { key, figures, checks, status } of rows) {
    const of = (at: number): number => states(at).filter(({ province }) => province === key).length
    if (day < (known.get(key) ?? DAYS)) {
      expect(figures.users).toBeNull()
      continue
    }
    if (status === 'UNKNOWN') seen.add('never begun')
    expect([figures.users, checks.users?.before ?? null, checks.users?.after, checks.users?.holds]).toEqual([of(day), of(day - 1), of(day), true])
    for (const kind of ['usersNew', 'usersRelisted', 'usersDelisted', 'usersClosed'] as const)
      expect(figures[kind]).toBe(moves.filter((move) => move.province === key && move.day === day && move.kind === kind).length)
    if (status !== 'ON_TIME') expect([figures.rowsReported, figures.electricityDay, figures.newArrears]).toEqual([null, null, null])
  }
  expect(total.figures.users ?? 0).toBe(states(day).length)
  expect(total.checks.users?.holds ?? true).toBe(true)
  expect(present((await dailyStatistics(pool, { date, groupBy: 'level' })).rows)).toEqual(countBy(states(day).map(({ level }) => level)))
  const byCategory = await dailyStatistics(pool, { date, groupBy: 'category', filters: { provinces: ['P12' as ProvinceCode] } })
  const ofP12 = states(day).filter(({ province }) => province === 'P12')
  expect(present(byCategory.rows)).toEqual(countBy(ofP12.map(({ trade }) => categoryOf(day, trade))))
}

describe('whatever happens to users', () => {
  it('every day counts those who are listed at its end, reported or not, and a rebuild is the same in batches of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Step, { minLength: 50, maxLength: 70, size: 'max' }), fc.constantFrom(1, 5), async (steps, batchSize) => {
        const played = play(steps)
        const live = await given(played.log, batchSize)
        for (let day = 0; day < DAYS; day++) await holdsOn(day, played)
        const before = await say.dump(pool, nationalDay.publishes)
        await live.drop()
        const rebuilt = await given(played.log)
        expect(await say.dump(pool, nationalDay.publishes)).toEqual(before)
        await rebuilt.drop()
      }),
      { numRuns: 24, endOnFailure: true },
    )
    expect([...seen].sort()).toEqual(
      ['dated back', 'never begun', 'open', 'revoked', 'seal', 'usersClosed', 'usersDelisted', 'usersNew', 'usersRelisted'].sort(),
    )
  })
})
