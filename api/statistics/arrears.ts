import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { addDays, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { Fen, fen } from '#domain/shared/quantities.ts'
import { Ageing, AgeingQuery, ageing, OwingUsers, owingUsers, TopUsers, topUsers } from '#projections/daily-report/national-day-arrears.queries.ts'
import { Trend, TrendQuery, trend } from '#projections/daily-report/national-day-trend.queries.ts'
import { readBy } from '../access.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, readFailures, several } from '../schemas.ts'
import { flatFigures } from './flat.ts'
import { Names, namesOfGroups, namesOn } from './names.ts'
import { NATIONAL_DAY, narrowing, standingOf, Told } from './routes.ts'
import { provincesSeen } from './seen.ts'
import { unitStatisticsRoute } from './units.ts'

type Needs = { readonly pool: DatabasePool; readonly directory: Directory; readonly clock: Clock; readonly fresh: Freshness }

const config = readBy(PROVINCE_READERS, 'own')
const day = BusinessDate.optional().describe('Yesterday when left out')
const dayBefore = (clock: Clock): BusinessDate => addDays(businessDateOf(clock.now()), -1)

/** Arrears by age, who owes most, a province by its units, and figures over time; a province sees its own. */
export const arrearsRoutes =
  (needs: Needs) =>
  async (app: App): Promise<void> => {
    ageingRoute(app, needs)
    topUsersRoute(app, needs)
    owingUsersRoute(app, needs)
    unitStatisticsRoute(app, needs)
    trendRoute(app, needs)
  }

const ageingRoute = (app: App, { pool, directory, clock, fresh }: Needs): void => {
  const seen = provincesSeen(directory, clock)
  app.get(
    '/v1/statistics/ageing',
    {
      config,
      schema: {
        operationId: 'getArrearsAgeing',
        tags: ['statistics'],
        summary: 'Arrears by days past due (账龄)',
        querystring: z.strictObject({ ...Told, date: day, groupBy: AgeingQuery.shape.groupBy }),
        response: { 200: Ageing.extend({ rows: z.array(Ageing.shape.rows.element.extend(Names)), readAt: AsOf }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { date = dayBefore(clock), basis, groupBy } = request.query
      const scope = await seen(request)
      await fresh.settle(request, reply, NATIONAL_DAY)
      const standing = await standingOf(pool)
      const told = await ageing(pool, { date, basis, groupBy, filters: narrowing(request.query) }, scope)
      const names = namesOfGroups(directory, date, groupBy)
      const rows = told.rows.map(({ key, ...row }) => ({ key, ...names(key), ...row }))
      const readAt = await fresh.stamp(request, reply, standing)
      if (format === 'json') return reply.send({ ...told, rows, readAt })
      return sendRows(reply, format, [...rows, { key: '*', name: null, shortName: null, stale: false, ...told.total }]) as never
    },
  )
}

const ProvinceName = { provinceName: Names.shortName }
const withProvince = (directory: Directory, date: BusinessDate) => {
  const names = namesOn(directory, date)
  return <U extends { readonly province: ProvinceCode }>(user: U) => ({ ...user, provinceName: names(user.province).shortName })
}
const unitsUnder = (directory: Directory, unit: OrgCode, date: BusinessDate): OrgCode[] =>
  directory.unitsOn(date).flatMap(({ code }) => (directory.isWithin(code, unit, date) ? [code] : []))

/** Where a page of owing users ended: `arrears/province/consNo`. */
const After = z
  .string()
  .regex(/^\d{1,18}\/P\d{2}[A-Z]?\/[0-9A-Za-z]{1,16}$/, 'the `next` of the page before')
  .optional()
type Place = { readonly arrears: Fen; readonly province: ProvinceCode; readonly consNo: ConsNo }
const written = ({ arrears, province, consNo }: Place): string => `${arrears}/${province}/${consNo}`
const read = (text: string): Place => {
  const [arrears = '', province = '', consNo = ''] = text.split('/')
  return { arrears: fen(BigInt(arrears)), province: ProvinceCode.parse(province), consNo: ConsNo.parse(consNo) }
}

const topUsersRoute = (app: App, { pool, directory, clock, fresh }: Needs): void => {
  const seen = provincesSeen(directory, clock)
  app.get(
    '/v1/statistics/top-users',
    {
      config,
      schema: {
        operationId: 'getTopUsers',
        tags: ['statistics'],
        summary: 'The ten who owe most',
        querystring: z.strictObject({ ...Told, date: day, limit: z.coerce.number().int().min(1).max(10).default(10) }),
        response: { 200: TopUsers.extend({ users: z.array(TopUsers.shape.users.element.extend(ProvinceName)), readAt: AsOf }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { date = dayBefore(clock), basis, limit } = request.query
      const scope = await seen(request)
      await fresh.settle(request, reply, NATIONAL_DAY)
      const standing = await standingOf(pool)
      const told = await topUsers(pool, { date, basis, limit, filters: narrowing(request.query) }, scope)
      const users = told.users.map(withProvince(directory, date))
      const readAt = await fresh.stamp(request, reply, standing)
      return format === 'json' ? reply.send({ ...told, users, readAt }) : (sendRows(reply, format, users) as never)
    },
  )
}

const owingUsersRoute = (app: App, { pool, directory, clock, fresh }: Needs): void => {
  const seen = provincesSeen(directory, clock)
  app.get(
    '/v1/statistics/owing-users',
    {
      config,
      schema: {
        operationId: 'listOwingUsers',
        tags: ['statistics'],
        summary: 'Users who owe more than a sum, 1 000 000 yuan unless said (百万以上欠费户)',
        description: 'All reported users of a unit: `under` the unit, `above=-1`. Names of units: `GET /v1/organisation/units?date=`.',
        querystring: z.strictObject({
          ...Told,
          date: day,
          above: Fen.optional(),
          under: OrgCode.optional().describe('Customers of that unit and those below it'),
          after: After,
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: {
          200: OwingUsers.extend({ users: z.array(OwingUsers.shape.users.element.extend(ProvinceName)), next: z.string().nullable(), readAt: AsOf }),
          ...readFailures(),
        },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { date = dayBefore(clock), basis, limit, above = fen(100_000_000n), after, under } = request.query
      const scope = await seen(request)
      await fresh.settle(request, reply, NATIONAL_DAY)
      const standing = await standingOf(pool)
      const told = await owingUsers(
        pool,
        {
          ...{ date, basis, limit, above, filters: narrowing(request.query) },
          ...(after !== undefined && { after: read(after) }),
          ...(under !== undefined && { orgCodes: unitsUnder(directory, under, date) }),
        },
        scope,
      )
      const users = told.users.map(withProvince(directory, date))
      const readAt = await fresh.stamp(request, reply, standing)
      const next = told.next && written(told.next)
      if (next !== null) void reply.header('epm-next', next)
      return format === 'json' ? reply.send({ ...told, users, next, readAt }) : (sendRows(reply, format, users) as never)
    },
  )
}

const trendRoute = (app: App, { pool, directory, clock, fresh }: Needs): void => {
  const seen = provincesSeen(directory, clock)
  const { from, to, groupBy, figures } = TrendQuery.shape
  app.get(
    '/v1/statistics/trend',
    {
      config,
      schema: {
        operationId: 'getStatisticsTrend',
        tags: ['statistics'],
        summary: 'Some figures day by day',
        description: 'The key of a province is its code; names: `GET /v1/organisation/units?level=PROVINCE&date=`.',
        querystring: z.strictObject({ ...Told, from, to, groupBy, figures: several(figures.element).describe('One to twelve, separated by commas') }),
        response: { 200: Trend.extend({ readAt: AsOf }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { from, to, basis, groupBy, figures = ['arrears'] } = request.query
      const asked = TrendQuery.safeParse({ from, to, basis, groupBy, figures, filters: narrowing(request.query) })
      if (!asked.success)
        throw new Problem('VALIDATION_FAILED', {
          errors: asked.error.issues.map(({ path, code, message }) => ({ pointer: `/querystring/${path.join('/')}`, code, message })),
        })
      const scope = await seen(request)
      await fresh.settle(request, reply, NATIONAL_DAY)
      const standing = await standingOf(pool)
      const told = await trend(pool, asked.data, scope)
      const readAt = await fresh.stamp(request, reply, standing)
      if (format === 'json') return reply.send({ ...told, readAt })
      return sendRows(
        reply,
        format,
        told.points.map(({ figures, ...point }) => ({ ...point, ...flatFigures(figures) })),
      ) as never
    },
  )
}
