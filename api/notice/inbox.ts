import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Clock } from '#application/ports/clock.ts'
import type { NoticeRecord } from '#application/ports/notice.ts'
import { UNIT_READERS } from '#application/shared/authorise.ts'
import { Instant } from '#domain/shared/dates.ts'
import { NoticeKind, sentenceOf } from '#domain/shared/notice.ts'
import { countUnread, InboxNotice, listNotices, unreadNotices } from '#projections/notice/inbox.queries.ts'
import { readBy } from '../access.ts'
import type { Freshness } from '../freshness.ts'
import { actorOf } from '../identity.ts'
import { languageOf } from '../language.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, failures, freshnessQuery, readFailures, several } from '../schemas.ts'

const MODEL = 'notice-inbox'
const MOST_AT_ONCE = 1000
const Unread = { unread: z.int(), more: z.boolean().describe('There are more than that') }
const ShownNotice = InboxNotice.extend({ text: z.string().describe('The sentence, in the language asked for') }).meta({ id: 'Notice' })

type Needs = { readonly pool: DatabasePool; readonly record: Pick<NoticeRecord, 'markRead'>; readonly clock: Clock; readonly fresh: Freshness }

/** 消息: everybody's own inbox, by unit and roles. */
export const inboxRoutes = (app: App, { pool, record, clock, fresh }: Needs): void => {
  app.get(
    '/v1/notices',
    {
      config: readBy(UNIT_READERS, 'own'),
      schema: {
        operationId: 'listNotices',
        tags: ['notice'],
        summary: 'Notices to the caller’s unit in his roles, the newest first',
        querystring: z.strictObject({
          ...freshnessQuery,
          unread: z.enum(['true', 'false']).default('false'),
          kind: several(NoticeKind),
          orderNo: z.string().max(20).optional(),
          after: z.string().max(500).optional().describe('`next` of the page before'),
          limit: z.coerce.number().int().min(1).max(500).default(50),
        }),
        response: { 200: z.object({ asOf: AsOf, notices: z.array(ShownNotice), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const { unread, kind, orderNo, after: cursor, limit } = request.query
      const format = formatOf(request)
      await fresh.settle(request, reply, MODEL)
      const page = await listNotices(pool, { reader: actorOf(request), unread: unread === 'true', kinds: kind, orderNo, cursor, limit })
      if (page === 'BAD_CURSOR')
        throw new Problem('VALIDATION_FAILED', { errors: [{ pointer: '/querystring/after', code: 'BAD_CURSOR', message: 'not the `next` of a page' }] })
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      const language = languageOf(request.headers['accept-language']) === 'en' ? 'en' : 'zh'
      const notices = page.rows.map((notice) => ({ ...notice, text: sentenceOf({ ...notice, orderNo: notice.orderNo ?? undefined })[language] }))
      if (format !== 'json') return sendRows(reply, format, notices, Object.keys(ShownNotice.shape)) as never
      return reply.send({ asOf, notices, next: page.next })
    },
  )
  app.get(
    '/v1/notices/unread',
    {
      config: readBy(UNIT_READERS, 'own'),
      schema: {
        operationId: 'countUnreadNotices',
        tags: ['notice'],
        summary: 'How many notices the caller has not read',
        querystring: z.strictObject(freshnessQuery),
        response: { 200: z.object({ asOf: AsOf, ...Unread }), ...readFailures() },
      },
    },
    async (request, reply) => {
      await fresh.settle(request, reply, MODEL)
      const { asOf, unread, more } = await countUnread(pool, actorOf(request))
      return reply.send({ asOf: await fresh.stamp(request, reply, asOf), unread, more })
    },
  )
  app.post(
    '/v1/notices/reading',
    {
      config: readBy(UNIT_READERS, 'own'),
      schema: {
        operationId: 'readNotices',
        tags: ['notice'],
        summary: 'The caller has read notices (已读): those named, or all up to an instant',
        description: `Marks at most ${MOST_AT_ONCE} at a time; notices of others and those read before are passed over.`,
        body: z.union([z.strictObject({ noticeIds: z.array(z.string().max(200)).min(1).max(MOST_AT_ONCE) }), z.strictObject({ until: Instant })]),
        response: { 200: z.object({ read: z.int(), ...Unread }), ...failures(400, 401, 403, 415, 422) },
      },
    },
    async (request, reply) => {
      const reader = actorOf(request)
      const { body } = request
      const which = 'noticeIds' in body ? { ids: body.noticeIds } : body
      const ids = await unreadNotices(pool, reader, which, MOST_AT_ONCE)
      if (ids.length > 0) await record.markRead(reader.userId, ids, clock.now())
      const { unread, more } = await countUnread(pool, reader)
      return reply.send({ read: ids.length, unread, more })
    },
  )
}
