import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { type Casework, planDue, reviewDue } from '#application/high-risk-user/bring.ts'
import { highRiskUserStream } from '#application/high-risk-user/use-cases.ts'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { historyOf } from '#application/replay/replay.ts'
import { UNIT_READERS } from '#application/shared/authorise.ts'
import { BillFigure } from '#domain/daily-report/fields.ts'
import { addDays, BusinessDate, businessDateOf, daysBetween, Instant } from '#domain/shared/dates.ts'
import { type ConsNo, OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { Fen, sum } from '#domain/shared/quantities.ts'
import { userDays } from '#projections/daily-report/figures.queries.ts'
import { CaseDocument, getCase } from '#projections/high-risk-user/case.queries.ts'
import { getRegistered, ListedPeriod, RegisteredUser } from '#projections/high-risk-user/register.queries.ts'
import { WorkItem, WorkKind, worklist } from '#projections/high-risk-user/worklist.queries.ts'
import { readBy } from '../access.ts'
import { etagOf } from '../conditional.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, OfUser, readFailures, several } from '../schemas.ts'
import { narrowed, seesProvince, seesUnit, sightIn } from './sight.ts'

const CASE = 'high-risk-user-case'

type Needs = {
  readonly pool: DatabasePool
  readonly store: EventStore
  readonly directory: Directory
  readonly clock: Clock
  readonly fresh: Freshness
  readonly casework: Casework
}

const WorklistQuery = z.strictObject({
  ...freshnessQuery,
  province: several(ProvinceCode),
  under: OrgCode.optional().describe('Customers of that unit and those below it'),
  owner: UserId.optional(),
  kind: several(WorkKind),
  within: z.coerce.number().int().min(0).max(366).default(7).describe('What is due within so many days; overdue items always'),
  after: z.string().max(500).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

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
    timeline: z.array(TimelineEntry).describe('The latest events, the last first; persons masked'),
  })
  .meta({ id: 'UserPage' })

/** What needs doing today, and everything of one user on one page. */
export const caseworkQueries =
  ({ pool, store, directory, clock, fresh, casework }: Needs) =>
  async (app: App): Promise<void> => {
    app.get(
      '/v1/worklist',
      {
        config: readBy(UNIT_READERS, 'own'),
        schema: {
          operationId: 'getWorklist',
          tags: ['high-risk-user'],
          summary: 'What needs doing on users, the longest overdue first',
          description:
            'Candidates to decide on, plans due for users of level I, measures, promises, holds, rechecks, overrides, reviews, and levels whose review is overdue. JSON, NDJSON or CSV by `Accept`.',
          querystring: WorklistQuery,
          response: { 200: z.object({ asOf: AsOf, today: BusinessDate, items: z.array(WorkItem), next: z.string().nullable() }), ...readFailures() },
        },
      },
      async (request, reply) => {
        const { province, under, owner, kind, within, after: cursor, limit } = request.query
        const format = formatOf(request)
        const today = businessDateOf(clock.now())
        const scope = narrowed(await sightIn(request, directory, clock), province, under, directory, today)
        await fresh.settle(request, reply, CASE)
        const until = addDays(today, within)
        const page = await worklist(pool, {
          ...scope,
          owner,
          kinds: kind,
          today,
          until,
          planDue: planDue(casework),
          reviewDue: reviewDue(casework),
          cursor,
          limit,
        })
        if (page === 'BAD_CURSOR')
          throw new Problem('VALIDATION_FAILED', { errors: [{ pointer: '/querystring/after', code: 'BAD_CURSOR', message: 'not the `next` of a page' }] })
        const asOf = await fresh.stamp(request, reply, page.asOf)
        if (page.next !== null) void reply.header('epm-next', page.next)
        if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(WorkItem.shape)) as never
        return reply.send({ asOf, today, items: [...page.rows], next: page.next })
      },
    )
    app.get(
      '/v1/high-risk-users/:province/:consNo/case',
      {
        config: readBy(UNIT_READERS, 'own'),
        schema: {
          operationId: 'getHighRiskUserCase',
          tags: ['high-risk-user'],
          summary: 'One user in full: profile, level, figures with ageing, measures, promises, contacts (masked), holds, timeline',
          params: OfUser,
          querystring: z.strictObject(freshnessQuery),
          response: { 200: UserPage, ...readFailures() },
        },
      },
      async (request, reply) => {
        const { province, consNo } = request.params
        const sight = await sightIn(request, directory, clock)
        if (!seesProvince(sight, province)) throw new Problem('NOT_FOUND')
        await fresh.settle(request, reply, CASE)
        const { asOf, found } = await getCase(pool, province, consNo)
        const { user } = await getRegistered(pool, province, consNo)
        if (!found || !user || !seesUnit(sight, found.document.orgCode, directory, businessDateOf(clock.now()))) throw new Problem('NOT_FOUND')
        return reply.header('etag', etagOf(found.revision)).send({
          asOf: await fresh.stamp(request, reply, asOf),
          user: { ...user, listed: [...user.listed] },
          case: found.document,
          figures: await figuresOf(pool, province, consNo),
          timeline: await timelineOf(store, province, consNo),
        })
      },
    )
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
