import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { SUPERVISION, SupervisionQuery, SupervisionStatistics, supervisionStatistics } from '#projections/warning-work-order/supervision.queries.ts'
import { readBy } from '../access.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, AsOf, readFailures } from '../schemas.ts'
import { Names, namesOfGroups } from './names.ts'
import { provincesSeen } from './seen.ts'
import { askedOf, type SupervisionNeeds, Told } from './supervision-asked.ts'
import { supervisionDetails } from './supervision-details.ts'
import { flatFigures, flatLine } from './supervision-flat.ts'

const Query = z.strictObject({ ...Told, groupBy: SupervisionQuery.shape.groupBy })
const Answer = SupervisionStatistics.extend({ rows: z.array(SupervisionStatistics.shape.rows.element.extend(Names)), readAt: AsOf })
const { score, rank } = SupervisionStatistics.shape.rows.element.shape
const Ranked = z.object({ province: ProvinceCode, ...Names, score, rank, cohort: SupervisionStatistics.shape.total.shape.cohort })
const Ranking = z.object({
  readAt: AsOf,
  date: BusinessDate,
  period: SupervisionStatistics.shape.period,
  score: SupervisionStatistics.shape.score,
  rows: z.array(Ranked),
})

/** 总部预警督办日统计: flow, stock and cohort, and how provinces are ranked by them; a province sees its own line, with its place among all. */
export const supervisionStatisticsRoutes =
  (needs: SupervisionNeeds) =>
  async (app: App): Promise<void> => {
    const { directory, clock, fresh, pool, scores } = needs
    const seen = provincesSeen(directory, clock)
    /** Figures as far as the caller may see them; the place of a province is that among all provinces. */
    const told = async (request: FastifyRequest, query: SupervisionQuery) => {
      const scope = await seen(request)
      const own = await supervisionStatistics(pool, query, scores, scope)
      if (query.groupBy !== 'province' || (scope === undefined && query.filters?.provinces === undefined)) return own
      const all = await supervisionStatistics(pool, { ...query, filters: { ...query.filters, provinces: undefined } }, scores)
      const places = new Map(all.rows.map((row) => [row.key, { score: row.score, rank: row.rank }]))
      return { ...own, rows: own.rows.map((row) => ({ ...row, ...(places.get(row.key) ?? { score: null, rank: null }) })) }
    }
    app.get(
      '/v1/statistics/supervision',
      {
        config: readBy(PROVINCE_READERS, 'own'),
        schema: {
          operationId: 'getSupervisionStatistics',
          tags: ['supervision'],
          summary: 'What happened on a day, where orders stand at its end, and what became of those issued in a period',
          description:
            'By province, grade or kind, with the total; day by day: `/v1/statistics/supervision/days`. NDJSON, CSV and XLSX have one line a group and one for the total (key `*`), ratios as numerator and denominator.',
          querystring: Query,
          response: { 200: Answer, ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request)
        const { groupBy } = request.query
        const query = { ...askedOf(request.query, clock), groupBy }
        await fresh.settle(request, reply, SUPERVISION)
        const { asOf, rows: groups, ...rest } = await told(request, query)
        const names = namesOfGroups(directory, query.date, groupBy)
        const rows = groups.map((row) => ({ ...row, ...names(row.key) }))
        const readAt = await fresh.stamp(request, reply, asOf as Parameters<Freshness['stamp']>[2])
        if (format === 'json') return reply.send({ ...rest, asOf, rows, readAt })
        const total = { key: '*', name: null, shortName: null, score: null, rank: null, ...rest.total }
        return sendRows(
          reply,
          format,
          [...rows, total].map((row) => flatLine(query.date, row)),
        ) as never
      },
    )
    app.get(
      '/v1/statistics/supervision/ranking',
      {
        config: readBy(PROVINCE_READERS, 'own'),
        schema: {
          operationId: 'getSupervisionRanking',
          tags: ['supervision'],
          summary: 'Provinces in the order of their score, with the weights it is made of',
          querystring: z.strictObject(Told),
          response: { 200: Ranking, ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request)
        const query = { ...askedOf(request.query, clock), groupBy: 'province' as const }
        await fresh.settle(request, reply, SUPERVISION)
        const { asOf, date, period, score: weights, rows: groups } = await told(request, query)
        const names = namesOfGroups(directory, query.date, 'province')
        const rows = groups
          .map(({ key, score: points, rank: place, cohort }) => ({ province: key as ProvinceCode, ...names(key), score: points, rank: place, cohort }))
          .toSorted((a, b) => (a.rank ?? Number.MAX_SAFE_INTEGER) - (b.rank ?? Number.MAX_SAFE_INTEGER))
        const readAt = await fresh.stamp(request, reply, asOf as Parameters<Freshness['stamp']>[2])
        if (format === 'json') return reply.send({ readAt, date, period, score: weights, rows })
        return sendRows(
          reply,
          format,
          rows.map(({ cohort, ...row }) => ({ ...row, ...flatFigures(cohort) })),
        ) as never
      },
    )
    supervisionDetails(app, needs)
  }
