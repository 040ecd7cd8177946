import { z } from 'zod'
import { UNIT_READERS } from '#application/shared/authorise.ts'
import { BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { Fen, sum } from '#domain/shared/quantities.ts'
import { Cause, type OrderNo, Subject, SubjectAnswer } from '#domain/warning-work-order/fields.ts'
import { WORK_ORDERS, WorkOrderDocument } from '#projections/warning-work-order/orders.queries.ts'
import { CurrentFigures, currentFigures } from '#projections/warning-work-order/subjects.queries.ts'
import { readBy } from '../access.ts'
import { etagOf } from '../conditional.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, readFailures } from '../schemas.ts'
import { OfOrder, ORDERS } from './commands.ts'
import { CAUSES, labelsOf } from './labels.ts'
import type { QueryNeeds } from './queries.ts'
import { orderSeen } from './sight.ts'

const TAG = 'warning-work-order'

const FormSubject = z.object({
  subject: Subject,
  current: CurrentFigures.nullable().describe('As the last sealed report shows him; null when none of the last weeks does'),
  arrears: Fen.nullable().describe('What he has open now and past due, all bills'),
  recovered: Fen.nullable().describe('By how much the named bills have fallen since they were named, write-offs too'),
  remaining: Fen.nullable().describe('What is still open on them'),
  lastAnswer: SubjectAnswer.nullable(),
})
const Form = z
  .object({
    asOf: AsOf,
    orderNo: z.string(),
    revision: z.int(),
    today: BusinessDate,
    text: z.string(),
    subjects: z.array(FormSubject),
    causes: z.array(z.object({ code: Cause, zh: z.string(), en: z.string() })),
    returnReasons: z.array(z.object({ consNo: z.string().optional(), code: z.string(), text: z.string() })).describe('Why the last answer was returned'),
  })
  .meta({ id: 'FeedbackForm' })

/** What a province fills in, and what it prints. */
export const formRoutes = (app: App, needs: QueryNeeds): void => {
  const { pool, clock, fresh, directory } = needs
  const seen = async (request: Parameters<typeof orderSeen>[0], orderNo: OrderNo) => {
    const { asOf, found } = await orderSeen(request, orderNo, pool, needs)
    if (!found) throw new Problem('NOT_FOUND')
    return { asOf, ...found }
  }
  app.get(
    `${ORDERS}/:orderNo/feedback-form`,
    {
      config: readBy(UNIT_READERS, 'own'),
      schema: {
        operationId: 'getWorkOrderFeedbackForm',
        tags: [TAG],
        summary: 'The feedback form (反馈表), prefilled with the current figures of each customer and his last answer',
        params: OfOrder,
        querystring: z.strictObject(freshnessQuery),
        response: { 200: Form, ...readFailures() },
      },
    },
    async (request, reply) => {
      await fresh.settle(request, reply, WORK_ORDERS)
      const { asOf, order, revision } = await seen(request, request.params.orderNo)
      const today = businessDateOf(clock.now())
      const consNos = order.subjects.map(({ consNo }) => consNo)
      const figures = new Map((await currentFigures(pool, order.province, consNos, today)).map((one) => [one.consNo, one]))
      const last = order.feedbacks.at(-1)
      return reply.header('etag', etagOf(revision)).send({
        asOf: await fresh.stamp(request, reply, asOf),
        orderNo: order.orderNo,
        revision: Number(revision),
        today,
        text: order.text,
        subjects: order.subjects.map(({ appendedAt: _appendedAt, ...subject }) => ({
          subject,
          current: figures.get(subject.consNo) ?? null,
          ...standingOf(subject, figures.get(subject.consNo)),
          lastAnswer: last?.answers.find(({ consNo }) => consNo === subject.consNo) ?? null,
        })),
        causes: CAUSES,
        returnReasons: last?.returned?.reasons ?? [],
      })
    },
  )
  app.get(
    `${ORDERS}/:orderNo/print`,
    {
      config: readBy(UNIT_READERS, 'own'),
      schema: {
        operationId: 'printWorkOrder',
        tags: [TAG],
        summary: 'One order for paper: names and labels in both languages beside every code',
        params: OfOrder,
        querystring: z.strictObject(freshnessQuery),
        response: {
          200: z.object({
            asOf: AsOf,
            order: WorkOrderDocument,
            labels: z.record(z.string(), z.record(z.string(), z.object({ zh: z.string(), en: z.string() }))),
            units: z.record(z.string(), z.string()),
          }),
          ...readFailures(),
        },
      },
    },
    async (request, reply) => {
      await fresh.settle(request, reply, WORK_ORDERS)
      const { asOf, order } = await seen(request, request.params.orderNo)
      const today = businessDateOf(clock.now())
      const codes = [order.province as string, ...order.assignments.map(({ toOrg }) => toOrg as string)]
      const units = Object.fromEntries(codes.map((code) => [code, directory.unitOn(code as never, today)?.name ?? code]))
      return reply.send({ asOf: await fresh.stamp(request, reply, asOf), order, labels: labelsOf(), units })
    },
  )
}

/** What has become of the named bills by the last report. A bill that the report no longer holds says nothing. */
const standingOf = ({ bills, asOf }: Subject, current: CurrentFigures | undefined) => {
  if (!current) return { arrears: null, recovered: null, remaining: null }
  const now = new Map(current.bills.map((bill) => [bill.billMonth, bill]))
  const named = bills.flatMap(({ billMonth, open }) => {
    const bill = now.get(billMonth)
    return bill ? [{ named: open, ...bill }] : []
  })
  const arrears = sum(current.bills.filter(({ dueDate }) => dueDate < current.asOf).map(({ open }) => open))
  const fallen = named.map(({ named: before, open }) => sum([before > open && current.asOf >= asOf ? ((before - open) as Fen) : (0n as Fen)]))
  return { arrears, recovered: sum(fallen), remaining: sum(named.map(({ open }) => open)) }
}
