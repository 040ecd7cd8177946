import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { addDays, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { DailyStatistics, DailyStatisticsQuery, dailyStatistics } from '#projections/daily-report/national-day.queries.ts'
import { readAsOf } from '#projections/shared/as-of.ts'
import { sql } from '#projections/shared/sql.ts'
import { readBy } from '../access.ts'
import type { Freshness, Standing } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, AsOf, freshnessQuery, readFailures, several } from '../schemas.ts'
import { flatRow } from './flat.ts'
import { Names, namesOfGroups } from './names.ts'
import { provincesSeen } from './seen.ts'

export const NATIONAL_DAY = 'national-day'
type Needs = { readonly pool: DatabasePool; readonly directory: Directory; readonly clock: Clock; readonly fresh: Freshness }

const { basis, groupBy, rankBy, order, filters } = DailyStatisticsQuery.shape
const { provinces, categories, levels } = filters.unwrap().shape
const element = <S extends z.ZodType>(list: z.ZodOptional<z.ZodArray<S>>): S => list.unwrap().element
const Narrowing = { province: several(element(provinces)), category: several(element(categories)), level: several(element(levels)) }
export const Told = { ...freshnessQuery, basis, ...Narrowing }

const Answer = DailyStatistics.extend({ rows: z.array(DailyStatistics.shape.rows.element.extend(Names)), readAt: AsOf })

const Query = z.strictObject({
  ...Told,
  date: BusinessDate.optional().describe('Yesterday when left out: the last day that can be reported'),
  groupBy,
  rankBy,
  order,
})

/** Where the read model stands before it is read, so that no answer is older than it says. */
export const standingOf = async (pool: Pick<DatabasePool, 'any'>): Promise<Standing> =>
  (await readAsOf(pool, NATIONAL_DAY, z.object({ here: z.boolean() }), sql.fragment`select true as here`)).asOf

/** The daily statistics of high-risk users (总部高风险用户日统计); a province sees its own line. */
export const dailyStatisticsRoutes =
  ({ pool, directory, clock, fresh }: Needs) =>
  async (app: App): Promise<void> => {
    const seen = provincesSeen(directory, clock)
    app.get(
      '/v1/statistics/daily',
      {
        config: readBy(PROVINCE_READERS, 'own'),
        schema: {
          operationId: 'getDailyStatistics',
          tags: ['statistics'],
          summary: 'Every figure of a day by province, industry category or level, with the total',
          description:
            '`basis=published` as the figures stood at the cut-off, `corrected` by the latest versions. NDJSON and CSV have one line per group and one for the total (key `*`), ratios as numerator and denominator.',
          querystring: Query,
          response: { 200: Answer, ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request)
        const { date = previousDay(clock), basis, groupBy, rankBy, order, province, category, level } = request.query
        const scope = await seen(request)
        await fresh.settle(request, reply, NATIONAL_DAY)
        const standing = await standingOf(pool)
        const told = await dailyStatistics(pool, { date, basis, groupBy, rankBy, order, filters: narrowing({ province, category, level }) }, scope)
        const names = namesOfGroups(directory, date, groupBy)
        const rows = told.rows.map((row) => ({ ...row, ...names(row.key) }))
        const readAt = await fresh.stamp(request, reply, standing)
        if (format === 'json') return reply.send({ ...told, rows, readAt })
        return sendRows(reply, format, [...rows.map((row) => flatRow(told.date, row)), flatRow(told.date, { key: '*', ...told.total })]) as never
      },
    )
  }

const previousDay = (clock: Clock): BusinessDate => addDays(businessDateOf(clock.now()), -1)

type Asked = { readonly [K in keyof typeof Narrowing]?: z.output<(typeof Narrowing)[K]> | undefined }
export const narrowing = ({ province, category, level }: Asked) => ({
  ...(province && { provinces: province }),
  ...(category && { categories: category }),
  ...(level && { levels: level }),
})
