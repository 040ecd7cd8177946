import { appendBenches } from './append.ts'
import type { Bench } from './shared/bench.ts'

/** Every figure we hold ourselves to. A new file of benches is added here. */
export const benches: readonly Bench[] = [...appendBenches]
