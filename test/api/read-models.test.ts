import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wireJson } from '#api/wire.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { projections } from '#projections/catalogue.ts'
import { bill, row } from '#test/support/arbitraries/daily-report.ts'
import { cons, shanghai } from '#test/support/arbitraries/values.ts'
import { type World, world } from '#test/support/http.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { silent } from '#test/support/silent.ts'

let log: Awaited<ReturnType<typeof openPostgresEventLog>>
let running: Projections
let w: World
let hq: Record<string, string>
let position: string

const profile = (name: string, orgCode: string) => ({
  name,
  orgCode,
  standard: 'GB/T 4754-2017',
  tradeCode: '3110',
  contractCapacity: '1000',
  runningCapacity: '800',
})
const send = async (method: 'POST' | 'PUT', url: string, payload: object | string, headers: Record<string, string>) => {
  const answer = await w.app.inject({
    method,
    url,
    payload,
    headers: { ...headers, ...(typeof payload === 'string' && { 'content-type': 'application/x-ndjson' }) },
  })
  if (answer.statusCode !== 200) throw new Error(`${method} ${url}: ${answer.body}`)
  position = answer.json().position ?? position
  return answer
}
/** Reads what was just written: waits for the last position. */
const read = (url: string, headers = hq, more: Record<string, string> = {}) =>
  w.app.inject({ url, headers: { ...headers, prefer: 'wait=20', 'epm-position': position, ...more } })

const list = async (province: string, consNo: string, name: string, orgCode: string) => {
  const user = `/v1/high-risk-users/${province}/${consNo}`
  await send(
    'POST',
    `${user}/nomination`,
    { profile: profile(name, orgCode), proposedLevel: 'II', reason: 'arrears' },
    await w.bearer('clerk', province, 'PV_TARIFF'),
  )
  await send(
    'POST',
    `${user}/listing`,
    { level: 'II', owner: 'owner', listedOn: '2026-03-01', basis: ['arrears'] },
    await w.bearer('lead', province, 'PV_LEAD'),
  )
}

const { database, pool } = await ownDatabase({ maxConnections: 10 })
beforeAll(async () => {
  log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  running = await startProjections({ feed: log.feed, pool, databaseUrl: database.url, projections, logger: silent, pollMs: 100 })
  w = await world({
    log,
    pool,
    waitFor: running.waitFor,
    operations: {
      status: running.status,
      rebuild: async (name) => (name === 'high-risk-user-register' ? running.rebuild(name).then(() => true) : false),
      release: async (name) => running.release(name).then(() => true),
    },
  })
  hq = await w.bearer('hq.view', 'HQ', 'HQ_VIEW')
  await list('P13S', '0000000001', '=钢厂', '13401')
  await list('P13S', '0000000002', '水泥厂', '13402')
  await list('P13N', '0000000001', '纸厂', '13501')
  w.listed.set('P13S', [cons('0000000001'), cons('0000000002')])
  const sealing = await w.bearer('p13s.lead', 'P13S', 'PV_TARIFF', 'PV_LEAD')
  const day = [row('0000000001', { bills: [bill('202602', 9_000_000_000_001n)] }), row('0000000002', { orgCode: '13402' as never })]
  await send('PUT', '/v1/daily-reports/P13S/2026-03-02/day?seal=true', day.map(wireJson).join('\n'), sealing)
})
afterAll(async () => {
  await w?.app.close()
  await running?.stop()
  await log?.close()
})

