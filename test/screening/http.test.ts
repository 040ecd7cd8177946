import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { screeningRoutes } from '#api/screening/routes.ts'
import { highRiskUserUseCases } from '#application/high-risk-user/use-cases.ts'
import { listReader } from '#application/industry-list/read.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { ScreeningEngine } from '#application/ports/screening.ts'
import type { UserStatus } from '#domain/high-risk-user/fields.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { casework, rules } from '#test/support/arbitraries/high-risk-user.ts'
import { cons, day, province } from '#test/support/arbitraries/values.ts'
import { testClock, type World, world } from '#test/support/http.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { unzip } from '#test/support/unzip.ts'
import { AS_OF, fill, orderOf, shipped } from './support.ts'

let w: World
let listed: readonly { readonly consNo: ConsNo; readonly listedOn: BusinessDate }[] = []
let standing: ReadonlyMap<ConsNo, UserStatus> = new Map()
const lastDays = new Map<ProvinceCode, BusinessDate>()
let database: TestDatabase
let engine: ScreeningEngine
const closers: (() => Promise<void>)[] = []
let writer: Record<string, string>
let lead: Record<string, string>
let neighbour: Record<string, string>
let hq: Record<string, string>
beforeAll(async () => {
  database = await freshDatabase()
  await fill(database.url, 1)
  const opened = openScreeningEngine(database.url)
  engine = opened.engine
  const source = openSourceFigures(database.url)
  closers.push(opened.close, source.close)
  const clock = testClock()
  clock.at = '2026-04-01T01:00:00.000Z' as typeof clock.at
  const log: { store: EventStore; feed: Feed } = createMemoryEventLog(clock)
  await (await world({ log })).app.close() // registers the units that the routes' own directory reads
  const scope = await openDirectory(log.store, clock)
  const working = { store: log.store, clock, scope }
  const highRiskUser = highRiskUserUseCases({ ...working, listingRules: [rules], casework: { ...casework, ruleSetOn: async () => shipped.version } })
  w = await world({
    log,
    more: [
      screeningRoutes({
        working,
        store: log.store,
        clock,
        engine,
        shipped,
        readList: listReader(log.store),
        figures: source.figures,
        lastDays: async () => lastDays,
        highRiskUser,
        provinces: () => [province('P11'), province('P13S')],
        statuses: async () => standing,
        onList: async () => listed,
      }),
    ],
  })
  w.clock.at = clock.at
  writer = await w.bearer('pv.tariff', 'P13S', 'PV_TARIFF')
  lead = await w.bearer('pv.lead', 'P13S', 'PV_LEAD')
  neighbour = await w.bearer('pv.tariff.2', 'P13N', 'PV_TARIFF', 'PV_LEAD')
  hq = await w.bearer('hq.tariff', 'HQ', 'HQ_TARIFF')
})
afterAll(async () => {
  await w.app.close()
  for (const close of closers) await close()
  await database.drop()
})

type Headers = Record<string, string>
const get = (url: string, headers: Headers) => w.app.inject({ method: 'GET', url: `/v1/screening/${url}`, headers })
const send = (method: 'POST' | 'PUT', url: string, headers: Headers, payload: object) => w.app.inject({ method, url: `/v1/screening/${url}`, headers, payload })
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
/** Rows of an answer's first sheet, its header included. */
const sheetRows = ({ rawPayload }: { readonly rawPayload: Buffer }): number => [...unzip(rawPayload).get('xl/worksheets/sheet1.xml')!.matchAll(/<row /g)].length
const start = async (headers = writer, payload: object = {}) => send('POST', 'runs/P13S', headers, { asOf: AS_OF, ...payload })
const IRON = { standard: 'GB/T 4754-2017', code: '3110', includeChildren: false, category: 'HIGH_ENERGY' }
const stricter = { ...shipped.content, cutOffs: { I: 60, II: 40, III: 5 } }

