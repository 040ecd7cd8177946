import { NEVER } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { groupIndex } from '#api/compose/abreast.ts'
import { groupUserAggregate, groupUserStream } from '#application/group-user/aggregates.ts'
import { raiseGroupAlarms } from '#application/processes/group-alarms.ts'
import { groupWork } from '#application/processes/group-work.ts'
import { handle } from '#application/shared/handle.ts'
import { epochOf, instantOfEpoch } from '#domain/shared/dates.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createKnownCustomers } from '#infrastructure/postgres/known-customers.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { projections } from '#projections/catalogue.ts'
import { alarmingMembers } from '#projections/group-user/work.queries.ts'
import { run } from '#projections/shared/sql.ts'
import { day, org, user, uuid } from '#test/support/arbitraries/values.ts'
import { CODES, member, no } from '#test/support/group-user.ts'
import { type World, world } from '#test/support/http.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { silent } from '#test/support/silent.ts'

let log: Awaited<ReturnType<typeof openPostgresEventLog>>
let running: Projections
let w: World
let position = ''

const who = {
  groupClerk: () => w.bearer('hq.group', 'HQ', 'HQ_GROUP'),
  hqLead: () => w.bearer('hq.lead', 'HQ', 'HQ_LEAD'),
  clerk: () => w.bearer('p13s.tariff', 'P13S', 'PV_TARIFF'),
  lead: () => w.bearer('p13s.lead', 'P13S', 'PV_LEAD'),
  other: () => w.bearer('p11.lead', 'P11', 'PV_LEAD', 'PV_TARIFF'),
}
type Headers = Record<string, string>
const post = async (url: string, payload: object | string, headers: Promise<Headers>, more: Headers = {}) => {
  const answer = await w.app.inject({ method: 'POST', url, payload, headers: { ...(await headers), ...more } })
  position = answer.json().position ?? position
  return answer
}
const must = async (...asked: Parameters<typeof post>) => {
  const answer = await post(...asked)
  if (answer.statusCode !== 200) throw new Error(`${asked[0]}: ${answer.body}`)
  return answer.json()
}
const register = (groupNo: string, name: string, more: object = {}) =>
  post(`/v1/groups/${groupNo}/registration`, { profile: { name, kind: 'private', ...more } }, who.groupClerk())
const propose = (consNo: string, groupNo: string, from: string, linkId = 'l1', headers = who.clerk()) =>
  post(`/v1/group-links/P13S/${consNo}/${linkId}/proposal`, { groupNo, basis: 'equity', effectiveFrom: from, reason: 'same owner' }, headers)
const confirm = (consNo: string, linkId = 'l1', headers = who.lead()) => post(`/v1/group-links/P13S/${consNo}/${linkId}/confirmation`, {}, headers)
const caughtUp = async (): Promise<void> => {
  const head = await log.feed.head()
  for (const { name } of projections) await running.waitFor(name, head!, 20_000)
}

const { database, pool } = await ownDatabase({ maxConnections: 10 })
beforeAll(async () => {
  log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  running = await startProjections({ feed: log.feed, pool, databaseUrl: database.url, projections, logger: silent, pollMs: 100 })
  w = await world({
    ...{ log, pool, waitFor: running.waitFor },
    groups: groupIndex({ pool, feed: log.feed, moved$: NEVER }),
    customers: createKnownCustomers(pool),
  })
  await pool.query(run`
    insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, status, residential)
    select 'P13S', '000000' || n, '2026-03-01', '用户' || n, '13401', 'GB/T 4754-2017', '3110', 1000, 1000, 'active', false from generate_series(1001, 1050) n`)
})
afterAll(async () => {
  await w.app.close()
  await running.stop()
  await log.close()
})

const c = (n: number): string => `0000001${String(n).padStart(3, '0')}`

