import { raiseGroupAlarms } from '#application/processes/group-alarms.ts'
import { groupWork } from '#application/processes/group-work.ts'
import { ALARM_MODELS, alarmingMembers } from '#projections/group-user/work.queries.ts'
import type { Platform } from '../compose.ts'
import { groupReleasesOf, keepGroups } from './group-figures.ts'
import { caughtUp, type Ticks } from './processes.ts'

/** What is begun with groups and not ended, and members at level I of whom others are to be told; by what is logged of them. */
export const groupProcessesFor = (platform: Platform): Ticks => ({
  'figures of groups': (now) => keepGroups(platform, now),
  'group releases': groupReleasesOf(platform),
  'group work': groupWork(platform.working),
  'group alarms': (now) =>
    raiseGroupAlarms(
      {
        store: platform.store,
        caughtUp: caughtUp(platform, ...ALARM_MODELS),
        alarming: (today, limit) => alarmingMembers(platform.pool, today, limit),
      },
      now,
    ),
})
