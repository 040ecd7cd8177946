import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { planDue, reviewDue } from '#application/high-risk-user/bring.ts'
import { highRiskUser } from '#domain/high-risk-user/decider.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { addDays, type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { lastFigures, lastPastDue } from '#projections/daily-report/last-figures.queries.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { getCase, promisesShown } from '#projections/high-risk-user/case.queries.ts'
import { userCase } from '#projections/high-risk-user/case.ts'
import { type WorklistQuery, worklist } from '#projections/high-risk-user/worklist.queries.ts'
import { run } from '#projections/shared/sql.ts'
import { casework, key } from '#test/support/arbitraries/high-risk-user.ts'
import { anyWork } from '#test/support/arbitraries/high-risk-user-work.ts'
import { listed as wasListed, nominated as wasNominated } from '#test/support/high-risk-user.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import { bill, corrected, dump, row, sealed } from './national-day.fixtures.ts'

const { pool } = await ownDatabase()
const cases = await tablesOf(pool, userCase)
const days = await tablesOf(pool, nationalDay)
const TABLES = ['user_case', 'user_due', 'open_promise']
const clear = async (): Promise<void> => {
  for (const table of ['user_case', 'user_due', 'open_promise'] as const)
    await pool.query(
      table === 'user_case'
        ? run`delete from read_model.user_case`
        : table === 'user_due'
          ? run`delete from read_model.user_due`
          : run`delete from read_model.open_promise`,
    )
}
beforeEach(clear)

const day = (text: string): BusinessDate => text as BusinessDate
const P11 = 'P11' as ProvinceCode
const no = (text: string): ConsNo => text as ConsNo
const profile = (name: string, orgCode = '11401') => ({
  ...{ name, orgCode, standard: 'GB/T 4754-2017', tradeCode: '3110' },
  ...{ contractCapacity: 1_000_000n, runningCapacity: 800_000n },
})
const say = (consNo: string, on: string, type: string, data: object, province = 'P11'): Log[number] => [
  streamName('HighRiskUser', province, consNo),
  { type, data: { at: instantAt(day(on), 600), by: 'lead', province, consNo, ...data } },
]
const nominated = (consNo: string, on: string, orgCode?: string) =>
  say(consNo, on, 'CandidateNominated', { profile: profile(`Works ${consNo}`, orgCode), proposedLevel: 'I', reason: 'owes', evidence: [] })
const listed = (consNo: string, on: string, level = 'I') =>
  say(consNo, on, 'UserListed', { level, owner: 'wang', listedOn: day(on), basis: ['arrears'], profile: profile(`Works ${consNo}`) })
const planned = (consNo: string, on: string, measureId: string, dueOn: string, details = {}) =>
  say(consNo, on, 'MeasurePlanned', { measureId, code: 'M06', role: 'other', dueOn: day(dueOn), details })
const promised = (consNo: string, on: string, promiseId: string, dueOn: string, receivedBefore = 0n) =>
  say(consNo, on, 'PromiseMade', { promiseId, bills: ['202601'], amount: 600n, dueOn: day(dueOn), receivedBefore })

const life: Log = [
  nominated('1', '2026-03-02'),
  listed('1', '2026-03-06'), // a Friday
  planned('1', '2026-03-09', 'm1', '2026-03-20', { expiresOn: '2026-05-01' }),
  say('1', '2026-03-09', 'ContactLogged', {
    contactId: 'c1',
    channel: 'phone',
    person: '张伟',
    phone: '13800001234',
    outcome: 'will pay',
    nextOn: day('2026-03-12'),
  }),
  promised('1', '2026-03-09', 'p1', '2026-03-16'),
  say('1', '2026-03-09', 'HoldPlaced', { kind: 'dispute', until: day('2026-03-30'), reason: 'meter' }),
  say('1', '2026-03-10', 'LevelReviewed', { on: day('2026-03-10'), ruleSetVersion: 1, computedLevel: 'II', score: 55, hardTriggers: [] }),
  say('1', '2026-03-10', 'AdverseFactRecorded', { factId: 'f1', kind: 'stopped', on: day('2026-03-10'), source: 'visit', evidence: [] }),
]
const planDays = planDue({ ...casework, calendar: new Map([[2026, { off: new Set(), on: new Set() }]]) })
const asking = (today: string, over: Partial<WorklistQuery> = {}): WorklistQuery => ({
  today: day(today),
  until: addDays(day(today), 7),
  guaranteesUntil: addDays(day(today), 60),
  planDue: planDays,
  reviewDue: () => day('9999-12-31'), // of the reviews of levels one test tells
  ...over,
})
const items = async (query: WorklistQuery) => {
  const page = await worklist(pool, query)
  if (page === 'BAD_CURSOR') throw new Error(page)
  return page.rows.map(({ kind, consNo, dueOn, overdue }) => `${dueOn} ${consNo} ${kind}${overdue ? ' overdue' : ''}`)
}