describe('groups over HTTP', () => {
  test('are registered with a code that holds; the answer lists who has a similar name, in the caller’s language', async () => {
    expect((await register('G01', '东海特钢集团有限公司', { uscc: CODES.baosteel })).statusCode).toBe(200)
    const similar = await post('/v1/groups/G02/registration', { profile: { name: '河北东海特钢', kind: 'private' } }, who.groupClerk(), {
      'accept-language': 'zh-CN',
    })
    expect(similar.statusCode).toBe(409)
    expect(similar.json()).toMatchObject({ code: 'SIMILAR_GROUP', groups: [{ groupNo: 'G01', name: '东海特钢集团有限公司' }] })
    expect(similar.json().title).toContain('名称相近')
    await must('/v1/groups/G02/registration', { profile: { name: '河北东海特钢', kind: 'private' }, distinctFrom: ['G01'] }, who.groupClerk())
    expect((await register('G03', '别的', { uscc: '91310000631696383C' })).json()).toMatchObject({ code: 'BAD_USCC', status: 422 })
    expect((await register('G03', '别的', { uscc: CODES.baosteel })).json()).toMatchObject({ code: 'DUPLICATE_GROUP', groupNo: 'G01' })
    expect((await register('G03', '别的', { uscc: 'I' })).json()).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ pointer: '/profile/uscc' }] })
  })

  test('are amended under the ETag one saw', async () => {
    const stale = await post('/v1/groups/G02/profile', { profile: { name: '河北东海特钢', kind: 'central-soe' } }, who.groupClerk(), { 'if-match': '"7"' })
    expect(stale.json()).toMatchObject({ status: 412, code: 'REVISION_STALE' })
    const amended = await post('/v1/groups/G02/profile', { profile: { name: '河北东海特钢', kind: 'central-soe' } }, who.groupClerk(), { 'if-match': '"0"' })
    expect([amended.statusCode, amended.headers.etag]).toEqual([200, '"1"'])
  })

  test('have a history and a state for headquarters, and links for the province alone', async () => {
    const history = await w.app.inject({ url: '/v1/groups/G02/history', headers: await who.hqLead() })
    expect(history.json().events.map(({ type }: { type: string }) => type)).toEqual(['GroupRegistered', 'GroupAmended'])
    const state = await w.app.inject({ url: '/v1/groups/G02/state?revision=0', headers: await who.hqLead() })
    expect(state.json().state).toMatchObject({ status: 'active', profile: { kind: 'private' } })
    expect((await w.app.inject({ url: '/v1/groups/G02/history', headers: await who.lead() })).statusCode).toBe(403)
    await must(`/v1/group-links/P13S/${c(1)}/l1/proposal`, { groupNo: 'G02', basis: 'control', effectiveFrom: '2026-01-01', reason: 'x' }, who.clerk())
    const links = await w.app.inject({ url: `/v1/group-links/P13S/${c(1)}/state`, headers: await who.lead() })
    expect(links.json().state.links).toMatchObject({ l1: { status: 'proposed', groupNo: 'G02' } })
    expect((await w.app.inject({ url: `/v1/group-links/P13S/${c(1)}/history`, headers: await who.other() })).statusCode).toBe(404)
  })

  test('are linked by two people of the province, whose customer it is; to others it does not exist', async () => {
    expect((await confirm(c(1), 'l1', who.clerk())).statusCode).toBe(403)
    expect((await confirm(c(1), 'l1', who.other())).json()).toMatchObject({ status: 404 })
    expect((await confirm(c(1))).statusCode).toBe(200)
    expect((await propose(c(1), 'G01', '2026-02-01', 'l2')).json()).toMatchObject({ code: 'ALREADY_LINKED', groupNo: 'G02', linkId: 'l1' })
    expect((await propose('0000009999', 'G01', '2026-02-01')).json()).toMatchObject({ code: 'UNKNOWN_CUSTOMER', status: 409 })
    expect((await propose(c(2), 'G99', '2026-02-01')).json()).toMatchObject({ code: 'UNKNOWN_GROUP' })
    await must(`/v1/group-links/P13S/${c(1)}/l1/end`, { on: '2026-02-01', reason: 'sold' }, who.lead())
    await must(`/v1/group-links/P13S/${c(1)}/suggestion-dismissal`, { groupNo: 'G01', facts: 'name', reason: 'no' }, who.clerk())
  })
})

