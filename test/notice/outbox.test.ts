import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Position, Recorded } from '#application/ports/event-store.ts'
import type { Deliver, Delivery, Subscription } from '#application/ports/notice.ts'
import { deliverNotices, type NoticeNeeds, pauseAfterTry, queueNotices } from '#application/processes/notices.ts'
import { epochOf, type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import { sealing } from '#infrastructure/notice/sealing.ts'
import { openNoticeOutbox } from '#infrastructure/postgres/notice-outbox.ts'
import { org, user } from '#test/support/arbitraries/values.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { testSealing } from '#test/support/supervision.ts'
import { notice, now } from './support.ts'

let database: TestDatabase
let open: ReturnType<typeof openNoticeOutbox>
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(async () => {
  await open?.close()
  await database?.drop()
})

const later = (seconds: number): Instant => instantOfEpoch(epochOf(now) + seconds * 1000)
const event = (n: number): Recorded => ({
  ...({ id: randomUUID(), stream: 'WarningWorkOrder-20260303_1', revision: BigInt(n), type: 'OrderIssued' } as Recorded),
  ...{ position: String(n) as Position, data: n, metadata: {}, created: now },
})
const log = Array.from({ length: 1203 }, (_, index) => event(index + 1))
const read: NoticeNeeds['feed']['read'] = async (after, limit) => log.slice(Number(after ?? 0), Number(after ?? 0) + limit)
const subscription = (over: Partial<Subscription> = {}): Subscription => ({
  ...{
    subscriptionId: randomUUID() as Uuid,
    name: 'duty desk',
    channel: 'webhook',
    target: 'https://hook.test/',
    kinds: undefined,
    orgCode: undefined,
    since: now,
    createdBy: user('admin'),
  },
  ...over,
})
const fresh = async () => {
  await open?.close()
  await database.drop()
  database = await freshDatabase()
  open = openNoticeOutbox(database.url, 'postgres', testSealing)
}
const needs = (over: Partial<NoticeNeeds> = {}): NoticeNeeds => ({
  ...{ feed: { read }, outbox: open.outbox, attempts: 3, deliver: async () => ({ ok: true }) },
  // One in a hundred events tells somebody; of those, two units.
  noticesOf: ({ data }) => (Number(data) % 100 === 0 ? [notice, { ...notice, no: 1, kind: 'order-overdue', orgCode: org('HQ') }] : []),
  ...over,
})
const sentBy = (): { readonly deliver: Deliver; readonly ids: string[] } => {
  const ids: string[] = []
  return { ids, deliver: async ({ deliveryId }: Delivery) => ({ ok: ids.push(deliveryId) > 0 }) as { ok: true } }
}
const drain = async (given: NoticeNeeds, at: Instant): Promise<void> => {
  while ((await deliverNotices(given, () => at)) > 0);
}

describe('what is recorded', () => {
  test('keeps its secret sealed, and waits where the key is another', async () => {
    await fresh()
    const mine = subscription()
    expect(await open.record.subscribe(mine, 'hush')).toBe('made')
    expect(await open.record.subscribe(mine, 'hush')).toBe('there')
    await queueNotices(needs({ feed: { read: async (after) => (after === undefined ? log.slice(99, 100) : []) } }), now)
    const other = openNoticeOutbox(database.url, 'postgres', sealing([{ id: 'test', key: Buffer.alloc(32, 8) }]))
    const keyless = openNoticeOutbox(database.url, 'postgres', sealing([]))
    expect(await keyless.record.subscribe(subscription(), 'hush')).toBe('no-key')
    expect(await keyless.record.subscribe(subscription({ channel: 'smtp', target: 'a@b.test', kinds: ['order-closed'] }), undefined)).toBe('made')
    expect(await deliverNotices(needs({ outbox: other.outbox }), () => now)).toBe(0)
    const [waiting] = await open.record.deliveries({ state: 'waiting' }, 10)
    expect(waiting).toMatchObject({ attempts: 1, fault: 'the key test that is configured is not the one that sealed the secret' })
    expect(await deliverNotices(needs({ outbox: keyless.outbox }), () => later(60))).toBe(0)
    const secrets: (string | undefined)[] = []
    const deliver: Deliver = async ({ secret }) => ({ ok: secrets.push(secret) > 0 }) as { ok: true }
    expect(await deliverNotices(needs({ deliver }), () => later(3600))).toBe(2)
    expect(secrets).toEqual(['hush', 'hush'])
    const client = new pg.Client(database.url)
    await client.connect()
    const { rows } = await client.query<{ secret: string | null }>('select secret from notice.subscription where subscription_id = $1', [mine.subscriptionId])
    expect(rows).toEqual([{ secret: expect.stringMatching(/^v1\.test\.[\w-]{40,}$/) }])
    await Promise.all([client.end(), other.close(), keyless.close()])
  })

  test('is queued once for each subscriber, whatever is read how often by how many', async () => {
    await fresh()
    await open.record.subscribe(subscription(), 'secret')
    const counts = await Promise.all([1, 2, 3].map(() => queueNotices(needs(), now)))
    const total = 24
    expect(counts.reduce((a, b) => a + b, 0)).toBe(total)
    expect(await open.outbox.position()).toBe('1203')
    const { deliver, ids } = sentBy()
    await Promise.all([drain(needs({ deliver }), now), drain(needs({ deliver }), now), drain(needs({ deliver }), now)])
    expect(ids).toHaveLength(total)
    expect(new Set(ids).size).toBe(total)
    expect((await open.record.deliveries({ state: 'sent' }, 1000)).length).toBe(total)
  })

  test('is not sent again when the log is read anew from its start', async () => {
    await open.close()
    open = openNoticeOutbox(database.url, 'eventstoredb', testSealing)
    expect(await open.outbox.position()).toBeUndefined()
    await queueNotices(needs(), now)
    const { deliver, ids } = sentBy()
    await drain(needs({ deliver }), later(3600))
    expect(ids).toEqual([])
  })

  test('reaches those who want it: by unit, by kind, and from when they asked', async () => {
    await fresh()
    const [own, overdue, tomorrow] = [subscription({ orgCode: org('P13S') }), subscription({ kinds: ['order-overdue'] }), subscription({ since: later(1) })]
    for (const one of [own, overdue, tomorrow]) await open.record.subscribe(one, undefined)
    await queueNotices(needs(), now)
    const deliveries = await open.record.deliveries({ state: 'waiting' }, 1000)
    const of = ({ subscriptionId }: Subscription) => deliveries.filter((one) => one.subscriptionId === subscriptionId).map(({ kind }) => kind)
    expect(new Set(of(own))).toEqual(new Set(['order-issued']))
    expect(new Set(of(overdue))).toEqual(new Set(['order-overdue']))
    expect(of(tomorrow)).toEqual([])
  })

  test('that cannot be read does not keep the others waiting', async () => {
    await fresh()
    await open.record.subscribe(subscription(), undefined)
    const unread: bigint[] = []
    const noticesOf: NoticeNeeds['noticesOf'] = (one) => {
      if (one.revision === 100n) throw new Error('no such event')
      return needs().noticesOf(one)
    }
    await queueNotices(needs({ noticesOf, onUnreadable: ({ revision }) => unread.push(revision) }), now)
    expect(unread).toEqual([100n])
    expect((await open.record.deliveries({ state: undefined }, 1000)).length).toBe(22)
  })
})

describe('what is on its way', () => {
  const one: NoticeNeeds['noticesOf'] = ({ data }) => (data === 1 ? [notice] : [])
  const standing = async () => (await open.record.deliveries({ state: undefined }, 10))[0]

  test('is tried again after growing pauses, and then given up, with its reason', async () => {
    await fresh()
    await open.record.subscribe(subscription(), undefined)
    const failing = needs({ noticesOf: one, deliver: async () => ({ ok: false, fault: 'answered 503', again: true }) })
    await queueNotices(failing, now)
    await deliverNotices(failing, () => now)
    expect(await standing()).toMatchObject({ state: 'waiting', attempts: 1, fault: 'answered 503', nextAt: later(30) })
    await deliverNotices(failing, () => later(29))
    expect(await standing()).toMatchObject({ attempts: 1 })
    await deliverNotices(failing, () => later(30))
    expect(await standing()).toMatchObject({ attempts: 2, nextAt: later(90) })
    await deliverNotices(failing, () => later(90))
    expect(await standing()).toMatchObject({ state: 'failed', attempts: 3 })
    expect(await deliverNotices(needs(), () => later(1_000_000))).toBe(0)
    const { eventId, no, subscriptionId } = (await standing())!
    expect(await open.record.retry({ eventId, no, subscriptionId }, later(100))).toBe(true)
    expect(await deliverNotices(needs(), () => later(100))).toBe(1)
    expect(await open.record.retry({ eventId, no, subscriptionId }, later(100))).toBe(false)
    expect(await standing()).toMatchObject({ state: 'sent', fault: null, sentAt: later(100) })
  })

  test('is given up at once when trying again would change nothing', async () => {
    await fresh()
    await open.record.subscribe(subscription(), undefined)
    const refused = needs({ noticesOf: one, deliver: async () => ({ ok: false, fault: 'answered 410', again: false }) })
    await queueNotices(refused, now)
    await deliverNotices(refused, () => now)
    expect(await standing()).toMatchObject({ state: 'failed', attempts: 1 })
  })

  test('comes again when whoever tried it was never heard of again', async () => {
    await fresh()
    await open.record.subscribe(subscription(), undefined)
    await queueNotices(needs({ noticesOf: one }), now)
    expect(await open.outbox.take(now, later(120), 10)).toHaveLength(1)
    expect(await deliverNotices(needs(), () => later(119))).toBe(0)
    expect(await deliverNotices(needs(), () => later(120))).toBe(1)
  })

  test('is nobody else’s while it is tried, and signed at its time, however long those before it took', async () => {
    await fresh()
    await open.record.subscribe(subscription(), undefined)
    const all = needs({ noticesOf: ({ data }) => (Number(data) <= 70 ? [notice] : []) })
    await queueNotices(all, now)
    let seconds = 0
    const clock = () => later(seconds)
    const leases: [from: Instant, until: Instant][] = []
    const take: typeof open.outbox.take = (from, until, limit) => {
      leases.push([from, until])
      return open.outbox.take(from, until, limit)
    }
    const outbox: typeof open.outbox = { ...open.outbox, take }
    const signed = new Set<Instant>()
    const slow: Deliver = async (_, at) => {
      signed.add(at)
      await new Promise((done) => setImmediate(done))
      seconds = signed.size * 100
      return { ok: true }
    }
    expect(await deliverNotices(needs({ outbox, deliver: slow }), clock)).toBe(70)
    expect(leases).toEqual([0, 100, 200].map((from) => [later(from), later(from + 120)]))
    expect([...signed]).toEqual([0, 100, 200].map(later))
    const sent = await open.record.deliveries({ state: 'sent' }, 100)
    expect(new Set(sent.map(({ sentAt }) => sentAt))).toEqual(new Set([100, 200, 300].map(later)))
  })

  test('is given up when its subscription ends, and nothing more is queued for it', async () => {
    await fresh()
    const mine = subscription()
    await open.record.subscribe(mine, undefined)
    await queueNotices(needs({ noticesOf: one }), now)
    expect(await open.record.unsubscribe(mine.subscriptionId, user('admin'), now)).toBe(true)
    expect(await open.record.unsubscribe(mine.subscriptionId, user('admin'), now)).toBe(false)
    expect(await standing()).toMatchObject({ state: 'failed' })
    expect(await open.record.subscriptions()).toEqual([])
    const { eventId, no, subscriptionId } = (await standing())!
    expect(await open.record.retry({ eventId, no, subscriptionId }, now)).toBe(false)
  })
})

test('pauses grow and never exceed six hours', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (n) => {
      expect(pauseAfterTry(n)).toBeLessThanOrEqual(6 * 3600)
      expect(pauseAfterTry(n + 1)).toBeGreaterThanOrEqual(pauseAfterTry(n))
    }),
  )
})
