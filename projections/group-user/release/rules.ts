import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { Fen, Kwh } from '#domain/shared/quantities.ts'

/** What can be released of the members in other provinces: figures that differ from month to month. No counts and no capacities, which stay the same. */
export const MEASURES = ['electricityMonth', 'receivableMonth', 'receivedMonth', 'openMonth', 'arrears'] as const
export type Measure = (typeof MEASURES)[number]

/** By which rules headquarters releases totals to provinces (集团数据发布规则). With no measures nothing is released. */
export const ReleaseRules = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  measures: z.array(z.enum(MEASURES)),
  /** A month is released from this day of the next month on. */
  releasedOnDay: z.int().min(1).max(28),
  /** Fewest members, and provinces among them, that any released figure and any difference of released figures may be about, beside the reader's own. */
  minMembers: z.int().min(2),
  minProvinces: z.int().min(2),
  /** The largest part of a total that one province, or one member, may be, in 1/10 000. */
  provinceShareBasisPoints: z.int().min(1).max(10_000),
  memberShareBasisPoints: z.int().min(1).max(10_000),
  roundMoneyTo: Fen,
  roundElectricityTo: Kwh,
})
export type ReleaseRules = z.output<typeof ReleaseRules>

export const roundingOf = (rules: ReleaseRules, measure: Measure): bigint => (measure === 'electricityMonth' ? rules.roundElectricityTo : rules.roundMoneyTo)
