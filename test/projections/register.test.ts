import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { highRiskUser } from '#domain/high-risk-user/decider.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { type HighRiskUser, isOnList } from '#domain/high-risk-user/state.ts'
import { addDays, type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { countRegister, getRegistered, listedOn, listedUsers, listRegister, type RegisterQuery } from '#projections/high-risk-user/register.queries.ts'
import { register } from '#projections/high-risk-user/register.ts'
import { run } from '#projections/shared/sql.ts'
import { rules } from '#test/support/arbitraries/high-risk-user.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'

const { pool } = await ownDatabase()
const tables = await tablesOf(pool, register)
const clear = async (): Promise<void> => {
  await pool.query(run`delete from read_model.high_risk_user`)
  await pool.query(run`delete from read_model.high_risk_user_level`)
}
beforeEach(clear)

const day = (n: number): BusinessDate => addDays('2026-03-01' as BusinessDate, n)
const profile = (name: string, tradeCode = '3110', orgCode = '11401') => ({
  name,
  orgCode,
  standard: 'GB/T 4754-2017',
  tradeCode,
  contractCapacity: 1_000_000n,
  runningCapacity: 800_000n,
})
const say = (province: string, consNo: string, on: number, type: string, data: object): Log[number] => [
  streamName('HighRiskUser', province, consNo),
  { type, data: { at: instantAt(day(on), 600), by: 'lead', province, consNo, ...data } },
]
const nominated = (province: string, consNo: string, on: number, name: string, tradeCode?: string) =>
  say(province, consNo, on, 'CandidateNominated', { profile: profile(name, tradeCode), proposedLevel: 'II', reason: 'owes', evidence: [] })
const listed = (province: string, consNo: string, on: number, name: string, level = 'II', tradeCode?: string) =>
  say(province, consNo, on, 'UserListed', { level, owner: 'wang', listedOn: day(on), basis: ['arrears'], profile: profile(name, tradeCode) })

describe('one user, told by hand', () => {
  const life: Log = [
    nominated('P11', '1', 0, '宏盛钢铁'),
    listed('P11', '1', 1, '宏盛钢铁'),
    say('P11', '1', 2, 'UserReportedToHq', { reportDate: day(1), reportVersion: 1 }),
    say('P11', '1', 5, 'RiskLevelChanged', {
      from: 'II',
      to: 'I',
      on: day(5),
      computedLevel: 'II',
      score: 60,
      reason: 'stopped',
      override: { expiresOn: day(60) },
    }),
    say('P11', '1', 9, 'RiskLevelChanged', { from: 'I', to: 'III', on: day(4), reason: 'was wrong from the 4th on' }),
    say('P11', '1', 20, 'DelistProposed', { basis: 'paid', arrears: 0n, cleanMonths: 3 }),
    say('P11', '1', 21, 'UserDelisted', { on: day(22), basis: 'paid' }),
    say('P11', '1', 30, 'UserRelisted', { level: 'I', on: day(30), reason: 'owes again', previousDelistOn: day(22) }),
  ]

  test('the row is what he is now, the periods what he was', async () => {
    await tables.apply(record(life))
    const { user } = await getRegistered(pool, 'P11' as ProvinceCode, '1' as ConsNo)
    expect(user).toMatchObject({
      status: 'listed',
      level: 'I',
      owner: 'wang',
      listedOn: day(30),
      delistedOn: null,
      reportedOn: null,
      computedLevel: null,
      overrideExpiresOn: null,
      revision: 7n,
    })
    expect(user?.listed).toEqual([
      { from: day(1), to: day(4), level: 'II' },
      { from: day(4), to: day(22), level: 'III' },
      { from: day(30), to: null, level: 'I' },
    ])
    expect((await getRegistered(pool, 'P12' as ProvinceCode, '1' as ConsNo)).user).toBeUndefined()
  })

  test('a candidate named by a rule set stands with its score until he is listed', async () => {
    const screening = { ruleSetVersion: 1, industryListVersion: 1, score: 62, hits: [], proposedLevel: 'II', hardTriggers: [], dataDate: day(0) }
    const screened = say('P11', '1', 1, 'CandidateScreened', { profile: profile('宏盛钢铁'), ...screening })
    const log = record([screened, listed('P11', '1', 2, '宏盛钢铁')])
    await tables.apply(log.slice(0, 1))
    const candidate = (await getRegistered(pool, 'P11' as ProvinceCode, '1' as ConsNo)).user
    expect(candidate).toMatchObject({ status: 'candidate', score: 62, proposedLevel: 'II', level: null, listed: [] })
    await tables.apply(log.slice(1))
    expect((await getRegistered(pool, 'P11' as ProvinceCode, '1' as ConsNo)).user).toMatchObject({ status: 'listed', level: 'II', score: null })
  })

  test('a review of the level brings what the rules come to now, and changes no level', async () => {
    const review = (on: number, computedLevel: Level | null, score: number) =>
      say('P11', '1', on, 'LevelReviewed', { on: day(on), ruleSetVersion: 1, computedLevel, score, hardTriggers: [] })
    const log = record([nominated('P11', '1', 0, '宏盛钢铁'), listed('P11', '1', 1, '宏盛钢铁'), review(8, 'III', 35), review(15, null, 12)])
    const row = async () => (await getRegistered(pool, 'P11' as ProvinceCode, '1' as ConsNo)).user
    await tables.apply(log.slice(0, 2))
    expect(await row()).toMatchObject({ level: 'II', computedLevel: null, score: null })
    await tables.apply(log.slice(2, 3))
    expect(await row()).toMatchObject({ level: 'II', computedLevel: 'III', score: 35 })
    await tables.apply(log.slice(3))
    expect(await row()).toMatchObject({ level: 'II', computedLevel: null, score: 12 })
  })

  test('who is listed is told for any date', async () => {
    await tables.apply(record([...life, nominated('P11', '2', 0, '未列入'), listed('P12', '3', 0, '外省')]))
    const levels = async (n: number) => (await listedOn(pool, 'P11' as ProvinceCode, day(n))).rows.map(({ level }) => level)
    expect([await levels(0), await levels(1), await levels(4), await levels(21), await levels(22), await levels(29), await levels(30)]).toEqual([
      [],
      ['II'],
      ['III'],
      ['III'],
      [],
      [],
      ['I'],
    ])
    expect(await listedUsers(pool, 'P11' as ProvinceCode, day(30))).toEqual(['1'])
  })
})

describe('lists', () => {
  const provinces = ['P11', 'P12', 'P13N'] as const
  const names = ['宏盛钢铁有限公司', '北方水泥厂', 'Acme 100% Steel', '华北宏盛铝业', '远东化工']
  const trades = ['3110', '3011', '3120', '3216', '2612']
  const log: Log = Array.from({ length: 40 }, (_, i) => {
    const [province, name, trade] = [provinces[i % 3]!, names[i % 5]!, trades[i % 5]!]
    const consNo = String(1000 + i)
    return i % 4 === 0
      ? [nominated(province, consNo, i % 10, name, trade)]
      : [nominated(province, consNo, i % 10, name, trade), listed(province, consNo, (i % 10) + 1, name, ['I', 'II', 'III'][i % 3], trade)]
  }).flat()
  beforeEach(() => tables.apply(record(log)))

  const all = async (query: RegisterQuery) => {
    const found: string[] = []
    for (let cursor: string | undefined, pages = 0; pages < 100; pages++) {
      const page = await listRegister(pool, { ...query, limit: 7, cursor })
      if (page === 'BAD_CURSOR') throw new Error(page)
      found.push(...page.rows.map(({ consNo }) => consNo))
      if (page.next === null) return found
      cursor = page.next
    }
    throw new Error('the pages do not end')
  }

  test.each(['consNo', 'name', 'level', 'status', 'tradeCode', 'listedOn', 'changedAt', 'contractCapacity'] as const)(
    'by %s, page after page, hold every user once, in both directions',
    async (sort) => {
      const up = await all({ sort })
      expect(new Set(up).size).toBe(40)
      expect(up).toHaveLength(40)
      expect(await all({ sort, direction: 'desc' })).toEqual(up.toReversed())
    },
  )

  test('keep to the provinces the caller may see', async () => {
    expect(await all({ provinces: [] })).toEqual([])
    expect(await all({ provinces: ['P12' as ProvinceCode] })).toEqual(
      log.length > 0
        ? Array.from({ length: 40 }, (_, i) => i)
            .filter((i) => i % 3 === 1)
            .map((i) => String(1000 + i))
        : [],
    )
  })

  test('filter by status, level, trade and unit', async () => {
    const where = (keep: (i: number) => boolean) =>
      Array.from({ length: 40 }, (_, i) => i)
        .filter(keep)
        .map((i) => String(1000 + i))
        .sort()
    const found = async (filter: RegisterQuery['filter']) => (await all({ ...(filter && { filter }) })).sort()
    expect(await found({ status: ['candidate'] })).toEqual(where((i) => i % 4 === 0))
    expect(await found({ level: ['I'], status: ['listed'] })).toEqual(where((i) => i % 4 !== 0 && i % 3 === 0))
    expect(await found({ trade: '31' })).toEqual(where((i) => i % 5 === 0 || i % 5 === 2))
    expect(await found({ trade: 'C3110' })).toEqual(where((i) => i % 5 === 0))
    expect(await found({ trade: 'C', standard: 'GB/T 4754-2017' })).toEqual(where(() => true))
    expect(await found({ trade: 'D' })).toEqual([])
    expect(await found({ orgCodes: ['11401'] })).toHaveLength(40)
    expect(await found({ orgCodes: ['11402'] })).toEqual([])
  })

  test('find names by any part of two characters or more, and numbers by their beginning', async () => {
    expect((await all({ filter: { text: '宏盛' } })).length).toBe(16)
    expect((await all({ filter: { text: '宏盛钢铁' } })).length).toBe(8)
    expect((await all({ filter: { text: 'acme' } })).length).toBe(8)
    expect((await all({ filter: { text: '100%' } })).length).toBe(8)
    expect(await all({ filter: { text: '1007' } })).toEqual(['1007'])
    await expect(listRegister(pool, { filter: { text: '宏' } })).rejects.toThrow('at least two characters')
  })

  test('count up to a limit, and refuse a cursor of another order', async () => {
    expect(await countRegister(pool, { filter: { trade: '31' } })).toEqual({ count: 16, more: false })
    expect(await countRegister(pool, {}, 10)).toEqual({ count: 10, more: true })
    const page = await listRegister(pool, { sort: 'name', limit: 5 })
    expect(page).not.toBe('BAD_CURSOR')
    const cursor = page === 'BAD_CURSOR' ? '' : page.next!
    expect(await listRegister(pool, { sort: 'level', cursor })).toBe('BAD_CURSOR')
    expect(await listRegister(pool, { cursor: 'nonsense' })).toBe('BAD_CURSOR')
  })

  test('an empty list still says as of when', async () => {
    await pool.query(run`insert into read_model.projection (name, version, generation, status, schema_name, publishes, position, last_event_at)
      values ('high-risk-user-register', 1, 1, 'live', 'rm_high_risk_user_register_v1_1', '{}', '42', '2026-03-05T01:00:00Z') on conflict do nothing`)
    expect(await listRegister(pool, { filter: { text: 'nobody' } })).toEqual({ asOf: { position: '42', at: '2026-03-05T01:00:00.000Z' }, rows: [], next: null })
  })
})

const level = fc.constantFrom<Level>('I', 'II', 'III')
const person = fc.constantFrom('anna', 'bo')
/** What may well follow in each state; the decider refuses the rest, and it is the events that are tried here. */
const NEXT: Record<HighRiskUser['status'], readonly HighRiskUserCommand['type'][]> = {
  absent: ['NominateCandidate'],
  candidate: ['ConfirmListing', 'ConfirmListing', 'DismissCandidate', 'AmendProfile'],
  dismissed: ['NominateCandidate', 'NominateCandidate', 'CloseRecord'],
  listed: ['MarkReported', 'ChangeLevel', 'ChangeLevel', 'AmendProfile', 'ProposeDelist', 'ProposeDelist', 'CloseRecord'],
  'delist-pending': ['ApproveDelist', 'ApproveDelist', 'ApproveDelist', 'RejectDelist', 'MarkReported'],
  delisted: ['Relist', 'Relist', 'CloseRecord', 'AmendProfile'],
  closed: ['CloseRecord'],
}
type Pick = { readonly which: number; readonly to: Level; readonly by: string; readonly back: number; readonly name: string; readonly override: boolean }
const pick: fc.Arbitrary<Pick> = fc.record({ which: fc.nat(), to: level, by: person, back: fc.nat(3), name: fc.constantFrom('a', 'b'), override: fc.boolean() })

const commandOf = (user: number, now: number, { which, to, by, back, name, override }: Pick, { status }: HighRiskUser): HighRiskUserCommand => {
  const type = NEXT[status][which % NEXT[status].length]!
  const on = day(Math.max(0, now - back))
  const data = {
    province: 'P11',
    consNo: String(user),
    profile: { ...profile(name), ...(override && { voltage: '110kV' }) },
    proposedLevel: to,
    reason: 'so it is',
    evidence: [],
    recheckAfter: day(now + 30),
    level: to,
    owner: by,
    listedOn: on,
    basis: type === 'ProposeDelist' ? 'paid' : ['arrears'],
    reportDate: on,
    reportVersion: 1,
    to,
    on,
    lowerReviews: 2,
    openHardTriggers: [],
    ...(override && { override: { expiresOn: day(now + 60) } }),
    changes: { name: `${name}${now}` },
    source: 'marketing system',
    arrears: 0n,
    cleanMonths: 3,
    openWorkOrders: [],
    lastPastDue: null,
    rules,
    orgProvince: 'P11',
    kind: 'accountCancelled',
    at: instantAt(day(now), 600),
    by,
  }
  const shape = HighRiskUserCommand.options.find((option) => option.shape.type.value === type)!.shape.data.shape
  const own = Object.fromEntries(Object.entries(data).filter(([key]) => key in shape))
  return { type, data: own } as unknown as HighRiskUserCommand
}

test('whatever happens to users, in whatever batches, twice: the row is the state its events fold to', async () => {
  const reached = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), pick), { minLength: 10, maxLength: 80, size: 'max' }),
      fc.constantFrom(1, 7, 500),
      async (steps, batchSize) => {
        const states = new Map<number, HighRiskUser>()
        const log: (readonly [Log[number][0], HighRiskUserEvent])[] = []
        for (const [now, [user, choice]] of steps.entries()) {
          const state = states.get(user) ?? highRiskUser.initial
          const decision = highRiskUser.decide(commandOf(user, now, choice, state), state)
          if (!decision.ok) continue
          states.set(user, decision.events.reduce(highRiskUser.evolve, state))
          for (const event of decision.events) log.push([streamName('HighRiskUser', 'P11', String(user)), event])
        }
        await clear()
        const events = record(log)
        await tables.apply(events, batchSize)
        const once = await pool.any(run`select * from read_model.high_risk_user order by cons_no`)
        await tables.apply(events, 3)
        expect(await pool.any(run`select * from read_model.high_risk_user order by cons_no`)).toEqual(once)
        for (const [user, state] of states) {
          if (state.status === 'absent') continue
          reached.add(state.status)
          const { user: row } = await getRegistered(pool, 'P11' as ProvinceCode, String(user) as ConsNo)
          expect(row).toMatchObject({ status: state.status, name: state.profile.name, voltage: state.profile.voltage ?? null })
          if (isOnList(state)) expect(row).toMatchObject({ level: state.level, owner: state.owner, listedOn: state.listedOn, delistedOn: null })
          if (isOnList(state)) expect(row?.reportedOn !== null).toBe(state.reported)
          if (state.status === 'delisted') expect(row?.delistedOn).toBe(state.delistedOn)
          if (state.status === 'dismissed') expect(row?.recheckAfter).toBe(state.recheckAfter)
          const today = (await listedOn(pool, 'P11' as ProvinceCode, day(400))).rows.find(({ consNo }) => consNo === String(user))
          expect(today?.level).toBe(isOnList(state) ? state.level : undefined)
        }
      },
    ),
    { numRuns: 60 },
  )
  expect([...reached].sort()).toEqual(['candidate', 'closed', 'delist-pending', 'delisted', 'dismissed', 'listed'])
})
