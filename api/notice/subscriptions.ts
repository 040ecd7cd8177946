import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '#application/ports/clock.ts'
import type { NoticeRecord, Subscription } from '#application/ports/notice.ts'
import { Instant } from '#domain/shared/dates.ts'
import { Name, OrgCode, UserId, Uuid } from '#domain/shared/identity.ts'
import { NoticeKind } from '#domain/shared/notice.ts'
import { readBy } from '../access.ts'
import { commandIdOf } from '../idempotency.ts'
import { actorOf } from '../identity.ts'
import { Problem } from '../problem.ts'
import { type App, failures, readFailures } from '../schemas.ts'

const URL_TEXT = 'an http or https address without user, password or fragment'
const isWebhook = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === ''
}
const which = {
  name: Name,
  kinds: z.array(NoticeKind).min(1).optional().describe('All of them when left out'),
  orgCode: OrgCode.optional().describe('What that unit is told; all units when left out'),
}
const NewSubscription = z.discriminatedUnion('channel', [
  z.strictObject({ ...which, channel: z.literal('webhook'), target: z.string().max(2000).refine(isWebhook, URL_TEXT) }),
  z.strictObject({ ...which, channel: z.literal('smtp'), target: z.email().max(254) }),
])
const Shown = z
  .strictObject({
    subscriptionId: Uuid,
    name: z.string(),
    channel: z.enum(['webhook', 'smtp']),
    target: z.string(),
    kinds: z.array(NoticeKind).nullable(),
    orgCode: OrgCode.nullable(),
    since: Instant,
    createdBy: UserId,
  })
  .meta({ id: 'NoticeSubscription' })
const DeliveryShown = z
  .object({
    eventId: z.string(),
    no: z.int(),
    subscriptionId: Uuid,
    subscription: z.string(),
    channel: z.enum(['webhook', 'smtp']),
    kind: NoticeKind,
    orderNo: z.string().nullable(),
    state: z.enum(['waiting', 'sent', 'failed']),
    attempts: z.int(),
    nextAt: Instant,
    fault: z.string().nullable(),
    queuedAt: Instant,
    sentAt: Instant.nullable(),
  })
  .meta({ id: 'NoticeDelivery' })
const Created = Shown.extend({ secret: z.string().nullable().describe('Told once; null when the same was sent before') })
const OfSubscription = z.strictObject({ subscriptionId: Uuid })
const OfDelivery = z.strictObject({ eventId: z.uuid(), no: z.coerce.number().int().min(0), subscriptionId: Uuid })

const shown = ({ kinds, orgCode, ...rest }: Subscription): z.output<typeof Shown> => ({ ...rest, kinds: kinds ? [...kinds] : null, orgCode: orgCode ?? null })

type Needs = { readonly record: NoticeRecord; readonly clock: Clock }

/** Who gets which notices by mail or webhook, and what became of each: for administrators. */
export const subscriptionRoutes = (app: App, { record, clock }: Needs): void => {
  const admin = readBy(['ADMIN'], 'nation')
  app.get(
    '/v1/notice-subscriptions',
    {
      config: admin,
      schema: {
        operationId: 'listNoticeSubscriptions',
        tags: ['notice'],
        summary: 'Who gets notices by which way; no secrets',
        response: { 200: z.object({ subscriptions: z.array(Shown) }), ...readFailures() },
      },
    },
    async (_, reply) => reply.send({ subscriptions: (await record.subscriptions()).map(shown) }),
  )
  app.post(
    '/v1/notice-subscriptions',
    {
      config: admin,
      schema: {
        operationId: 'subscribeToNotices',
        tags: ['notice'],
        summary: 'Send notices on by webhook or mail, from now on',
        description:
          'A webhook is told its `secret` in this answer and never again: `Epm-Signature: t=<seconds>,v1=<hex>` is HMAC-SHA256 of `<seconds>.<body>` under it. `Epm-Notice-Id` is the same however often a notice is tried.',
        body: NewSubscription,
        response: { 200: Created, 201: Created, ...failures(400, 401, 403, 415, 422, 503) },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const { name, channel, target, kinds, orgCode } = request.body
      const subscription: Subscription = {
        ...{ subscriptionId: commandIdOf(request, actor), name, channel, target },
        kinds,
        orgCode,
        since: clock.now(),
        createdBy: actor.userId,
      }
      const secret = channel === 'webhook' ? randomBytes(32).toString('base64url') : undefined
      const outcome = await record.subscribe(subscription, secret)
      if (outcome === 'no-key') throw new Problem('NOTICE_KEY_MISSING')
      if (outcome === 'made')
        return reply
          .code(201)
          .header('cache-control', 'no-store')
          .send({ ...shown(subscription), secret: secret ?? null })
      const standing = (await record.subscriptions()).find(({ subscriptionId }) => subscriptionId === subscription.subscriptionId)
      if (!standing) throw new Problem('NOT_FOUND') // it was ended since
      return reply.header('idempotency-replayed', 'true').send({ ...shown(standing), secret: null })
    },
  )
  app.delete(
    '/v1/notice-subscriptions/:subscriptionId',
    {
      config: admin,
      schema: {
        operationId: 'unsubscribeFromNotices',
        tags: ['notice'],
        summary: 'Send nothing more; what waits is given up',
        params: OfSubscription,
        response: { 204: z.null(), ...readFailures() },
      },
    },
    async (request, reply) => {
      if (!(await record.unsubscribe(request.params.subscriptionId, actorOf(request).userId, clock.now()))) throw new Problem('NOT_FOUND')
      return reply.code(204).send(null)
    },
  )
  app.get(
    '/v1/notice-deliveries',
    {
      config: admin,
      schema: {
        operationId: 'listNoticeDeliveries',
        tags: ['notice'],
        summary: 'What is on its way, was sent, or was given up and why; the newest first',
        querystring: z.strictObject({ state: DeliveryShown.shape.state.optional(), limit: z.coerce.number().int().min(1).max(1000).default(100) }),
        response: { 200: z.object({ deliveries: z.array(DeliveryShown) }), ...readFailures() },
      },
    },
    async (request, reply) => reply.send({ deliveries: [...(await record.deliveries({ state: request.query.state }, request.query.limit))] }),
  )
  app.post(
    '/v1/notice-deliveries/:eventId/:no/:subscriptionId/retry',
    {
      config: admin,
      schema: {
        operationId: 'retryNoticeDelivery',
        tags: ['notice'],
        summary: 'Try again now what waits or was given up',
        params: OfDelivery,
        response: { 202: z.object({ waiting: z.literal(true) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      if (!(await record.retry(request.params, clock.now()))) throw new Problem('NOT_FOUND')
      return reply.code(202).send({ waiting: true })
    },
  )
}
