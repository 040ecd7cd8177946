import { NEVER } from 'rxjs'
import { raiseGroupAlarms } from '#application/processes/group-alarms.ts'
import { groupWork } from '#application/processes/group-work.ts'
import type { Instant } from '#domain/shared/dates.ts'
import { ALARM_MODELS, alarmingMembers } from '#projections/group-user/work.queries.ts'
import { waitFor } from '#projections/shared/wait.ts'
import type { Platform } from '../compose.ts'

const PATIENCE_MS = 10_000

/** What is begun with groups and not ended, and members at level I of whom others are to be told; by what is logged of them. */
export const groupProcessesFor = ({ store, feed, pool, working }: Platform): Readonly<Record<string, (now: Instant) => Promise<number>>> => ({
  'group work': groupWork(working),
  'group alarms': (now) =>
    raiseGroupAlarms(
      {
        store,
        caughtUp: async () => {
          const head = await feed.head()
          if (head === undefined) return true
          const waited = await Promise.all(ALARM_MODELS.map((model) => waitFor({ pool, feed, moved$: NEVER }, model, head, PATIENCE_MS)))
          return waited.every(({ reached }) => reached)
        },
        alarming: (today, limit) => alarmingMembers(pool, today, limit),
      },
      now,
    ),
})