test('a proposal is taken back by who made it, over HTTP too', async () => {
  const other = w.bearer('p13s.tariff.2', 'P13S', 'PV_TARIFF')
  await must(`/v1/group-links/P13S/${c(30)}/slip/proposal`, { groupNo: 'G02', basis: 'control', effectiveFrom: '2026-01-01', reason: 'x' }, who.clerk())
  const refused = await post(`/v1/group-links/P13S/${c(30)}/slip/withdrawal`, { reason: 'slip' }, other, { 'accept-language': 'zh-CN' })
  expect(refused.json()).toMatchObject({ status: 403, code: 'NOT_THE_PROPOSER', title: '只有提出人可以撤回申请' })
  await must(`/v1/group-links/P13S/${c(30)}/slip/withdrawal`, { reason: 'slip' }, who.clerk())
  expect((await confirm(c(30), 'slip')).json()).toMatchObject({ code: 'LINK_STATE', is: 'rejected' })
  await must('/v1/groups/G02/merge-proposal', { into: 'G01', on: '2026-03-01', reason: 'slip' }, who.groupClerk())
  await must('/v1/groups/G02/merge-withdrawal', { reason: 'slip' }, who.groupClerk())
  expect((await post('/v1/groups/G02/merge', {}, who.hqLead())).json()).toMatchObject({ code: 'NOTHING_PROPOSED' })
})

describe('links in bulk', () => {
  const url = '/v1/group-links/P13S/proposals'
  const csv = { 'content-type': 'text/csv' }
  const ndjson = { 'content-type': 'application/x-ndjson' }
  const row = (n: number, from = '2026-01-01', until?: string) =>
    JSON.stringify({ consNo: c(n), groupNo: 'G01', basis: 'equity', effectiveFrom: from, reason: 'file', ...(until !== undefined && { endedOn: until }) })

  test('are kept all or none, with every fault by its row', async () => {
    const file = [
      'consNo,groupNo,basis,effectiveFrom,endedOn,reason',
      `${c(10)},G01,equity,2026-01-01,,x`,
      `${c(11)},G99,equity,2026-01-01,,x`,
      `${c(12)},G01,loan,2026-01-01,,x`,
      `0000009999,G01,equity,2026-01-01,,x`,
    ]
    const answer = await post(url, file.join('\n'), who.clerk(), csv)
    expect(answer.json()).toMatchObject({ status: 422, code: 'LINKS_INVALID' })
    expect(answer.json().errors.map(({ row, code, field }: { row: number; code: string; field?: string }) => [row, code, field])).toEqual([
      [2, 'UNKNOWN_GROUP', undefined],
      [3, 'invalid_value', 'basis'],
      [4, 'UNKNOWN_CUSTOMER', undefined],
    ])
    expect((await w.app.inject({ url: `/v1/group-links/P13S/${c(10)}/history`, headers: await who.lead() })).statusCode).toBe(404)
    expect((await post(url, 'consNo,nonsense\n1,2', who.clerk(), csv)).json()).toMatchObject({ code: 'VALIDATION_FAILED' })
    // 股权 as a spreadsheet saves it that is not told otherwise
    const gbk = Buffer.concat([Buffer.from(`consNo,groupNo,basis,effectiveFrom,reason\n${c(10)},G01,equity,2026-01-01,`), Buffer.from('b9c9c8a8', 'hex')])
    const refused = await w.app.inject({ method: 'POST', url, payload: gbk, headers: { ...(await who.clerk()), ...csv } })
    expect([refused.statusCode, refused.json().detail]).toEqual([400, expect.stringContaining('UTF-8')])
    expect((await post(url, '{broken', who.clerk(), ndjson)).json()).toMatchObject({ errors: [{ row: 1, code: 'BROKEN_LINE' }] })
    expect((await post(url, row(10), who.other(), ndjson)).statusCode).toBe(403)
  })

  test('two stretches of one customer in one file go, one over the other does not; sent again nothing is written twice', async () => {
    const key = { 'idempotency-key': 'file-1' }
    const good = [row(10), row(11, '2024-01-01', '2025-01-01'), row(11, '2025-06-01'), row(12)].join('\n')
    expect(await must(url, good, who.clerk(), { ...ndjson, ...key })).toEqual({ rows: 4, recorded: 4, overtaken: [] })
    expect(await must(url, good, who.clerk(), { ...ndjson, ...key })).toEqual({ rows: 4, recorded: 0, overtaken: [] })
    const bad = await post(url, [row(13, '2024-01-01', '2025-01-02'), row(13, '2025-01-01')].join('\n'), who.clerk(), ndjson)
    expect(bad.json().errors).toMatchObject([{ row: 2, code: 'ALREADY_LINKED', consNo: c(13) }])
  })

  test('are confirmed in bulk by somebody else', async () => {
    const states = await Promise.all(
      [10, 11, 12].map(async (n) => (await w.app.inject({ url: `/v1/group-links/P13S/${c(n)}/state`, headers: await who.lead() })).json().state.links),
    )
    const rows = states.flatMap((links, i) => Object.keys(links).map((linkId) => `${c(10 + i)},${linkId}`))
    const file = ['consNo,linkId', ...rows].join('\n')
    expect((await post('/v1/group-links/P13S/confirmations', file, who.clerk(), csv)).statusCode).toBe(403)
    expect(await must('/v1/group-links/P13S/confirmations', file, who.lead(), csv)).toEqual({ rows: 4, recorded: 4, overtaken: [] })
    const dismissals = `consNo,groupNo,facts,reason\n${c(20)},G01,name,no\n${c(21)},G02,name,no`
    expect(await must('/v1/group-links/P13S/suggestion-dismissals', dismissals, who.clerk(), csv)).toMatchObject({ recorded: 2 })
  })
})