describe('the register', () => {
  test('shows a user what he has just written, and as of when', async () => {
    const answer = await read('/v1/high-risk-users')
    const { users, asOf, next } = answer.json()
    expect(users.map(({ province, consNo, level, status }: Record<string, string>) => `${province} ${consNo} ${status} ${level}`)).toEqual([
      'P13N 0000000001 listed II',
      'P13S 0000000001 listed II',
      'P13S 0000000002 listed II',
    ])
    expect(next).toBeNull()
    expect(asOf).toEqual({ position, instant: expect.any(String), lag: 0, stale: false })
    expect(answer.headers['preference-applied']).toBe('wait=20')
  })

  test('shows a province its own, and a city its own', async () => {
    const of = async (org: string, role: 'PV_TARIFF' | 'CT_TARIFF', query = '') =>
      (await read(`/v1/high-risk-users${query}`, await w.bearer('u', org, role)))
        .json()
        .users.map(({ province, consNo }: Record<string, string>) => `${province} ${consNo}`)
    expect(await of('P13S', 'PV_TARIFF')).toEqual(['P13S 0000000001', 'P13S 0000000002'])
    expect(await of('P13S', 'PV_TARIFF', '?province=P13N')).toEqual([])
    expect(await of('13401', 'CT_TARIFF')).toEqual(['P13S 0000000001'])
    expect(await of('P13S', 'PV_TARIFF', '?under=13402')).toEqual(['P13S 0000000002'])
  })

  test('does not say whether a customer of another province exists', async () => {
    const lead = await w.bearer('u', 'P13N', 'PV_LEAD')
    for (const consNo of ['0000000001', '0000000099'])
      expect((await read(`/v1/high-risk-users/P13S/${consNo}`, lead)).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    const city = await w.bearer('u', '13402', 'CT_LEAD')
    expect((await read('/v1/high-risk-users/P13S/0000000001', city)).statusCode).toBe(404)
    expect((await read('/v1/high-risk-users/P13S/0000000002', city)).statusCode).toBe(200)
  })

  test('gives the revision to pin the next command to', async () => {
    const one = await read('/v1/high-risk-users/P13S/0000000002')
    expect(one.headers.etag).toBe('"1"')
    const lead = await w.bearer('lead', 'P13S', 'PV_LEAD')
    const raise = (pinned: string) =>
      w.app.inject({
        method: 'POST',
        url: '/v1/high-risk-users/P13S/0000000002/level',
        payload: { to: 'I', on: '2026-03-03', reason: 'stopped' },
        headers: { ...lead, 'if-match': pinned },
      })
    expect((await raise('"0"')).statusCode).toBe(412)
    expect((await raise(one.headers.etag as string)).statusCode).toBe(200)
  })

  test('comes as NDJSON and as CSV that no spreadsheet runs', async () => {
    const lines = (await read('/v1/high-risk-users', hq, { accept: 'application/x-ndjson' })).body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.length).toBe(3)
    const csv = await read('/v1/high-risk-users?province=P13S&text=%E9%92%A2%E5%8E%82', hq, { accept: 'text/csv' })
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(csv.body.startsWith('\ufeffprovince,consNo,')).toBe(true)
    expect(csv.body).toContain(",'=钢厂,")
  })

  test('refuses a cursor of another order', async () => {
    const { next } = (await read('/v1/high-risk-users?limit=1&sort=name')).json()
    expect(typeof next).toBe('string')
    expect((await read(`/v1/high-risk-users?limit=1&sort=name&after=${next}`)).json().users.length).toBe(1)
    expect((await read(`/v1/high-risk-users?limit=1&sort=level&after=${next}`)).json()).toMatchObject({ status: 422, errors: [{ code: 'BAD_CURSOR' }] })
  })
})

describe('freshness', () => {
  test('a position that nobody gave out is sent back', async () => {
    expect((await w.app.inject({ url: '/v1/high-risk-users?position=nonsense', headers: hq })).json()).toMatchObject({ status: 400, code: 'BAD_POSITION' })
  })
  test('an answer that could not wait long enough says that it is stale', async () => {
    const ahead = String(BigInt(position) + 1_000_000n)
    const answer = await w.app.inject({ url: `/v1/high-risk-users?position=${ahead}`, headers: { ...hq, prefer: 'respond-async, wait=1' } })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['epm-stale']).toBe('true')
    expect(answer.json().asOf.stale).toBe(true)
  })
})

