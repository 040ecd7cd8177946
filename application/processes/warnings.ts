import { addDays, type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import type { Alone } from '../ports/alone.ts'
import { oneByOne } from '../shared/one-by-one.ts'
import type { SealedReport } from '../warning-work-order/sealed-report.ts'
import { type Warnings, warn } from '../warning-work-order/warnings.ts'

export type WarningNeeds = {
  readonly warnings: Warnings
  /** Each province's newest sealed day, none before a date. */
  readonly reports: (since: BusinessDate) => Promise<readonly SealedReport[]>
  readonly alone: Alone
}

/** A day that is older says nothing of today. */
const LOOK_BACK_DAYS = 7

/**
 * Warnings by rule (规则预警): judges each province's newest report once in each of its versions, and leaves the orders drafted for
 * headquarters to look at. Older days are passed over. One province that fails does not keep the others waiting. Answers how many
 * orders were drafted.
 */
export const draftFromReports = async ({ warnings, reports, alone }: WarningNeeds, now: Instant): Promise<number> =>
  oneByOne(await reports(addDays(businessDateOf(now), -LOOK_BACK_DAYS)), async (report) => {
    const orders = await alone(`warnings/${report.province}`, () => warn(warnings, report, now))
    return typeof orders === 'number' ? orders : 0
  })
