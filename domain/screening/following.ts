import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'

/** How a new industry list is followed by screening (清单下发重新筛选); effective-dated. */
export const FollowingRules = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  /** A version that took effect more days ago than this is not screened in retrospect: what was known then helps nobody now. */
  lookBackDays: z.int().min(0),
})
export type FollowingRules = z.output<typeof FollowingRules>
