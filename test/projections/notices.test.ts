import { readdir, readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { noticesIn } from '#api/commands/notices.ts'
import { bulletinEvents } from '#domain/bulletin/events.ts'
import { groupUserEvents } from '#domain/group-user/events.ts'
import { type Catalogue, decode } from '#domain/shared/catalogue.ts'
import { NoticeKind, sentenceOf } from '#domain/shared/notice.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import { warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import { listNotices } from '#projections/notice/inbox.queries.ts'
import { inbox } from '#projections/notice/inbox.ts'
import { sql } from '#projections/shared/sql.ts'
import { day, org, user } from '#test/support/arbitraries/values.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { record, tablesOf } from '#test/support/projections.ts'

const folder = new URL('../golden/events/', import.meta.url)
const files = await readdir(folder)
const events = { ...warningWorkOrderEvents, ...bulletinEvents, ...groupUserEvents }
/** The frozen payload of an event's version of today. */
const golden = async (type: keyof typeof events) => {
  const spec = (events as Catalogue)[type]!
  const data: unknown = JSON.parse(await readFile(new URL(`${type}.v${spec.version}.json`, folder), 'utf8'))
  return decode(events, { type, version: spec.version, data })
}
const types = (Object.keys(events) as (keyof typeof events)[]).filter((type) => files.some((file) => file.startsWith(`${type}.`)))
const byHand = await Promise.all(types.map(golden))
// The frozen draft is one by hand; what rules drafted is told to headquarters.
const drafted = structuredClone(byHand.find(({ type }) => type === 'OrderDrafted')!)
if (drafted.type === 'OrderDrafted') drafted.data.origin = { kind: 'rules', rulesVersion: 1, reportDate: day('2026-03-02'), reportVersion: 1 }
const all = [drafted, ...byHand]
const order = streamName('WarningWorkOrder', '20260302', '17')
const bulletin = streamName('Bulletin', 'b1')
const group = streamName('GroupUser', 'G1')
const streamOf = (type: string): StreamName => (type in bulletinEvents ? bulletin : type in groupUserEvents ? group : order)
const recorded = record(all.map((event) => [streamOf(event.type), event] as const))

const { pool } = await ownDatabase({ maxConnections: 4 })

test('each event tells whom it concerns, and nobody else', () => {
  const read = noticesIn()
  const told = Object.fromEntries(
    recorded.flatMap((event) => {
      const notices = read(event)
      return notices.length === 0
        ? []
        : [[event.type, notices.map(({ kind, orgCode, roles }) => `${kind} ${orgCode === 'HQ' ? 'HQ' : 'unit'} ${roles.length}`)]]
    }),
  )
  const toProvince = (kind: string) => [`${kind} unit 3`]
  expect(told).toEqual({
    OrderDrafted: ['order-drafted HQ 2'],
    OrderIssued: toProvince('order-issued'),
    SubjectAppended: toProvince('order-appended'),
    OrderAssigned: ['order-assigned unit 6'],
    ExtensionRequested: ['extension-requested HQ 1'],
    ExtensionGranted: toProvince('extension-decided'),
    ExtensionRefused: toProvince('extension-decided'),
    FeedbackSubmitted: ['feedback-submitted HQ 2'],
    FeedbackReturned: toProvince('order-returned'),
    OrderClosed: toProvince('order-closed'),
    OrderUrged: toProvince('order-urged'),
    OrderEscalated: ['order-escalated unit 3', 'order-escalated HQ 1'],
    SignOverdue: ['order-overdue unit 3', 'order-overdue HQ 2'],
    FeedbackOverdue: ['order-overdue unit 3', 'order-overdue HQ 2'],
    ReviewOverdue: ['order-overdue HQ 2'],
    ClockPaused: toProvince('order-paused'),
    ClockResumed: toProvince('order-resumed'),
    OrderWithdrawn: toProvince('order-withdrawn'),
    OrderReopened: toProvince('order-reopened'),
    QuestionAsked: expect.any(Array),
    QuestionAnswered: toProvince('question-answered'), // what these events hold was answered by headquarters
    MemberAlarmed: expect.arrayContaining(['group-alarm HQ 2', 'group-alarm unit 3']),
    BulletinPublished: ['bulletin-published unit 3', 'bulletin-published unit 3'],
  })
})

test('a province does not hear of a draft that is withdrawn', () => {
  const withdrawn = recorded.find(({ type }) => type === 'OrderWithdrawn')!
  const kindsAt = (revision: bigint) => noticesIn()({ ...withdrawn, revision }).map(({ kind }) => kind)
  expect([kindsAt(1n), kindsAt(2n)]).toEqual([[], ['order-withdrawn']])
})

test('every kind is a sentence in both languages, with nothing left out', () => {
  const read = noticesIn()
  const notices = recorded.flatMap(read)
  expect(new Set(notices.map(({ kind }) => kind))).toEqual(new Set(NoticeKind.options))
  for (const notice of notices) {
    const { zh, en } = sentenceOf(notice)
    for (const text of [zh, en]) expect(text, notice.kind).not.toMatch(/undefined|null|\s{2}|：$|: $|\(\)|（）/)
    expect(zh).toMatch(/\p{Script=Han}/u)
    expect(en).not.toMatch(/^\p{Script=Han}/u)
  }
})

test('in whatever batches, said twice, an inbox holds the same', async () => {
  const whole = async (schema: string, batches: readonly (readonly number[])[]): Promise<unknown> => {
    const tables = await tablesOf(pool, inbox, schema)
    for (const batch of batches) await tables.apply(batch.map((index) => recorded[index]!))
    const reader = { userId: user('p13s.lead'), roles: ['PV_LEAD' as const], orgCode: org('P13S') }
    const page = await listNotices(pool, { reader, unread: false, kinds: undefined, orderNo: undefined, cursor: undefined, limit: 500 })
    const rows = await pool.any(sql.unsafe`select * from read_model.notice order by notice_id`)
    await tables.drop()
    return { rows, page: page === 'BAD_CURSOR' ? page : page.rows }
  }
  const indices = recorded.map((_, index) => index)
  const once = await whole('rm_notice_once', [indices])
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 7 }), fc.boolean(), async (size, again) => {
      const batches = Array.from({ length: Math.ceil(indices.length / size) }, (_, n) => indices.slice(n * size, (n + 1) * size))
      expect(await whole('rm_notice_again', again ? batches.flatMap((batch) => [batch, batch]) : batches)).toEqual(once)
    }),
    { numRuns: 12 },
  )
})
