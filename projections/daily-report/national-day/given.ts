import { dailyReportEvents } from '#domain/daily-report/events.ts'
import { highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import { industryListEvents } from '#domain/industry-list/events.ts'
import type { EventOf } from '#domain/shared/catalogue.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { Projected } from '#projections/shared/projection.ts'

export const sources = { IndustryList: industryListEvents, HighRiskUser: highRiskUserEvents, DailyReport: dailyReportEvents } as const

/** A batch, sorted by the category of its streams; within each the log's order is kept. */
export type Given = { readonly [C in keyof typeof sources]: readonly Projected<EventOf<(typeof sources)[C]>>[] }

/** Days whose statistic may read differently now; of every province when none is named. `sealed`: a version of that one day's figures came in. */
export type Touch = { readonly province?: ProvinceCode; readonly from: BusinessDate; readonly to: BusinessDate; readonly sealed: boolean }