describe('the case of a user', () => {
  test('is one document, told by hand; nobody in it can be recognised', async () => {
    await cases.apply(record(life))
    const { found } = await getCase(pool, P11, no('1'))
    expect(found?.document).toMatchObject({
      ...{ status: 'listed', level: 'I', levelSince: '2026-03-06', owner: 'wang', name: 'Works 1' },
      measures: [{ measureId: 'm1', state: 'planned', dueOn: '2026-03-20' }],
      promises: [{ promiseId: 'p1', state: 'open', amount: 600n }],
      contacts: [{ contactId: 'c1', person: '张*', phone: '138******34', outcome: 'will pay' }],
      holds: [{ until: '2026-03-30', releasedOn: null }],
      review: { computedLevel: 'II', score: 55 },
      facts: [{ kind: 'stopped' }],
    })
    expect((await dump(pool, TABLES)).user_case).not.toMatch(/张伟|13800001234/)
    expect((await getCase(pool, P11, no('2'))).found).toBeUndefined()
  })
  test('is the same in batches of any size, and given twice', async () => {
    const more: Log = [
      ...life,
      say('1', '2026-03-11', 'MeasureStarted', { measureId: 'm1', details: { kind: 'pledge' } }),
      say('1', '2026-03-12', 'MeasureCompleted', { measureId: 'm1', amount: 5n, result: 'paid' }),
      say('1', '2026-03-12', 'HoldReleased', { reason: 'agreed' }),
      say('1', '2026-03-16', 'PromiseBroken', { promiseId: 'p1', reportDate: day('2026-03-16'), reportVersion: 1, shortfall: 600n }),
      say('1', '2026-03-17', 'RiskLevelChanged', { from: 'I', to: 'II', on: day('2026-03-17'), reason: 'review', override: { expiresOn: day('2026-06-01') } }),
      nominated('2', '2026-03-17'),
      say('2', '2026-03-18', 'CandidateDismissed', { reason: 'paid', recheckAfter: day('2026-03-25') }),
    ]
    const events = record(more)
    await cases.apply(events)
    const once = await dump(pool, TABLES)
    for (const size of [1, 3]) {
      await clear()
      await cases.apply(events, size)
      await cases.apply(events, 5)
      expect(await dump(pool, TABLES)).toEqual(once)
    }
    expect(once.open_promise).toBe('')
    expect(await items(asking('2026-05-30'))).toEqual(['2026-03-12 1 contact overdue', '2026-03-25 2 recheck overdue', '2026-06-01 1 override'])
  })
  test('knows each step of a cut, and every end of a measure', async () => {
    const cut = (on: string, type: string, data: object) => say('1', on, type, { measureId: 'cut', ...data })
    const proof = { name: 'receipt', sha256: 'a'.repeat(64) }
    await cases.apply(
      record([
        nominated('1', '2026-03-02'),
        listed('1', '2026-03-02'),
        cut('2026-03-02', 'MeasurePlanned', { code: 'M08', role: 'cut', dueOn: day('2026-03-20'), details: {} }),
        cut('2026-03-03', 'CutApproved', { reason: 'owes', plannedOn: day('2026-03-12'), cutClass: 'other', rulesVersion: 1 }),
        cut('2026-03-04', 'CutNoticeServed', { deliveredOn: day('2026-03-04'), proof }),
        cut('2026-03-12', 'FinalNoticeGiven', { givenAt: instantAt(day('2026-03-12'), 540) }),
        cut('2026-03-12', 'PowerCut', { cutAt: instantAt(day('2026-03-12'), 600) }),
        planned('1', '2026-03-12', 'm1', '2026-03-20'),
        say('1', '2026-03-13', 'MeasureCancelled', { measureId: 'm1', reason: 'paid' }),
        planned('1', '2026-03-12', 'm2', '2026-03-20'),
        say('1', '2026-03-13', 'MeasureFailed', { measureId: 'm2', reason: 'refused' }),
      ]),
    )
    const measures = (await getCase(pool, P11, no('1'))).found?.document.measures
    expect(measures?.map(({ state, cutStep, outcome }) => [state, cutStep, outcome])).toEqual([
      ['in-force', 'cut', null],
      ['cancelled', null, 'paid'],
      ['failed', null, 'refused'],
    ])
  })
})

