import { bulletinEvents } from './bulletin/events.ts'
import { dailyReportEvents } from './daily-report/events.ts'
import { extractionEvents } from './extraction/events.ts'
import { groupLinkEvents, groupRegisterEvents, groupReleaseEvents, groupUserEvents } from './group-user/events.ts'
import { highRiskUserEvents } from './high-risk-user/events.ts'
import { industryListEvents } from './industry-list/events.ts'
import { organisationEvents, workCalendarEvents } from './organisation/events.ts'
import { screeningEvents } from './screening/events.ts'
import type { Catalogue } from './shared/catalogue.ts'
import type { Category } from './shared/stream-name.ts'
import { orderNumberEvents, warningRunEvents, warningSilenceEvents, warningSubjectEvents, warningWorkOrderEvents } from './warning-work-order/events.ts'

/** Every event of the system, by the category of the streams it stands in. */
export const catalogue = {
  IndustryList: industryListEvents,
  DailyReport: dailyReportEvents,
  HighRiskUser: highRiskUserEvents,
  Organisation: organisationEvents,
  WorkCalendar: workCalendarEvents,
  Extraction: extractionEvents,
  ScreeningRuleSet: screeningEvents,
  WarningWorkOrder: warningWorkOrderEvents,
  WarningSubject: warningSubjectEvents,
  WarningSilences: warningSilenceEvents,
  WarningRun: warningRunEvents,
  OrderNumbers: orderNumberEvents,
  Bulletin: bulletinEvents,
  GroupUser: groupUserEvents,
  GroupRegister: groupRegisterEvents,
  GroupLink: groupLinkEvents,
  GroupRelease: groupReleaseEvents,
} as const satisfies Record<Category, Catalogue>
