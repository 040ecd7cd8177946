import type { FastifyRequest } from 'fastify'
import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock as TimeSource } from '#application/ports/clock.ts'
import { PROVINCE_READERS, UNIT_READERS } from '#application/shared/authorise.ts'
import type { WorkOrders } from '#application/warning-work-order/work-orders.ts'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { Clock, Grade, OrderKind, OrderStatus } from '#domain/warning-work-order/fields.ts'
import { Direction } from '#projections/shared/page.ts'
import {
  countOrders,
  ListedOrder,
  listOrders,
  OrderCounts,
  type OrderFilter,
  OrderSort,
  WORK_ORDERS,
  WorkOrderDocument,
} from '#projections/warning-work-order/orders.queries.ts'
import { readBy } from '../access.ts'
import { etagOf } from '../conditional.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, readFailures, several } from '../schemas.ts'
import { OfOrder, ORDERS } from './commands.ts'
import { orderScope, orderSeen, unitsWithin } from './sight.ts'
import { Timer, timers } from './timers.ts'

const TAG = 'warning-work-order'
const flag = z.enum(['true', 'false']).transform((text) => text === 'true')
export const badCursor = (): Problem =>
  new Problem('VALIDATION_FAILED', { errors: [{ pointer: '/querystring/after', code: 'BAD_CURSOR', message: 'not the `next` of a page' }] })

export type QueryNeeds = {
  readonly pool: DatabasePool
  readonly directory: Directory
  readonly clock: TimeSource
  readonly fresh: Freshness
  readonly orders: Pick<WorkOrders, 'slaRules' | 'years'>
}

export const paging = {
  after: z.string().max(500).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
}
const ListQuery = z.strictObject({
  ...freshnessQuery,
  province: several(ProvinceCode),
  status: several(OrderStatus.exclude(['absent'])),
  kind: several(OrderKind),
  grade: several(Grade),
  origin: z.enum(['manual', 'rules']).optional(),
  overdue: several(Clock).describe('Over one of these clocks now'),
  paused: flag.optional(),
  extensionAsked: flag.optional(),
  escalated: flag.optional(),
  questionFor: z.enum(['headquarters', 'province']).optional().describe('With a question that waits for this side'),
  draftedBy: UserId.optional(),
  group: z.string().max(64).optional(),
  batch: z.string().max(64).optional(),
  consNo: ConsNo.optional(),
  assignedTo: OrgCode.optional().describe('Assigned to that unit or one below it'),
  assignedUser: UserId.optional(),
  issuedFrom: BusinessDate.optional(),
  issuedTo: BusinessDate.optional(),
  dueBy: Instant.optional().describe('Something is due by then'),
  sort: OrderSort.default('orderNo'),
  direction: Direction.default('desc'),
  ...paging,
})
const Listed = ListedOrder.extend({ timers: z.array(Timer) })

/** Orders as lists, counts and one by one. */
export const orderQueries = (app: App, needs: QueryNeeds): void => {
  const { pool, clock, fresh, orders } = needs
  app.get(
    ORDERS,
    {
      config: readBy(UNIT_READERS, 'own'),
      schema: {
        operationId: 'listWorkOrders',
        tags: [TAG],
        summary: 'Orders with their timers: headquarters’ queue, a province’s inbox, what is assigned to a unit',
        description:
          'Headquarters sees all, drafts too; a province what was issued to it; a unit below what is assigned to it. JSON, NDJSON, CSV or XLSX by `Accept`.',
        querystring: ListQuery,
        response: { 200: z.object({ asOf: AsOf, now: Instant, orders: z.array(Listed), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const { province, assignedTo, after: cursor, limit, sort, direction, position: _, ...asked } = request.query
      const format = formatOf(request)
      const { provinces, withDrafts, filter } = await narrowed(request, needs, province, assignedTo, asked)
      await fresh.settle(request, reply, WORK_ORDERS)
      const now = clock.now()
      const page = await listOrders(pool, { provinces, withDrafts, filter, now, sort, direction, cursor, limit })
      if (page === 'BAD_CURSOR') throw badCursor()
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(ListedOrder.shape)) as never
      const timersOf = await timers(orders, now)
      return reply.send({ asOf, now, orders: page.rows.map((order) => ({ ...order, timers: timersOf(order) })), next: page.next })
    },
  )
  app.get(
    `${ORDERS}/counts`,
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'countWorkOrders',
        tags: [TAG],
        summary: 'How many orders wait where',
        querystring: z.strictObject({ ...freshnessQuery, province: several(ProvinceCode) }),
        response: { 200: OrderCounts.extend({ asOf: AsOf }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const { provinces, withDrafts } = await orderScope(request, needs, request.query.province)
      await fresh.settle(request, reply, WORK_ORDERS)
      const { asOf, counts } = await countOrders(pool, { provinces, withDrafts, now: clock.now() })
      return reply.send({ ...counts, asOf: await fresh.stamp(request, reply, asOf) })
    },
  )
  one(app, needs)
}

const narrowed = async (
  request: FastifyRequest,
  needs: QueryNeeds,
  province: readonly ProvinceCode[] | undefined,
  assignedTo: OrgCode | undefined,
  asked: Omit<OrderFilter, 'assignedOrgs'>,
) => {
  const { provinces, withDrafts, assignedOrgs } = await orderScope(request, needs, province)
  const under = assignedTo === undefined ? undefined : unitsWithin(assignedTo, needs)
  const both = under && assignedOrgs ? under.filter((code) => assignedOrgs.includes(code)) : (under ?? assignedOrgs)
  const defined = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Omit<OrderFilter, 'assignedOrgs'>
  return { provinces, withDrafts, filter: { ...defined, ...(both && { assignedOrgs: [...both] }) } }
}

const one = (app: App, needs: QueryNeeds): void => {
  const { pool, clock, fresh, orders } = needs
  app.get(
    `${ORDERS}/:orderNo`,
    {
      config: readBy(UNIT_READERS, 'own'),
      schema: {
        operationId: 'getWorkOrder',
        tags: [TAG],
        summary: 'One order in full, with the clocks that run',
        params: OfOrder,
        querystring: z.strictObject(freshnessQuery),
        response: { 200: z.object({ asOf: AsOf, revision: z.int(), order: WorkOrderDocument, timers: z.array(Timer) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      await fresh.settle(request, reply, WORK_ORDERS)
      const { asOf, found } = await orderSeen(request, request.params.orderNo, pool, needs)
      if (!found) throw new Problem('NOT_FOUND')
      const { order, revision } = found
      const timersOf = await timers(orders, clock.now())
      return reply
        .header('etag', etagOf(revision))
        .send({ asOf: await fresh.stamp(request, reply, asOf), revision: Number(revision), order, timers: timersOf(standingOf(order)) })
    },
  )
}

/** Of the dues the last stands. */
const standingOf = ({ status, dues, pauses }: WorkOrderDocument) => {
  const due = dues.at(-1)
  const pause = pauses.at(-1)
  const pausedAt = pause?.resumed === null ? pause.at : undefined
  return {
    status,
    signDueAt: due?.signDueAt ?? null,
    feedbackDueAt: due?.feedbackDueAt ?? null,
    reviewDueAt: due?.reviewDueAt ?? null,
    paused: pausedAt !== undefined,
    pausedAt,
  }
}
