import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { accept, type Decider, reject } from '#domain/shared/decider.ts'
import type { Answer, Data, KnownGroup } from './answer.ts'
import type { GroupUserCommand } from './commands.ts'
import type { GroupUserEvent } from './events.ts'
import type { GroupProfile } from './fields.ts'
import { abandonMerge, approveMerge, completeMerge, proposeMerge, rejectMerge, withdrawMerge } from './merging.ts'
import type { GroupUserRejection } from './rejections.ts'
import { abandonSplit, approveSplit, completeSplit, proposeSplit, rejectSplit, withdrawSplit } from './splitting.ts'
import { alarmKey, evolve, type Group, initial } from './state.ts'

/** 集团用户: what is known of a group, and its merging and splitting. Who belongs to it is decided by each customer's links. */
export const groupUser: Decider<GroupUserCommand, Group, GroupUserEvent, GroupUserRejection> = {
  initial,
  evolve,
  decide: (command, group) => {
    if (command.type === 'FollowRegister') return follow(command.data, group)
    return group.status === 'absent' ? reject({ code: 'NOT_FOUND' }) : ofKnown(command, group)
  },
}

const ofKnown = (command: Exclude<GroupUserCommand, { type: 'FollowRegister' }>, group: KnownGroup): Answer => {
  switch (command.type) {
    case 'AmendGroup':
      return amend(command.data, group)
    case 'ProposeMerge':
      return proposeMerge(command.data, group)
    case 'ApproveMerge':
      return approveMerge(command.data, group)
    case 'RejectMerge':
      return rejectMerge(command.data, group)
    case 'WithdrawMerge':
      return withdrawMerge(command.data, group)
    case 'AbandonMerge':
      return abandonMerge(command.data, group)
    case 'CompleteMerge':
      return completeMerge(command.data, group)
    case 'RaiseAlarm':
      return raiseAlarm(command.data, group)
    default:
      return ofSplit(command, group)
  }
}

type OfSplit = Extract<GroupUserCommand, { type: 'ProposeSplit' | 'ApproveSplit' | 'RejectSplit' | 'WithdrawSplit' | 'AbandonSplit' | 'CompleteSplit' }>

const ofSplit = (command: OfSplit, group: KnownGroup): Answer => {
  switch (command.type) {
    case 'ProposeSplit':
      return proposeSplit(command.data, group)
    case 'ApproveSplit':
      return approveSplit(command.data, group)
    case 'RejectSplit':
      return rejectSplit(command.data, group)
    case 'WithdrawSplit':
      return withdrawSplit(command.data, group)
    case 'AbandonSplit':
      return abandonSplit(command.data, group)
    case 'CompleteSplit':
      return completeSplit(command.data, group)
  }
}

/** Says in the group's own stream what the register decided: entered, renamed, placed elsewhere, dissolved. */
const follow = ({ at, by, groupNo, says }: Data<'FollowRegister'>, group: Group): Answer => {
  if (says.kind === 'left') {
    if (says.into !== undefined || (group.status !== 'active' && group.status !== 'merging')) return accept() // a merge has its own end
    return accept({ type: 'GroupDissolved', data: { at, by, groupNo, on: says.on, reason: says.reason } })
  }
  const { parent } = says
  if (group.status === 'absent') {
    if (!says.profile) return accept()
    const profile = withIdentity(says.profile, says)
    return accept({ type: 'GroupRegistered', data: { at, by, groupNo, profile, ...(parent !== undefined && { parent }) } })
  }
  if (group.status !== 'active') return accept()
  const profile = withIdentity(group.profile, says)
  return accept<GroupUserEvent>(
    ...amendment({ at, by }, group, profile),
    ...(group.parent === parent ? [] : [{ type: 'ParentChanged', data: { at, by, groupNo, parent: parent ?? null } } as const]),
  )
}

/** Name and code are the register's to say. */
const withIdentity = (profile: GroupProfile, says: Extract<Data<'FollowRegister'>['says'], { kind: 'entered' }>): GroupProfile => {
  const { uscc: _, ...rest } = profile
  return { ...rest, name: says.name ?? profile.name, ...(says.uscc !== undefined && { uscc: says.uscc }) }
}

const amend = ({ at, by, profile }: Data<'AmendGroup'>, group: KnownGroup): Answer => {
  if (group.status !== 'active') return reject({ code: 'INVALID_STATE', status: group.status })
  return accept(...amendment({ at, by }, group, profile))
}

const amendment = (signed: Pick<Data<'AmendGroup'>, 'at' | 'by'>, { groupNo, profile: before }: KnownGroup, after: GroupProfile): readonly GroupUserEvent[] => {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted() as (keyof GroupProfile)[]
  const changes = fields.flatMap((field) => (before[field] === after[field] ? [] : [{ field, before: before[field] ?? null, after: after[field] ?? null }]))
  return canonicalJson(before) === canonicalJson(after) ? [] : [{ type: 'GroupAmended', data: { ...signed, groupNo, profile: after, changes } }]
}

/** Once for each time that a member comes to stand at level I. */
const raiseAlarm = ({ at, by, ...alarm }: Data<'RaiseAlarm'>, group: KnownGroup): Answer => {
  if (group.status !== 'active' && group.status !== 'merging') return accept()
  if (group.alarmed.get(alarmKey(alarm)) === alarm.since) return accept()
  return accept({ type: 'MemberAlarmed', data: { at, by, groupNo: group.groupNo, groupName: group.profile.name, ...alarm } })
}
