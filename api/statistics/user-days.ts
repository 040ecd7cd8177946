import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo } from '#domain/shared/identity.ts'
import { ReportRows, reportRows, UserDays, UserDaysQuery, userDays } from '#projections/daily-report/figures.queries.ts'
import { readBy } from '../access.ts'
import { csvLinesOf, DAY_COLUMNS } from '../daily-report/day-rows.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, AsOf, freshnessQuery, OfReport, OfUser, readFailures } from '../schemas.ts'
import { NATIONAL_DAY, standingOf } from './routes.ts'

type Needs = { readonly pool: DatabasePool; readonly fresh: Freshness }

/** Sealed figures of single users: one user over time, and the rows of any version of a report. */
export const userDayRoutes =
  ({ pool, fresh }: Needs) =>
  async (app: App): Promise<void> => {
    app.get(
      '/v1/high-risk-users/:province/:consNo/days',
      {
        config: readBy(PROVINCE_READERS, 'province', true),
        schema: {
          operationId: 'listUserDays',
          tags: ['high-risk-user'],
          summary: 'A user’s reported days, the latest first',
          params: OfUser,
          querystring: z.strictObject({
            ...freshnessQuery,
            basis: UserDaysQuery.shape.basis,
            from: BusinessDate.optional(),
            to: BusinessDate.optional(),
            before: BusinessDate.optional().describe('`next` of the page before'),
            limit: z.coerce.number().int().min(1).max(400).default(31),
          }),
          response: { 200: UserDays.extend({ asOf: AsOf }), ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request, ['json', 'ndjson'])
        await fresh.settle(request, reply, NATIONAL_DAY)
        const standing = await standingOf(pool)
        const { position: _, from, to, before, ...query } = request.query
        const told = await userDays(pool, { ...request.params, ...query, ...(from && { from }), ...(to && { to }), ...(before && { before }) })
        const asOf = await fresh.stamp(request, reply, standing)
        return format === 'json' ? reply.send({ ...told, asOf }) : (sendRows(reply, 'ndjson', told.days) as never)
      },
    )
    app.get(
      '/v1/daily-reports/:province/:date/sealed-rows',
      {
        config: readBy(PROVINCE_READERS, 'province'),
        schema: {
          operationId: 'listSealedRows',
          tags: ['daily-report'],
          summary: 'The rows of a sealed version, page by page',
          params: OfReport,
          querystring: z.strictObject({
            ...freshnessQuery,
            version: z.coerce.number().int().min(1).optional().describe('The latest when left out'),
            after: ConsNo.optional().describe('`next` of the page before'),
            limit: z.coerce.number().int().min(1).max(500).default(100),
          }),
          response: { 200: ReportRows.extend({ asOf: AsOf }), ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request)
        await fresh.settle(request, reply, NATIONAL_DAY)
        const standing = await standingOf(pool)
        const { version, after, limit } = request.query
        const told = await reportRows(pool, { ...request.params, limit, ...(version !== undefined && { version }), ...(after && { after }) })
        const asOf = await fresh.stamp(request, reply, standing)
        if (told.next !== null) void reply.header('epm-next', told.next)
        if (format === 'json') return reply.send({ ...told, asOf })
        const rows = told.rows.map(({ row }) => row)
        return format === 'ndjson' ? (sendRows(reply, format, rows) as never) : (sendRows(reply, format, rows.flatMap(csvLinesOf), DAY_COLUMNS) as never)
      },
    )
  }
