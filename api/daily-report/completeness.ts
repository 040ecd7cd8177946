import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { type Reporting, rulesOn } from '#application/daily-report/report.ts'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { addDays, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { completenessBoard, ReportStanding, reportStanding } from '#projections/daily-report/completeness.queries.ts'
import { readBy } from '../access.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, OfReport, readFailures } from '../schemas.ts'
import { provincesSeen } from '../statistics/seen.ts'

const COMPLETENESS = 'daily-report-completeness'
type Needs = {
  readonly pool: Pick<DatabasePool, 'any'>
  readonly directory: Directory
  readonly clock: Clock
  readonly fresh: Freshness
  readonly schedules: Reporting['schedules']
}

const National = z.strictObject({
  provinces: z.int(),
  waived: z.int(),
  submitted: z.int(),
  submittedOnTime: z.int(),
  expectedUsers: z.int(),
  reportedUsers: z.int(),
  rows: z.int(),
  warnedRows: z.int(),
  corrections: z.int(),
  late: z.array(z.string()),
  missing: z.array(z.string()),
})

/** Who has reported (报送完整率, 及时率): the board of a day, and one report with the users it lacks. */
export const completenessRoutes =
  ({ pool, directory, clock, fresh, schedules }: Needs) =>
  async (app: App): Promise<void> => {
    const seen = provincesSeen(directory, clock)
    app.get(
      '/v1/daily-reports',
      {
        config: readBy(PROVINCE_READERS, 'own'),
        schema: {
          operationId: 'getCompletenessBoard',
          tags: ['daily-report'],
          summary: 'How every province’s report of a day stands',
          querystring: z.strictObject({ ...freshnessQuery, date: BusinessDate.optional().describe('Yesterday when left out') }),
          response: { 200: z.strictObject({ asOf: AsOf, date: BusinessDate, national: National, reports: z.array(ReportStanding) }), ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request)
        const now = clock.now()
        const date = request.query.date ?? addDays(businessDateOf(now), -1)
        const own = await seen(request)
        const all = directory.provincesOn(date).map(({ code }) => code as string as ProvinceCode)
        await fresh.settle(request, reply, COMPLETENESS)
        const board = await completenessBoard(
          pool,
          date,
          own === undefined ? all : all.filter((province) => own.includes(province)),
          now,
          rulesOn(schedules, date),
        )
        const asOf = await fresh.stamp(request, reply, board.asOf)
        if (format !== 'json') return sendRows(reply, format, board.rows, Object.keys(ReportStanding.shape)) as never
        return reply.send({
          asOf,
          date,
          national: { ...board.national, late: [...board.national.late], missing: [...board.national.missing] },
          reports: [...board.rows],
        })
      },
    )
    app.get(
      '/v1/daily-reports/:province/:date/completeness',
      {
        config: readBy(PROVINCE_READERS, 'province'),
        schema: {
          operationId: 'getReportCompleteness',
          tags: ['daily-report'],
          summary: 'How one report stands, with the users it lacks',
          params: OfReport,
          querystring: z.strictObject(freshnessQuery),
          response: { 200: ReportStanding.extend({ missing: z.array(z.string()), excused: z.array(z.string()), asOf: AsOf }), ...readFailures() },
        },
      },
      async (request, reply) => {
        await fresh.settle(request, reply, COMPLETENESS)
        const { province, date } = request.params
        const { asOf, report } = await reportStanding(pool, province, date, clock.now(), rulesOn(schedules, date))
        if (!report) throw new Problem('NOT_FOUND')
        return reply.send({ ...report, asOf: await fresh.stamp(request, reply, asOf) })
      },
    )
  }
