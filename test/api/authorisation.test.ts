import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Access } from '#api/access.ts'
import { extractionRoutes } from '#api/extraction/routes.ts'
import { screeningRoutes } from '#api/screening/routes.ts'
import type { Routes } from '#api/server.ts'
import { highRiskUserUseCases } from '#application/high-risk-user/use-cases.ts'
import { listReader } from '#application/industry-list/read.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import { Role } from '#domain/shared/actor.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { createExtractionRecord } from '#infrastructure/postgres/source-record.ts'
import { depsOn } from '#test/extraction/support.ts'
import { shipped } from '#test/screening/support.ts'
import { casework, rules } from '#test/support/arbitraries/high-risk-user.ts'
import { testClock, type World, world } from '#test/support/http.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'

type Route = { readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly path: string; readonly access: Exclude<Access, { kind: 'public' }> }

let w: World
let routes: readonly Route[]
let database: TestDatabase
const closers: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  database = await freshDatabase()
  const log = createMemoryEventLog(testClock())
  w = await world({ log, changes: { lifeMs: 0 }, more: await beside(log) })
  const document = (await w.app.inject('/openapi.json')).json() as { paths: Record<string, Record<string, { 'x-access'?: Route['access'] }>> }
  routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { 'x-access': access }]) => (access ? [{ method: method.toUpperCase() as Route['method'], path, access }] : [])),
  )
})
afterAll(async () => {
  await w.app.close()
  for (const close of closers) await close()
  await database.drop()
})

/** What is served beside the rest: extraction and screening, over a database of its own. */
const beside = async (log: { readonly store: EventStore; readonly feed: Feed }): Promise<readonly Routes[]> => {
  await (await world({ log })).app.close() // registers the units
  const clock = testClock()
  const scope = await openDirectory(log.store, clock)
  const working = { store: log.store, clock, scope }
  const { engine, close } = openScreeningEngine(database.url)
  const source = openSourceFigures(database.url)
  const pool = await createReadPool(database.url)
  closers.push(close, source.close, () => pool.end())
  const highRiskUser = highRiskUserUseCases({ ...working, listingRules: [rules], casework })
  const readList = listReader(log.store)
  return [
    extractionRoutes({ ...depsOn(database.url), ...working, record: createExtractionRecord(pool) }),
    screeningRoutes({
      working,
      store: log.store,
      clock,
      engine,
      shipped,
      readList,
      figures: source.figures,
      lastDays: async () => new Map(),
      highRiskUser,
      provinces: () => [],
      statuses: async () => new Map(),
      onList: async () => [],
    }),
  ]
}

const HQ_ROLES: ReadonlySet<Role> = new Set(['HQ_TARIFF', 'HQ_LEAD', 'HQ_GROUP', 'HQ_VIEW', 'HQ_AUDIT'])
const HOMES: readonly (readonly [org: string, province: string | undefined, level: 'HQ' | 'PROVINCE' | 'CITY'])[] = [
  ['HQ', undefined, 'HQ'],
  ['P13S', 'P13S', 'PROVINCE'],
  ['P13N', 'P13N', 'PROVINCE'],
  ['13401', 'P13S', 'CITY'],
]
const VALUES: Readonly<Record<string, string>> = {
  province: 'P13S',
  date: '2026-03-02',
  consNo: '0012345678',
  groupNo: 'G0001',
  linkId: 'link-1',
  version: '1',
  code: '13401',
  name: 'national-day',
  correctionId: '00000000-0000-4000-8000-000000000001',
  orderNo: '20260302-1',
  questionId: 'q1',
  bulletinId: 'b1',
  silenceId: 's1',
  sha256: '0'.repeat(64),
  eventId: '00000000-0000-4000-8000-000000000002',
  subscriptionId: '00000000-0000-4000-8000-000000000003',
  no: '0',
  source: 'customers',
  runId: '00000000-0000-4000-8000-000000000001',
  before: '00000000-0000-4000-8000-000000000001',
  after: '00000000-0000-4000-8000-000000000002',
}

/** What the table of roles says, worked out once more by hand: 'in', 'out' (403), 'hidden' (404), or 'either' where only the command's data decide. */
const expected = ({ access }: Route, role: Role, [org, province, level]: (typeof HOMES)[number]): 'in' | 'out' | 'hidden' | 'either' => {
  if (!access.roles.includes(role)) return 'out'
  if (access.scope === 'own') return 'in'
  const refused = access.hidden ? 'hidden' : 'out'
  const atHome = HQ_ROLES.has(role) ? org === 'HQ' : role === 'SYS' || role === 'ADMIN' ? true : org !== 'HQ'
  if (access.scope === 'nation') return atHome && org === 'HQ' ? 'in' : refused
  if (org !== 'HQ' && province !== VALUES.province) return refused
  if (access.kind === 'command') return 'either'
  return atHome && level !== 'CITY' ? 'in' : refused
}

test('every role at every kind of unit, at every route: in, out, or told that there is nothing', async () => {
  expect(routes.length).toBeGreaterThan(50)
  for (const part of ['/v1/screening/', '/v1/extractions/', '/v1/industry-list/'])
    expect(routes.filter(({ path }) => path.startsWith(part)).length, part).toBeGreaterThan(3)
  const counted = { in: 0, out: 0, hidden: 0, either: 0 }
  for (const role of Role.options) {
    for (const home of HOMES) {
      const headers = await w.bearer(`u.${role}`, home[0], role)
      for (const route of routes) {
        const url = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => VALUES[name] ?? '1')
        const answer = await w.app.inject({ method: route.method, url, headers, ...(route.method !== 'GET' && { payload: {} }) })
        const verdict = expected(route, role, home)
        counted[verdict]++
        const where = `${role} at ${home[0]}: ${route.method} ${url} -> ${answer.statusCode}`
        if (verdict === 'out') expect(answer.statusCode, where).toBe(403)
        else if (verdict === 'hidden') expect(answer.json(), where).toMatchObject({ status: 404, code: 'NOT_FOUND' })
        else if (verdict === 'in') expect([401, 403], where).not.toContain(answer.statusCode)
      }
    }
  }
  expect(Math.min(counted.in, counted.out, counted.hidden, counted.either)).toBeGreaterThan(20)
})

test('nobody gets anywhere without a token', async () => {
  for (const { method, path } of routes) {
    const answer = await w.app.inject({ method, url: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => VALUES[name] ?? '1') })
    expect(answer.statusCode, `${method} ${path}`).toBe(401)
  }
})
