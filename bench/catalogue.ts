import { appendBenches } from './append.ts'
import { catchUpBenches } from './catch-up.ts'
import { groupBenches } from './group.ts'
import { httpBenches } from './http.ts'
import { issueBenches } from './issue-batch.ts'
import { lagBenches } from './lag.ts'
import { orderBenches } from './order.ts'
import { replayBenches } from './replay.ts'
import { screeningBenches } from './screening.ts'
import type { Bench } from './shared/bench.ts'
import { statisticsBenches } from './statistics.ts'
import { supervisionBenches } from './supervision.ts'
import { timerBenches } from './timers.ts'
import { warningBenches } from './warnings.ts'

/** Every figure we hold ourselves to. A new file of benches is added here. */
export const benches: readonly Bench[] = [
  ...appendBenches,
  ...orderBenches,
  ...replayBenches,
  ...catchUpBenches,
  ...lagBenches,
  ...statisticsBenches,
  ...supervisionBenches,
  ...issueBenches,
  ...warningBenches,
  ...timerBenches,
  ...screeningBenches,
  ...groupBenches,
  ...httpBenches,
]
