import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Clock } from '#application/ports/clock.ts'
import type { Outcome } from '#application/shared/outcome.ts'
import { type DraftedOrder, type DraftsOutcome, draftingsOf } from '#application/warning-work-order/drafts.ts'
import { warningWorkOrderRoles as roles } from '#application/warning-work-order/roles.ts'
import type { WarningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import { ProvinceCode, Text } from '#domain/shared/identity.ts'
import { Grade, OrderKind, OrderNo } from '#domain/warning-work-order/fields.ts'
import { answerOutcome, askedBy, CommandHeaders, commandRoutes } from '../command-route.ts'
import { etagOf } from '../conditional.ts'
import type { Freshness } from '../freshness.ts'
import { type Fault, PROBLEMS, sendProblem } from '../problem.ts'
import { type App, commandFailures, Receipt } from '../schemas.ts'
import { OfOrder, ORDERS } from './commands.ts'
import { filled, NamedSubject } from './figures.ts'
import { workOrderRefusals } from './refusals.ts'

const TAG = 'warning-work-order'
const MOST_SUBJECTS = 5400
const MOST_ORDERS = 1000
const FIGURES = `A customer is named with his figures, or by his number alone: then the bills of his last sealed report count that are past due and open
(or the months in \`billMonths\`), and the order says from which report they are.`

const said = { kind: OrderKind, grade: Grade, text: Text, groupNo: z.string().min(1).max(64).optional() }
const Draft = z.strictObject({ ...said, province: ProvinceCode, subjects: z.array(NamedSubject).min(1).max(200) })
const Batch = z.strictObject({
  ...said,
  subjects: z
    .array(z.strictObject({ province: ProvinceCode, subject: NamedSubject }))
    .min(1)
    .max(MOST_SUBJECTS),
  goWithout: z.boolean().default(false).describe('Draft without customers who have an open order of the kind, instead of refusing the whole'),
})
const Left = z.strictObject({ consNo: z.string(), code: z.string(), orderNo: OrderNo })
const Drafted = z.strictObject({ orderNo: OrderNo, province: ProvinceCode, revision: z.int().nullable(), left: z.array(Left) })

type Needs = { readonly useCases: WarningWorkOrderUseCases; readonly pool: DatabasePool; readonly clock: Clock; readonly fresh: Freshness }

/** 起草, 追加 and 批量下发. */
export const draftingRoutes = (app: App, needs: Needs): void => {
  const { useCases, pool, clock, fresh } = needs
  app.post(
    ORDERS,
    {
      config: { access: { kind: 'command', roles: roles.DraftOrder, scope: 'nation' } },
      schema: {
        operationId: 'draftWorkOrder',
        tags: [TAG],
        summary: 'Draft an order to one province (起草)',
        description: `${FIGURES}\n\nFor ${roles.DraftOrder.join(', ')}. Takes Idempotency-Key.`,
        headers: CommandHeaders,
        body: Draft,
        response: { 200: Receipt.extend({ orderNo: OrderNo }), ...commandFailures() },
      },
    },
    async (request, reply) => {
      const { province, subjects: named, ...rest } = request.body
      const subjects = await filled(pool, clock, [{ province, named }], (_, index) => `/subjects/${index}`)
      const drafting = { ...rest, province, origin: { kind: 'manual' as const }, subjects: subjects.map(({ subject }) => subject) }
      const { orderNo, ...outcome } = await useCases.draft(drafting, askedBy(request))
      if (outcome.kind !== 'done' || orderNo === undefined) return answerOutcome(request, reply, outcome as Outcome<never>, workOrderRefusals) as never
      if (outcome.repeated) void reply.header('idempotency-replayed', 'true')
      const { revision, position, repeated } = outcome
      return reply.header('etag', etagOf(revision)).send({ revision: Number(revision), position, repeated, orderNo })
    },
  )
  app.post(
    `${ORDERS}/batch`,
    {
      bodyLimit: 8_388_608,
      config: { access: { kind: 'command', roles: roles.DraftOrder, scope: 'nation' } },
      schema: {
        operationId: 'draftWorkOrders',
        tags: [TAG],
        summary: 'Draft orders for customers of many provinces, one order a province (another for every further 200 customers)',
        description: `${FIGURES}\n\nEvery order is checked first: when one is refused, none is drafted. Sent again with the same \`Idempotency-Key\` it is completed.`,
        headers: CommandHeaders,
        body: Batch,
        response: { 200: z.strictObject({ position: z.string().nullable(), orders: z.array(Drafted) }), ...commandFailures() },
      },
    },
    async (request, reply) => {
      const { subjects: asked, goWithout, ...rest } = request.body
      const named = asked.map(({ province, subject }) => ({ province, named: [subject] }))
      const subjects = await filled(pool, clock, named, (index) => `/subjects/${index}/subject`)
      const draftings = draftingsOf({ ...rest, origin: { kind: 'manual' }, subjects })
      const outcome = await useCases.draftMany(draftings, goWithout ? 'go-without' : 'draft-nothing', askedBy(request))
      if (outcome.kind !== 'drafted') return answerRefused(request, reply, outcome) as never
      const orders = outcome.orders.flatMap((order, index) => (order ? [{ ...order, province: draftings[index]!.province }] : []))
      const failed = orders.find((order) => order.outcome.kind !== 'done')
      if (failed) return answerOutcome(request, reply, failed.outcome, workOrderRefusals) as never
      return reply.send({ position: fresh.latest(positionsOf(orders)), orders: orders.map(shown) })
    },
  )
  issuing(app, needs)
}

const shown = ({ orderNo, province, outcome, left }: DraftedOrder & { readonly province: ProvinceCode }): z.output<typeof Drafted> => ({
  orderNo,
  province,
  revision: outcome.kind === 'done' ? Number(outcome.revision) : null,
  left: left.map(({ claim: { consNo }, rejection: { code, orderNo: other } }) => ({ consNo, code, orderNo: other })),
})

const positionsOf = (orders: readonly { readonly outcome: Outcome<unknown> }[]) =>
  orders.flatMap(({ outcome }) => (outcome.kind === 'done' ? [outcome.position] : []))

const answerRefused = (request: FastifyRequest, reply: FastifyReply, outcome: Exclude<DraftsOutcome, { kind: 'drafted' }>): FastifyReply => {
  if (outcome.kind === 'forbidden') return sendProblem(request, reply, outcome.code, PROBLEMS[outcome.code])
  const errors = outcome.refused.map(
    ({ index, rejection }): Fault => ({ row: index, code: rejection.code, message: workOrderRefusals[rejection.code].title.en }),
  )
  return sendProblem(request, reply, 'ORDERS_REFUSED', PROBLEMS.ORDERS_REFUSED, { errors, refused: outcome.refused })
}

const Issue = z.strictObject({ orderNos: z.array(OrderNo).min(1).max(MOST_ORDERS) })
const Issued = z.strictObject({ orderNo: OrderNo, revision: z.int().nullable() })

const issuing = (app: App, { useCases: { issueBatch }, fresh }: Needs): void => {
  app.post(
    `${ORDERS}/issue-batch`,
    {
      config: { access: { kind: 'command', roles: roles.IssueOrder, scope: 'nation' } },
      schema: {
        operationId: 'issueWorkOrders',
        tags: [TAG],
        summary: 'Issue many drafts at once (批量下发): all of them, or none when one is refused',
        description: `At most ${MOST_ORDERS}. For ${roles.IssueOrder.join(', ')}. Takes Idempotency-Key.`,
        headers: CommandHeaders,
        body: Issue,
        response: { 200: z.strictObject({ position: z.string().nullable(), orders: z.array(Issued) }), ...commandFailures() },
      },
    },
    async (request, reply) => {
      const results = await issueBatch(request.body.orderNos, askedBy(request))
      const errors = results.flatMap(({ orderNo, outcome }, row): (Fault & { readonly orderNo: OrderNo })[] => {
        if (outcome.kind === 'done' || outcome.kind === 'unchanged') return []
        const code = outcome.kind === 'rejected' ? outcome.rejection.code : outcome.kind === 'forbidden' ? outcome.code : 'CONFLICT'
        return [{ row, orderNo, code, message: outcome.kind === 'rejected' ? workOrderRefusals[outcome.rejection.code].title.en : code }]
      })
      if (errors.length > 0) return sendProblem(request, reply, 'ORDERS_REFUSED', PROBLEMS.ORDERS_REFUSED, { errors }) as never
      const revisionOf = ({ outcome }: (typeof results)[number]) => (outcome.kind === 'done' ? Number(outcome.revision) : null)
      return reply.send({ position: fresh.latest(positionsOf(results)), orders: results.map((one) => ({ orderNo: one.orderNo, revision: revisionOf(one) })) })
    },
  )
}

/** 追加 a customer to an order that is out. */
export const appendingRoute = (app: App, { useCases, pool, clock }: Needs, provinceOf: (orderNo: OrderNo) => Promise<ProvinceCode | undefined>): void =>
  commandRoutes(
    app,
    TAG,
    workOrderRefusals,
  )({
    params: OfOrder,
    scope: 'nation',
    url: `${ORDERS}/:orderNo/subjects`,
    operationId: 'appendToWorkOrder',
    summary: 'Append a customer (追加)',
    description: FIGURES,
    roles: roles.AppendSubject,
    body: z.strictObject({ subject: NamedSubject }),
    run: async ({ orderNo }, { subject: named }, asked) => {
      const province = await provinceOf(orderNo)
      if (province === undefined) return { kind: 'rejected', rejection: { code: 'NOT_FOUND' } }
      const [one] = await filled(pool, clock, [{ province, named: [named] }], () => '/subject')
      return useCases.execute(orderNo, { type: 'AppendSubject', data: { subject: one!.subject } }, asked)
    },
  })
