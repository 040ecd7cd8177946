import type { DatabasePool } from 'slonik'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { groupReleasesOf, keepGroups } from '#api/commands/group-figures.ts'
import { groupIndex } from '#api/compose/abreast.ts'
import { ReleaseRules } from '#domain/group-user/fields.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { projections } from '#projections/catalogue.ts'
import { shanghai } from '#test/support/arbitraries/values.ts'
import { brought } from '#test/support/group-figures.ts'
import { type World, world } from '#test/support/http.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { silent } from '#test/support/silent.ts'

let database: TestDatabase
let pool: DatabasePool
let log: Awaited<ReturnType<typeof openPostgresEventLog>>
let running: Projections
let w: World
let position: string
let who: Record<'group' | 'lead' | 'view' | 'south' | 'north' | 'beijing' | 'city', Record<string, string>>

const rules = ReleaseRules.parse({
  version: 1,
  effectiveFrom: '2025-01-01',
  measures: ['electricityMonth', 'receivableMonth', 'receivedMonth', 'openMonth', 'arrears'],
  releasedOnDay: 2,
  minMembers: 2,
  minProvinces: 2,
  provinceShareBasisPoints: 9_000,
  memberShareBasisPoints: 9_000,
  roundMoneyTo: '100',
  roundElectricityTo: '10',
})

const post = async (url: string, payload: object, headers: Record<string, string>) => {
  const answer = await w.app.inject({ method: 'POST', url, payload, headers })
  if (answer.statusCode !== 200) throw new Error(`POST ${url}: ${answer.body}`)
  position = answer.json().position ?? position
}
/** Reads what was just written: waits for the last position. */
const read = (url: string, headers: Record<string, string>, more: Record<string, string> = {}) =>
  w.app.inject({ url, headers: { ...headers, prefer: 'wait=20', 'epm-position': position, ...more } })
const json = async (url: string, headers: Record<string, string>) => {
  const answer = await read(url, headers)
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json()
}

const register = (groupNo: string, name: string, parent?: string) =>
  post(`/v1/groups/${groupNo}/registration`, { profile: { name, kind: 'private' }, ...(parent !== undefined && { parent }) }, who.group)
const propose = async (province: string, consNo: string, groupNo: string, effectiveFrom: string, linkId = `L-${groupNo}`) =>
  post(
    `/v1/group-links/${province}/${consNo}/${linkId}/proposal`,
    { groupNo, basis: 'equity', effectiveFrom, reason: 'shares' },
    await w.bearer(`t.${province}`, province, 'PV_TARIFF'),
  )
const link = async (province: string, consNo: string, groupNo: string, effectiveFrom: string, linkId = `L-${groupNo}`) => {
  await propose(province, consNo, groupNo, effectiveFrom, linkId)
  await post(`/v1/group-links/${province}/${consNo}/${linkId}/confirmation`, {}, await w.bearer(`l.${province}`, province, 'PV_LEAD'))
}

const bill = (province: string, cons_no: string, bill_month: string, receivable_fen: bigint, issued_on: string, due_on: string) => ({
  ...{ province, cons_no, bill_id: `${bill_month}A`, bill_month, receivable_fen, issued_on, due_on },
})
const paid = (province: string, cons_no: string, payment_id: string, bill_month: string, amount_fen: bigint, paid_on: string) => ({
  ...{ province, cons_no, payment_id, bill_month, amount_fen, paid_on },
})
const used = (province: string, cons_no: string, ...days: readonly (readonly [string, bigint])[]) => days.map(([day, kwh]) => ({ province, cons_no, day, kwh }))

/**
 * Alpha Steel with 1 and (until 14 February) 2 of southern Hebei; Beta Paper with 1 of northern Hebei, 2 from the 15th on; on 1 March Beta
 * merges into Alpha. January's bills fall due on 20 February.
 */
