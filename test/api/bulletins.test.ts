import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningWorld, runningWorld } from '#test/support/running.ts'

let w: RunningWorld
let lead: Record<string, string>
let hebei: Record<string, string>
let jibei: Record<string, string>
beforeAll(async () => {
  w = await runningWorld()
  lead = await w.bearer('hq.lead', 'HQ', 'HQ_LEAD')
  hebei = await w.bearer('p13s.lead', 'P13S', 'PV_LEAD')
  jibei = await w.bearer('p13n.lead', 'P13N', 'PV_LEAD')
})
afterAll(() => w?.close())

const content = { title: '关于预警工单逾期情况的通报', text: '请说明原因', provinces: ['P13S', 'P13N'], orders: ['20260302-17'] }
const listed = async (headers: Record<string, string>, query = ''): Promise<Record<string, unknown>[]> =>
  (await w.read(`/v1/bulletins${query}`, headers)).json().bulletins

describe('a bulletin', () => {
  let url: string
  test('is published once under one key, and its id is told', async () => {
    const headers = { ...lead, 'idempotency-key': 'march' }
    const { bulletinId } = await w.done('POST', '/v1/bulletins', headers, content)
    const again = await w.done('POST', '/v1/bulletins', headers, content)
    expect(again).toMatchObject({ bulletinId, repeated: true })
    url = `/v1/bulletins/${bulletinId}`
    expect(await listed(lead)).toMatchObject([{ bulletinId, ...content, state: 'published', publishedBy: 'hq.lead', receipts: [], unread: 2 }])
  })
  test('is seen by the provinces it is for, each with its own receipt alone', async () => {
    await w.done('POST', `${url}/receipts/P13S`, hebei)
    await w.done('POST', `${url}/receipts/P13S`, await w.bearer('p13s.tariff', 'P13S', 'PV_TARIFF'))
    expect((await w.read(url, lead)).json()).toMatchObject({ unread: 1, receipts: [{ province: 'P13S', by: 'p13s.lead' }] })
    expect((await w.read(url, hebei)).json()).toMatchObject({ provinces: ['P13S'], unread: 0, receipts: [{ province: 'P13S' }] })
    expect((await w.read(url, jibei)).json()).toMatchObject({ provinces: ['P13N'], unread: 1, receipts: [] })
    expect(await listed(hebei, '?unread=true')).toEqual([])
    expect(await listed(jibei, '?unread=true')).toHaveLength(1)
  })
  test('does not exist for others', async () => {
    const beijing = await w.bearer('p11.lead', 'P11', 'PV_LEAD')
    expect((await w.read(url, beijing)).statusCode).toBe(404)
    expect(await listed(beijing)).toEqual([])
    expect((await w.send('POST', `${url}/receipts/P11`, beijing)).json()).toMatchObject({ status: 404, code: 'NOT_ADDRESSED' })
    expect((await w.send('POST', `${url}/receipts/P13S`, jibei)).json()).toMatchObject({ status: 403, code: 'FORBIDDEN_SCOPE' })
  })
  test('is for provinces that exist', async () => {
    expect((await w.send('POST', '/v1/bulletins', lead, { ...content, provinces: ['P13S', 'P99'] })).json()).toMatchObject({
      status: 409,
      code: 'UNKNOWN_PROVINCE',
      province: 'P99',
    })
    expect((await w.send('POST', '/v1/bulletins', hebei, content)).statusCode).toBe(403)
  })
  test('expires by the clock, and is withdrawn with a reason', async () => {
    w.clock.at = '2026-03-03T00:01:00.000Z' as never // a minute after the first one, for the newest is listed first
    const { bulletinId } = await w.done('POST', '/v1/bulletins', lead, { ...content, title: 'short', expiresAt: '2026-03-04T00:00:00.000Z' })
    expect(await listed(hebei, '?open=true')).toHaveLength(2)
    w.clock.at = '2026-03-05T00:00:00.000Z' as never
    expect((await w.read(`/v1/bulletins/${bulletinId}`, hebei)).json()).toMatchObject({ state: 'expired' })
    expect(await listed(hebei, '?open=true')).toMatchObject([{ state: 'published' }])
    await w.done('POST', `${url}/withdrawal`, lead, { reason: 'wrong order' })
    expect((await w.read(url, hebei)).json()).toMatchObject({ state: 'withdrawn', withdrawnBy: 'hq.lead', withdrawnWhy: 'wrong order' })
    expect(await listed(hebei, '?open=true')).toEqual([])
    expect((await w.send('POST', `${url}/receipts/P13N`, jibei)).json()).toMatchObject({ status: 409, code: 'BULLETIN_WITHDRAWN' })
  })
  test('is listed page by page, the newest first, and as CSV', async () => {
    const first = (await w.read('/v1/bulletins?limit=1', lead)).json()
    expect(first.bulletins).toMatchObject([{ title: 'short' }])
    const second = (await w.read(`/v1/bulletins?limit=1&after=${first.next}`, lead)).json()
    expect(second).toMatchObject({ bulletins: [{ title: content.title }], next: null })
    expect((await w.read('/v1/bulletins?after=nonsense', lead)).json()).toMatchObject({ status: 422, errors: [{ code: 'BAD_CURSOR' }] })
    expect((await w.read('/v1/bulletins', lead, { accept: 'text/csv' })).body.split('\r\n')).toHaveLength(4)
  })
  test('tells its history to headquarters', async () => {
    const { events } = (await w.read(`${url}/history`, lead)).json()
    expect(events.map(({ type }: { type: string }) => type)).toEqual(['BulletinPublished', 'BulletinRead', 'BulletinWithdrawn'])
  })
})

test('read models built again tell the same of bulletins', async () => {
  const before = await listed(lead)
  await w.running.rebuild('bulletins')
  const generations = async () => (await w.running.status()).filter(({ name }) => name === 'bulletins').map(({ generation, serving }) => [generation, serving])
  await expect.poll(generations).toEqual([[2, true]])
  expect(await listed(lead)).toEqual(before)
})
