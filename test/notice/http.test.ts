import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noticesIn } from '#api/commands/notices.ts'
import { deliverNotices, type NoticeNeeds, queueNotices } from '#application/processes/notices.ts'
import { webhook } from '#infrastructure/notice/webhook.ts'
import { openNoticeOutbox } from '#infrastructure/postgres/notice-outbox.ts'
import { receiver } from '#test/notice/support.ts'
import { type RunningWorld, runningWorld } from '#test/support/running.ts'
import { testSealing } from '#test/support/supervision.ts'

let w: RunningWorld
let keyless = false
let open: ReturnType<typeof openNoticeOutbox>
let hook: Awaited<ReturnType<typeof receiver>>
let needs: NoticeNeeds
let [admin, lead, hebei]: Record<string, string>[] = [{}, {}, {}]
beforeAll(async () => {
  w = await runningWorld(({ databaseUrl }) => {
    open = openNoticeOutbox(databaseUrl, 'postgres', testSealing)
    const { subscribe: keep } = open.record
    return { notices: { ...open.record, subscribe: (...asked) => (keyless ? Promise.resolve('no-key' as const) : keep(...asked)) } }
  })
  hook = await receiver()
  needs = {
    ...{ feed: w.log.feed, outbox: open.outbox, attempts: 3, noticesOf: noticesIn() },
    deliver: webhook({ allowed: ['127.0.0.0/8'], timeoutMs: 5000 }),
  }
  admin = await w.bearer('admin', 'HQ', 'ADMIN')
  lead = await w.bearer('hq.lead', 'HQ', 'HQ_LEAD')
  hebei = await w.bearer('p13s.lead', 'P13S', 'PV_LEAD')
})
afterAll(async () => {
  await w?.close()
  await open?.close()
  await hook?.close()
})

const tick = async (): Promise<number> => {
  await queueNotices(needs, w.clock.now())
  return deliverNotices(needs, w.clock.now)
}
const publish = (title: string) => w.done('POST', '/v1/bulletins', lead!, { title, text: '…', provinces: ['P13S', 'P13N'] })
const subscribe = (body: object) => w.app.inject({ method: 'POST', url: '/v1/notice-subscriptions', headers: admin!, payload: body })
const deliveries = async (query = '') => (await w.app.inject({ url: `/v1/notice-deliveries${query}`, headers: admin! })).json().deliveries