const golden = {
  customers: [
    { province: 'P13S', cons_no: '1', name: '阿尔法钢铁有限公司', contract_va: 5_000n, running_va: 4_000n },
    { province: 'P13S', cons_no: '2', name: '贝塔纸业有限公司', contract_va: 300n, running_va: 300n },
    { province: 'P13N', cons_no: '1', name: '贝塔纸业承德分公司', contract_va: 20n, running_va: 0n },
    { province: 'P13S', cons_no: '9', name: '阿尔法钢铁（河北）有限公司' },
    { province: 'P13N', cons_no: '9', name: '阿尔法钢铁承德轧钢厂' },
  ],
  bills: [
    bill('P13S', '1', '202512', 10_000n, '2026-01-03', '2026-01-20'),
    bill('P13S', '1', '202601', 20_000n, '2026-02-03', '2026-02-20'),
    bill('P13S', '2', '202601', 5_000n, '2026-02-03', '2026-02-20'),
    bill('P13N', '1', '202601', 7_000n, '2026-02-03', '2026-02-20'),
  ],
  payments: [
    paid('P13S', '1', 'a', '202512', 4_000n, '2026-01-15'),
    paid('P13S', '1', 'b', '202512', 6_000n, '2026-02-05'),
    paid('P13S', '1', 'c', '202601', 20_000n, '2026-02-18'),
    paid('P13N', '1', 'd', '202601', 3_000n, '2026-03-02'),
  ],
  readings: [
    ...used('P13S', '1', ['2026-01-31', 10n], ['2026-02-01', 20n], ['2026-02-28', 5n]),
    ...used('P13S', '2', ['2026-01-31', 3n], ['2026-02-28', 7n]),
    ...used('P13N', '1', ['2026-01-31', 100n], ['2026-02-28', 1n], ['2026-03-02', 2n]),
  ],
}

beforeAll(async () => {
  database = await freshDatabase()
  log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  pool = await createReadPool(database.url, { maxConnections: 10 })
  running = await startProjections({ feed: log.feed, pool, databaseUrl: database.url, projections, logger: silent, pollMs: 100 })
  w = await world({ log, pool, waitFor: running.waitFor, groups: groupIndex({ pool, feed: log.feed, moved$: running.moved$ }) })
  w.clock.at = shanghai('2026-03-03', '09:00')
  who = {
    group: await w.bearer('hq.group', 'HQ', 'HQ_GROUP'),
    lead: await w.bearer('hq.lead', 'HQ', 'HQ_LEAD'),
    view: await w.bearer('hq.view', 'HQ', 'HQ_VIEW'),
    south: await w.bearer('t.P13S', 'P13S', 'PV_TARIFF'),
    north: await w.bearer('t.P13N', 'P13N', 'PV_TARIFF'),
    beijing: await w.bearer('t.P11', 'P11', 'PV_TARIFF'),
    city: await w.bearer('c.13401', '13401', 'CT_LEAD'),
  }
  await brought(pool, golden, '2026-03-03')
  await register('ALPHA', '阿尔法钢铁集团有限公司')
  await register('BETA', '贝塔纸业集团')
  await link('P13S', '1', 'ALPHA', '2026-01-01')
  await link('P13S', '2', 'ALPHA', '2026-01-10')
  await link('P13N', '1', 'BETA', '2026-01-01')
  await post('/v1/group-links/P13S/2/L-ALPHA/end', { on: '2026-02-15', reason: 'sold' }, await w.bearer('l.P13S', 'P13S', 'PV_LEAD'))
  await link('P13S', '2', 'BETA', '2026-02-15')
  await post('/v1/groups/BETA/merge-proposal', { into: 'ALPHA', on: '2026-03-01', reason: 'bought' }, who.group)
  await post('/v1/groups/BETA/merge', {}, who.lead)
})
afterAll(async () => {
  await w.app.close()
  await running.stop()
  await pool.end()
  await log.close()
  await database.drop()
})

/** What is ripe is released, and the read model has it. */
const release = async () => {
  const released = await groupReleasesOf({ pool, store: log.store, reference: { releaseRules: [rules] } })(w.clock.now())
  position = String((await log.feed.head())!)
  await json('/v1/group-releases', who.view)
  return released
}
const figures = async (groupNo: string, date: string, headers = who.view, more = '') => json(`/v1/groups/${groupNo}/electricity?date=${date}${more}`, headers)