describe('the statistics', () => {
  test('of a day, exact to the fen, with the national total', async () => {
    const { rows, total, readAt } = (await read('/v1/statistics/daily?date=2026-03-02')).json()
    const ours = rows.find(({ key }: { key: string }) => key === 'P13S')
    expect(ours).toMatchObject({ status: 'ON_TIME', figures: { users: 2, arrears: '9000000100001' } })
    expect(total.figures).toMatchObject({ arrears: '9000000100001', overMillionUsers: 1 })
    expect(readAt).toMatchObject({ stale: false })
  })
  test('name provinces, and count the users of one that has not reported', async () => {
    const { rows } = (await read('/v1/statistics/daily?date=2026-03-02')).json()
    const silent = rows.find(({ key }: { key: string }) => key === 'P13N')
    expect(silent).toMatchObject({ name: expect.any(String), shortName: expect.any(String), status: 'UNKNOWN' })
    expect(silent.figures).toMatchObject({ users: 1, arrears: null, electricityDay: null, completeness: { numerator: '0', denominator: '1' } })
    const byLevel = (await read('/v1/statistics/daily?date=2026-03-02&groupBy=level')).json().rows
    expect(byLevel).toMatchObject([{ key: 'II', name: null, figures: { users: 3 } }])
    const [greatest] = (await read('/v1/statistics/top-users?date=2026-03-02&limit=1')).json().users
    expect(greatest.provinceName).toBe(rows.find(({ key }: { key: string }) => key === 'P13S').shortName)
  })
  test('go down from a province to its cities, counties and users', async () => {
    const cities = (await read('/v1/statistics/daily/units?province=P13S&date=2026-03-02')).json()
    expect(cities.rows).toMatchObject([
      { key: '13401', name: expect.any(String), figures: { users: 1, arrears: '9000000000001' } },
      { key: '13402', figures: { users: 1, arrears: '100000' } },
    ])
    expect(cities).toMatchObject({ stale: false, total: { users: 2, arrears: '9000000100001' }, readAt: { stale: false } })
    expect((await read('/v1/statistics/daily/units?province=P13S&date=2026-03-02&level=COUNTY')).json().rows).toMatchObject([
      { key: null, figures: { users: 2 } },
    ])
    const { users } = (await read('/v1/statistics/owing-users?date=2026-03-02&under=13402&above=-1')).json()
    expect(users).toMatchObject([{ consNo: '0000000002', orgCode: '13402' }])
    const { body } = await read('/v1/statistics/daily/units?province=P13S&date=2026-03-02', hq, { accept: 'text/csv' })
    expect(
      body
        .trim()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',')[1]),
    ).toEqual(['13401', '13402', '*'])
    const own = await w.bearer('u', 'P13S', 'PV_LEAD')
    expect((await read('/v1/statistics/daily/units?province=P13S&date=2026-03-02', own)).json().rows.length).toBe(2)
    expect((await read('/v1/statistics/daily/units?province=P13N&date=2026-03-02', own)).json()).toMatchObject({ status: 403, code: 'FORBIDDEN_SCOPE' })
    expect((await read('/v1/statistics/daily/units?date=2026-03-02')).json()).toMatchObject({ status: 422 })
  })
  test('show a province its own line only', async () => {
    const { rows } = (await read('/v1/statistics/daily?date=2026-03-02', await w.bearer('u', 'P13N', 'PV_LEAD'))).json()
    expect(rows.map(({ key }: { key: string }) => key)).not.toContain('P13S')
    expect((await read('/v1/statistics/top-users?date=2026-03-02', await w.bearer('u', 'P13N', 'PV_LEAD'))).json().users).toEqual([])
  })
  test('as CSV have a line a group and one for all, ratios as two sums', async () => {
    const { body } = await read('/v1/statistics/daily?date=2026-03-02', hq, { accept: 'text/csv' })
    const [header, ...lines] = body.trim().split('\r\n')
    expect(header).toContain('recoveryMonthNumerator,recoveryMonthDenominator')
    expect(lines.at(-1)).toMatch(/^2026-03-02,\*,/)
    expect(new Set(lines.map((line) => line.split(',').length))).toEqual(new Set([header?.split(',').length]))
  })
  test('tell ageing, the greatest debts, and figures over time', async () => {
    expect((await read('/v1/statistics/ageing?date=2026-03-02')).json().total).toMatchObject({ arrears: '9000000100001' })
    expect((await read('/v1/statistics/top-users?date=2026-03-02&limit=1')).json().users).toMatchObject([
      { province: 'P13S', consNo: '0000000001', arrears: '9000000000001' },
    ])
    expect((await read('/v1/statistics/owing-users?date=2026-03-02')).json()).toMatchObject({ users: [{ consNo: '0000000001' }], next: null })
    const paged = (await read('/v1/statistics/owing-users?date=2026-03-02&above=0&limit=1')).json()
    expect((await read(`/v1/statistics/owing-users?date=2026-03-02&above=0&limit=1&after=${encodeURIComponent(paged.next)}`)).json()).toMatchObject({
      users: [{ consNo: '0000000002' }],
    })
    expect((await read('/v1/statistics/trend?from=2026-03-01&to=2026-03-03&figures=arrears,users')).json().points.at(-1)).toMatchObject({
      figures: { arrears: '9000000100001' },
    })
    expect((await read('/v1/statistics/trend?from=2026-03-03&to=2026-03-01&figures=arrears')).json()).toMatchObject({ status: 422 })
  })
  test('hold the rows of each version and the days of each user', async () => {
    const { rows } = (await read('/v1/daily-reports/P13S/2026-03-02/sealed-rows')).json()
    expect(rows.map((one: { row: { consNo: string } }) => one.row.consNo)).toEqual(['0000000001', '0000000002'])
    const { days } = (await read('/v1/high-risk-users/P13S/0000000001/days')).json()
    expect(days).toMatchObject([{ date: '2026-03-02', version: 1, row: { bills: [{ arrears: '9000000000001' }] } }])
  })
})

