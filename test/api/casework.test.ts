import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wireJson } from '#api/wire.ts'
import { highRiskUserUseCases } from '#application/high-risk-user/use-cases.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import { type FirstReportNeeds, markFirstReports } from '#application/processes/first-reports.ts'
import { type PromiseNeeds, settlePromises } from '#application/processes/promises.ts'
import type { Figures } from '#domain/high-risk-user/fields.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { projections } from '#projections/catalogue.ts'
import { lastFigures } from '#projections/daily-report/last-figures.queries.ts'
import { firstReports, promisesShown } from '#projections/high-risk-user/case.queries.ts'
import { bill, row } from '#test/support/arbitraries/daily-report.ts'
import { casework, rules } from '#test/support/arbitraries/high-risk-user.ts'
import { cons, province, shanghai } from '#test/support/arbitraries/values.ts'
import { type World, world } from '#test/support/http.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { silent } from '#test/support/silent.ts'

let log: Awaited<ReturnType<typeof openPostgresEventLog>>
let running: Projections
let w: World
let needs: PromiseNeeds
let position = ''

const USER = '/v1/high-risk-users/P13S/0000000001'
const profile = { name: '钢厂', orgCode: '1340101', standard: 'GB/T 4754-2017', tradeCode: '3110', contractCapacity: '1000', runningCapacity: '800' }
const who = {
  clerk: () => w.bearer('clerk', 'P13S', 'PV_TARIFF'),
  lead: () => w.bearer('lead', 'P13S', 'PV_LEAD', 'PV_TARIFF'),
  city: () => w.bearer('city', '13401', 'CT_TARIFF'),
  collector: () => w.bearer('collector', '1340101', 'CN_COLLECT'),
}
const send = async (url: string, payload: object, headers: Record<string, string>) => {
  const answer = await w.app.inject({ method: 'POST', url, payload, headers })
  position = answer.json().position ?? position
  return answer
}
const must = async (url: string, payload: object, headers: Record<string, string>): Promise<void> => {
  const answer = await send(url, payload, headers)
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.body}`)
}
const read = async (url: string, headers?: Record<string, string>) =>
  w.app.inject({ url, headers: { ...(headers ?? (await who.clerk())), prefer: 'wait=20', 'epm-position': position } })
const report = async (date: string, received: bigint): Promise<void> => {
  const rows = [row('0000000001', { bills: [bill('202601', 100_000n, received, { dueDate: '2026-01-20' as never })] })]
  const answer = await w.app.inject({
    method: 'PUT',
    url: `/v1/daily-reports/P13S/${date}/day?seal=true`,
    payload: rows.map((one) => wireJson({ ...one, comment: 'seen' })).join('\n'),
    headers: { ...(await who.lead()), 'content-type': 'application/x-ndjson' },
  })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  position = answer.json().position ?? position
  await running.waitFor('national-day', position as never, 20_000)
}

const { database, pool } = await ownDatabase({ maxConnections: 10 })
beforeAll(async () => {
  log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  running = await startProjections({ feed: log.feed, pool, databaseUrl: database.url, projections, logger: silent, pollMs: 100 })
  const figures = (key: Parameters<typeof lastFigures>[1], date: Parameters<typeof lastFigures>[2]): Promise<Figures | null> => lastFigures(pool, key, date)
  w = await world({ log, pool, waitFor: running.waitFor, casework: { ...casework, figures } })
  const working = {
    store: log.store,
    clock: w.clock,
    scope: await openDirectory(log.store, w.clock),
    listingRules: [rules],
    casework: { ...casework, figures },
  }
  needs = { execute: highRiskUserUseCases(working).execute, shown: (limit) => promisesShown(pool, limit) }
  w.listed.set('P13S', [cons('0000000001')])
  await must(`${USER}/nomination`, { profile, proposedLevel: 'I', reason: 'arrears' }, await who.clerk())
  await must(`${USER}/listing`, { level: 'I', owner: 'owner', listedOn: '2026-03-01', basis: ['arrears'] }, await who.lead())
  await report('2026-03-02', 10_000n)
})
afterAll(async () => {
  await w?.app.close()
  await running?.stop()
  await log?.close()
})

describe('a user of level I', () => {
  test('stands on the worklist until something is planned', async () => {
    const list = async () => (await read('/v1/worklist')).json().items.map(({ kind, dueOn, overdue }: Record<string, unknown>) => [kind, dueOn, overdue])
    expect(await list()).toEqual([
      ['level-review', '2026-03-02', true], // nobody runs the process here
      ['plan', '2026-03-03', false],
    ])
    expect((await read('/v1/worklist', await w.bearer('other', 'P13N', 'PV_TARIFF'))).json().items).toEqual([])
    const text = await w.app.inject({ url: '/v1/worklist', headers: { ...(await who.clerk()), accept: 'text/csv' } })
    expect(text.body).toContain('plan')
    const dun = { measureId: 'dun', code: 'M01', dueOn: '2026-03-05' }
    expect((await send(`${USER}/measures`, dun, await w.bearer('c', '13402', 'CT_TARIFF'))).json()).toMatchObject({ status: 404 })
    await must(`${USER}/measures`, dun, await who.city())
    expect((await send(`${USER}/measures/dun/start`, {}, await who.city())).json()).toMatchObject({ code: 'DETAILS_MISSING', details: ['channel'] })
    await must(`${USER}/measures/dun/start`, { details: { channel: 'letter' } }, await who.city())
    expect(await list()).toEqual([
      ['level-review', '2026-03-02', true],
      ['measure', '2026-03-05', false],
    ])
    expect((await read('/v1/worklist?after=nonsense')).json()).toMatchObject({ status: 422 })
  })

  test('may be cut when the last sealed report says that he owes for long enough', async () => {
    const cut = { measureId: 'cut', code: 'M08', dueOn: '2026-03-20' }
    await must(`${USER}/measures`, cut, await who.city())
    const early = { reason: 'owes', plannedOn: '2026-03-04' }
    const answer = await send(`${USER}/measures/cut/cut-approval`, early, { ...(await who.lead()), 'accept-language': 'zh-CN' })
    expect(answer.json()).toMatchObject({ status: 409, code: 'DATE_TOO_EARLY', earliest: '2026-03-06', title: '日期过早' })
    await must(`${USER}/measures/cut/cut-approval`, { ...early, plannedOn: '2026-03-06' }, await who.lead())
    await must(`${USER}/hold`, { kind: 'dispute', until: '2026-03-20', reason: 'meter' }, await who.lead())
    expect((await send(`${USER}/hold`, { kind: 'court', until: '2026-03-20', reason: 'x' }, await who.lead())).json()).toMatchObject({ code: 'HOLD_EXISTS' })
  })

  test('is one page: figures with their age, work, timeline; whom one spoke to is masked everywhere', async () => {
    const contact = { contactId: 'c1', channel: 'phone', person: '张伟', phone: '13800001234', outcome: '承诺付款' }
    expect((await send(`${USER}/contacts`, contact, await w.bearer('c', '13402', 'CN_COLLECT'))).json()).toMatchObject({ status: 404 })
    await must(`${USER}/contacts`, contact, await who.collector())
    const page = (await read(`${USER}/case`)).json()
    expect(page).toMatchObject({
      user: { level: 'I', name: '钢厂' },
      case: {
        measures: [
          { measureId: 'dun', state: 'in-force' },
          { measureId: 'cut', cutStep: 'approved' },
        ],
        contacts: [{ person: '张*' }],
      },
      figures: { date: '2026-03-02', arrears: '90000', bills: [{ billMonth: '202601', daysPastDue: 41 }] },
    })
    expect(page.timeline[0]).toMatchObject({ type: 'ContactLogged', data: { person: '张*', phone: '138******34' } })
    for (const url of [`${USER}/case`, `${USER}/history`, `${USER}/state`]) expect((await read(url)).body).not.toMatch(/张伟|13800001234/)
    expect((await read(`${USER}/case`, await w.bearer('other', 'P13N', 'PV_TARIFF'))).statusCode).toBe(404)
    expect((await read('/v1/high-risk-users/P13S/0000000009/case')).statusCode).toBe(404)
  })
})

describe('a promise', () => {
  const state = async () => (await read(`${USER}/case`)).json().case.promises.map((promise: { state: string }) => promise.state)
  const settle = async (date: string): Promise<number> => {
    w.clock.at = shanghai(date, '12:00')
    await running.waitFor('high-risk-user-case', position as never, 20_000)
    return settlePromises(needs, w.clock.at)
  }
  const settled = async (type: string) => {
    let found = 0
    for await (const page of log.store.readStream(`HighRiskUser-P13S_0000000001` as never)) for (const event of page) if (event.type === type) found++
    return found
  }

  test('is kept or broken by what sealed reports show, once, whatever is restarted, redelivered or rebuilt', async () => {
    await must(`${USER}/promises`, { promiseId: 'p1', bills: ['202601'], amount: '50000', dueOn: '2026-03-06' }, await who.collector())
    expect(await settle('2026-03-04')).toBe(0)
    w.clock.at = shanghai('2026-03-06', '08:00')
    await report('2026-03-05', 59_999n)
    expect(await settle('2026-03-06')).toBe(0)
    w.clock.at = shanghai('2026-03-07', '08:00')
    await report('2026-03-06', 60_000n)
    const together = await Promise.all([settle('2026-03-07'), settle('2026-03-07')])
    expect(together.toSorted((a, b) => a - b)).toEqual([0, 1])
    expect(await settle('2026-03-07')).toBe(0)
    await running.rebuild('high-risk-user-case')
    await running.rebuild('national-day')
    expect(await settle('2026-03-08')).toBe(0)
    expect([await settled('PromiseKept'), await settled('PromiseBroken')]).toEqual([1, 0])

    await must(`${USER}/promises`, { promiseId: 'p2', bills: ['202601'], amount: '40000', dueOn: '2026-03-09' }, await who.collector())
    w.clock.at = shanghai('2026-03-10', '08:00')
    await report('2026-03-09', 99_999n)
    expect(await settle('2026-03-10')).toBe(1)
    expect(await settle('2026-03-10')).toBe(0)
    for await (const page of log.store.readStream(`HighRiskUser-P13S_0000000001` as never)) position = page.at(-1)?.position ?? position
    expect(await state()).toEqual(['kept', 'broken'])
  })

  test('that cannot be settled does not keep the others waiting', async () => {
    const one = { province: province('P13S'), consNo: cons('1'), promiseId: 'a' as never, reportDate: '2026-03-09' as never, reportVersion: 1, bills: [] }
    const asked: string[] = []
    const execute: PromiseNeeds['execute'] = async ({ consNo }) => {
      asked.push(consNo)
      if (consNo === '1') throw new Error('unreadable')
      return { kind: 'unchanged', revision: 'absent' }
    }
    const shown = async () => [one, { ...one, consNo: cons('2') }]
    await expect(settlePromises({ execute, shown }, w.clock.at)).rejects.toThrow('unreadable')
    expect(asked).toEqual(['1', '2'])
  })
})

test('a listed user is said to have been reported once, with the first sealed report that held him', async () => {
  const marking = { execute: needs.execute, shown: (limit: number) => firstReports(pool, limit) }
  await running.waitFor('high-risk-user-register', (await log.feed.head())!, 20_000)
  expect(await Promise.all([markFirstReports(marking, w.clock.at), markFirstReports(marking, w.clock.at)])).toContain(1)
  await running.waitFor('high-risk-user-register', (await log.feed.head())!, 20_000)
  expect(await markFirstReports(marking, w.clock.at)).toBe(0)
  expect((await w.app.inject({ url: USER, headers: await who.clerk() })).json()).toMatchObject({ reportedOn: '2026-03-02' })
  const failing: FirstReportNeeds['execute'] = async () => Promise.reject(new Error('unreadable'))
  const one = { province: province('P13S'), consNo: cons('1'), listedOn: '2026-03-01' as never, reportDate: '2026-03-02' as never, reportVersion: 1 }
  await expect(markFirstReports({ execute: failing, shown: async () => [one] }, w.clock.at)).rejects.toThrow('unreadable')
})

describe('a proposed review', () => {
  const OTHER = '/v1/high-risk-users/P13S/0000000005'
  const finding = { industryListVersion: 2, ruleSetVersion: 1, causes: ['trade-off-list'], score: 12, computedLevel: null, hardTriggers: [] }
  const due = async () => (await read('/v1/worklist?kind=review')).json().items.map(({ consNo, kind, ref }: Record<string, unknown>) => [consNo, kind, ref])

  test('waits on the worklist and on the page of the user until a lead sets it aside; he stays listed', async () => {
    await must(`${OTHER}/nomination`, { profile, proposedLevel: 'III', reason: 'arrears' }, await who.clerk())
    await must(`${OTHER}/listing`, { level: 'III', owner: 'owner', listedOn: '2026-03-01', basis: ['arrears'] }, await who.lead())
    const system = await w.bearer('list-screening', 'HQ', 'SYS')
    await must(`${OTHER}/review-proposal`, { ...finding, dataDate: '2026-03-02' }, system)
    expect((await send(`${OTHER}/review-proposal`, { ...finding, dataDate: '2026-03-02' }, await who.lead())).statusCode).toBe(403)
    expect(await due()).toEqual([['0000000005', 'review', '2']])
    expect((await read(`${OTHER}/case`)).json().case.proposal).toMatchObject({ causes: ['trade-off-list'], score: 12, computedLevel: null })
    expect((await send(`${OTHER}/review-dismissal`, { reason: 'x' }, await who.clerk())).statusCode).toBe(403)
    expect((await send(`${OTHER}/review-dismissal`, {}, await who.lead())).json()).toMatchObject({ status: 422, code: 'REASON_REQUIRED' })
    await must(`${OTHER}/review-dismissal`, { reason: 'still owes' }, await who.lead())
    expect(await due()).toEqual([])
    expect((await read(`${OTHER}/case`)).json().case).toMatchObject({ status: 'listed', proposal: null })
  })

  test('an adverse fact is withdrawn by a lead with a reason, and stays on the page as withdrawn', async () => {
    await must(`${OTHER}/adverse-facts`, { factId: 'f1', kind: 'stopped', on: '2026-03-02', source: 'visit' }, await who.collector())
    expect((await send(`${OTHER}/adverse-facts/f2/withdrawal`, { cause: 'mistaken', reason: 'x' }, await who.lead())).json()).toMatchObject({
      status: 404,
      code: 'UNKNOWN_FACT',
    })
    await must(`${OTHER}/adverse-facts/f1/withdrawal`, { cause: 'mistaken', reason: 'another works' }, await who.lead())
    expect((await read(`${OTHER}/case`)).json().case.facts).toMatchObject([{ factId: 'f1', withdrawn: { cause: 'mistaken', reason: 'another works' } }])
  })
})

describe('nominations in bulk', () => {
  const line = (consNo: string, over: object = {}) => ({ consNo, profile: { ...profile, name: `厂 ${consNo}` }, proposedLevel: 'II', reason: '欠费', ...over })
  const post = async (rows: readonly object[] | string, headers: Record<string, string>, more: Record<string, string> = {}) =>
    w.app.inject({
      method: 'POST',
      url: '/v1/nominations/P13S',
      payload: typeof rows === 'string' ? rows : rows.map(wireJson).join('\n'),
      headers: { ...headers, 'content-type': typeof rows === 'string' ? 'text/csv' : 'application/x-ndjson', ...more },
    })
  const revision = async (consNo: string): Promise<number> => {
    let count = 0
    for await (const page of log.store.readStream(`HighRiskUser-P13S_${consNo}` as never)) count += page.length
    return count
  }

  test('keep nothing when a row is wrong, and say which and why in the caller’s language', async () => {
    const rows = [
      line('2001'),
      line('2002', { proposedLevel: 'IV' }),
      line('0000000001'),
      line('2001'),
      line('2003', { reason: undefined }),
      line('2004', { profile: { ...profile, orgCode: '13501' } }),
    ]
    const answer = await post(rows, await who.clerk(), { 'accept-language': 'en' })
    expect(answer.json()).toMatchObject({ status: 422, code: 'NOMINATIONS_INVALID' })
    expect(answer.json().errors.map(({ row: at, code, message }: Record<string, unknown>) => [at, code, message])).toEqual([
      [2, 'invalid_value', expect.any(String)],
      [3, 'ALREADY_LISTED', 'The user is listed already'],
      [4, 'DUPLICATE_ROW', 'The customer stands in the file twice'],
      [5, 'EVIDENCE_REQUIRED', 'A reason or evidence is required'],
      [6, 'ORG_OUTSIDE_PROVINCE', 'The unit is not of this province'],
    ])
    expect(await revision('2001')).toBe(0)
    expect((await post([], await who.clerk())).json()).toMatchObject({ rows: 0, recorded: 0 })
    expect((await post('nonsense\n1', await who.clerk())).json()).toMatchObject({ code: 'VALIDATION_FAILED' })
    const header = 'consNo,proposedLevel,reason,name,orgCode,standard,tradeCode,contractCapacity,runningCapacity'
    const csv = async (...lines: readonly string[]) => (await post([header, ...lines].join('\n'), await who.clerk())).json()
    const cells = 'II,owes,works,1340101,GB/T 4754-2017,3110,1000'
    expect(await csv(`2005,${cells},1000,,`, `2006,${cells},1000,slipped`)).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ row: 2, code: 'TOO_MANY_CELLS' }],
    })
    expect(await csv(`2005,${cells},-5`)).toMatchObject({ errors: [{ row: 1, field: 'profile.runningCapacity', message: 'must not be negative' }] })
    expect(await revision('2005')).toBe(0)
    expect((await post(rows, await w.bearer('v', 'P13S', 'PV_LEGAL'))).statusCode).toBe(403)
    const elsewhere = await post([line('2001')], await w.bearer('c', '13402', 'CT_TARIFF'), { 'accept-language': 'zh-CN' })
    expect(elsewhere.json().errors).toEqual([{ row: 1, consNo: '2001', field: 'profile.orgCode', code: 'FORBIDDEN_SCOPE', message: '超出本单位管辖范围' }])
  })

  test('are written once, however often they are sent; what is exported can be sent back', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => line(String(3000 + i)))
    const headers = await who.clerk()
    const key = { 'idempotency-key': 'import-1' }
    expect((await post(rows.slice(0, 10), headers, key)).json()).toEqual({ rows: 10, recorded: 10, overtaken: [] })
    expect((await post(rows, headers, key)).json()).toEqual({ rows: 40, recorded: 30, overtaken: [] })
    expect((await post(rows, headers, key)).json()).toEqual({ rows: 40, recorded: 0, overtaken: [] })
    expect([await revision('3000'), await revision('3039')]).toEqual([1, 1])
    const head = await log.feed.head()
    await running.waitFor('high-risk-user-case', head!, 20_000)
    await running.waitFor('high-risk-user-register', head!, 20_000)
    const exported = await w.app.inject({ url: '/v1/nominations/P13S', headers: { ...headers, accept: 'text/csv' } })
    expect(exported.body.split('\r\n')[1]).toBe('3000,II,欠费,厂 3000,1340101,GB/T 4754-2017,3110,,,,1000,800,')
    const back = await post(exported.body, headers)
    expect(back.json()).toEqual({ rows: 40, recorded: 0, overtaken: [] })
    const ndjson = await w.app.inject({ url: '/v1/nominations/P13S', headers: { ...headers, accept: 'application/x-ndjson' } })
    expect(ndjson.body.trim().split('\n')).toHaveLength(40)
    expect((await w.app.inject({ url: '/v1/nominations/P13N', headers })).statusCode).toBe(403)
  })
})
