import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { addDays, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { SUPERVISION, SupervisionQuery } from '#projections/warning-work-order/supervision.queries.ts'
import { SupervisionCauses, supervisionCauses } from '#projections/warning-work-order/supervision-causes.queries.ts'
import { CountedOrder, SupervisionOrdersQuery, supervisionOrders } from '#projections/warning-work-order/supervision-orders.queries.ts'
import { SupervisionTrend, SupervisionTrendQuery, supervisionTrend } from '#projections/warning-work-order/supervision-trend.queries.ts'
import { readBy } from '../access.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, readFailures } from '../schemas.ts'
import { provincesSeen } from './seen.ts'
import { askedOf, narrowing, type SupervisionNeeds, Told } from './supervision-asked.ts'
import { flatFigures } from './supervision-flat.ts'

type Standing = Parameters<Freshness['stamp']>[2]
const paging = {
  after: z.string().max(500).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
}
const { date: _date, from: _from, to: _to, ...filters } = Told
const fault = (code: string, pointer: string, message: string): Problem => new Problem('VALIDATION_FAILED', { errors: [{ pointer, code, message }] })
const View = z.enum(['flow', 'stock', 'cohort'])
const OrdersPage = z.object({ readAt: AsOf, orders: z.array(CountedOrder), next: z.string().nullable() })

/** What stands behind the figures of supervision: days, causes, and the orders themselves. */
export const supervisionDetails = (app: App, { pool, directory, clock, fresh }: SupervisionNeeds): void => {
  const seen = provincesSeen(directory, clock)
  app.get(
    '/v1/statistics/supervision/days',
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'getSupervisionDays',
        tags: ['supervision'],
        summary: 'Day by day what happened and where orders stood at its end',
        querystring: z.strictObject({
          ...filters,
          from: BusinessDate.optional().describe('Thirty days before `to` when left out'),
          to: BusinessDate.optional().describe('Today when left out'),
        }),
        response: { 200: SupervisionTrend.extend({ readAt: AsOf }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const to = request.query.to ?? businessDateOf(clock.now())
      const asked = SupervisionTrendQuery.safeParse({ from: request.query.from ?? addDays(to, -30), to, now: clock.now(), filters: narrowing(request.query) })
      if (!asked.success) throw fault('PERIOD_INVALID', '/querystring/from', asked.error.issues[0]?.message ?? 'no period')
      const scope = await seen(request)
      await fresh.settle(request, reply, SUPERVISION)
      const { asOf, days } = await supervisionTrend(pool, asked.data, scope)
      const readAt = await fresh.stamp(request, reply, asOf as Standing)
      if (format === 'json') return reply.send({ asOf, days, readAt })
      return sendRows(
        reply,
        format,
        days.map(({ date, flow, stock }) => ({ date, ...flatFigures(flow, 'flow'), ...flatFigures(stock, 'stock') })),
      ) as never
    },
  )
  app.get(
    '/v1/statistics/supervision/causes',
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'getSupervisionCauses',
        tags: ['supervision'],
        summary: 'Why users owe, as provinces answered, and how orders ended',
        description: 'Of the orders issued in the period and not withdrawn. NDJSON, CSV and XLSX have a line a group and cause or result; `*` is the total.',
        querystring: z.strictObject({ ...Told, groupBy: SupervisionQuery.shape.groupBy }),
        response: { 200: SupervisionCauses.extend({ readAt: AsOf }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const scope = await seen(request)
      await fresh.settle(request, reply, SUPERVISION)
      const told = await supervisionCauses(pool, { ...askedOf(request.query, clock), groupBy: request.query.groupBy }, scope)
      const readAt = await fresh.stamp(request, reply, told.asOf as Standing)
      if (format === 'json') return reply.send({ ...told, readAt })
      return sendRows(
        reply,
        format,
        [...told.rows, { key: '*', ...told.total }].flatMap(({ key, causes, results }) => [
          ...causes.map(({ cause, users, ...money }) => ({ key, of: 'cause', code: cause, count: users, ...money })),
          ...results.map(({ result, orders, ...money }) => ({ key, of: 'result', code: result, count: orders, ...money })),
        ]),
        ['key', 'of', 'code', 'count', 'recovered', 'remaining'],
      ) as never
    },
  )
  orderLists(app, { pool, fresh, clock, seen })
}

type Listing = Pick<SupervisionNeeds, 'pool' | 'fresh' | 'clock'> & { readonly seen: ReturnType<typeof provincesSeen> }
const Behind = z.strictObject({
  ...Told,
  view: View,
  counter: z.string().max(40).describe('A figure of that view by its name in the statistics, such as `toSign`; of a rate its numerator'),
  ...paging,
})

const orderLists = (app: App, { pool, fresh, clock, seen }: Listing): void => {
  const answer = async (request: FastifyRequest, reply: FastifyReply, { view, counter, after, limit, ...told }: z.output<typeof Behind>) => {
    const format = formatOf(request)
    const query = SupervisionOrdersQuery.safeParse({ ...askedOf(told, clock), view, counter })
    if (!query.success) throw fault('UNKNOWN_COUNTER', '/querystring/counter', query.error.issues[0]?.message ?? 'no such figure')
    await fresh.settle(request, reply, SUPERVISION)
    const page = await supervisionOrders(pool, { ...query.data, cursor: after, limit }, await seen(request))
    if (page === 'BAD_CURSOR') throw fault('BAD_CURSOR', '/querystring/after', 'not the `next` of a page')
    const readAt = await fresh.stamp(request, reply, page.asOf)
    if (page.next !== null) void reply.header('epm-next', page.next)
    if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(CountedOrder.shape)) as never
    return reply.send({ readAt, orders: [...page.rows], next: page.next })
  }
  app.get(
    '/v1/statistics/supervision/overdue',
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'listOverdueWorkOrders',
        tags: ['supervision'],
        summary: 'Orders past the due time to sign or to answer (逾期清单)',
        querystring: z.strictObject({ ...Told, ...paging }),
        response: { 200: OrdersPage, ...readFailures() },
      },
    },
    async (request, reply) => answer(request, reply, { ...request.query, view: 'stock', counter: 'overdue' }),
  )
  app.get(
    '/v1/statistics/supervision/orders',
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'listCountedWorkOrders',
        tags: ['supervision'],
        summary: 'The orders behind a figure: `view` and `counter` name it',
        querystring: Behind,
        response: { 200: OrdersPage, ...readFailures() },
      },
    },
    async (request, reply) => answer(request, reply, request.query),
  )
}
