import type { GroupUserCommand } from '#domain/group-user/commands.ts'
import type { GroupNo } from '#domain/group-user/fields.ts'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { groupUserAggregate, groupUserStream } from '../group-user/aggregates.ts'
import type { EventStore } from '../ports/event-store.ts'
import { sign } from '../shared/asked.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { handle } from '../shared/handle.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { oneByOne } from '../shared/one-by-one.ts'
import { newlyRecorded } from '../shared/outcome.ts'

/** A group's member who stands at level I since a day, and the provinces in which the group has others. */
type AlarmingMember = {
  readonly groupNo: GroupNo
  readonly province: ProvinceCode
  readonly consNo: ConsNo
  readonly since: BusinessDate
  readonly provinces: readonly ProvinceCode[]
}

export type GroupAlarmNeeds = {
  readonly store: EventStore
  /** Whether the read models have passed everything recorded: while one is behind, nobody is told of yesterday's groups. */
  readonly caughtUp: () => Promise<boolean>
  /** Of whom the group was not told yet, at most so many. */
  readonly alarming: (today: BusinessDate, limit: number) => Promise<readonly AlarmingMember[]>
}

const AT_ONCE = 500
const ACTOR = { ...SYSTEM, userId: 'group-alarms' as UserId }

/**
 * A user at level I in a group (集团风险传导): said once in the group's stream for each time that a member comes to stand there,
 * from which headquarters and the provinces of the other members get their notice. Remembers nothing itself; ids follow from
 * group, member and day. Answers how many were said.
 */
export const raiseGroupAlarms = async ({ store, caughtUp, alarming }: GroupAlarmNeeds, now: Instant): Promise<number> => {
  if (!(await caughtUp())) return 0
  return oneByOne(await alarming(businessDateOf(now), AT_ONCE), async ({ groupNo, provinces, ...member }) => {
    const stream = groupUserStream(groupNo)
    const commandId = derivedCommandId(`${stream}/${member.province}/${member.consNo}/${member.since}`, 'RaiseAlarm')
    const request = { actor: ACTOR, role: 'SYS', commandId, correlationId: commandId, at: now } as const
    const command = sign<GroupUserCommand>({ type: 'RaiseAlarm', data: { ...member, provinces: [...provinces] } }, request)
    return newlyRecorded(await handle(store, groupUserAggregate, stream, command, request))
  })
}