describe('the worklist', () => {
  test('orders what has to be done by the day it is due, the worst level first', async () => {
    await cases.apply(
      record([
        ...life,
        nominated('2', '2026-03-10'),
        nominated('3', '2026-03-09'),
        listed('3', '2026-03-10', 'II'),
        planned('3', '2026-03-10', 'm9', '2026-03-16'),
      ]),
    )
    expect(await items(asking('2026-03-14'))).toEqual([
      '2026-03-10 1 level overdue',
      '2026-03-10 2 candidate overdue',
      '2026-03-12 1 contact overdue',
      '2026-03-16 1 promise',
      '2026-03-16 3 measure',
      '2026-03-20 1 measure',
      '2026-05-01 1 guarantee',
    ])
    const shorter = await items(asking('2026-03-14', { guaranteesUntil: day('2026-04-30') }))
    expect(shorter).not.toContain('2026-05-01 1 guarantee')
    expect(shorter.at(-1), 'what else is due is told of a week before').toBe('2026-03-20 1 measure')
  })
  test('tells of a review of the level once it is overdue, counted from the last one or from when he came to stand at it', async () => {
    const reviews = (today: string) => items(asking(today, { reviewDue: reviewDue(casework), kinds: ['level-review'] }))
    const reviewed = (consNo: string, on: string, computedLevel: string | null) =>
      say(consNo, on, 'LevelReviewed', { on: day(on), ruleSetVersion: 1, computedLevel, score: 40, hardTriggers: [] })
    const four: Log = ['1', '2', '3', '4'].map((consNo) => nominated(consNo, '2026-03-02'))
    await cases.apply(record([...four, listed('1', '2026-03-04'), listed('2', '2026-03-04', 'II'), listed('3', '2026-01-31', 'III')]))
    expect(await reviews('2026-03-05'), 'due at the end of February').toEqual(['2026-02-28 3 level-review overdue'])
    expect(await reviews('2026-03-06')).toEqual(['2026-02-28 3 level-review overdue', '2026-03-05 1 level-review overdue'])
    await cases.apply(
      record([
        ...four,
        listed('1', '2026-03-04'),
        reviewed('1', '2026-03-05', 'I'),
        listed('2', '2026-03-04', 'II'),
        listed('3', '2026-01-31', 'III'),
        reviewed('3', '2026-03-05', null),
      ]),
    )
    expect(await reviews('2026-03-07')).toEqual(['2026-03-06 1 level-review overdue'])
    expect(await reviews('2026-03-12')).toEqual(['2026-03-06 1 level-review overdue', '2026-03-11 2 level-review overdue'])
  })
  test('says nothing of a review that came to another level while an override runs, and tells of its end', async () => {
    const found = { on: day('2026-03-17'), ruleSetVersion: 1, computedLevel: 'III', score: 35, hardTriggers: [] } as const
    const change = { from: 'II', to: 'I', on: day('2026-03-10'), reason: 'the mine floods' } as const
    const before = [nominated('1', '2026-03-02'), listed('1', '2026-03-06', 'II'), planned('1', '2026-03-09', 'm1', '2026-04-20')]
    for (const [over, told] of [
      [{}, ['2026-03-17 1 level']],
      [{ override: { expiresOn: day('2026-03-20') } }, ['2026-03-20 1 override']],
    ] as const) {
      await clear()
      await cases.apply(record([...before, say('1', '2026-03-10', 'RiskLevelChanged', { ...change, ...over }), say('1', '2026-03-17', 'LevelReviewed', found)]))
      expect(await items(asking('2026-03-17'))).toEqual(told)
    }
  })
  test('a user at level I without a plan is due after two working days, until one is planned', async () => {
    await cases.apply(record([nominated('1', '2026-03-02'), listed('1', '2026-03-06')]))
    expect(await items(asking('2026-03-09'))).toEqual(['2026-03-10 1 plan'])
    expect(await items(asking('2026-03-11'))).toEqual(['2026-03-10 1 plan overdue'])
    await cases.apply(record([nominated('1', '2026-03-02'), listed('1', '2026-03-06'), planned('1', '2026-03-09', 'm1', '2026-04-20')]))
    expect(await items(asking('2026-03-11'))).toEqual([])
  })
  test('shows a proposed review until it is set aside, the level is reviewed, or delisting is proposed', async () => {
    const finding = { industryListVersion: 2, ruleSetVersion: 1, causes: ['trade-off-list'], score: 12, computedLevel: null, hardTriggers: [] }
    const proposed = [
      nominated('1', '2026-03-02'),
      listed('1', '2026-03-06', 'II'),
      say('1', '2026-03-10', 'ReviewProposed', { ...finding, dataDate: day('2026-03-10') }),
    ]
    await cases.apply(record(proposed))
    expect(await items(asking('2026-03-10'))).toEqual(['2026-03-10 1 review'])
    expect((await getCase(pool, P11, no('1'))).found?.document).toMatchObject({ status: 'listed', proposal: { ...finding, on: '2026-03-10' } })
    for (const [answer, left] of [
      [say('1', '2026-03-11', 'ReviewDismissed', { industryListVersion: 2, reason: 'owes' }), []],
      [
        say('1', '2026-03-11', 'LevelReviewed', { on: day('2026-03-11'), ruleSetVersion: 1, computedLevel: null, score: 12, hardTriggers: [] }),
        ['2026-03-11 1 level'],
      ],
      [say('1', '2026-03-11', 'DelistProposed', { basis: 'off the list', arrears: 0n, cleanMonths: 3 }), ['2026-03-11 1 delisting']],
    ] satisfies [Log[number], string[]][]) {
      await clear()
      await cases.apply(record([...proposed, answer]))
      expect(await items(asking('2026-03-11'))).toEqual(left)
      expect((await getCase(pool, P11, no('1'))).found?.document.proposal).toBeNull()
    }
  })
  test('keeps to what the caller may see, to an owner, to kinds; page after page holds each item once', async () => {
    const users = Array.from({ length: 9 }, (_, i) => nominated(String(i), '2026-03-10', i % 2 === 0 ? '11401' : '11402'))
    await cases.apply(
      record([
        ...users,
        ...life.map(([, event]): Log[number] => [streamName('HighRiskUser', 'P12', '1'), { ...event, data: { ...(event.data as object), province: 'P12' } }]),
      ]),
    )
    expect(await items(asking('2026-03-10', { provinces: [P11], orgCodes: ['11402' as OrgCode] }))).toHaveLength(4)
    expect(await items(asking('2026-03-10', { provinces: [] }))).toEqual([])
    expect(await items(asking('2026-03-10', { owner: 'wang' as UserId, kinds: ['promise', 'hold'] }))).toEqual(['2026-03-16 1 promise'])
    const seen: string[] = []
    for (let cursor: string | undefined, pages = 0; pages < 20; pages++) {
      const page = await worklist(pool, asking('2026-03-24', { limit: 2, cursor }))
      if (page === 'BAD_CURSOR') throw new Error(page)
      seen.push(...page.rows.map((item) => `${item.province} ${item.consNo} ${item.kind}`))
      if (page.next === null) break
      cursor = page.next
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toHaveLength(15)
    expect(await worklist(pool, asking('2026-03-24', { cursor: 'nonsense' }))).toBe('BAD_CURSOR')
  })
})

describe('what sealed reports show of promises', () => {
  const report = (date: string, received: bigint) => sealed('P11', date, [row('1', [bill('202512', 500n, 500n), bill('202601', 1_000n, received)])])
  const shown = async () =>
    (await promisesShown(pool, 10)).map(({ promiseId, reportDate, reportVersion, bills }) => [promiseId, reportDate, reportVersion, bills[0]?.received])
  test('before the due date only what is enough, from it on the first report; in its latest version', async () => {
    await cases.apply(record([nominated('1', '2026-03-02'), listed('1', '2026-03-06'), promised('1', '2026-03-09', 'p1', '2026-03-12', 100n)]))
    const log: Log = [...report('2026-03-08', 900n), ...report('2026-03-10', 699n)]
    await days.apply(record(log))
    expect(await shown()).toEqual([])
    const second = [...log, ...report('2026-03-11', 700n)]
    await days.apply(record(second))
    expect(await shown()).toEqual([['p1', '2026-03-11', 1, 700n]])
    const third = [...second, corrected('P11', '2026-03-11', 2, [row('1', [bill('202601', 1_000n, 150n)])])]
    await days.apply(record(third))
    expect(await shown()).toEqual([])
    const fourth = [...third, ...report('2026-03-13', 200n), ...report('2026-03-14', 1_000n)]
    await days.apply(record(fourth))
    expect(await shown()).toEqual([['p1', '2026-03-13', 1, 200n]])
    expect(await lastFigures(pool, { province: P11, consNo: no('1') }, day('2026-03-13'))).toEqual({
      date: '2026-03-13',
      bills: [
        { billMonth: '202512', dueDate: '2026-01-15', received: 500n, open: 0n },
        { billMonth: '202601', dueDate: '2026-02-15', received: 200n, open: 800n },
      ],
    })
    expect(await lastFigures(pool, { province: P11, consNo: no('1') }, day('2026-03-07'))).toBeNull()
    expect(await lastFigures(pool, { province: P11, consNo: no('2') }, day('2026-03-13'))).toBeNull()
    const late = (date: string) => lastPastDue(pool, { province: P11, consNo: no('1') }, day(date))
    expect(await late('2026-04-01'), 'on 14 March all was paid').toBe('2026-03-13')
    expect(await late('2026-03-12')).toBe('2026-03-11')
    expect(await late('2026-03-07')).toBeNull()
    expect(await lastPastDue(pool, { province: P11, consNo: no('2') }, day('2026-03-13'))).toBeNull()
    await days.apply(record([...fourth, corrected('P11', '2026-03-13', 2, [row('1', [bill('202601', 1_000n, 1_000n)])])]))
    expect(await late('2026-04-01'), 'corrected: he had paid by then').toBe('2026-03-11')
  })
})

test('whatever is done about a user: the document says what his events fold to, and waits for nothing that is settled', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyWork, { minLength: 5, maxLength: 60, size: 'max' }), fc.constantFrom(1, 7, 500), async (steps, batchSize) => {
      let user = [wasNominated, wasListed].reduce(highRiskUser.evolve, highRiskUser.initial)
      const events: HighRiskUserEvent[] = [wasNominated, wasListed]
      for (const step of steps) {
        const decision = highRiskUser.decide(typeof step === 'function' ? step(user) : step, user)
        if (!decision.ok) continue
        events.push(...decision.events)
        user = decision.events.reduce(highRiskUser.evolve, user)
      }
      await clear()
      await cases.apply(record(events.map((event) => [streamName('HighRiskUser', key.province, key.consNo), event])), batchSize)
      const { found } = await getCase(pool, key.province, key.consNo)
      if (user.status !== 'listed' || !found) throw new Error('the user is listed and has a case')
      const { measures, promises, contacts, facts } = found.document
      const { work } = user
      expect(measures.map((one) => [one.measureId, one.code, one.state, one.cutStep])).toEqual(
        [...work.measures].map(([measureId, { code, state, cut }]) => [measureId, code, state, cut?.step ?? null]),
      )
      expect(promises.map(({ promiseId, state }) => [promiseId, state])).toEqual([...work.promises].map(([promiseId, { state }]) => [promiseId, state]))
      expect(new Set(contacts.map(({ contactId }) => contactId))).toEqual(work.contacts)
      expect(facts.map(({ factId, withdrawn }) => [factId, withdrawn !== null])).toEqual([...work.facts].map(([factId, { withdrawn }]) => [factId, withdrawn]))
      expect(found.document.proposal?.industryListVersion).toBe(work.proposal?.open ? work.proposal.industryListVersion : undefined)
      expect([found.document.level, found.document.owner, found.document.review?.on]).toEqual([user.level, user.owner, work.review?.on])
      const waiting = (await worklist(pool, asking('2030-01-01'))) as Exclude<Awaited<ReturnType<typeof worklist>>, string>
      const refs = (kind: string) => waiting.rows.filter((item) => item.kind === kind).map(({ ref }) => ref)
      expect(refs('measure').toSorted()).toEqual(
        measures
          .filter(({ state }) => state === 'planned' || state === 'in-force')
          .map(({ measureId }) => measureId as string)
          .toSorted(),
      )
      expect(refs('promise').toSorted()).toEqual(
        promises
          .filter(({ state }) => state === 'open')
          .map(({ promiseId }) => promiseId as string)
          .toSorted(),
      )
      expect(refs('review')).toEqual(work.proposal?.open ? [String(work.proposal.industryListVersion)] : [])
      expect(refs('hold')).toHaveLength(work.hold === undefined ? 0 : 1)
    }),
    { numRuns: 40 },
  )
})