describe('a run over HTTP', () => {
  test('answers whom it named and why, as JSON, NDJSON, CSV and XLSX', async () => {
    const run = (await start()).json()
    expect(run).toMatchObject({ status: 'done', ruleSetVersion: 1, provinces: ['P13S'], asOf: AS_OF })
    const list = await get(`runs/P13S/${run.runId}/candidates?limit=3`, writer)
    const { candidates, next } = list.json()
    expect(candidates).toHaveLength(3)
    for (const { score, hits } of candidates) expect(hits.reduce((sum: number, { points }: { points: number }) => sum + points, 0)).toBe(score)
    const more = (await get(`runs/P13S/${run.runId}/candidates?limit=3&after=${next}`, writer)).json()
    expect(more.candidates[0].consNo).not.toBe(candidates[2].consNo)
    const one = await get(`runs/P13S/${run.runId}/customers/${candidates[0].consNo}`, writer)
    expect(one.json()).toEqual(candidates[0])
    const csv = await get(`runs/P13S/${run.runId}/candidates`, { ...writer, accept: 'text/csv' })
    expect(csv.body.trim().split('\r\n')).toHaveLength(run.named + 1)
    const lines = (await get(`runs/P13S/${run.runId}/candidates`, { ...writer, accept: 'application/x-ndjson' })).body.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).consNo).slice(0, 3)).toEqual(candidates.map(({ consNo }: { consNo: string }) => consNo))
    expect(lines).toHaveLength(run.named)
    expect(sheetRows(await get(`runs/P13S/${run.runId}/candidates`, { ...writer, accept: XLSX }))).toBe(run.named + 1)
    expect((await get('runs/P13S', hq)).json().runs.length).toBeGreaterThan(0)
    const early = await get(`runs/P13S/${run.runId}/back-test?months=1&grace=0`, writer)
    expect(early.json(), 'what has not come yet would all look unpaid').toMatchObject({
      status: 409,
      code: 'HORIZON_NOT_OVER',
      province: 'P13S',
      known: '2026-04-01',
    })
    lastDays.set(province('P13S'), day('2026-05-31'))
    const tested = (await get(`runs/P13S/${run.runId}/back-test?months=1&grace=0`, writer)).json()
    expect(tested.customers).toBe(run.customers)
  })

  test('says of each whom it named where the register has him: who has left the list is relisted, not proposed', async () => {
    const run = (await start()).json()
    const [left, stranger] = (await get(`runs/P13S/${run.runId}/candidates?limit=2`, writer)).json().candidates
    standing = new Map([[left.consNo, 'delisted']])
    const { candidates } = (await get(`runs/P13S/${run.runId}/candidates?limit=2`, writer)).json()
    expect(candidates).toEqual([{ ...left, status: 'delisted' }, stranger])
    expect(stranger.status).toBeNull()
    const [header, first] = (await get(`runs/P13S/${run.runId}/candidates`, { ...writer, accept: 'text/csv' })).body.split('\r\n')
    expect(first!.split(',')[header!.split(',').indexOf('status')]).toBe('delisted')
    standing = new Map()
  })

  test('is the same when it is asked for again under its key, and makes its candidates once', async () => {
    const headers = { ...writer, 'idempotency-key': 'run-1' }
    const first = (await start(headers)).json()
    expect((await start(headers)).json()).toEqual(first)
    const proposed = (await send('POST', `runs/P13S/${first.runId}/proposals`, writer, {})).json()
    expect(proposed).toEqual({ candidates: first.named, repeated: 0, refused: {} })
    expect((await send('POST', `runs/P13S/${first.runId}/proposals`, writer, {})).json()).toEqual({ candidates: 0, repeated: first.named, refused: {} })
  })

  test('reviews the level of who is listed by it, once; what was only tried makes nothing', async () => {
    const run = (await start()).json()
    const { candidates } = (await get(`runs/P13S/${run.runId}/candidates?limit=2`, writer)).json()
    await send('POST', `runs/P13S/${run.runId}/proposals`, writer, {})
    const listing = { level: 'III', owner: 'owner', listedOn: '2026-03-01', basis: ['named'] }
    for (const { consNo } of candidates)
      expect((await w.app.inject({ method: 'POST', url: `/v1/high-risk-users/P13S/${consNo}/listing`, headers: lead, payload: listing })).statusCode).toBe(200)
    const since = day('2026-03-01')
    listed = [...candidates.map(({ consNo }: { consNo: ConsNo }) => ({ consNo, listedOn: since })), { consNo: cons('77'), listedOn: since }]
    const review = (runId: string, headers = writer) => send('POST', `runs/P13S/${runId}/level-reviews`, headers, {})
    expect((await review(run.runId)).json()).toEqual({ reviewed: 2, repeated: 0, unknown: 1, refused: {} })
    expect((await review(run.runId)).json()).toEqual({ reviewed: 0, repeated: 2, unknown: 1, refused: {} })
    const state = await w.app.inject({ url: `/v1/high-risk-users/P13S/${candidates[0].consNo}/state`, headers: writer })
    expect(state.json().state).toMatchObject({ level: 'III', work: { review: { on: AS_OF, computedLevel: candidates[0].level, score: candidates[0].score } } })
    listed = [{ consNo: candidates[0].consNo, listedOn: day('2026-04-01') }]
    expect((await review(run.runId)).json(), 'listed after the date').toEqual({ reviewed: 0, repeated: 0, unknown: 0, refused: {} })
    expect((await review(run.runId, hq)).statusCode).toBe(403)
    const tried = (await send('POST', 'what-if/P13S', writer, { asOf: AS_OF, rules: 'in-force', industryList: [IRON] })).json()
    for (const what of ['level-reviews', 'proposals'])
      expect((await send('POST', `runs/P13S/${tried.after.runId}/${what}`, writer, {})).json()).toMatchObject({
        status: 422,
        errors: [{ code: 'NOT_A_SCREENING' }],
      })
  })

  test('is not for other provinces, nor for a day to come', async () => {
    const { runId } = (await start()).json()
    expect((await get(`runs/P13S/${runId}/candidates`, neighbour)).statusCode).toBe(403)
    expect((await get(`runs/P13N/${runId}/candidates`, neighbour)).statusCode).toBe(404)
    expect((await start(neighbour)).statusCode).toBe(403)
    expect((await start(writer, { asOf: '2026-04-02' })).json()).toMatchObject({ status: 422, code: 'VALIDATION_FAILED', errors: [{ pointer: '/asOf' }] })
    expect((await start(writer, { rules: 'draft' })).statusCode).toBe(404)
  })
})

