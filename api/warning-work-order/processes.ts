import type { DatabasePool } from 'slonik'
import type { Alone, CaughtUp } from '#application/ports/alone.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { type CalendarDueNeeds, calendarDues } from '#application/processes/calendar-dues.ts'
import { fireTimers, type OrderTimerNeeds } from '#application/processes/order-timers.ts'
import { type RecoveryNeeds, recovery } from '#application/processes/recovery.ts'
import { releaseStranded, type StrandedClaimNeeds } from '#application/processes/stranded-claims.ts'
import { draftFromReports, type WarningNeeds } from '#application/processes/warnings.ts'
import type { WarningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import type { Warnings } from '#application/warning-work-order/warnings.ts'
import type { WorkOrders } from '#application/warning-work-order/work-orders.ts'
import type { Instant } from '#domain/shared/dates.ts'
import { groupMembersAtLevelI, newestReports, warningFigures } from '#projections/warning-work-order/figures.queries.ts'
import { duesInSlice, reportsToCount, slicesDue } from '#projections/warning-work-order/timers.queries.ts'
import {
  claimants,
  draftsBefore,
  followedUp,
  namedBillsReported,
  ordersByOtherCalendars,
  strandedClaims,
} from '#projections/warning-work-order/warned.queries.ts'

export type WarningProcessing = {
  readonly store: EventStore
  readonly pool: DatabasePool
  readonly orders: Pick<WarningWorkOrderUseCases, 'execute' | 'executeMany'>
  readonly warningRules: Warnings['warningRules']
  readonly slaRules: WorkOrders['slaRules']
  readonly years: WorkOrders['years']
  readonly alone: Alone
  /** Waits until a read model of that name shows all that is in the log. */
  readonly caughtUp: (model: string) => CaughtUp
}

/** What the processes of warnings and work orders work with: the read models on one side, the use cases on the other. */
export const warningProcessNeeds = ({ store, pool, orders, warningRules, slaRules, years, alone, caughtUp }: WarningProcessing) => {
  const warnings: WarningNeeds = {
    warnings: {
      store,
      warningRules,
      figures: (report, leastOverdue) => warningFigures(pool, report, leastOverdue),
      groupAtLevelI: (province, date) => groupMembersAtLevelI(pool, province, date),
      draftsBefore: (report) => draftsBefore(pool, report),
      executeMany: orders.executeMany,
      claimants: (province) => claimants(pool, province),
      followedUp: (province, date) => followedUp(pool, province, date),
    },
    reports: (since) => newestReports(pool, since),
    alone,
  }
  const timers: OrderTimerNeeds = {
    executeMany: orders.executeMany,
    slaRules,
    years,
    slices: (before) => slicesDue(pool, before),
    passed: (clock) => (page) => duesInSlice(pool, { ...page, clock }),
    overdue: async ({ after, ...page }) => {
      const rows = await duesInSlice(pool, { ...page, after, clock: 'escalation' })
      return rows.flatMap((row) => (row.cause === 'sign-overdue' || row.cause === 'feedback-overdue' ? [{ ...row, cause: row.cause }] : []))
    },
    alone,
    caughtUp: caughtUp('work-orders'),
  }
  const calendar: CalendarDueNeeds = {
    executeMany: orders.executeMany,
    years,
    byOtherCalendars: (published, after, limit) => ordersByOtherCalendars(pool, published, after, limit),
    alone,
  }
  const claims: StrandedClaimNeeds = { store, stranded: (before, after, limit) => strandedClaims(pool, before, after, limit), alone }
  const counting: RecoveryNeeds = {
    execute: orders.execute,
    reports: (since) => reportsToCount(pool, since),
    bills: (report) => namedBillsReported(pool, report),
    alone,
    caughtUp: caughtUp('warned'),
  }
  return { warnings, timers, calendar, claims, counting }
}

/** Read models that warnings are drawn from. While one is built from the log's start, its newest report is an old one. */
const JUDGED_BY = ['national-day', 'warned']

/** The processes by name, each to be run every minute; any number of workers may. Claims are also let go of before anything new is warned of. */
export const warningProcesses = (processing: WarningProcessing): Readonly<Record<string, (now: Instant) => Promise<number>>> => {
  const { warnings, timers, calendar, claims, counting } = warningProcessNeeds(processing)
  const shown = JUDGED_BY.map((model) => processing.caughtUp(model))
  return {
    'claims let go': (now) => releaseStranded(claims, now),
    'warnings drafted': async (now) => {
      await releaseStranded(claims, now)
      if (!(await Promise.all(shown.map((ask) => ask()))).every(Boolean)) return 0
      return draftFromReports(warnings, now)
    },
    'order timers': (now) => fireTimers(timers, now),
    'dues by a new calendar': calendarDues(calendar),
    'recovered money': recovery(counting),
  }
}