describe('a merge over HTTP', () => {
  test('is proposed by one, approved by another, and every member is in the other group when the answer comes', async () => {
    await must('/v1/groups/G01/merge-proposal', { into: 'G02', on: '2026-03-01', reason: 'bought' }, who.groupClerk())
    expect((await post('/v1/groups/G01/merge', {}, who.groupClerk())).statusCode).toBe(403)
    const done = await must('/v1/groups/G01/merge', {}, who.hqLead())
    const history = (await w.app.inject({ url: '/v1/groups/G01/history', headers: await who.hqLead() })).json().events as { type: string; position: string }[]
    // who waits for the answer's position sees all that was moved
    expect(history.at(-1)).toMatchObject({ type: 'GroupMerged', position: done.position })
    const state = await w.app.inject({ url: '/v1/groups/G01/state', headers: await who.hqLead() })
    expect(state.json().state).toMatchObject({ status: 'merged', into: 'G02' })
    for (const n of [10, 11, 12]) {
      const links = (await w.app.inject({ url: `/v1/group-links/P13S/${c(n)}/state`, headers: await who.lead() })).json().state.links as Record<
        string,
        { groupNo: string; effectiveFrom: string; endedOn?: string }
      >
      expect(Object.values(links).filter(({ groupNo, effectiveFrom }) => groupNo === 'G02' && effectiveFrom === '2026-03-01')).toHaveLength(1)
    }
    expect((await propose(c(15), 'G01', '2026-01-01')).json()).toMatchObject({ code: 'GROUP_NOT_ACTIVE', into: 'G02' })
    expect((await post('/v1/groups/G02/dissolution', { on: '2026-03-01', reason: 'no' }, who.hqLead())).json()).toMatchObject({ code: 'HAS_MEMBERS', links: 3 })
  })

  test('leaves nothing to the process, which finds by the read models what is unfinished or astray', async () => {
    const work = groupWork({ store: log.store, clock: w.clock, groups: groupIndex({ pool, feed: log.feed, moved$: NEVER }) })
    await caughtUp()
    expect(await work(instantOfEpoch(epochOf(w.clock.at) + 60_000))).toBe(0)
  })

  test('that was only approved is found and finished by the process; so is a split', async () => {
    await must('/v1/groups/G07/registration', { profile: { name: '神华能源', kind: 'private' } }, who.groupClerk())
    await must('/v1/groups/G08/registration', { profile: { name: '魏桥创业', kind: 'private' } }, who.groupClerk())
    for (const [n, groupNo] of [
      [30, 'G07'],
      [31, 'G07'],
      [32, 'G08'],
      [33, 'G08'],
    ] as const) {
      expect((await propose(c(n), groupNo, '2026-01-01')).statusCode).toBe(200)
      expect((await confirm(c(n))).statusCode).toBe(200)
    }
    const members = [{ province: 'P13S', consNo: c(32), linkId: 'l1' }]
    await must('/v1/groups/G07/merge-proposal', { into: 'G02', on: '2026-03-01', reason: 'bought' }, who.groupClerk())
    await must(
      '/v1/groups/G08/split-proposal',
      { to: 'G09', profile: { name: '物流', kind: 'private' }, on: '2026-03-01', members, reason: 'sold' },
      who.groupClerk(),
    )
    // Approved by a program that died before it did anything more.
    const actor = { userId: user('hq.lead'), roles: ['HQ_LEAD' as const], orgCode: org('HQ') }
    const request = { actor, role: 'HQ_LEAD' as const, commandId: uuid(0xa001), correlationId: uuid(0xa001), at: w.clock.at }
    const signed = { at: w.clock.at, by: actor.userId }
    const of = (n: number) => member(c(n))
    await handle(
      log.store,
      groupUserAggregate,
      groupUserStream(no('G07')),
      { type: 'ApproveMerge', data: { ...signed, membersNow: [of(30), of(31)], target: { kind: 'open' } } },
      request,
    )
    await handle(
      log.store,
      groupUserAggregate,
      groupUserStream(no('G08')),
      { type: 'ApproveSplit', data: { ...signed, membersNow: [of(32), of(33)] } },
      request,
    )
    await caughtUp()
    const work = groupWork({ store: log.store, clock: w.clock, groups: groupIndex({ pool, feed: log.feed, moved$: NEVER }) })
    const later = instantOfEpoch(epochOf(w.clock.at) + 60_000)
    expect(await work(later)).toBeGreaterThan(0)
    await caughtUp()
    expect(await work(later)).toBe(0)
    const statusOf = async (groupNo: string) => (await w.app.inject({ url: `/v1/groups/${groupNo}/state`, headers: await who.hqLead() })).json().state.status
    expect([await statusOf('G07'), await statusOf('G08'), await statusOf('G09')]).toEqual(['merged', 'active', 'active'])
    const groupNow = async (n: number) => {
      const { links } = (await w.app.inject({ url: `/v1/group-links/P13S/${c(n)}/state`, headers: await who.lead() })).json().state
      return Object.values(links as Record<string, { groupNo: string; endedOn?: string }>).find(({ endedOn }) => endedOn === undefined)?.groupNo
    }
    expect(await Promise.all([30, 31, 32, 33].map(groupNow))).toEqual(['G02', 'G02', 'G09', 'G08'])
  })
})