describe('a rule set over HTTP', () => {
  test('is drafted, tried and published with four eyes; what-if says what publishing then does', async () => {
    expect((await get('rule-sets/P13S', writer)).json()).toMatchObject({ inForce: { version: 1 }, versions: [], draft: null })
    expect((await send('POST', 'rule-sets/P13S/draft', writer, { content: { ...stricter, cutOffs: { I: 1, II: 1, III: 1 } } })).json()).toMatchObject({
      status: 422,
      code: 'LEVELS_UNORDERED',
      title: '等级分数线须逐级降低',
    })
    expect((await send('POST', 'rule-sets/P13S/draft', writer, { content: shipped.content, basedOn: 1 })).statusCode).toBe(200)
    expect((await send('PUT', 'rule-sets/P13S/draft', writer, { content: stricter })).statusCode).toBe(200)
    const asked = await send('POST', 'what-if/P13S', writer, { asOf: AS_OF })
    const tried = asked.json()
    expect(tried, asked.body).toMatchObject({ before: { ruleSetVersion: 1 }, after: { ruleSetVersion: 2 }, goOut: 0 })
    expect(tried.comeIn).toBeGreaterThan(0)
    const moves = (await get(`what-if/P13S/${tried.before.runId}/${tried.after.runId}`, writer)).json().moves
    expect(moves.filter(({ fromLevel }: { fromLevel: string | null }) => fromLevel === null)).toHaveLength(tried.comeIn)
    const list = `what-if/P13S/${tried.before.runId}/${tried.after.runId}`
    expect((await get(list, { ...writer, accept: 'text/csv' })).body.trim().split('\r\n')).toHaveLength(moves.length + 1)
    expect((await get(list, { ...writer, accept: 'application/x-ndjson' })).body.trim().split('\n')).toHaveLength(moves.length)
    expect(sheetRows(await get(list, { ...writer, accept: XLSX }))).toBe(moves.length + 1)
    const refused = await send(
      'POST',
      'rule-sets/P13S/draft/publication',
      { ...(await w.bearer('pv.tariff', 'P13S', 'PV_LEAD')), 'accept-language': 'en' },
      { effectiveFrom: '2026-04-01' },
    )
    expect(refused.json()).toMatchObject({ status: 403, code: 'SELF_APPROVAL', title: 'Who wrote any of it does not publish it' })
    expect((await send('POST', 'rule-sets/P13S/draft/publication', lead, { effectiveFrom: '2026-04-01' })).statusCode).toBe(200)
    const run = (await start()).json()
    expect(run).toMatchObject({ ruleSetVersion: 2, named: tried.after.named })
    expect((await get(`what-if/P13S/${tried.after.runId}/${run.runId}`, writer)).json()).toEqual({ moves: [], more: false })
    const history = await get('rule-sets/P13S/history', lead)
    expect(history.statusCode).toBe(200)
  })

  test("of the nation is headquarters' matter", async () => {
    expect((await send('POST', 'rule-sets/national/draft', writer, { content: stricter })).statusCode).toBe(403)
    expect((await send('POST', 'rule-sets/national/draft', hq, { content: stricter })).statusCode).toBe(200)
    const tried = (await send('POST', 'what-if/national', hq, { asOf: AS_OF, industryList: [] })).json()
    expect(tried.after.provinces).toEqual(['P11'])
    expect(tried.own[0].after.provinces).toEqual(['P13S'])
    expect(tried.counts.length).toBeGreaterThan(0)
  })

  test('of the nation does not touch a province with rules of its own; another industry list does', async () => {
    expect((await get('rule-sets/P13S', writer)).json().inForce.version).toBe(2)
    const ruled = (await send('POST', 'what-if/national', hq, { asOf: AS_OF })).json()
    expect(ruled).toMatchObject({ before: { provinces: ['P11'] }, after: { provinces: ['P11'], ruleSetVersion: 2 }, own: [], unaffected: ['P13S'] })
    const listed = (await send('POST', 'what-if/national', hq, { asOf: AS_OF, rules: 'in-force', industryList: [IRON] })).json()
    expect((await get(`runs/P11/${listed.after.runId}/candidates`, hq)).statusCode).toBe(200)
    expect(listed).toMatchObject({
      ...{ before: { provinces: ['P11'], ruleSetVersion: 1 }, unaffected: [] },
      own: [{ before: { provinces: ['P13S'], ruleSetVersion: 2 }, after: { provinces: ['P13S'], ruleSetVersion: 2, industryListVersion: 1 } }],
    })
    expect(new Set(listed.counts.map((count: { province: string }) => count.province))).toEqual(new Set(['P11', 'P13S']))
    expect(listed.counts.some((count: Record<string, unknown>) => count.province === 'P13S' && count.fromLevel !== count.toLevel)).toBe(true)
    expect((await send('POST', 'what-if/national', hq, { asOf: AS_OF, rules: 'in-force', industryList: 'draft' })).statusCode).toBe(404)
    for (const [url, payload] of [
      ['draft', {}],
      ['draft/entries', { entry: IRON }],
    ] as const)
      await w.app.inject({ method: 'POST', url: `/v1/industry-list/${url}`, headers: hq, payload })
    const drafted = (await send('POST', 'what-if/national', hq, { asOf: AS_OF, rules: 'in-force', industryList: 'draft' })).json()
    expect(drafted.counts).toEqual(listed.counts)
    const asked = await send('POST', 'what-if/P13S', writer, { asOf: AS_OF })
    expect(asked.json(), "the nation's draft would not judge it").toMatchObject({ status: 404 })
    expect((await send('POST', 'what-if/P11', hq, { asOf: AS_OF })).json()).toMatchObject({ after: { provinces: ['P11'], ruleSetVersion: 2 } })
  })
})