describe('notices', () => {
  let subscriptionId: string
  test('go to no webhook while there is no key to keep its secret by, and the answer says which setting is missing', async () => {
    keyless = true
    const refused = await subscribe({ name: 'x', channel: 'webhook', target: hook.url })
    keyless = false
    expect(refused.statusCode).toBe(503)
    expect(refused.json()).toMatchObject({ code: 'NOTICE_KEY_MISSING', title: expect.stringContaining('NOTICE_SECRET_KEYS') })
  })

  test('go to whoever an administrator says, from then on, and the secret is told once', async () => {
    await publish('before')
    w.clock.at = '2026-03-03T01:00:00.000Z' as never
    const made = await subscribe({ name: '河北值班', channel: 'webhook', target: hook.url, orgCode: 'P13S' })
    expect(made.statusCode).toBe(201)
    subscriptionId = made.json().subscriptionId
    expect(made.json().secret).toHaveLength(43)
    const again = await w.app.inject({
      ...{ method: 'POST', url: '/v1/notice-subscriptions', payload: { name: 'x', channel: 'smtp', target: 'a@b.test' } },
      headers: { ...admin!, 'idempotency-key': 'k' },
    })
    expect(again.statusCode).toBe(201)
    const repeated = await w.app.inject({
      ...{ method: 'POST', url: '/v1/notice-subscriptions', payload: { name: 'y', channel: 'webhook', target: hook.url } },
      headers: { ...admin!, 'idempotency-key': 'k' },
    })
    expect([repeated.statusCode, repeated.json()]).toEqual([200, again.json()])
    await w.app.inject({ method: 'DELETE', url: `/v1/notice-subscriptions/${again.json().subscriptionId}`, headers: admin! })
    const listed = await w.app.inject({ url: '/v1/notice-subscriptions', headers: admin! })
    expect(listed.json().subscriptions).toEqual([
      {
        subscriptionId,
        name: '河北值班',
        channel: 'webhook',
        target: hook.url,
        kinds: null,
        orgCode: 'P13S',
        since: '2026-03-03T01:00:00.000Z',
        createdBy: 'admin',
      },
    ])
    await publish('after')
    expect(await tick()).toBe(1)
    expect(hook.calls.map(({ body }) => JSON.parse(body))).toMatchObject([
      { kind: 'bulletin-published', orgCode: 'P13S', facts: { title: 'after' }, text: { zh: '新通报：after' } },
    ])
    expect(await deliveries()).toMatchObject([{ subscriptionId, state: 'sent', attempts: 1, kind: 'bulletin-published' }])
  })

  test('are not sent again when read models are built anew, though inboxes are filled as before', async () => {
    const read = async () => (await w.read('/v1/notices', hebei!)).json().notices as { noticeId: string; readAt: string | null }[]
    const before = await read()
    expect(before).toHaveLength(2)
    await w.done('POST', '/v1/notices/reading', hebei!, { noticeIds: [before[0]!.noticeId] })
    await w.running.rebuild('notice-inbox')
    const generations = async () =>
      (await w.running.status()).filter(({ name }) => name === 'notice-inbox').map(({ generation, serving }) => [generation, serving])
    await expect.poll(generations).toEqual([[2, true]])
    expect((await read()).map(({ noticeId }) => noticeId)).toEqual(before.map(({ noticeId }) => noticeId))
    expect((await read()).map(({ readAt }) => readAt)).toEqual(['2026-03-03T01:00:00.000Z', null])
    expect(await tick()).toBe(0)
    expect(hook.calls).toHaveLength(1)
  })

  test('that failed are seen with their reason, and sent when an administrator asks for it', async () => {
    const working = needs
    needs = { ...needs, attempts: 1, deliver: async () => ({ ok: false, fault: 'answered 500', again: true }) }
    await publish('fails')
    await tick()
    needs = working
    const [failed] = await deliveries('?state=failed')
    expect((await w.app.inject('/metrics')).body).toContain('epm_notices{state="failed"} 1')
    expect(failed).toMatchObject({ fault: 'answered 500', attempts: 1 })
    const retry = (id: string) => w.app.inject({ method: 'POST', url: `/v1/notice-deliveries/${failed.eventId}/${failed.no}/${id}/retry`, headers: admin! })
    expect((await retry('00000000-0000-4000-8000-000000000001')).statusCode).toBe(404)
    expect((await retry(failed.subscriptionId)).statusCode).toBe(202)
    expect(await tick()).toBe(1)
    expect(await deliveries('?state=failed')).toEqual([])
    expect(hook.calls).toHaveLength(2)
  })

  test('stop when the subscription ends', async () => {
    const end = () => w.app.inject({ method: 'DELETE', url: `/v1/notice-subscriptions/${subscriptionId}`, headers: admin! })
    expect((await end()).statusCode).toBe(204)
    expect((await end()).statusCode).toBe(404)
    await publish('unheard')
    expect(await tick()).toBe(0)
    expect(hook.calls).toHaveLength(2)
  })

  test('are sent on by administrators only, to addresses that are such', async () => {
    expect((await w.app.inject({ url: '/v1/notice-subscriptions', headers: lead! })).statusCode).toBe(403)
    for (const target of ['ftp://hook.test/', 'https://user:pass@hook.test/', 'https://hook.test/#x', 'no address'])
      expect((await subscribe({ name: 'x', channel: 'webhook', target })).statusCode, target).toBe(422)
    expect((await subscribe({ name: 'x', channel: 'smtp', target: 'a@b.test, c@d.test' })).statusCode).toBe(422)
    expect((await subscribe({ name: 'x', channel: 'smtp', target: 'duty@p13s.test', kinds: ['order-overdue'] })).json()).toMatchObject({
      channel: 'smtp',
      secret: null,
    })
  })

  test('are marked read up to an instant, each for himself, and a withdrawn bulletin is taken out of the inbox', async () => {
    const unread = async (who: Record<string, string>) => (await w.read('/v1/notices/unread', who)).json().unread
    const { bulletinId } = await publish('wrong')
    expect(await unread(hebei!)).toBe(4)
    await w.done('POST', `/v1/bulletins/${bulletinId}/withdrawal`, lead!, { reason: 'wrong' })
    expect(await unread(hebei!)).toBe(3)
    expect((await w.done('POST', '/v1/notices/reading', hebei!, { until: '2026-03-03T01:00:00.000Z' })).unread).toBe(0)
    expect(await unread(await w.bearer('p13s.tariff', 'P13S', 'PV_TARIFF'))).toBe(4)
    expect((await w.read('/v1/notices?limit=2', hebei!)).json()).toMatchObject({ notices: [{}, {}], next: expect.any(String) })
    expect((await w.read('/v1/notices', hebei!, { 'accept-language': 'en' })).json().notices[0].text).toMatch(/^A bulletin: /)
  })
})