describe.each(['worked out when asked', 'kept'])('comprehensive electricity by hand, %s', (how) => {
  beforeAll(async () => {
    if (how === 'kept') expect(await keepGroups({ pool }, w.clock.now())).toBeGreaterThan(40)
  })

  test('before the month’s end two members, one bill partly paid, of the year before', async () => {
    const told = await figures('ALPHA', '2026-01-31')
    expect(told).toMatchObject({ groupNo: 'ALPHA', scope: 'nation', provincesTouched: 1, others: null })
    expect(told.figures).toMatchObject({
      members: 2,
      contractCapacity: '5300',
      runningCapacity: '4300',
      electricityDay: '13',
      electricityMonthToDate: '13',
      receivableMonth: '10000',
      receivedMonth: '4000',
      recoveryMonth: { numerator: '4000', denominator: '10000' },
      receivableYear: '0',
      recoveryYear: null,
      arrears: '6000',
      arrearsPriorYear: '6000',
      aged30: '6000',
      agedNotDue: '0',
      owingMembers: 1,
    })
  })

  test('in the month all of January’s bills, none due yet', async () => {
    const { figures: told, changes } = await figures('ALPHA', '2026-02-14')
    expect(told).toMatchObject({ members: 2, receivableMonth: '25000', receivedMonth: '0', arrears: '25000', agedNotDue: '25000', aged30: '0' })
    expect(told).toMatchObject({
      electricityDay: '0',
      electricityMonthToDate: '20',
      electricityYearToDate: '33',
      readingCoverage: { numerator: '0', denominator: '2' },
    })
    // against 14 January: two members, 100 yuan receivable
    expect(changes).toMatchObject({ receivableMonth: { month: { numerator: '15000', denominator: '10000' }, day: { numerator: '0', denominator: '25000' } } })
  })

  test('after the move each group has its own: the bill goes with who owes it', async () => {
    expect((await figures('ALPHA', '2026-02-28')).figures).toMatchObject({
      members: 1,
      receivableMonth: '20000',
      receivedMonth: '20000',
      arrears: '0',
      electricityMonthToDate: '25',
      electricityDay: '5',
    })
    const beta = await figures('BETA', '2026-02-28')
    expect(beta).toMatchObject({ groupNo: 'BETA', provincesTouched: 2 })
    expect(beta.figures).toMatchObject({
      members: 2,
      receivableMonth: '12000',
      receivedMonth: '0',
      arrears: '12000',
      aged30: '12000',
      electricityDay: '8',
      electricityYearToDate: '111',
    })
  })

  test('after the merge one group has all, under either number', async () => {
    for (const groupNo of ['ALPHA', 'BETA']) {
      const told = await figures(groupNo, '2026-03-02')
      expect(told).toMatchObject({ groupNo: 'ALPHA', date: '2026-03-02', provincesTouched: 2 })
      expect(told.figures).toMatchObject({
        members: 3,
        contractCapacity: '5320',
        receivableMonth: '0',
        recoveryMonth: null,
        receivableYear: '32000',
        receivedYear: '23000',
        recoveryYear: { numerator: '23000', denominator: '32000' },
        arrears: '9000',
        aged30: '9000',
        electricityDay: '2',
        electricityMonthToDate: '2',
        electricityYearToDate: '148',
      })
    }
  })

  test('month by month, with the members of then and with those of today', async () => {
    const rows = async (membership: string) => {
      const { months } = await json(`/v1/groups/ALPHA/electricity/months?date=2026-03-02&months=3&membership=${membership}`, who.view)
      return months.map(({ month, date, figures: f }: { month: string; date: string; figures: Record<string, unknown> }) => [
        month,
        date,
        f.members,
        f.electricityMonthToDate,
        f.arrears,
      ])
    }
    expect(await rows('then')).toEqual([
      ['202601', '2026-01-31', 2, '13', '6000'],
      ['202602', '2026-02-28', 1, '25', '0'],
      ['202603', '2026-03-02', 3, '2', '9000'],
    ])
    expect(await rows('current')).toEqual([
      ['202601', '2026-01-31', 3, '113', '6000'],
      ['202602', '2026-02-28', 3, '33', '12000'],
      ['202603', '2026-03-02', 3, '2', '9000'],
    ])
  })

  test('opens down to provinces and members, who add up', async () => {
    const { provinces } = await json('/v1/groups/ALPHA/electricity/provinces?date=2026-03-02', who.view)
    expect(provinces.map(({ province, figures: f }: { province: string; figures: Record<string, unknown> }) => [province, f.members, f.arrears])).toEqual([
      ['P13N', 1, '4000'],
      ['P13S', 2, '5000'],
    ])
    const first = await json('/v1/groups/ALPHA/electricity/members?date=2026-03-02&limit=2', who.view)
    const second = await json(`/v1/groups/ALPHA/electricity/members?date=2026-03-02&limit=2&after=${first.next}`, who.view)
    const members = [...first.members, ...second.members]
    expect(members.map((one) => [one.province, one.consNo, one.name, one.memberFrom, one.figures.arrears])).toEqual([
      ['P13N', '1', '贝塔纸业承德分公司', '2026-03-01', '4000'],
      ['P13S', '1', '阿尔法钢铁有限公司', '2026-01-01', '0'],
      ['P13S', '2', '贝塔纸业有限公司', '2026-03-01', '5000'],
    ])
    expect(second.next).toBeNull()
  })
})

