import { appendBenches } from './append.ts'
import { catchUpBenches } from './catch-up.ts'
import { httpBenches } from './http.ts'
import { lagBenches } from './lag.ts'
import { orderBenches } from './order.ts'
import { replayBenches } from './replay.ts'
import { screeningBenches } from './screening.ts'
import type { Bench } from './shared/bench.ts'
import { statisticsBenches } from './statistics.ts'
import { supervisionBenches } from './supervision.ts'

/** Every figure we hold ourselves to. A new file of benches is added here. */
export const benches: readonly Bench[] = [
  ...appendBenches,
  ...orderBenches,
  ...replayBenches,
  ...catchUpBenches,
  ...lagBenches,
  ...statisticsBenches,
  ...supervisionBenches,
  ...screeningBenches,
  ...httpBenches,
]
