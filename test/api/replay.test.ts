import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wireJson } from '#api/wire.ts'
import { row } from '#test/support/arbitraries/daily-report.ts'
import { shanghai } from '#test/support/arbitraries/values.ts'
import { type World, world } from '#test/support/http.ts'

const URL = '/v1/daily-reports/P13S/2026-03-02'
let w: World
let lead: Record<string, string>
let auditor: Record<string, string>
beforeAll(async () => {
  w = await world()
  lead = await w.bearer('p13s.lead', 'P13S', 'PV_TARIFF', 'PV_LEAD')
  auditor = await w.bearer('hq.audit', 'HQ', 'HQ_AUDIT')
  const day = (count: number, seal: boolean) =>
    w.app.inject({
      method: 'PUT',
      url: `${URL}/day?seal=${seal}`,
      payload: Array.from({ length: count }, (_, i) => wireJson(row(String(i + 1)))).join('\n'),
      headers: {
        ...lead,
        'content-type': 'application/x-ndjson',
        'x-correlation-id': '00000000-0000-4000-8000-000000000077',
        traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      },
    })
  w.clock.at = shanghai('2026-03-03', '08:00')
  await day(1, false)
  w.clock.at = shanghai('2026-03-03', '09:00')
  await day(3, true)
  w.clock.at = shanghai('2026-03-03', '11:00')
  await w.app.inject({
    method: 'POST',
    url: `${URL}/return`,
    payload: { reasons: [{ text: 'look again' }] },
    headers: await w.bearer('hq.tariff', 'HQ', 'HQ_TARIFF'),
  })
})
afterAll(() => w.app.close())

const get = (path: string, headers: Record<string, string> = auditor) => w.app.inject({ url: `${URL}${path}`, headers })

describe('history', () => {
  test('tells every event: who, in which role and unit, when, because of what', async () => {
    const { events, next } = (await get('/history')).json()
    expect(next).toBeNull()
    const said = events.map(
      (event: { revision: number; type: string; actor: { userId: string; role: string; orgCode: string } }) =>
        `${event.revision} ${event.type} ${event.actor.userId} ${event.actor.role} ${event.actor.orgCode}`,
    )
    expect(said).toEqual([
      '0 ReportOpened system SYS HQ',
      '1 RowsPut p13s.lead PV_TARIFF P13S',
      '2 RowsPut p13s.lead PV_TARIFF P13S',
      '3 ReportSubmitted p13s.lead PV_LEAD P13S',
      '4 ReportReturned hq.tariff HQ_TARIFF HQ',
    ])
    expect(events[0]).toMatchObject({
      causationId: events[1].commandId,
      schemaVersion: 1,
      businessDate: '2026-03-03',
      at: '2026-03-03T00:00:00.000Z',
      position: expect.any(String),
    })
    expect(events[3]).toMatchObject({
      correlationId: '00000000-0000-4000-8000-000000000077',
      trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      data: { version: 1, totals: { users: 3, arrears: '300000' } },
    })
  })

  test('comes in pages, or streamed as NDJSON', async () => {
    const first = (await get('/history?limit=2')).json()
    const rest = (await get(`/history?limit=100&from=${first.next}`)).json()
    const streamed = (await get('/history', { ...auditor, accept: 'application/x-ndjson' })).body.trim().split('\n')
    expect([...first.events, ...rest.events]).toEqual(streamed.map((line) => JSON.parse(line)))
    expect(streamed.length).toBe(5)
  })

  test('is no secret to the province, and does not exist for an unheard-of day', async () => {
    expect((await get('/history', lead)).statusCode).toBe(200)
    expect((await w.app.inject({ url: '/v1/daily-reports/P13S/2026-02-01/history', headers: auditor })).json()).toMatchObject({ status: 404 })
    expect((await w.app.inject({ url: '/v1/daily-reports/P13S/2026-02-30/history', headers: auditor })).json()).toMatchObject({ status: 422 })
  })
})

describe('state', () => {
  const status = async (query: string) => {
    const { state, revision } = (await get(`/state${query}`)).json()
    return [revision, state?.status, Object.keys(state?.rows ?? {}).length]
  }
  test('as of a revision', async () => {
    expect(await status('?revision=0')).toEqual([0, 'open', 0])
    expect(await status('?revision=1')).toEqual([1, 'open', 1])
    expect(await status('?revision=3')).toEqual([3, 'submitted', 3])
    expect(await status('')).toEqual([4, 'returned', 3])
  })
  test('as of an instant', async () => {
    expect(await status('?at=2026-03-03T00:59:59.999Z')).toEqual([1, 'open', 1])
    expect(await status('?at=2026-03-03T01:00:00.000Z')).toEqual([3, 'submitted', 3])
  })
  test('keeps money as text', async () => {
    const { state } = (await get('/state')).json()
    expect(state.rows['1'].bills[0]).toMatchObject({ receivable: '100000', arrears: '100000' })
  })
  test('before there was any, and after there will be', async () => {
    expect((await get('/state?at=2026-03-01T00:00:00.000Z')).statusCode).toBe(404)
    expect((await get('/state?revision=5')).statusCode).toBe(404)
  })
})
