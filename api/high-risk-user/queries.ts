import type { FastifyRequest } from 'fastify'
import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { type Sight, UNIT_READERS } from '#application/shared/authorise.ts'
import { UserStatus } from '#domain/high-risk-user/fields.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { OrgCode, ProvinceCode, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { getRegistered, ListedPeriod, listRegister, RegisteredUser, RegisterSort } from '#projections/high-risk-user/register.queries.ts'
import { Direction } from '#projections/shared/page.ts'
import { readBy } from '../access.ts'
import { etagOf } from '../conditional.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, OfUser, readFailures, several } from '../schemas.ts'
import { narrowed, seesProvince, seesUnit, sightIn } from './sight.ts'

const REGISTER = 'high-risk-user-register'

type Needs = { readonly pool: Pick<DatabasePool, 'any'>; readonly directory: Directory; readonly clock: Clock; readonly fresh: Freshness }

const RegisterQuery = z.strictObject({
  ...freshnessQuery,
  province: several(ProvinceCode).describe('One or several, separated by commas'),
  status: several(UserStatus),
  level: several(Level),
  standard: TradeStandard.optional(),
  trade: TradeCode.optional().describe('A trade and all finer ones below it'),
  under: OrgCode.optional().describe('Customers of that unit and those below it'),
  text: z.string().trim().min(2).max(100).optional().describe('Part of the name, or the beginning of the customer number'),
  sort: RegisterSort.default('consNo'),
  direction: Direction.default('asc'),
  after: z.string().max(500).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
})

/** The register of high-risk users (高风险用户台账), as far as the caller may see it. */
export const highRiskUserQueries =
  ({ pool, directory, clock, fresh }: Needs) =>
  async (app: App): Promise<void> => {
    const seeing = (request: FastifyRequest): Promise<Sight> => sightIn(request, directory, clock)
    app.get(
      '/v1/high-risk-users',
      {
        config: readBy(UNIT_READERS, 'own'),
        schema: {
          operationId: 'listHighRiskUsers',
          tags: ['high-risk-user'],
          summary: 'The register, by what is asked',
          description: 'JSON, NDJSON or CSV by `Accept`; the next page by `after` (also in the header `Epm-Next`).',
          querystring: RegisterQuery,
          response: { 200: z.object({ asOf: AsOf, users: z.array(RegisteredUser), next: z.string().nullable() }), ...readFailures() },
        },
      },
      async (request, reply) => {
        const { province, under, after: cursor, limit, sort, direction, position: _, ...filter } = request.query
        const format = formatOf(request)
        const scope = narrowed(await seeing(request), province, under, directory, businessDateOf(clock.now()))
        await fresh.settle(request, reply, REGISTER)
        const { orgCodes, provinces } = scope
        const page = await listRegister(pool, {
          provinces,
          filter: { ...defined(filter), ...(orgCodes && { orgCodes: [...orgCodes] }) },
          sort,
          direction,
          cursor,
          limit,
        })
        if (page === 'BAD_CURSOR')
          throw new Problem('VALIDATION_FAILED', {
            errors: [{ pointer: '/querystring/after', code: 'BAD_CURSOR', message: 'not the `next` of a page in this order' }],
          })
        const asOf = await fresh.stamp(request, reply, page.asOf)
        if (page.next !== null) void reply.header('epm-next', page.next)
        if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(RegisteredUser.shape)) as never
        return reply.send({ asOf, users: [...page.rows], next: page.next })
      },
    )
    app.get(
      '/v1/high-risk-users/:province/:consNo',
      {
        config: readBy(UNIT_READERS, 'own'),
        schema: {
          operationId: 'getHighRiskUser',
          tags: ['high-risk-user'],
          summary: 'One user, with the stays on the list',
          description: 'The ETag is the revision of the user’s stream: send it back as If-Match with a command.',
          params: OfUser,
          querystring: z.strictObject(freshnessQuery),
          response: { 200: RegisteredUser.extend({ listed: z.array(ListedPeriod), asOf: AsOf }), ...readFailures() },
        },
      },
      async (request, reply) => {
        const { province, consNo } = request.params
        const sight = await seeing(request)
        if (!seesProvince(sight, province)) throw new Problem('NOT_FOUND')
        await fresh.settle(request, reply, REGISTER)
        const { asOf, user } = await getRegistered(pool, province, consNo)
        if (!user || !seesUnit(sight, user.orgCode as OrgCode, directory, businessDateOf(clock.now()))) throw new Problem('NOT_FOUND')
        return reply.header('etag', etagOf(user.revision)).send({ ...user, listed: [...user.listed], asOf: await fresh.stamp(request, reply, asOf) })
      },
    )
  }

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
const defined = <T extends object>(value: T): Defined<T> => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>
