import type { FastifyBaseLogger } from 'fastify'
import type { DatabasePool } from 'slonik'
import { type BulletinUseCases, bulletinUseCases } from '#application/bulletin/use-cases.ts'
import { readReport } from '#application/daily-report/read.ts'
import { type Reporting, reportAggregate } from '#application/daily-report/report.ts'
import { uploadDay } from '#application/daily-report/upload-day.ts'
import { type DailyReportUseCases, dailyReportUseCases } from '#application/daily-report/use-cases.ts'
import type { Grouping } from '#application/group-user/aggregates.ts'
import { groupLinkUseCases } from '#application/group-user/links.ts'
import { linksInBulk } from '#application/group-user/links-in-bulk.ts'
import { groupUserUseCases } from '#application/group-user/use-cases.ts'
import { type NominateMany, nominateMany } from '#application/high-risk-user/nominate-many.ts'
import { type HighRiskUserUseCases, highRiskUserUseCases, type Listing } from '#application/high-risk-user/use-cases.ts'
import { listReader } from '#application/industry-list/read.ts'
import { type IndustryListUseCases, industryListUseCases } from '#application/industry-list/use-cases.ts'
import type { Directory } from '#application/organisation/directory.ts'
import { type OrganisationUseCases, organisationUseCases } from '#application/organisation/use-cases.ts'
import type { Feed } from '#application/ports/feed.ts'
import { type WarningWorkOrderUseCases, warningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import type { WorkOrders } from '#application/warning-work-order/work-orders.ts'
import { bulletinRoutes } from './bulletin/routes.ts'
import { type ChangesLimits, changesRoutes } from './changes/routes.ts'
import { dailyReportCommands } from './daily-report/commands.ts'
import { completenessRoutes } from './daily-report/completeness.ts'
import { dailyReportQueries, type Prefill } from './daily-report/queries.ts'
import { dayUpload } from './daily-report/upload.ts'
import { freshness, type WaitFor } from './freshness.ts'
import { groupElectricityQueries } from './group-user/electricity.ts'
import { groupQueries } from './group-user/queries.ts'
import { groupReleaseQueries } from './group-user/releases.ts'
import { type GroupUseCases, groupRoutes } from './group-user/routes.ts'
import { groupWorkQueries } from './group-user/worklist.ts'
import { caseworkQueries } from './high-risk-user/casework.ts'
import { highRiskUserCommands } from './high-risk-user/commands.ts'
import { nominationRoutes } from './high-risk-user/nominations.ts'
import { highRiskUserQueries } from './high-risk-user/queries.ts'
import { replayRoutes } from './history/replays.ts'
import type { Identify } from './identity.ts'
import { industryListCommands } from './industry-list/commands.ts'
import { industryListQueries } from './industry-list/queries.ts'
import { type Operations, operationsRoutes } from './operations/routes.ts'
import { checksOf, gaugesOf } from './operations/watched.ts'
import { organisationRoutes } from './organisation/routes.ts'
import type { App } from './schemas.ts'
import { buildServer, type Routes } from './server.ts'
import { arrearsRoutes } from './statistics/arrears.ts'
import { dailyStatisticsRoutes } from './statistics/routes.ts'
import { userDayRoutes } from './statistics/user-days.ts'
import { type SupervisionParts, supervisionRoutes } from './supervision.ts'

/** What people and systems may ask of the business; the same behind HTTP, the command line and the demonstration. */
export type UseCases = GroupUseCases & {
  readonly industryList: IndustryListUseCases
  readonly highRiskUser: HighRiskUserUseCases
  readonly nominateMany: NominateMany
  readonly dailyReport: DailyReportUseCases
  readonly organisation: OrganisationUseCases
  readonly bulletin: BulletinUseCases
  readonly warningWorkOrder: WarningWorkOrderUseCases
  readonly uploadDay: ReturnType<typeof uploadDay>
}
type Working = Reporting & Listing & WorkOrders & Grouping & { readonly scope: Directory }

export const useCasesOf = (working: Working, limits: { readonly rows: number }): UseCases => ({
  industryList: industryListUseCases(working),
  highRiskUser: highRiskUserUseCases(working),
  nominateMany: nominateMany(working, limits),
  dailyReport: dailyReportUseCases(working),
  organisation: organisationUseCases(working),
  groupUser: groupUserUseCases(working),
  groupLink: groupLinkUseCases(working),
  linksInBulk: linksInBulk(working, limits),
  bulletin: bulletinUseCases(working),
  warningWorkOrder: warningWorkOrderUseCases(working),
  uploadDay: uploadDay(working, limits),
})

export type HttpNeeds = SupervisionParts & {
  readonly identify: Identify
  /** `scope` is the directory of the organisation. */
  readonly working: Working
  readonly useCases: UseCases
  readonly feed: Feed
  readonly pool: DatabasePool
  readonly waitFor: WaitFor
  readonly prefill: Prefill
  readonly operations: Operations
  /** The largest body of an uploaded day. */
  readonly uploadBytes: number
  /** Limits of followed changes, where they differ from the usual ones. */
  readonly changes?: Partial<ChangesLimits>
  /** Routes of other parts: extraction, and the personas of a demonstration. */
  readonly more?: readonly Routes[]
  readonly logger?: FastifyBaseLogger
}

/** The whole interface over HTTP, ready to listen. */
export const buildHttp = async (needs: HttpNeeds): Promise<App> => {
  const { identify, working, useCases, feed, pool, prefill, operations, uploadBytes, more = [], logger } = needs
  const { store, clock, scope: directory } = working
  const fresh = freshness(feed, needs.waitFor)
  const read = listReader(store)
  const aggregate = reportAggregate(working)
  return buildServer({
    identify,
    scope: directory,
    clock,
    routes: [
      industryListCommands(useCases.industryList),
      industryListQueries({ read, pool, fresh, directory, clock }),
      highRiskUserCommands(useCases.highRiskUser),
      highRiskUserQueries({ pool, directory, clock, fresh }),
      nominationRoutes(useCases.nominateMany, pool),
      caseworkQueries({ pool, store, directory, clock, fresh, casework: working.casework }),
      dailyReportCommands(useCases.dailyReport),
      dayUpload(useCases.uploadDay, uploadBytes),
      completenessRoutes({ pool, directory, clock, fresh, schedules: working.schedules }),
      dailyReportQueries({ readReport: readReport(store, aggregate), prefill }),
      dailyStatisticsRoutes({ pool, directory, clock, fresh }),
      arrearsRoutes({ pool, directory, clock, fresh }),
      userDayRoutes({ pool, fresh }),
      ...supervisionRoutes({ ...needs, useCases: useCases.warningWorkOrder, fresh }),
      bulletinRoutes({ useCases: useCases.bulletin, pool, store, directory, clock, fresh }),
      groupRoutes(useCases, store),
      groupQueries({ pool, directory, clock, fresh }),
      groupElectricityQueries({ pool, directory, clock, fresh }),
      groupWorkQueries({ pool, directory, clock, fresh }),
      groupReleaseQueries({ pool, directory, clock, fresh }),
      organisationRoutes({ directory, clock, store, useCases: useCases.organisation }),
      replayRoutes(working),
      changesRoutes({ feed, directory, clock, ...(needs.changes && { limits: needs.changes }) }),
      operationsRoutes(operations),
      ...more,
    ],
    checks: checksOf(needs),
    gauges: gaugesOf(needs),
    ...(logger && { logger }),
  })
}
