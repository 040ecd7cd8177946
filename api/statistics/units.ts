import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { addDays, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { type OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { UnitStatistics, unitStatistics } from '#projections/daily-report/national-day-units.queries.ts'
import { readBy } from '../access.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, readFailures } from '../schemas.ts'
import { flatRow } from './flat.ts'
import { Names, namesOn } from './names.ts'
import { NATIONAL_DAY, narrowing, standingOf, Told } from './routes.ts'
import { provincesSeen } from './seen.ts'

type Needs = { readonly pool: DatabasePool; readonly directory: Directory; readonly clock: Clock; readonly fresh: Freshness }
const UnitLevel = z.enum(['CITY', 'COUNTY'])
const { province: _, ...told } = Told

/** A province's day by its cities or counties; a province sees its own. */
export const unitStatisticsRoute = (app: App, { pool, directory, clock, fresh }: Needs): void => {
  const seen = provincesSeen(directory, clock)
  app.get(
    '/v1/statistics/daily/units',
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'getUnitStatistics',
        tags: ['statistics'],
        summary: 'The figures of a province’s day by its cities or counties, as the organisation stood on the date',
        description:
          'Figures that do not add up are null: shares of the greatest debts, the month to date, completeness and timeliness. Users of no such unit stand under the key null. The users themselves: `GET /v1/statistics/owing-users?under=&above=-1`.',
        querystring: z.strictObject({
          ...told,
          province: ProvinceCode,
          date: BusinessDate.optional().describe('Yesterday when left out'),
          level: UnitLevel.default('CITY').describe('Level of the units'),
          risk: Told.level,
        }),
        response: { 200: UnitStatistics.extend({ rows: z.array(UnitStatistics.shape.rows.element.extend(Names)), readAt: AsOf }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { province, date = addDays(businessDateOf(clock.now()), -1), basis, level, category, risk } = request.query
      const scope = await seen(request)
      if (scope && !scope.includes(province)) throw new Problem('FORBIDDEN_SCOPE')
      await fresh.settle(request, reply, NATIONAL_DAY)
      const standing = await standingOf(pool)
      const filters = narrowing({ category, level: risk })
      const { rows: groups, ...told } = await unitStatistics(pool, { province, date, basis, filters }, unitAt(directory, date, level))
      const names = namesOn(directory, date)
      const rows = groups.map(({ key, figures }) => ({ key, ...names(key), figures }))
      const readAt = await fresh.stamp(request, reply, standing)
      if (format === 'json') return reply.send({ ...told, rows, readAt })
      const { asOf, stale } = told
      const lines = [...rows, { key: '*', name: null, shortName: null, figures: told.total }]
      return sendRows(
        reply,
        format,
        lines.map((line) => flatRow(date, { ...line, asOf, stale })),
      ) as never
    },
  )
}

/** The unit of a level to which another belonged on a date; null when there is none above it. */
const unitAt =
  (directory: Directory, date: BusinessDate, level: z.output<typeof UnitLevel>) =>
  (code: OrgCode): OrgCode | null => {
    const seen = new Set<OrgCode>()
    for (let unit = directory.unitOn(code, date); unit && !seen.has(unit.code); unit = unit.parent && directory.unitOn(unit.parent, date)) {
      if (unit.level === level) return unit.code
      seen.add(unit.code)
    }
    return null
  }
