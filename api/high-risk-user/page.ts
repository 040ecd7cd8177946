import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { highRiskUserStream } from '#application/high-risk-user/use-cases.ts'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { historyOf } from '#application/replay/replay.ts'
import { type Sight, UNIT_READERS } from '#application/shared/authorise.ts'
import { BillFigure } from '#domain/daily-report/fields.ts'
import { BusinessDate, businessDateOf, daysBetween, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { Fen, sum } from '#domain/shared/quantities.ts'
import { userDays } from '#projections/daily-report/figures.queries.ts'
import { GroupOfCustomer, groupOfCustomer } from '#projections/group-user/customer.queries.ts'
import { GROUP_MODEL } from '#projections/group-user/directory.queries.ts'
import { CaseDocument, getCase } from '#projections/high-risk-user/case.queries.ts'
import { getRegistered, ListedPeriod, RegisteredUser } from '#projections/high-risk-user/register.queries.ts'
import { ListedOrder, listOrders, WORK_ORDERS } from '#projections/warning-work-order/orders.queries.ts'
import { readBy } from '../access.ts'
import { etagOf } from '../conditional.ts'
import type { Freshness } from '../freshness.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, OfUser, readFailures } from '../schemas.ts'
import { orderScope } from '../warning-work-order/sight.ts'
import { seesProvince, seesUnit, sightIn } from './sight.ts'

export const CASE = 'high-risk-user-case'

export type PageNeeds = {
  readonly pool: DatabasePool
  readonly store: EventStore
  readonly directory: Directory
  readonly clock: Clock
  readonly fresh: Freshness
}

const AgedBill = BillFigure.extend({ daysPastDue: z.int().describe('Negative or 0: not due yet') })
const TimelineEntry = z.strictObject({ revision: z.int(), at: Instant, type: z.string(), by: z.string(), role: z.string(), data: z.unknown() })
const UserPage = z
  .object({
    asOf: AsOf,
    user: RegisteredUser.extend({ listed: z.array(ListedPeriod) }),
    case: CaseDocument,
    figures: z
      .object({ date: BusinessDate, arrears: Fen, prepaidBalance: Fen, powerOff: z.boolean(), bills: z.array(AgedBill) })
      .nullable()
      .describe('As the last reported day has them'),
    orders: z.array(ListedOrder).describe('Work orders that name him and that the caller may see, the last drafted first; amounts are of the whole order'),
    group: GroupOfCustomer.nullable().describe('His group today; null also for who works below the province'),
    timeline: z.array(TimelineEntry).describe('The latest events, the last first; persons masked'),
  })
  .meta({ id: 'UserPage' })

/** Everything of one user on one page. */
export const userPage = (app: App, needs: PageNeeds): void => {
  const { pool, store, directory, clock, fresh } = needs
  app.get(
    '/v1/high-risk-users/:province/:consNo/case',
    {
      config: readBy(UNIT_READERS, 'own'),
      schema: {
        operationId: 'getHighRiskUserCase',
        tags: ['high-risk-user'],
        summary: 'One user in full: profile, level, figures with ageing, measures, promises, contacts (masked), holds, work orders, group, timeline',
        description: '`asOf` is the oldest of the read models in it.',
        params: OfUser,
        querystring: z.strictObject(freshnessQuery),
        response: { 200: UserPage, ...readFailures() },
      },
    },
    async (request, reply) => {
      const { province, consNo } = request.params
      const today = businessDateOf(clock.now())
      const sight = await sightIn(request, directory, clock)
      if (!seesProvince(sight, province)) throw new Problem('NOT_FOUND')
      for (const model of [CASE, WORK_ORDERS, GROUP_MODEL]) await fresh.settle(request, reply, model)
      const { asOf, found } = await getCase(pool, province, consNo)
      const { user } = await getRegistered(pool, province, consNo)
      if (!found || !user || !seesUnit(sight, found.document.orgCode, directory, today)) throw new Problem('NOT_FOUND')
      const { provinces, withDrafts, assignedOrgs } = await orderScope(request, needs, [province])
      const filter = { consNo, ...(assignedOrgs && { assignedOrgs: [...assignedOrgs] }) }
      const orders = await listOrders(pool, { provinces, withDrafts, filter, now: clock.now(), limit: ORDERS })
      if (orders === 'BAD_CURSOR') throw new Error('no cursor was given')
      const members = membersSeen(sight)
      const belonging = members === 'none' ? undefined : await groupOfCustomer(pool, { province, consNo }, today, members)
      const standing = fresh.oldest([asOf, orders.asOf, ...(belonging ? [belonging.asOf] : [])])
      return reply.header('etag', etagOf(found.revision)).send({
        asOf: await fresh.stamp(request, reply, standing),
        user: { ...user, listed: [...user.listed] },
        case: found.document,
        figures: await figuresOf(pool, province, consNo),
        orders: [...orders.rows],
        group: belonging?.group ?? null,
        timeline: await timelineOf(store, province, consNo),
      })
    },
  )
}

const ORDERS = 50

/** Whose members of a group are counted: headquarters counts all, a province its own; links are not a matter of units below it. */
const membersSeen = (sight: Sight): readonly ProvinceCode[] | undefined | 'none' => {
  if (sight.kind === 'all') return undefined
  return sight.kind === 'province' && sight.unit === undefined ? [sight.province] : 'none'
}

const figuresOf = async (pool: DatabasePool, province: ProvinceCode, consNo: ConsNo): Promise<z.output<typeof UserPage>['figures']> => {
  const [last] = (await userDays(pool, { province, consNo, limit: 1 })).days
  if (!last) return null
  const { date, row } = last
  const bills = row.bills.map((bill) => ({ ...bill, daysPastDue: daysBetween(bill.dueDate, date) }))
  return { date, arrears: sum(bills.map(({ arrears }) => arrears)), prepaidBalance: row.prepaidBalance, powerOff: row.powerOff, bills }
}

const TIMELINE = 50

/** A user's record is short: read whole, shown from its end. */
const timelineOf = async (store: EventStore, province: ProvinceCode, consNo: ConsNo): Promise<z.output<typeof TimelineEntry>[]> => {
  const entries: z.output<typeof TimelineEntry>[] = []
  for await (const { revision, at, type, actor, data } of historyOf(store, highRiskUserStream({ province, consNo }))) {
    entries.push({ revision: Number(revision), at, type, by: actor.userId, role: actor.role, data })
    if (entries.length > TIMELINE) entries.shift()
  }
  return entries.toReversed()
}