test('groups are found by name, number, province and member; the merged one says what it stands for', async () => {
  const found = async (query: string, headers = who.view) =>
    (await json(`/v1/groups?${query}`, headers)).groups.map((one: { groupNo: string; members: number }) => [one.groupNo, one.members])
  expect(await found('text=纸业')).toEqual([['BETA', 0]])
  expect(await found('text=ALP')).toEqual([['ALPHA', 3]])
  expect(await found('province=P13N')).toEqual([['ALPHA', 3]])
  expect(await found('province=P11')).toEqual([])
  expect(await found(`member=${encodeURIComponent('承德分')}`)).toEqual([['ALPHA', 3]])
  // a province finds by its own members, and counts them only
  expect(await found('province=P13N', who.south)).toEqual([])
  expect(await found('text=ALP', who.north)).toEqual([['ALPHA', 1]])
  expect(await found(`member=${encodeURIComponent('承德分')}`, who.south)).toEqual([])
  expect(await json('/v1/groups/BETA', who.view)).toMatchObject({ status: 'merged', mergedInto: 'ALPHA', meant: 'ALPHA' })
  expect(await json('/v1/groups/BETA?on=2026-02-20', who.view)).toMatchObject({ meant: 'BETA', members: 2 })
  expect((await read('/v1/groups/NONE', who.view)).statusCode).toBe(404)
  expect((await read('/v1/groups?after=nonsense', who.view)).json()).toMatchObject({ status: 422 })
  expect(await json('/v1/groups?text=alp', who.view)).toMatchObject({ groups: [{ groupNo: 'ALPHA' }] })
  for (const part of ['', '/tree', '/members', '/members?history=true', '/changes', '/electricity'])
    expect((await read(`/v1/groups/NONE${part}`, who.view)).statusCode, part).toBe(404)
  expect((await read('/v1/groups/ALPHA/electricity?date=2026-03-04', who.view)).json()).toMatchObject({ status: 422, errors: [{ code: 'FUTURE_DATE' }] })
})

test('members and the change log: all for headquarters, its own for a province', async () => {
  const members = async (query: string, headers: Record<string, string>) =>
    (await json(`/v1/groups/${query}`, headers)).members
      .map((one: { province: string; consNo: string; status: string }) => `${one.province}/${one.consNo} ${one.status}`)
      .toSorted()
  expect(await members('ALPHA/members', who.view)).toEqual(['P13N/1 confirmed', 'P13S/1 confirmed', 'P13S/2 confirmed'])
  expect(await members('ALPHA/members', who.north)).toEqual(['P13N/1 confirmed'])
  expect(await members('ALPHA/members?province=P13N', who.south)).toEqual([])
  expect(await members('ALPHA/members', who.beijing)).toEqual([])
  expect(await members('ALPHA/members?history=true', who.south)).toEqual(['P13S/1 confirmed', 'P13S/2 confirmed', 'P13S/2 ended'])
  expect(await members('BETA/members?history=true', who.view)).toEqual(['P13N/1 ended', 'P13S/2 ended'])

  const changes = (await json('/v1/groups/BETA/changes', who.view)).changes as {
    type: string
    province: string | null
    members: number | null
    detail: object
  }[]
  expect(changes.map(({ type }) => type).toSorted()).toEqual(
    [
      'GroupMerged',
      'GroupRegistered',
      'LinkConfirmed',
      'LinkConfirmed',
      'LinkMoved',
      'LinkMoved',
      'LinkProposed',
      'LinkProposed',
      'MergeApproved',
      'MergeProposed',
    ].toSorted(),
  )
  expect(changes.find(({ type }) => type === 'MergeApproved')).toMatchObject({ members: 2 })
  const seen = await json('/v1/groups/BETA/changes', who.north)
  expect(seen.changes.every((one: { province: string | null; members: number | null }) => (one.province ?? 'P13N') === 'P13N' && one.members === null)).toBe(
    true,
  )
  expect(JSON.stringify(seen)).not.toContain('P13S')
})

