import { withAnalysis } from './analysis.ts'
import { bulletins } from './bulletin/bulletins.ts'
import { completeness } from './daily-report/completeness.ts'
import { nationalDay } from './daily-report/national-day.ts'
import { groupDirectory } from './group-user/group-user.ts'
import { groupReleases } from './group-user/release/releases.ts'
import { userCase } from './high-risk-user/case.ts'
import { register } from './high-risk-user/register.ts'
import { inForce } from './industry-list/in-force.ts'
import { inbox } from './notice/inbox.ts'
import { screeningFacts } from './screening/facts.ts'
import type { Projection } from './shared/projection.ts'
import { workOrders } from './warning-work-order/orders.ts'
import { supervision } from './warning-work-order/supervision.ts'
import { warned } from './warning-work-order/warned.ts'

/** Every read model, with what analysts see of it. */
export const projections: readonly Projection[] = [
  register,
  userCase,
  screeningFacts,
  inForce,
  completeness,
  nationalDay,
  bulletins,
  workOrders,
  supervision,
  warned,
  groupDirectory,
  groupReleases,
  inbox,
].map(withAnalysis)