test('of a run over several provinces a province sees its own part, and nothing of what headquarters only tried', async () => {
  const run = (purpose: 'screening' | 'what-if') => engine.run(orderOf(shipped.content, { purpose }))
  const [made, tried] = [await run('screening'), await run('what-if')]
  const [whole] = (await get('runs/P13S', hq)).json().runs.filter(({ runId }: { runId: string }) => runId === made.runId)
  expect(whole).toMatchObject({ provinces: ['P11', 'P13S'], customers: made.customers, named: made.named })
  const seen = (await get('runs/P13S', writer)).json().runs as readonly { readonly runId: string; readonly named: number; readonly customers: number }[]
  expect(seen.some(({ runId }) => runId === tried.runId)).toBe(false)
  const part = seen.find(({ runId }) => runId === made.runId)!
  const list = (await get(`runs/P13S/${made.runId}/candidates?limit=500`, writer)).json()
  expect(part).toMatchObject({ provinces: ['P13S'], named: list.candidates.length })
  expect(list.run).toEqual(part)
  expect(part.customers).toBeLessThan(made.customers)
  const one = list.candidates[0].consNo
  for (const url of ['candidates', `customers/${one}`]) expect((await get(`runs/P13S/${tried.runId}/${url}`, writer)).statusCode).toBe(404)
  expect((await get(`runs/P13S/${made.runId}/customers/${one}`, writer)).statusCode).toBe(200)
  expect((await get(`what-if/P13S/${made.runId}/${tried.runId}`, writer)).statusCode).toBe(404)
  expect((await get(`runs/P13S/${made.runId}/back-test`, writer)).statusCode, 'its sums are of all provinces').toBe(404)
  for (const one of ['P11', 'P13S']) lastDays.set(province(one), day('2026-06-30'))
  expect((await get(`runs/P13S/${made.runId}/back-test`, hq)).statusCode).toBe(200)
})

test('every route is described, with its own name, access and failures', async () => {
  const { paths } = (await w.app.inject('/openapi.json')).json() as { paths: Record<string, Record<string, Record<string, unknown>>> }
  const ours = Object.entries(paths).filter(([path]) => path.startsWith('/v1/screening'))
  expect(ours.length).toBeGreaterThan(15)
  for (const [path, methods] of ours)
    for (const [method, operation] of Object.entries(methods)) {
      expect(operation['x-access'], `${method} ${path}`).toBeTruthy()
      expect(operation.tags, `${method} ${path}`).toBeTruthy()
      expect(Object.keys(operation.responses as object)).toEqual(expect.arrayContaining(['401', '403', '500', '503']))
    }
})