describe('the boards', () => {
  test('tell who has reported', async () => {
    // Nobody opened P13N's report: the schedule says by when it was wanted.
    const standings = async (date: string, time: string): Promise<readonly string[]> => {
      w.clock.at = shanghai(date, time)
      const { reports } = (await read('/v1/daily-reports?date=2026-03-02')).json()
      return reports.map(({ province, state }: Record<string, string>) => `${province} ${state}`)
    }
    expect(await standings('2026-03-03', '09:00')).toEqual(expect.arrayContaining(['P13S submitted', 'P13N expected', 'P11 expected']))
    expect(await standings('2026-03-04', '00:01')).toEqual(expect.arrayContaining(['P13S submitted', 'P13N missing', 'P11 missing']))
    expect(await standings('2026-03-03', '11:00')).toEqual(expect.arrayContaining(['P13S submitted', 'P13N late', 'P11 late']))
    const { national } = (await read('/v1/daily-reports?date=2026-03-02')).json()
    expect(national).toMatchObject({ provinces: 3, submitted: 1, submittedOnTime: 1 })
    expect((await read('/v1/daily-reports/P13S/2026-03-02/completeness')).json()).toMatchObject({ state: 'submitted', missing: [] })
  })

  test('tell who has acknowledged the list, what it holds, and what a draft would change', async () => {
    const drafter = await w.bearer('hq.tariff', 'HQ', 'HQ_TARIFF')
    await send('POST', '/v1/industry-list/draft', {}, drafter)
    await send(
      'POST',
      '/v1/industry-list/draft/entries',
      { entry: { standard: 'GB/T 4754-2017', code: '3110', includeChildren: false, category: 'HIGH_ENERGY' } },
      drafter,
    )
    expect((await read('/v1/industry-list/draft/impact')).json()).toMatchObject({ national: { gained: 3, lost: 0, kept: 0 } })
    await send(
      'POST',
      '/v1/industry-list/draft/publication',
      { effectiveFrom: '2026-03-03', ackDueAt: '2026-03-10T00:00:00.000Z' },
      await w.bearer('hq.lead', 'HQ', 'HQ_LEAD'),
    )
    await send('POST', '/v1/industry-list/versions/1/acknowledgements/P13S', {}, await w.bearer('p13s.lead', 'P13S', 'PV_LEAD'))
    const { national, provinces } = (await read('/v1/industry-list/versions/1/acknowledgements')).json()
    expect(national).toEqual({ provinces: 3, acknowledged: 1, onTime: 1, overdue: 0 })
    expect(provinces.find(({ province }: { province: string }) => province === 'P13S')).toMatchObject({ state: 'onTime', by: 'p13s.lead' })
    expect((await read('/v1/industry-list/in-force')).json()).toMatchObject({
      version: 1,
      state: 'inForce',
      entries: [{ code: '3110', category: 'HIGH_ENERGY' }],
    })
    expect((await read('/v1/industry-list/in-force?date=2026-03-02')).statusCode).toBe(404)
    expect((await read('/v1/industry-list/versions')).json().versions).toMatchObject([{ version: 1, acknowledged: 1 }])
  })
})

