import { z } from 'zod'
import { type Casework, guaranteesUntil, planDue, reviewDue } from '#application/high-risk-user/bring.ts'
import { UNIT_READERS } from '#application/shared/authorise.ts'
import { addDays, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { WorkItem, WorkKind, worklist } from '#projections/high-risk-user/worklist.queries.ts'
import { readBy } from '../access.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, readFailures, several } from '../schemas.ts'
import { CASE, type PageNeeds, userPage } from './page.ts'
import { narrowed, sightIn } from './sight.ts'

type Needs = PageNeeds & { readonly casework: Casework }

const WorklistQuery = z.strictObject({
  ...freshnessQuery,
  province: several(ProvinceCode),
  under: OrgCode.optional().describe('Customers of that unit and those below it'),
  owner: UserId.optional(),
  kind: several(WorkKind),
  within: z.coerce
    .number()
    .int()
    .min(0)
    .max(366)
    .default(7)
    .describe('What is due within so many days; overdue items always, ends of guarantees as long before as the rules say'),
  after: z.string().max(500).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

/** What needs doing today, and everything of one user on one page. */
export const caseworkQueries =
  (needs: Needs) =>
  async (app: App): Promise<void> => {
    const { pool, directory, clock, fresh, casework } = needs
    app.get(
      '/v1/worklist',
      {
        config: readBy(UNIT_READERS, 'own'),
        schema: {
          operationId: 'getWorklist',
          tags: ['high-risk-user'],
          summary: 'What needs doing on users, the longest overdue first',
          description:
            'Candidates to decide on, plans due for users of level I, measures, ends of guarantees, promises, holds, rechecks, overrides, reviews, and levels whose review is overdue. JSON, NDJSON or CSV by `Accept`.',
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
          guaranteesUntil: guaranteesUntil(casework, today),
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
    userPage(app, needs)
  }
