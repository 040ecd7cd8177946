import { FOLDING_STEPS } from '#domain/group-user/names.ts'
import { businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { keepGroupFigures } from '#projections/group-user/electricity/keep.ts'
import { releaseGroupTotals } from '#projections/group-user/release/release.ts'
import { keepSuggestions } from '#projections/group-user/suggestions/suggest.ts'
import type { Platform } from '../compose.ts'

/** Keeps what groups come to, releases to provinces what they may hear of each other, and suggests links; answers how much of it was done anew. */
export const keepGroups = async ({ pool, reference }: Pick<Platform, 'pool' | 'reference'>, now: Instant): Promise<number> => {
  const today = businessDateOf(now)
  const points = await keepGroupFigures(pool, today)
  const released = await releaseGroupTotals(pool, today, reference.releaseRules)
  return points + released + (await keepSuggestions(pool, FOLDING_STEPS))
}