describe('operations', () => {
  test('show how every read model stands', async () => {
    const { projections: told } = (await read('/v1/projections')).json()
    expect(told.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['high-risk-user-register', 'industry-list-in-force', 'daily-report-completeness', 'national-day']),
    )
    expect((await w.app.inject('/metrics')).body).toMatch(/epm_projection_lag_events\{projection="national-day",generation="\d+"\} \d+/)
  })
  test('build one again for an administrator only', async () => {
    const rebuild = async (name: string, headers: Record<string, string>) => w.app.inject({ method: 'POST', url: `/v1/projections/${name}/rebuild`, headers })
    const admin = await w.bearer('admin', 'HQ', 'ADMIN')
    expect((await rebuild('high-risk-user-register', hq)).statusCode).toBe(403)
    expect((await rebuild('no-such-model', admin)).statusCode).toBe(404)
    expect((await rebuild('high-risk-user-register', admin)).statusCode).toBe(202)
    expect((await read('/v1/high-risk-users')).json().users.length).toBe(3)
  })
  test('are ready while the log and the read models answer', async () => {
    expect((await w.app.inject('/health/ready')).json()).toEqual({ status: 'ok', checks: { 'event-log': true, 'read-models': true } })
  })
})

describe('the statistics, asked again', () => {
  const page = '/v1/statistics/daily?date=2026-03-02'
  test('are told unchanged while nothing in them is, however the log grows, and anew once something is', async () => {
    const first = await read(page)
    const { etag } = first.headers
    expect(first.headers).toMatchObject({ 'cache-control': 'private, no-cache', etag: expect.stringMatching(/^W\/"[\w-]{27}"$/) })
    expect((await read(page)).json()).toEqual(first.json())
    for (const tag of [etag!, `"other", ${etag}`, etag!.slice(2), '*']) {
      const again = await read(page, hq, { 'if-none-match': tag })
      expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag])
      expect(again.headers).not.toHaveProperty('content-length')
    }
    expect((await read(page, hq, { 'if-none-match': '"other"' })).statusCode).toBe(200)
    await send('POST', '/v1/industry-list/draft', {}, await w.bearer('hq.tariff', 'HQ', 'HQ_TARIFF'))
    expect(await read(page, hq, { 'if-none-match': etag! })).toMatchObject({ statusCode: 304, headers: { 'epm-position': position } })
    await list('P13N', '0000000009', '新厂', '13501')
    const anew = await read(page, hq, { 'if-none-match': etag! })
    expect(anew).toMatchObject({ statusCode: 200, headers: { 'epm-position': position } })
    expect(anew.headers.etag).not.toBe(etag)
    expect(anew.json().total.figures.users).toBe(first.json().total.figures.users + 1)
  })

  test('are one thing to headquarters and another to a province, and to each question its own', async () => {
    const tags = await Promise.all([
      read(page),
      read(`${page}&groupBy=level`),
      read(`${page}&basis=published`),
      read(page, await w.bearer('u', 'P13N', 'PV_LEAD')),
    ])
    const [all, byLevel, , own] = tags.map((answer) => answer.json())
    expect(all.rows.length).toBeGreaterThan(own.rows.length)
    expect(byLevel.rows).toMatchObject([{ key: 'II' }])
    expect((await read(page, await w.bearer('u', 'P13N', 'PV_LEAD'), { 'if-none-match': tags[0]!.headers.etag! })).statusCode).toBe(200)
  })
})
