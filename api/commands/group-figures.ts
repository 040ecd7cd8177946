import { groupReleases } from '#application/processes/group-release.ts'
import { FOLDING_STEPS } from '#domain/group-user/names.ts'
import { businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { keepGroupFigures } from '#projections/group-user/electricity/keep.ts'
import { holdBack, releaseFacts, releasesDue } from '#projections/group-user/release/candidates.ts'
import { keepSuggestions } from '#projections/group-user/suggestions/suggest.ts'
import type { Platform } from '../compose.ts'

/** Keeps what groups come to, and suggests links; answers how much of it was done anew. */
export const keepGroups = async ({ pool }: Pick<Platform, 'pool'>, now: Instant): Promise<number> =>
  (await keepGroupFigures(pool, businessDateOf(now))) + (await keepSuggestions(pool, FOLDING_STEPS))

type Releasing = Pick<Platform, 'pool' | 'store'> & { readonly reference: Pick<Platform['reference'], 'releaseRules'> }

/** Releases to provinces what they may hear of each other, from the sums that are kept. */
export const groupReleasesOf = ({ pool, store, reference }: Releasing): ((now: Instant) => Promise<number>) =>
  groupReleases({
    store,
    rules: reference.releaseRules,
    due: (today, rules) => releasesDue(pool, today, rules),
    facts: (due) => releaseFacts(pool, due),
    holdBack: async (due, why, rules) => {
      await holdBack(pool, due, why, rules)
    },
  })
