import { z } from 'zod'
import { dailyReportStream, type Reporting, reportAggregate } from '#application/daily-report/report.ts'
import { highRiskUserAggregate, highRiskUserStream } from '#application/high-risk-user/use-cases.ts'
import { INDUSTRY_LIST, industryListAggregate } from '#application/industry-list/use-cases.ts'
import { EVERYBODY, PROVINCE_READERS } from '#application/shared/authorise.ts'
import { readBy } from '../access.ts'
import { OfReport, OfUser } from '../schemas.ts'
import type { Routes } from '../server.ts'
import { historyRoutes } from './routes.ts'

/** History and state of the streams that a caller may see. */
export const replayRoutes =
  (working: Reporting): Routes =>
  async (app) => {
    const { store } = working
    historyRoutes(app, store, {
      url: '/v1/industry-list',
      name: 'IndustryList',
      params: z.strictObject({}),
      access: readBy(EVERYBODY, 'own').access,
      aggregate: industryListAggregate(working.knowsTrade),
      stream: () => INDUSTRY_LIST,
    })
    historyRoutes(app, store, {
      url: '/v1/high-risk-users/:province/:consNo',
      name: 'HighRiskUser',
      params: OfUser,
      access: readBy(PROVINCE_READERS, 'province', true).access,
      aggregate: highRiskUserAggregate,
      stream: highRiskUserStream,
    })
    historyRoutes(app, store, {
      url: '/v1/daily-reports/:province/:date',
      name: 'DailyReport',
      params: OfReport,
      access: readBy(PROVINCE_READERS, 'province').access,
      aggregate: reportAggregate(working),
      stream: dailyReportStream,
    })
  }
