import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { addDays, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { DailyStatistics, DailyStatisticsQuery, dailyStatistics } from '#projections/daily-report/national-day.queries.ts'
import { standingOf as standingOfModel } from '#projections/shared/as-of.ts'
import { readBy } from '../access.ts'
import { etagOfText, hasAlready } from '../conditional.ts'
import type { Freshness, Standing } from '../freshness.ts'
import { keeping } from '../kept.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, AsOf, freshnessQuery, readFailures, several } from '../schemas.ts'
import { wireJson } from '../wire.ts'
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
export const standingOf = async (pool: Pick<DatabasePool, 'any'>): Promise<Standing> => (await standingOfModel(pool, NATIONAL_DAY)).asOf

/** Pages kept, each some hundred kilobytes of text. */
const KEPT = 64

/** The daily statistics of high-risk users (总部高风险用户日统计); a province sees its own line. */
export const dailyStatisticsRoutes =
  ({ pool, directory, clock, fresh }: Needs) =>
  async (app: App): Promise<void> => {
    const seen = provincesSeen(directory, clock)
    const kept = keeping<{ readonly body: Buffer; readonly etag: string }>(KEPT)
    app.get(
      '/v1/statistics/daily',
      {
        config: readBy(PROVINCE_READERS, 'own'),
        schema: {
          operationId: 'getDailyStatistics',
          tags: ['statistics'],
          summary: 'Every figure of a day by province, industry category or level, with the total',
          description:
            '`basis=published` as the figures stood at the cut-off, `corrected` by the latest versions. NDJSON and CSV have one line per group and one for the total (key `*`), ratios as numerator and denominator. As JSON with an ETag: sent back as If-None-Match, 304 says that nothing in it has changed.',
          querystring: Query,
          response: { 200: Answer, 304: z.null(), ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request)
        const { date = previousDay(clock), basis, groupBy, rankBy, order, province, category, level } = request.query
        const scope = await seen(request)
        await fresh.settle(request, reply, NATIONAL_DAY)
        const { asOf: standing, content } = await standingOfModel(pool, NATIONAL_DAY)
        const asked = { date, basis, groupBy, rankBy, order, filters: narrowing({ province, category, level }) }
        const tell = async () => {
          const told = await dailyStatistics(pool, asked, scope)
          const names = namesOfGroups(directory, date, groupBy)
          return { ...told, rows: told.rows.map((row) => ({ ...row, ...names(row.key) })) }
        }
        if (format !== 'json') {
          const { rows, total } = await tell()
          await fresh.stamp(request, reply, standing)
          return sendRows(reply, format, [...rows.map((row) => flatRow(date, row)), flatRow(date, { key: '*', ...total })]) as never
        }
        const page = await kept([content, directory.tree()], JSON.stringify([asked, scope]), async () => {
          const text = wireJson(await tell())
          return { body: Buffer.from(text.slice(0, -1)), etag: etagOfText(text) }
        })
        const readAt = await fresh.stamp(request, reply, standing)
        void reply.headers({ etag: page.etag, 'cache-control': 'private, no-cache', vary: 'accept' })
        if (hasAlready(request, page.etag)) return reply.code(304).send(undefined as never) // not null, which would be a body
        void reply.type('application/json; charset=utf-8')
        return reply.send(Buffer.concat([page.body, Buffer.from(`,"readAt":${wireJson(readAt)}}`)]) as never)
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
