import { projection } from '#projections/shared/projection.ts'
import { type Given, sources } from './national-day/given.ts'
import { applyListEvents } from './national-day/industry-list.ts'
import { applyUserEvents } from './national-day/members.ts'
import { recompute } from './national-day/recompute.ts'
import { applyReportEvents } from './national-day/reports.ts'
import { tables } from './national-day/tables.sql.ts'

/**
 * The daily statistics of high-risk users (总部高风险用户日统计): what every province reported of every user and bill, as published and as
 * corrected, and the sums of each day by province, industry category and level. It owns all it needs, so that building it
 * again from the log gives the same rows, in batches of any size.
 */
export const nationalDay = projection<typeof sources>({
  name: 'national-day',
  version: 2,
  sources,
  onPoison: 'halt',
  restMs: 250, // a report's sums are made again with each page that touches its province and day
  publishes: [
    'reporter',
    'report',
    'report_version',
    'user_day',
    'bill_day',
    'statistic',
    'statistic_month',
    'province_day',
    'top_user',
    'membership',
    'membership_move',
    'list_version',
    'trade_category',
  ],
  create: tables,
  apply: async (events, db) => {
    const given = sorted(events)
    const touches = [
      ...(await applyListEvents(given.IndustryList, db)),
      ...(await applyUserEvents(given.HighRiskUser, db)),
      ...(await applyReportEvents(given.DailyReport, db)),
    ]
    await recompute(touches, db)
  },
})

const sorted = (events: readonly Given[keyof Given][number][]): Given => {
  const of = <C extends keyof Given>(category: C): Given[C] => events.filter(({ stream }) => stream.startsWith(`${category}-`)) as unknown as Given[C]
  return { IndustryList: of('IndustryList'), HighRiskUser: of('HighRiskUser'), DailyReport: of('DailyReport') }
}
