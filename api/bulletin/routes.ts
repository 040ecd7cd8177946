import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { type BulletinUseCases, bulletinAggregate, bulletinRoles, bulletinStream } from '#application/bulletin/use-cases.ts'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { PROVINCE_READERS, ROLES } from '#application/shared/authorise.ts'
import { BulletinCommand } from '#domain/bulletin/commands.ts'
import { BulletinId } from '#domain/bulletin/fields.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { BulletinView, getBulletin, listBulletins } from '#projections/bulletin/bulletins.queries.ts'
import { readBy } from '../access.ts'
import { answerOutcome, askedBy, CommandHeaders, commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import { etagOf } from '../conditional.ts'
import type { Freshness } from '../freshness.ts'
import { historyRoutes } from '../history/routes.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { bulletinRefusals } from '../refusals.ts'
import { type App, AsOf, commandFailures, freshnessQuery, Receipt, readFailures } from '../schemas.ts'
import { provincesSeen } from '../statistics/seen.ts'

const URL = '/v1/bulletins'
const MODEL = 'bulletins'
const OfBulletin = z.strictObject({ bulletinId: BulletinId })
const flag = z.enum(['true', 'false']).default('false')

type Needs = {
  readonly useCases: BulletinUseCases
  readonly pool: DatabasePool
  readonly store: EventStore
  readonly directory: Directory
  readonly clock: Clock
  readonly fresh: Freshness
}

/** 通报: headquarters publishes and withdraws, provinces read and acknowledge. */
export const bulletinRoutes =
  (needs: Needs) =>
  async (app: App): Promise<void> => {
    publishing(app, needs)
    reading(app, needs)
    historyRoutes(app, needs.store, {
      url: `${URL}/:bulletinId`,
      name: 'Bulletin',
      params: OfBulletin,
      access: readBy(ROLES.headquarters, 'nation').access,
      aggregate: bulletinAggregate,
      stream: ({ bulletinId }) => bulletinStream(bulletinId),
    })
  }

const publishing = (app: App, { useCases: { execute } }: Needs): void => {
  const command = commandRoutes(app, 'bulletin', bulletinRefusals)
  app.post(
    URL,
    {
      config: { access: { kind: 'command', roles: bulletinRoles.PublishBulletin, scope: 'nation' } },
      schema: {
        operationId: 'publishBulletin',
        tags: ['bulletin'],
        summary: 'Publish a bulletin (通报) to provinces; it names work orders if it speaks of some',
        description: 'The id follows from `Idempotency-Key`, so that a bulletin sent again is the same one. For HQ_LEAD.',
        headers: CommandHeaders,
        body: bodyOf(BulletinCommand, 'PublishBulletin', 'bulletinId'),
        response: { 200: Receipt.extend({ bulletinId: BulletinId }), ...commandFailures() },
      },
    },
    async (request, reply) => {
      const asked = askedBy(request)
      const bulletinId = BulletinId.parse(asked.commandId.replaceAll('-', ''))
      const outcome = await execute(bulletinId, { type: 'PublishBulletin', data: { ...request.body, bulletinId } }, asked)
      if (outcome.kind !== 'done') return answerOutcome(request, reply, outcome, bulletinRefusals) as never
      if (outcome.repeated) void reply.header('idempotency-replayed', 'true')
      const { revision, position, repeated } = outcome
      return reply.header('etag', etagOf(revision)).send({ revision: Number(revision), position, repeated, bulletinId })
    },
  )
  command({
    url: `${URL}/:bulletinId/receipts/:province`,
    operationId: 'readBulletin',
    summary: 'A province has read it (签阅); its first reader is kept',
    scope: 'province',
    roles: bulletinRoles.ReadBulletin,
    params: OfBulletin.extend({ province: ProvinceCode }),
    run: ({ bulletinId, province }, _, asked) => execute(bulletinId, { type: 'ReadBulletin', data: { province } }, asked),
  })
  command({
    url: `${URL}/:bulletinId/withdrawal`,
    operationId: 'withdrawBulletin',
    summary: 'Withdraw it (撤回); who has read it stays on record',
    scope: 'nation',
    roles: bulletinRoles.WithdrawBulletin,
    params: OfBulletin,
    body: bodyOf(BulletinCommand, 'WithdrawBulletin'),
    run: ({ bulletinId }, data, asked) => execute(bulletinId, { type: 'WithdrawBulletin', data }, asked),
  })
}

const ListQuery = z.strictObject({
  ...freshnessQuery,
  open: flag.describe('Only what is neither withdrawn nor expired'),
  unread: flag.describe('Only what is still to be read by a province the caller sees'),
  after: z.string().max(500).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

const reading = (app: App, { pool, directory, clock, fresh }: Needs): void => {
  const seen = provincesSeen(directory, clock)
  app.get(
    URL,
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'listBulletins',
        tags: ['bulletin'],
        summary: 'Bulletins with their receipts, the newest first; a province sees those to itself and its own receipt',
        querystring: ListQuery,
        response: { 200: z.object({ asOf: AsOf, bulletins: z.array(BulletinView), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const { open, unread, after: cursor, limit } = request.query
      const format = formatOf(request)
      const provinces = await seen(request)
      await fresh.settle(request, reply, MODEL)
      const page = await listBulletins(pool, { provinces, now: clock.now(), open: open === 'true', unread: unread === 'true', cursor, limit })
      if (page === 'BAD_CURSOR')
        throw new Problem('VALIDATION_FAILED', { errors: [{ pointer: '/querystring/after', code: 'BAD_CURSOR', message: 'not the `next` of a page' }] })
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(BulletinView.shape)) as never
      return reply.send({ asOf, bulletins: [...page.rows], next: page.next })
    },
  )
  app.get(
    `${URL}/:bulletinId`,
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'getBulletin',
        tags: ['bulletin'],
        summary: 'One bulletin with its receipts',
        params: OfBulletin,
        querystring: z.strictObject(freshnessQuery),
        response: { 200: BulletinView.extend({ asOf: AsOf }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const provinces = await seen(request)
      await fresh.settle(request, reply, MODEL)
      const { asOf, bulletin } = await getBulletin(pool, request.params.bulletinId, { provinces, now: clock.now() })
      if (!bulletin) throw new Problem('NOT_FOUND')
      return reply.header('etag', etagOf(bulletin.revision)).send({ ...bulletin, asOf: await fresh.stamp(request, reply, asOf) })
    },
  )
}
