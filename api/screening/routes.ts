import { ruleSetUseCases } from '#application/screening/use-cases.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { App } from '../schemas.ts'
import { backTestRoute } from './back-test.ts'
import { candidateRoutes } from './candidates.ts'
import { followingRoutes } from './following.ts'
import type { ScreeningNeeds } from './needs.ts'
import { ruleSetRoutes } from './rule-sets.ts'
import { runRoutes } from './runs.ts'
import { whatIfRoutes } from './what-if.ts'

/** Screening (筛选): rule sets, runs with their candidates and reasons, what a draft would change, what rules would have found. */
export const screeningRoutes =
  (needs: ScreeningNeeds) =>
  async (app: App): Promise<void> => {
    ruleSetRoutes(app, { useCases: ruleSetUseCases(needs.working), store: needs.store, shipped: needs.shipped, today: () => businessDateOf(needs.clock.now()) })
    runRoutes(app, needs)
    candidateRoutes(app, needs)
    backTestRoute(app, needs)
    followingRoutes(app, needs)
    whatIfRoutes(app, needs)
  }