test('a table for spreadsheets, a workbook, and lines', async () => {
  const csv = (await read('/v1/groups/ALPHA/electricity/months?date=2026-03-02&months=2', who.view, { accept: 'text/csv' })).body
  expect(csv).toMatch(/month,date,members,.*recoveryYearNumerator,recoveryYearDenominator/)
  expect(csv).toContain('202603,2026-03-02,3,')
  expect((await read('/v1/groups', who.view, { accept: 'application/x-ndjson' })).body.trim().split('\n')).toHaveLength(2)
  const workbook = await read('/v1/groups/ALPHA/members', who.view, { accept: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' })
  expect(workbook.rawPayload.subarray(0, 2).toString()).toBe('PK')
})

describe('what is to be done about links', () => {
  const list = async (headers: Record<string, string>, query = '') =>
    (await json(`/v1/group-links/suggestions?${query}`, headers)).suggestions as {
      province: string
      consNo: string
      groupNo: string
      reason: string
      facts: string
    }[]

  test('suggested by name, dismissed, gone; accepted by proposing, then waiting for confirmation', async () => {
    await keepGroups({ pool }, w.clock.now())
    const suggested = await list(who.view)
    expect(suggested.map(({ province, consNo, groupNo, reason }) => `${province}/${consNo} ${groupNo} ${reason}`)).toEqual([
      'P13S/9 ALPHA same-name',
      'P13N/9 ALPHA similar-name',
    ])
    expect(await list(who.south)).toHaveLength(1)
    expect(await list(who.south, 'province=P13N')).toHaveLength(0)
    expect(await list(who.beijing)).toHaveLength(0)
    expect((await json('/v1/statistics/group-links?province=P13S', who.view)).provinces).toMatchObject([
      { province: 'P13S', linked: 2, suggested: 1, proposed: 0, conflicting: 0 },
    ])

    const { facts } = suggested.find(({ province }) => province === 'P13N')!
    await post('/v1/group-links/P13N/9/suggestion-dismissal', { groupNo: 'ALPHA', facts, reason: 'another owner' }, who.north)
    expect(await list(who.view)).toHaveLength(1)
    await propose('P13S', '9', 'ALPHA', '2026-03-01')
    expect(await list(who.view)).toHaveLength(0)
    expect((await json('/v1/group-links/worklist', who.south)).links).toMatchObject([{ province: 'P13S', consNo: '9', groupNo: 'ALPHA', status: 'proposed' }])
    expect((await json('/v1/group-links/worklist', who.north)).links).toEqual([])
    const { provinces } = await json('/v1/statistics/group-links', who.south)
    expect(provinces).toMatchObject([{ province: 'P13S', linked: 2, proposed: 1, suggested: 0 }])

    // the same customer under another name: other facts
    await brought(pool, { customers: [{ province: 'P13N', cons_no: '9', name: '阿尔法钢铁有限公司承德分公司' }] }, '2026-03-04')
    await keepGroups({ pool }, w.clock.now())
    expect(await list(who.north)).toMatchObject([{ province: 'P13N', consNo: '9', reason: 'same-name' }])
  })
})

describe('what a province hears of the others', () => {
  const provinces = ['P13S', 'P13N', 'P11']
  const months = async (groupNo: string, headers: Record<string, string>, more = '') =>
    (await json(`/v1/groups/${groupNo}/electricity/months?date=2026-03-02&months=3${more}`, headers)).months as {
      month: string
      figures: Record<string, string>
      others: Record<string, unknown> | null
    }[]

  beforeAll(async () => {
    const customers = provinces.flatMap((province) => ['71', '72', '73', '74'].map((cons_no) => ({ province, cons_no, name: `某某${cons_no}` })))
    const bills = customers.map(({ province, cons_no }, n) => bill(province, cons_no, '202512', 10_000n + 1_010n * BigInt(n), '2026-01-03', '2026-01-20'))
    const readings = customers.flatMap(({ province, cons_no }, n) => used(province, cons_no, ['2026-01-20', 100n + BigInt(n)], ['2026-02-20', 100n]))
    await brought(pool, { customers, bills, readings }, '2026-03-05')
    await register('WIDE', '广布矿业集团')
    await register('SMALL', '小矿', 'WIDE')
    for (const { province, cons_no } of customers) await link(province, cons_no, cons_no === '74' && province !== 'P11' ? 'SMALL' : 'WIDE', '2026-01-01')
    // one leaves in February
    await post('/v1/group-links/P11/71/L-WIDE/end', { on: '2026-02-10', reason: 'sold' }, await w.bearer('l.P11', 'P11', 'PV_LEAD'))
    position = String((await log.feed.head())!)
    await json('/v1/groups/WIDE', who.view)
    await keepGroups({ pool }, w.clock.now())
    await release()
  })

  test('its own members in full, and of the others the total of a closed month, rounded', async () => {
    const whole = await months('WIDE', who.view)
    const south = await months('WIDE', who.south)
    expect(whole.map(({ others }) => others)).toEqual([null, null, null])
    expect(south.map(({ figures: f }) => f.members)).toEqual([3, 3, 3])
    const [january] = south
    const others = BigInt(whole[0]!.figures.arrears!) - BigInt(january!.figures.arrears!)
    expect(others).toBe(BigInt(10_000 * 7 + 1_010 * (4 + 5 + 6 + 8 + 9 + 10 + 11)))
    expect(january!.others).toMatchObject({
      month: '202601',
      groups: 1,
      groupsWithheld: 0,
      arrears: String(((others + 50n) / 100n) * 100n),
      electricityMonth: '750',
    })
    const page = await json('/v1/groups/WIDE/electricity?date=2026-03-02', who.south)
    expect(page).toMatchObject({ scope: 'province', provincesTouched: 1, figures: { members: 3 }, others: { month: '202601' }, risk: { nationalShare: null } })
    expect((await json('/v1/groups/WIDE/electricity/provinces?date=2026-01-31', who.south)).provinces).toMatchObject([{ province: 'P13S' }])
    expect((await json('/v1/groups/WIDE/electricity/members?date=2026-01-31&province=P13N', who.south)).members).toEqual([])
  })

  test('nothing of a month that would tell of the one who left, of a group with too few elsewhere, or of days', async () => {
    for (const reader of [who.south, who.north, who.beijing]) {
      expect((await months('WIDE', reader)).map(({ others }) => others?.month ?? null)).toEqual(['202601', null, null])
      expect((await months('SMALL', reader)).map(({ others }) => others)).toEqual([null, null, null])
      expect((await months('ALPHA', reader)).map(({ others }) => others)).toEqual([null, null, null])
    }
  })

  test('with the groups below nothing more than without', async () => {
    const alone = (await months('WIDE', who.south))[0]!.others!
    const family = (await months('WIDE', who.south, '&descendants=true'))[0]!
    expect(family.figures.members).toBe(4)
    expect(family.others).toEqual({ ...alone, groupsWithheld: 1 })
  })

  test('whatever a province asks for, it hears of a month one and the same total, and no figure of anybody else', async () => {
    const own = { [provinces[0]!]: who.south, [provinces[1]!]: who.north, [provinces[2]!]: who.beijing }
    const dates = ['2025-12-31', '2026-01-15', '2026-01-31', '2026-02-01', '2026-02-09', '2026-02-10', '2026-02-28', '2026-03-02']
    for (const [province, headers] of Object.entries(own)) {
      const heard = new Map<string, Set<string>>()
      const hear = (key: string, others: { month: string } | null) => {
        if (others) heard.set(`${key} ${others.month}`, (heard.get(`${key} ${others.month}`) ?? new Set()).add(JSON.stringify(others)))
      }
      for (const group of ['WIDE', 'SMALL'])
        for (const more of ['', '&membership=current', '&descendants=true', '&membership=current&descendants=true']) {
          const key = `${group}${more.includes('descendants') ? ' with those below' : ''}`
          for (const date of dates) {
            const page = await json(`/v1/groups/${group}/electricity?date=${date}${more}`, headers)
            hear(key, page.others)
            expect(page.provincesTouched).toBeLessThanOrEqual(1)
            const members = (await json(`/v1/groups/${group}/electricity/members?date=${date}${more}`, headers)).members as { province: string }[]
            expect(members.every((one) => one.province === province)).toBe(true)
            // what is told of the group is told of its own members alone: nothing to subtract them from
            expect(page.figures.members).toBe(members.length)
            for (const { others } of (await json(`/v1/groups/${group}/electricity/months?date=${date}&months=12${more}`, headers)).months) hear(key, others)
          }
        }
      expect([...heard].map(([key, answers]) => [key, answers.size])).toEqual([
        ['WIDE 202601', 1],
        ['WIDE with those below 202601', 1],
      ])
      // with the group below: the same figures, so that the difference of the two is nothing
      const [alone, family] = [...heard.values()].map(([answer]) => JSON.parse(answer!) as Record<string, unknown>)
      for (const measure of ['electricityMonth', 'receivableMonth', 'receivedMonth', 'openMonth', 'arrears']) expect(family![measure]).toBe(alone![measure])
    }
  })

  test('what was told stays as it was told, whatever is corrected or linked afterwards', async () => {
    const before = await months('WIDE', who.south)
    await brought(pool, { payments: [paid('P13N', '71', 'late', '202512', 5_000n, '2026-01-15')] }, '2026-03-06')
    await link('P13N', '9', 'WIDE', '2026-01-01', 'L-LATE')
    position = String((await log.feed.head())!)
    await json('/v1/groups/WIDE', who.view)
    await keepGroups({ pool }, w.clock.now())
    await release()
    expect((await months('WIDE', who.south)).map(({ others }) => others)).toEqual(before.map(({ others }) => others))
    expect((await months('WIDE', who.view))[0]!.figures.members).toBe(11)
  })

  test('headquarters sees what was told to which province, what is held back and why, and replays it', async () => {
    const told = async (query: string) =>
      (await json(`/v1/group-releases?${query}`, who.view)).releases as {
        reader: string | null
        month: string
        groupNo: string
        arrears: string
        members: number
      }[]
    const all = await told('group=WIDE')
    expect(all.map(({ reader, members }) => [reader, members])).toEqual([
      ['P13S', 7],
      ['P13N', 7],
      ['P11', 6],
      [null, 10],
    ])
    for (const [province, headers] of [
      ['P13S', who.south],
      ['P13N', who.north],
      ['P11', who.beijing],
    ] as const) {
      const [one, ...more] = await told(`province=${province}`)
      expect(more).toEqual([])
      expect((await months('WIDE', headers))[0]!.others).toMatchObject({ month: one!.month, arrears: one!.arrears })
    }
    expect(await told('province=P12')).toMatchObject([{ reader: null, month: '202601', groupNo: 'WIDE' }])
    expect(await told('month=202602')).toEqual([])
    expect((await json('/v1/group-releases/held-back', who.view)).heldBack).toMatchObject([{ month: '202602', groupNo: 'WIDE', why: 'singles-out' }])
    const history = (await json('/v1/group-releases/history', who.view)).events as { type: string; data: { groupNo: string; rules: object } }[]
    expect(history).toMatchObject([{ type: 'GroupTotalsReleased', data: { groupNo: 'WIDE', month: '202601', rules: { version: 1, minMembers: 2 } } }])
    for (const path of ['', '/held-back', '/history']) expect((await read(`/v1/group-releases${path}`, who.south)).statusCode).toBe(403)
    expect((await read('/v1/group-releases?limit=3', who.view)).headers['epm-next']).toBeDefined()
    const { next } = await json('/v1/group-releases?limit=3', who.view)
    expect((await told(`limit=3&after=${next}`)).map(({ reader }) => reader)).toEqual([null])
    expect((await read('/v1/group-releases?after=x', who.view)).statusCode).toBe(422)
  })

  test('nothing ripe, nothing is released again', async () => {
    expect(await release()).toBe(0)
  })

  test('a unit below the province hears of no group’s members', async () => {
    expect((await read('/v1/groups/WIDE/electricity', who.city)).statusCode).toBe(403)
  })
})
