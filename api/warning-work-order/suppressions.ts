import { z } from 'zod'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { SuppressedWarning, suppressedWarnings } from '#projections/warning-work-order/warned.queries.ts'
import { readBy } from '../access.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, AsOf, freshnessQuery, readFailures, several } from '../schemas.ts'
import { badCursor, paging, type QueryNeeds } from './queries.ts'
import { orderScope } from './sight.ts'

const SuppressionQuery = z.strictObject({
  ...freshnessQuery,
  province: several(ProvinceCode),
  consNo: ConsNo.optional(),
  why: SuppressedWarning.shape.why.optional(),
  from: BusinessDate.optional(),
  to: BusinessDate.optional(),
  ...paging,
})

/** Warnings that were not given. */
export const suppressionRoute = (app: App, needs: QueryNeeds): void => {
  const { pool, fresh } = needs
  app.get(
    '/v1/warning-suppressions',
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'listSuppressedWarnings',
        tags: ['warning-work-order'],
        summary: 'Warnings that were not given, and why: there was one already, a graver one, or a silence',
        querystring: SuppressionQuery,
        response: { 200: z.object({ asOf: AsOf, suppressions: z.array(SuppressedWarning), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const { province, consNo, why, from, to, after: cursor, limit } = request.query
      const format = formatOf(request)
      const { provinces, assignedOrgs } = await orderScope(request, needs, province)
      await fresh.settle(request, reply, 'warned')
      const page = await suppressedWarnings(pool, { provinces: assignedOrgs ? [] : provinces, consNo, why, from, to, cursor, limit })
      if (page === 'BAD_CURSOR') throw badCursor()
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(SuppressedWarning.shape)) as never
      return reply.send({ asOf, suppressions: [...page.rows], next: page.next })
    },
  )
}
