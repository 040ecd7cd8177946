import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { extractionRoutes } from '#api/extraction/routes.ts'
import type { App } from '#api/schemas.ts'
import { buildServer } from '#api/server.ts'
import { Actor } from '#domain/shared/actor.ts'
import { createExtractionRecord } from '#infrastructure/postgres/source-record.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { depsOn } from './support.ts'

const { database, pool } = await ownDatabase()
let app: App
beforeAll(async () => {
  const deps = depsOn(database.url)
  app = await buildServer({
    // Who a caller is stands in the header here; tokens have tests of their own.
    identify: async (request) => Actor.parse(JSON.parse(String(request.headers['x-actor']))),
    scope: deps.scope,
    clock: deps.clock,
    routes: [extractionRoutes({ ...deps, record: createExtractionRecord(pool), fileBytes: 4096 })],
    checks: [],
    gauges: [],
  })
  await app.ready()
})
afterAll(async () => {
  await app.close()
})

const as = (role: string, orgCode: string) => ({ 'x-actor': JSON.stringify({ userId: `${role}.${orgCode}`, roles: [role], orgCode }) })
const SYS = as('SYS', 'HQ')
const KWH = 'province,cons_no,day,kwh\n'
const send = (payload: string | Buffer, headers: Record<string, string>, source = 'daily-kwh', type = 'text/csv') =>
  app.inject({ method: 'POST', url: `/v1/extractions/${source}?date=2026-03-02&fileName=a.csv`, payload, headers: { 'content-type': type, ...headers } })

describe('a file over HTTP', () => {
  const file = `${KWH}P37,1,2026-03-01,9007199254\nP37,2,bad,1\nP14,1,2026-03-01,5\nP99,1,2026-03-01,5\n`

  test('plain or gzip, it is brought, and answered province by province', async () => {
    const answer = await send(file, SYS)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      source: 'daily-kwh',
      date: '2026-03-02',
      unattributed: 1,
      results: [
        { province: 'P37', outcome: 'stored', run: 1, received: 2, stored: 1, quarantined: 1, electricity: '9007199254', amount: null },
        { province: 'P14', outcome: 'stored', stored: 1 },
      ],
    })
    const again = await send(gzipSync(file), SYS, 'daily-kwh', 'application/gzip')
    expect(again.json<{ results: unknown[] }>().results).toMatchObject([{ outcome: 'unchanged' }, { outcome: 'unchanged' }])
  })

  test('what stands can be listed and looked up, by a province only its own', async () => {
    const list = await app.inject({ url: '/v1/extractions?source=daily-kwh', headers: as('HQ_VIEW', 'HQ') })
    expect(list.json<{ extractions: { province: string }[] }>().extractions.map(({ province }) => province)).toEqual(['P37', 'P14'])
    const own = await app.inject({ url: '/v1/extractions', headers: as('PV_LEAD', 'P14') })
    expect(own.json<{ extractions: { province: string }[] }>().extractions.map(({ province }) => province)).toEqual(['P14'])
    const page = await app.inject({ url: '/v1/extractions?limit=1', headers: SYS })
    const { next } = page.json<{ next: string }>()
    const following = await app.inject({ url: `/v1/extractions?limit=1&after=${encodeURIComponent(next)}`, headers: SYS })
    expect(following.json<{ extractions: { province: string }[] }>().extractions).toMatchObject([{ province: 'P14' }])
    const one = await app.inject({ url: '/v1/extractions/P37/2026-03-02/daily-kwh', headers: as('PV_LEAD', 'P37') })
    expect(one.json()).toMatchObject({ run: 1, stored: 1, quarantined: 1, watermark: '2026-03-01', fileName: 'a.csv', electricity: '9007199254' })
    expect((await app.inject({ url: '/v1/extractions/P37/2026-03-02/daily-kwh', headers: as('PV_LEAD', 'P14') })).statusCode).toBe(404)
    expect((await app.inject({ url: '/v1/extractions/P37/2026-03-02/bills', headers: SYS })).statusCode).toBe(404)
  })

  test('lines set aside are downloaded with their reasons', async () => {
    const csv = await app.inject({ url: '/v1/extractions/P37/2026-03-02/daily-kwh/quarantine', headers: { ...as('PV_TARIFF', 'P37'), accept: 'text/csv' } })
    expect(csv.headers['content-type']).toMatch(/^text\/csv/)
    expect(csv.body.split('\r\n')).toEqual(['\ufeffline,field,code,reason,raw', '3,day,BAD_VALUE,a date such as 2026-02-28,"P37,2,bad,1"', ''])
    const json = await app.inject({ url: '/v1/extractions/unattributed/2026-03-02/daily-kwh/quarantine', headers: as('HQ_TARIFF', 'HQ') })
    expect(json.json()).toMatchObject({ more: false, lines: [{ line: 5, code: 'UNKNOWN_PROVINCE' }] })
    expect((await app.inject({ url: '/v1/extractions/unattributed/2026-03-02/daily-kwh/quarantine', headers: as('PV_LEAD', 'P37') })).statusCode).toBe(403)
    const none = await app.inject({ url: '/v1/extractions/P14/2026-03-02/daily-kwh/quarantine', headers: SYS })
    expect(none.json()).toEqual({ lines: [], more: false })
  })

  test('its events can be replayed', async () => {
    const history = await app.inject({ url: '/v1/extractions/P37/2026-03-02/daily-kwh/history', headers: as('HQ_AUDIT', 'HQ') })
    expect(history.json<{ events: { type: string; actor: unknown }[] }>().events.map(({ type }) => type)).toEqual(['ExtractionStarted', 'ExtractionCompleted'])
  })
})

describe('refusals', () => {
  test('another role, another province, no file, another type', async () => {
    expect((await send(KWH, as('ADMIN', 'P37'))).json()).toMatchObject({ status: 403, code: 'FORBIDDEN_ROLE' })
    expect((await send(KWH, as('PV_TARIFF', 'C3701'))).json()).toMatchObject({ status: 403, code: 'FORBIDDEN_SCOPE' })
    expect((await send(KWH, SYS, 'daily-kwh', 'application/json')).statusCode).toBeGreaterThanOrEqual(400)
    expect((await send(KWH, SYS, 'meters')).statusCode).toBe(422)
    expect((await app.inject({ method: 'POST', url: '/v1/extractions/bills?date=2026-03-02', headers: SYS })).statusCode).toBe(400)
  })
  test('a header of another source says what is missing and what is unknown', async () => {
    expect((await send(KWH, SYS, 'bills')).json()).toMatchObject({
      status: 422,
      code: 'BAD_HEADER',
      unknown: ['day', 'kwh'],
      missing: expect.arrayContaining(['bill_id', 'due_on']),
    })
  })
  test('nothing usable: 422 with every province’s reason', async () => {
    expect((await send(`${KWH}P21,1,x,1\n`, SYS)).json()).toMatchObject({
      status: 422,
      code: 'NOTHING_KEPT',
      results: [{ province: 'P21', code: 'NOTHING_USABLE' }],
    })
  })
  test('a file that breaks off or is too large', async () => {
    expect((await send(gzipSync(KWH.repeat(50)).subarray(0, 30), SYS)).json()).toMatchObject({ status: 422, code: 'UNREADABLE_FILE' })
    expect((await send('x'.repeat(5000), SYS)).json()).toMatchObject({ status: 413 })
  })
})
