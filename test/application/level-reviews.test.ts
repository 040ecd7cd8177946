import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { reviewDue } from '#application/high-risk-user/bring.ts'
import { highRiskUserUseCases } from '#application/high-risk-user/use-cases.ts'
import { listReader } from '#application/industry-list/read.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import { type LevelReviewNeeds, reviewLevels } from '#application/processes/level-reviews.ts'
import { ruleSetInForce } from '#application/screening/use-cases.ts'
import type { RuleSet } from '#domain/screening/fields.ts'
import { type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { createExtractionRecord } from '#infrastructure/postgres/source-record.ts'
import { userCase } from '#projections/high-risk-user/case.ts'
import { reviewDays, reviewedOn } from '#projections/high-risk-user/worklist.queries.ts'
import { screeningFacts } from '#projections/screening/facts.ts'
import { casework, profile, rules } from '#test/support/arbitraries/high-risk-user.ts'
import { cons, day, province, user } from '#test/support/arbitraries/values.ts'
import { asking } from '#test/support/asking.ts'
import { testClock, world } from '#test/support/http.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { silent } from '#test/support/silent.ts'

const [P11, P13S] = [province('P11'), province('P13S')]
const clock = testClock()
const national: RuleSet = {
  version: 1,
  effectiveFrom: day('2020-01-01'),
  content: {
    rules: [{ id: 'capacity', measure: 'runningShare', below: 60, bins: [{ from: 50, points: 0 }], unknown: 0, text: { zh: '{input}', en: '{input}' } }],
    triggers: [],
    cutOffs: { I: 70, II: 50, III: 30 },
  },
}

let log: Awaited<ReturnType<typeof openPostgresEventLog>>
let source: pg.Client
let running: Projections
let needs: LevelReviewNeeds
let runs = 0
const counted =
  (run: LevelReviewNeeds['engine']['run']): typeof run =>
  (order) => {
    runs++
    return run(order)
  }
const closers: (() => Promise<void>)[] = []

const { database, pool } = await ownDatabase()
beforeAll(async () => {
  log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  source = new pg.Client(database.url)
  await source.connect()
  running = await startProjections({ feed: log.feed, pool, databaseUrl: database.url, projections: [userCase, screeningFacts], logger: silent, pollMs: 50 })
  await (await world({ log })).app.close() // registers the units
  const working = { store: log.store, clock, scope: await openDirectory(log.store, clock) }
  const { engine, close } = openScreeningEngine(database.url)
  closers.push(close)
  needs = {
    readList: listReader(log.store),
    engine: { ...engine, run: counted(engine.run) },
    highRiskUser: highRiskUserUseCases({ ...working, listingRules: [rules], casework }),
    ruleSetOn: (of, date) => ruleSetInForce(log.store, national, of, date),
    lastDays: createExtractionRecord(pool).lastDays,
    reviewDays: () => reviewDays(pool),
    usersOf: (days) => reviewedOn(pool, days),
    due: reviewDue(casework),
    caughtUp: async () => {
      const head = (await log.feed.head())!
      return (await running.waitFor(userCase.name, head, 20_000)).reached && (await running.waitFor(screeningFacts.name, head, 20_000)).reached
    },
  }
  await source.query(
    `insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, status, residential)
     select p, n, date '2026-01-01', 'works ' || n, p, 'GB/T 4754-2017', '3110', 1000, r, 'normal', false
     from (values ('P13S', '1', 100), ('P13S', '2', 900), ('P13S', '3', 100), ('P11', '5', 100)) as c (p, n, r)`,
  )
  await list(P13S, '1', 'I')
  await list(P13S, '2', 'II')
  await list(P13S, '3', 'III')
  await list(P13S, '4', 'I') // of whom the source knows nothing
  await list(P11, '5', 'II')
})
afterAll(async () => {
  await source.end()
  await running.stop()
  for (const close of closers) await close()
  await log.close()
})

const list = async (of: ProvinceCode, consNo: string, level: 'I' | 'II' | 'III'): Promise<void> => {
  on(day('2026-03-01'))
  const key = { province: of, consNo: cons(consNo) }
  const said = { ...key, profile: { ...profile, orgCode: of as string as OrgCode }, proposedLevel: level, reason: 'owes', evidence: [] }
  const listing = { level, owner: user('owner'), listedOn: day('2026-03-01'), basis: ['owes'] }
  await needs.highRiskUser.execute(key, { type: 'NominateCandidate', data: said }, asking('tariff', of, 'PV_TARIFF'))
  expect(await needs.highRiskUser.execute(key, { type: 'ConfirmListing', data: listing }, asking('lead', of, 'PV_LEAD'))).toMatchObject({ kind: 'done' })
}
const on = (date: BusinessDate): void => {
  clock.at = instantAt(date, 540)
}
/** Figures of a day come in. */
const extracted = async (of: ProvinceCode, date: string, ...sources: string[]): Promise<void> => {
  for (const one of sources)
    await source.query(
      `insert into source.batch (province, extracted_on, source, run, sha256, received_rows, stored_rows, quarantined_rows, unmapped, stored_by, stored_at)
       values ($1, $2, $3, 1, repeat('0', 64), 0, 0, 0, '[]', 'test', now())`,
      [of, date, one],
    )
}
const tick = async (over: Partial<LevelReviewNeeds> = {}): Promise<number> => {
  await needs.caughtUp()
  return reviewLevels({ ...needs, ...over }, clock.at)
}

let mark = ''
beforeEach(async () => {
  mark = (await log.feed.head())!
  runs = 0
})
const said = async (): Promise<readonly string[]> => {
  const found: string[] = []
  for (let after = mark; ; ) {
    const page = await log.feed.read(after as never, 500)
    for (const { type, stream, data } of page) {
      if (type !== 'LevelReviewed') continue
      const { on: asOf, computedLevel, score } = data as { readonly on: string; readonly computedLevel: string | null; readonly score: number }
      found.push(`${stream.replace('HighRiskUser-', '')} ${asOf} ${computedLevel} ${score}`)
    }
    if (page.length === 0) return found.toSorted()
    after = page.at(-1)!.position
  }
}

describe('levels are reviewed', () => {
  test('not at all before a province’s bills and payments are in, nor over readings that lag behind them', async () => {
    on(day('2026-03-03'))
    expect(await tick()).toBe(0)
    await extracted(P13S, '2026-03-02', 'customers', 'bills')
    expect(await tick()).toBe(0)
    await extracted(P13S, '2026-03-01', 'payments', 'daily-kwh')
    expect(await tick(), 'nobody is due by the first').toBe(0)
    expect(runs).toBe(0)
  })

  test('daily, weekly or monthly by the level, as of the last day that is in, with one run a province and day', async () => {
    await extracted(P13S, '2026-03-02', 'payments', 'daily-kwh')
    expect(await tick()).toBe(1)
    expect(await said()).toEqual(['P13S_1 2026-03-02 II 60'])
    await extracted(P13S, '2026-03-08', 'bills', 'payments', 'daily-kwh')
    await extracted(P11, '2026-03-07', 'bills', 'payments')
    on(day('2026-03-09'))
    expect(await tick(), 'the week of P11 is not over').toBe(2)
    await extracted(P13S, '2026-04-01', 'bills', 'payments', 'daily-kwh')
    await extracted(P11, '2026-04-30', 'bills', 'payments')
    on(day('2026-04-01'))
    expect(await tick(), 'figures of days to come say nothing of them').toBe(4)
    expect(await said()).toEqual([
      ...['P11_5 2026-04-01 II 60', 'P13S_1 2026-03-02 II 60', 'P13S_1 2026-03-08 II 60', 'P13S_1 2026-04-01 II 60'],
      ...['P13S_2 2026-03-08 null 0', 'P13S_2 2026-04-01 null 0', 'P13S_3 2026-04-01 II 60'],
    ])
    const made = await needs.engine.list(undefined, 100)
    expect(made.map(({ purpose, provinces, asOf }) => `${purpose} ${provinces.join()} ${asOf}`).toSorted()).toEqual([
      ...['review P11 2026-04-01', 'review P13S 2026-03-02', 'review P13S 2026-03-08', 'review P13S 2026-04-01'],
    ])
  })

  test('once for a due date, however often the process is told and whatever is rebuilt; whom the source does not know stays due', async () => {
    expect(await tick()).toBe(0)
    const rebuilt = running.rebuild(userCase.name)
    expect(await tick()).toBe(0)
    await rebuilt
    expect(await tick()).toBe(0)
    expect(await said()).toEqual([])
    const due = (await reviewDays(pool)).filter(({ level, since }) => needs.due(level, since) <= '2026-04-01')
    expect((await reviewedOn(pool, due)).map(({ consNo }) => consNo)).toEqual(['4'])
  })

  test('once also by what the read model does not show yet', async () => {
    const stale = { reviewDays: async () => [{ province: P13S, level: 'I' as const, since: day('2026-03-08') }], caughtUp: async () => true }
    const usersOf = async () => [{ province: P13S, level: 'I' as const, since: day('2026-03-08'), consNo: '1' as ConsNo }]
    await extracted(P13S, '2026-04-03', 'bills', 'payments', 'daily-kwh')
    on(day('2026-04-03'))
    expect(await tick({ ...stale, usersOf }), 'that of the ninth of March was made').toBe(0)
    expect(await tick({ caughtUp: async () => false })).toBe(0)
    expect(await said()).toEqual([])
  })

  test('to the end by whoever comes after one that died in the middle, and by several workers as by one', async () => {
    on(day('2026-05-04'))
    await extracted(P13S, '2026-05-04', 'bills', 'payments', 'daily-kwh')
    await extracted(P11, '2026-05-04', 'bills', 'payments')
    let left = 2
    const execute: typeof needs.highRiskUser.execute = async (...args) => {
      const outcome = await needs.highRiskUser.execute(...args)
      if (--left <= 0) throw new Error('dead') // it was carried out, and then the process is gone
      return outcome
    }
    await expect(tick({ highRiskUser: { execute } })).rejects.toThrow('dead')
    const others = [1, 2].map(() => openScreeningEngine(database.url))
    const workers = [needs, ...others.map(({ engine }) => ({ ...needs, engine, readList: listReader(log.store) }))]
    await Promise.all(workers.map((worker) => reviewLevels(worker, clock.at)))
    await tick()
    for (const { close } of others) await close()
    expect(await said()).toEqual(['P11_5 2026-05-04 II 60', 'P13S_1 2026-05-04 II 60', 'P13S_2 2026-05-04 null 0', 'P13S_3 2026-05-04 II 60'])
  })

  test('of one province though another cannot be screened', async () => {
    on(day('2026-05-20'))
    await extracted(P13S, '2026-05-20', 'bills', 'payments', 'daily-kwh')
    await extracted(P11, '2026-05-20', 'bills', 'payments')
    const ruleSetOn: typeof needs.ruleSetOn = async (of, date) => {
      if (of === P11) throw new Error('not to be had')
      return needs.ruleSetOn(of, date)
    }
    await expect(tick({ ruleSetOn })).rejects.toThrow('not to be had')
    expect(await said()).toEqual(['P13S_1 2026-05-20 II 60', 'P13S_2 2026-05-20 null 0'])
    expect(await tick()).toBe(1)
  })
})
