import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { highRiskUserUseCases } from '#application/high-risk-user/use-cases.ts'
import { listReader } from '#application/industry-list/read.ts'
import { industryListUseCases } from '#application/industry-list/use-cases.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import type { Recorded } from '#application/ports/event-store.ts'
import { type ListScreeningNeeds, screenByNewList } from '#application/processes/list-screening.ts'
import { ruleSetInForce, ruleSetUseCases } from '#application/screening/use-cases.ts'
import type { Entry } from '#domain/industry-list/fields.ts'
import type { Content, RuleSet } from '#domain/screening/fields.ts'
import { addDays, type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { onList, listedOn as register } from '#projections/high-risk-user/register.queries.ts'
import { register as registerModel } from '#projections/high-risk-user/register.ts'
import { screeningFacts } from '#projections/screening/facts.ts'
import { casework, profile, rules } from '#test/support/arbitraries/high-risk-user.ts'
import { cons, day, province, trade, user } from '#test/support/arbitraries/values.ts'
import { asking } from '#test/support/asking.ts'
import { testClock, world } from '#test/support/http.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { silent } from '#test/support/silent.ts'

const [P11, P13S] = [province('P11'), province('P13S')]
const clock = testClock()
const entry = (code: string): Entry => ({ standard: 'GB/T 4754-2017', code: trade(code), includeChildren: false, category: 'HIGH_ENERGY' })
const content = (points: number): Content => ({
  rules: [
    { id: 'industry', measure: 'industryListed', below: 0, bins: [{ from: 1, points }], unknown: 0, text: { zh: '在清单内 {input}', en: 'listed {input}' } },
  ],
  triggers: [],
  cutOffs: { I: 70, II: 50, III: 30 },
})
const national: RuleSet = { version: 1, effectiveFrom: day('2020-01-01'), content: content(30) }

let log: Awaited<ReturnType<typeof openPostgresEventLog>>
let running: Projections
let needs: ListScreeningNeeds
const closers: (() => Promise<void>)[] = []

const { database, pool } = await ownDatabase()
beforeAll(async () => {
  log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  running = await startProjections({
    feed: log.feed,
    pool,
    databaseUrl: database.url,
    projections: [registerModel, screeningFacts],
    logger: silent,
    pollMs: 50,
  })
  await (await world({ log })).app.close() // registers the units
  await customers()
  const working = { store: log.store, clock, scope: await openDirectory(log.store, clock) }
  const highRiskUser = highRiskUserUseCases({
    ...working,
    listingRules: [rules],
    casework: { ...casework, figures: async () => null, ruleSetOn: async (date, of) => (await ruleSetInForce(log.store, national, of, date)).version },
  })
  const { engine, close } = openScreeningEngine(database.url)
  const source = openSourceFigures(database.url)
  closers.push(close, source.close)
  needs = {
    readList: listReader(log.store),
    engine,
    figures: source.figures,
    highRiskUser,
    followingRules: [{ version: 1, effectiveFrom: day('2020-01-01'), lookBackDays: 31 }],
    industryList: industryListUseCases({ ...working, knowsTrade: () => true }),
    ruleSetOn: (of, date) => ruleSetInForce(log.store, national, of, date),
    provinces: () => [P11, P13S],
    caughtUp: async () => {
      const head = (await log.feed.head())!
      return (await running.waitFor(registerModel.name, head, 20_000)).reached && (await running.waitFor(screeningFacts.name, head, 20_000)).reached
    },
    onList: (of) => onList(pool, of),
  }
  const ruleSets = ruleSetUseCases(working)
  clock.at = instantAt(day('2026-03-01'), 540)
  await ruleSets.execute(P11, { type: 'DraftRuleSet', data: { content: content(60) } }, asking('p11.tariff', 'P11', 'PV_TARIFF'))
  await ruleSets.execute(P11, { type: 'PublishRuleSet', data: { effectiveFrom: day('2026-03-01') } }, asking('p11.lead', 'P11', 'PV_LEAD'))
  for (const [consNo, code] of LISTED) await list(consNo, code)
  const leave = { basis: 'clean', arrears: 0n, cleanMonths: 9 } as never
  await highRiskUser.execute({ province: P13S, consNo: cons('6') }, { type: 'ProposeDelist', data: leave }, asking('tariff', 'P13S', 'PV_TARIFF'))
})
afterAll(async () => {
  await running.stop()
  for (const close of closers) await close()
  await log.close()
})

/** Of these 7 is a customer whom the source does not know, and 3 is of a trade that is never on the list. */
const LISTED = [
  ['1', '3110'],
  ['2', '3120'],
  ['3', '5299'],
  ['6', '3110'],
  ['7', '3110'],
] as const
const customers = async (): Promise<void> => {
  const client = new pg.Client(database.url)
  await client.connect()
  await client.query(
    `insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, status, residential)
     select p, n, date '2026-01-01', 'works ' || n, o, 'GB/T 4754-2017', t, 1000, 1000, 'normal', false
     from (values ('P13S', '13401', '1', '3110'), ('P13S', '13401', '2', '3120'), ('P13S', '13401', '3', '5299'), ('P13S', '13401', '4', '3120'),
       ('P13S', '13401', '5', '3130'), ('P13S', '13401', '6', '3110'), ('P11', 'P11', '5', '3130'), ('P11', 'P11', '8', '5299')) as c (p, o, n, t)`,
  )
  await client.end()
}
const list = async (consNo: string, code: string): Promise<void> => {
  const key = { province: P13S, consNo: cons(consNo) }
  const said = { ...key, profile: { ...profile, tradeCode: trade(code) }, proposedLevel: 'III' as const, reason: 'owes', evidence: [] }
  const listing = { level: 'III' as const, owner: user('owner'), listedOn: day('2026-03-01'), basis: ['owes'] }
  await needs.highRiskUser.execute(key, { type: 'NominateCandidate', data: said }, asking('tariff', 'P13S', 'PV_TARIFF'))
  await needs.highRiskUser.execute(key, { type: 'ConfirmListing', data: listing }, asking('lead', 'P13S', 'PV_LEAD'))
}

let today = day('2026-03-01')
const on = (date: BusinessDate): void => {
  today = date
  clock.at = instantAt(date, 540)
}
/** Publishes a version that is in force from a day on. */
const publish = async (codes: readonly string[], effectiveFrom: BusinessDate): Promise<void> => {
  const { execute } = needs.industryList
  await execute({ type: 'DraftVersion', data: {} }, asking('hq.tariff', 'HQ', 'HQ_TARIFF'))
  for (const code of codes) await execute({ type: 'AddEntry', data: { entry: entry(code) } }, asking('hq.tariff', 'HQ', 'HQ_TARIFF'))
  const outcome = await execute(
    { type: 'PublishVersion', data: { effectiveFrom, ackDueAt: instantAt(addDays(effectiveFrom, 9), 0) } },
    asking('hq.lead', 'HQ', 'HQ_LEAD'),
  )
  expect(outcome.kind).toBe('done')
}
const tick = (over: Partial<ListScreeningNeeds> = {}): Promise<number> => screenByNewList({ ...needs, ...over }, clock.at)

let mark = ''
beforeEach(async () => {
  mark = (await log.feed.head()) ?? ''
})
/** What was said since the test began, in a form that can be told from each other; the organisation's and the list's own drafting left out. */
const said = async (): Promise<readonly string[]> => {
  const events: Recorded[] = []
  for (let after: string | undefined = mark; ; ) {
    const page = await log.feed.read(after as never, 500)
    events.push(...page)
    if (page.length === 0) break
    after = page.at(-1)!.position
  }
  return events
    .filter(({ type }) => ['CandidateScreened', 'ReviewProposed', 'VersionScreened'].includes(type))
    .map(({ type, stream, data }) => {
      const { causes, proposedLevel, province: of, candidates, reviews } = data as Record<string, unknown>
      return [type, type === 'VersionScreened' ? of : stream, causes ?? proposedLevel ?? [candidates, reviews]].join(' ')
    })
    .toSorted()
}
const FIRST = [
  'CandidateScreened HighRiskUser-P13S_4 III',
  'ReviewProposed HighRiskUser-P13S_3 below-cut-off',
  'VersionScreened P11 0,0',
  'VersionScreened P13S 1,1',
]
const WITHOUT_IRON = [
  'CandidateScreened HighRiskUser-P11_5 II',
  'CandidateScreened HighRiskUser-P13S_4 III',
  'CandidateScreened HighRiskUser-P13S_5 III',
  'ReviewProposed HighRiskUser-P13S_1 trade-off-list,below-cut-off',
  'ReviewProposed HighRiskUser-P13S_3 below-cut-off',
  'ReviewProposed HighRiskUser-P13S_7 trade-off-list',
  'VersionScreened P11 1,0',
  'VersionScreened P13S 2,3',
]

describe('a new industry list', () => {
  test('names candidates and proposes reviews in every province once it is in force, by the rules of the province', async () => {
    on(day('2026-03-02'))
    await publish(['3110', '3120'], today)
    expect(await tick()).toBe(2)
    expect(await said()).toEqual(FIRST)
    await publish(['3120', '3130'], day('2026-03-05'))
    expect(await tick(), 'not in force yet').toBe(0)
    on(day('2026-03-05'))
    expect(await tick()).toBe(2)
    expect(await said()).toEqual([...FIRST, ...WITHOUT_IRON].toSorted())
    expect(
      (await register(pool, P13S, today)).rows.map(({ consNo }) => consNo),
      'nobody is delisted',
    ).toEqual(['1', '2', '3', '6', '7'])
    const { list: read } = await needs.readList()
    expect(read.versions.get(2)?.screened).toEqual(new Set([P11, P13S]))
  })

  test('is followed once, however often the process is told, and whatever is rebuilt', async () => {
    expect([await tick(), await tick()]).toEqual([0, 0])
    const rebuilt = running.rebuild(registerModel.name)
    expect(await tick()).toBe(0)
    await rebuilt
    await running.rebuild(screeningFacts.name)
    expect(await tick({ readList: listReader(log.store) })).toBe(0)
    expect(await said()).toEqual([])
  })

  test('is followed to its end by whoever comes after one that died in the middle, wherever that was', async () => {
    on(day('2026-03-09'))
    await publish(['3110', '3120'], today)
    await tick()
    mark = (await log.feed.head())!
    on(day('2026-03-10'))
    await publish(['3120', '3130'], today)
    let died = 0
    for (let calls = 1; ; calls++) {
      let left = calls
      // The command is carried out, and then the process is gone before it hears of it.
      const dying =
        <A extends readonly unknown[], B>(execute: (...args: A) => Promise<B>) =>
        async (...args: A): Promise<B> => {
          if (left <= 0) throw new Error('dead')
          const outcome = await execute(...args)
          if (--left === 0) throw new Error('dead')
          return outcome
        }
      const over = { highRiskUser: { execute: dying(needs.highRiskUser.execute) }, industryList: { execute: dying(needs.industryList.execute) } }
      if ((await tick({ ...over, readList: listReader(log.store) }).catch(() => undefined)) !== undefined) break
      died++
    }
    expect(died).toBeGreaterThan(4)
    expect(await said()).toEqual(WITHOUT_IRON)
  })

  test('is followed by several workers at once as by one', async () => {
    on(day('2026-03-12'))
    await publish(['3110', '3120'], today)
    await tick()
    mark = (await log.feed.head())!
    on(day('2026-03-13'))
    await publish(['3120', '3130'], today)
    const workers = [
      needs,
      ...[1, 2].map(() => openScreeningEngine(database.url)).map(({ engine, close }) => ({ ...needs, engine, readList: listReader(log.store), close })),
    ]
    await Promise.all(workers.map((worker) => screenByNewList(worker, clock.at)))
    await Promise.all(workers.map((worker) => screenByNewList(worker, clock.at)))
    for (const worker of workers) if ('close' in worker) await (worker.close as () => Promise<void>)()
    expect(await said()).toEqual(WITHOUT_IRON)
  })

  test('is left alone while read models are behind, and when it took effect long ago', async () => {
    on(day('2026-04-01'))
    await publish(['3110'], today)
    expect(await tick({ caughtUp: async () => false })).toBe(0)
    on(day('2026-04-04'))
    expect(await tick({ followingRules: [] }), 'no rules').toBe(0)
    const [rule] = needs.followingRules
    expect(await tick({ followingRules: [rule!, { ...rule!, version: 2, effectiveFrom: day('2026-04-04'), lookBackDays: 2 }] }), 'stricter ones').toBe(0)
    on(day('2026-05-20'))
    expect(await tick()).toBe(0)
    expect(await said()).toEqual([])
  })

  test('of one province does not wait for another that cannot be screened', async () => {
    on(day('2026-06-01'))
    await publish(['3120', '3130'], today)
    const onList = async (of: typeof P11) => {
      if (of === P11) throw new Error('not to be had')
      return needs.onList(of)
    }
    await expect(tick({ onList })).rejects.toThrow('not to be had')
    expect((await said()).filter((one) => one.startsWith('VersionScreened'))).toEqual(['VersionScreened P13S 2,3'])
    expect(await tick()).toBe(1)
  })
})
