import type { Clock } from '#application/ports/clock.ts'
import { epochOf, type Instant, instantOfEpoch } from '#domain/shared/dates.ts'

export type DemoClock = Clock & {
  /** The clock stands at this instant until it is told otherwise; it never goes back. */
  readonly standAt: (instant: Instant) => void
  /** From here it runs as fast as the real one. */
  readonly run: () => void
}

/** The sample lies in the past, and so does the demonstration's clock. */
export const demoClock = (start: Instant): DemoClock => {
  let standing = epochOf(start)
  let since: number | undefined
  return {
    now: () => instantOfEpoch(standing + (since === undefined ? 0 : Math.floor(performance.now() - since))),
    standAt: (instant) => {
      standing = Math.max(standing, epochOf(instant))
    },
    run: () => {
      since = performance.now()
    },
  }
}
