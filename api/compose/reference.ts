import { z } from 'zod'
import { ReportSchedule } from '#domain/daily-report/schedule.ts'
import { ReleaseRules } from '#domain/group-user/fields.ts'
import { CaseRules, CutOffRules, ListingRules, MeasureCatalogue } from '#domain/high-risk-user/fields.ts'
import { Entry } from '#domain/industry-list/fields.ts'
import { CalendarYear, OrgUnit } from '#domain/organisation/fields.ts'
import { PenaltyRules } from '#domain/penalty/penalty.ts'
import { RuleSet } from '#domain/screening/fields.ts'
import { FollowingRules } from '#domain/screening/following.ts'
import { RetentionRules } from '#domain/screening/retention.ts'
import { SlaRules, SupervisionScore } from '#domain/warning-work-order/fields.ts'
import { WarningRules } from '#domain/warning-work-order/rules.ts'
import { loadReferenceData, tradeTable } from '#infrastructure/reference-data.ts'
import { shippedRuleSet } from '#infrastructure/screening-rules.ts'

/** What ships with a release, judged by the domain's own schemas: a file that does not hold stops the start and says where. */
export type Reference = ReturnType<typeof readReference>

export const readReference = () => {
  const data = loadReferenceData()
  const trades = tradeTable(data.trades)
  return {
    units: z.array(OrgUnit).parse(data.organisation),
    calendars: z.array(CalendarYear).parse(data.calendars),
    industryListEntries: z.array(Entry).parse(data.industryListEntries),
    schedules: z.array(ReportSchedule).parse(data.reportSchedules),
    listingRules: z.array(ListingRules).parse(data.listingRules),
    caseRules: z.array(CaseRules).parse(data.caseRules),
    cutOffRules: z.array(CutOffRules).parse(data.cutOffRules),
    catalogues: z.array(MeasureCatalogue).parse(data.measureCatalogues),
    penaltyRules: z.array(PenaltyRules).parse(data.penaltyRules),
    slaRules: z.array(SlaRules).parse(data.slaRules),
    supervisionScores: z.array(SupervisionScore).parse(data.supervisionScores),
    warningRules: z.array(WarningRules).parse(data.warningRules),
    ruleSet: RuleSet.parse(shippedRuleSet()),
    listScreening: z.array(FollowingRules).parse(data.listScreening),
    screeningRetention: z.array(RetentionRules).parse(data.screeningRetention),
    releaseRules: z.array(ReleaseRules).parse(data.groupReleaseRules),
    codes: data.codes,
    knowsTrade: trades.knows,
  }
}