test('a member at level I: headquarters is told of him, the provinces of other members of the group alone, once', async () => {
  const profile = { name: '钢厂', orgCode: '13401', standard: 'GB/T 4754-2017', tradeCode: '3110', contractCapacity: '1000', runningCapacity: '800' }
  const userUrl = `/v1/high-risk-users/P13S/${c(10)}`
  await must(`${userUrl}/nomination`, { profile, proposedLevel: 'I', reason: 'arrears' }, who.clerk())
  await must(`${userUrl}/listing`, { level: 'I', owner: 'o', listedOn: '2026-03-03', basis: ['arrears'] }, who.lead())
  await pool.query(run`
    insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, status, residential)
    values ('P11', '1', '2026-03-01', 'x', 'P11', 'GB/T 4754-2017', '3110', 1, 1, 'active', false)`)
  await must('/v1/group-links/P11/1/l1/proposal', { groupNo: 'G02', basis: 'equity', effectiveFrom: '2026-01-01', reason: 'x' }, who.other())
  await must('/v1/group-links/P11/1/l1/confirmation', {}, who.groupClerk())
  const needs = {
    store: log.store,
    caughtUp: async () => true,
    alarming: (today: Parameters<typeof alarmingMembers>[1], limit: number) => alarmingMembers(pool, today, limit),
  }
  expect(await raiseGroupAlarms({ ...needs, caughtUp: async () => false }, w.clock.at)).toBe(0)
  await caughtUp()
  expect(await alarmingMembers(pool, day('2026-03-03'), 10)).toEqual([
    { groupNo: 'G02', province: 'P13S', consNo: c(10), since: '2026-03-03', provinces: ['P11'] },
  ])
  expect(await raiseGroupAlarms(needs, w.clock.at)).toBe(1)
  expect(await raiseGroupAlarms(needs, w.clock.at)).toBe(0)
  await caughtUp()
  expect(await alarmingMembers(pool, day('2026-03-03'), 10)).toEqual([])
  const told = await pool.any(run`select org_code, facts from read_model.notice where kind = 'group-alarm' order by org_code`)
  expect(told).toEqual([
    { org_code: 'HQ', facts: { groupNo: 'G02', groupName: '河北东海特钢', since: '2026-03-03', province: 'P13S', consNo: c(10) } },
    { org_code: 'P11', facts: { groupNo: 'G02', groupName: '河北东海特钢', since: '2026-03-03' } },
  ])
})
