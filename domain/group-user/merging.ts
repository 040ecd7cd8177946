import { businessDateOf } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { Answer, Data, KnownGroup } from './answer.ts'
import type { GroupNo, GroupStanding } from './fields.ts'
import { MOST_MEMBERS } from './membership.ts'
import type { GroupUserRejection } from './rejections.ts'

/** Why a group named is none that takes links; undefined when it does. */
export const closedBecause = (groupNo: GroupNo, target: GroupStanding) => {
  if (target.kind === 'open') return undefined
  if (target.kind === 'unknown') return { code: 'UNKNOWN_GROUP', groupNo } as const
  return { code: 'GROUP_NOT_ACTIVE', groupNo, ...(target.into !== undefined && { into: target.into }) } as const
}

/** What keeps an active group from a new proposal. */
export const occupied = (group: KnownGroup): GroupUserRejection | undefined => {
  if (group.status !== 'active') return { code: 'INVALID_STATE', status: group.status }
  return group.pending && { code: 'DECISION_PENDING', kind: group.pending.kind }
}

/** 合并 is recorded when it is so, not ahead; it may be entered backwards in time. */
export const proposeMerge = ({ at, by, into, on, reason, target }: Data<'ProposeMerge'>, group: KnownGroup): Answer => {
  const pending = group.status === 'active' ? group.pending : undefined
  if (pending?.kind === 'merge' && pending.into === into && pending.on === on && pending.proposedBy === by) return accept()
  const hindrance = occupied(group)
  if (hindrance) return reject(hindrance)
  if (into === group.groupNo) return reject({ code: 'MERGE_INTO_ITSELF' })
  const today = businessDateOf(at)
  if (on > today) return reject({ code: 'FUTURE_DATE', date: on, latest: today })
  const closed = closedBecause(into, target)
  return closed ? reject(closed) : accept({ type: 'MergeProposed', data: { at, by, groupNo: group.groupNo, into, on, reason } })
}

/** The intention, with all members; not by who proposed. */
export const approveMerge = ({ at, by, membersNow, target }: Data<'ApproveMerge'>, group: KnownGroup): Answer => {
  if (group.status === 'merging') return accept() // approved already
  if (group.status !== 'active') return reject({ code: 'INVALID_STATE', status: group.status })
  if (group.pending?.kind !== 'merge') return reject({ code: 'NOTHING_PROPOSED', kind: 'merge' })
  const { into, on, proposedBy } = group.pending
  if (proposedBy === by) return reject({ code: 'SELF_APPROVAL' })
  const closed = closedBecause(into, target)
  if (closed) return reject(closed)
  if (membersNow.length > MOST_MEMBERS) return reject({ code: 'TOO_MANY_MEMBERS', most: MOST_MEMBERS })
  return accept({ type: 'MergeApproved', data: { at, by, groupNo: group.groupNo, into, on, members: membersNow } })
}

export const rejectMerge = ({ at, by, reason }: Data<'RejectMerge'>, group: KnownGroup): Answer => {
  if (group.status !== 'active') return reject({ code: 'INVALID_STATE', status: group.status })
  if (group.pending?.kind !== 'merge') return reject({ code: 'NOTHING_PROPOSED', kind: 'merge' })
  if (group.pending.proposedBy === by) return reject({ code: 'SELF_APPROVAL' })
  return accept({ type: 'MergeRejected', data: { at, by, groupNo: group.groupNo, into: group.pending.into, reason } })
}

/** Taken back by who proposed, before it is decided. */
export const withdrawMerge = ({ at, by, reason }: Data<'WithdrawMerge'>, group: KnownGroup): Answer => {
  if (group.status !== 'active') return reject({ code: 'INVALID_STATE', status: group.status })
  if (group.pending?.kind !== 'merge') return reject({ code: 'NOTHING_PROPOSED', kind: 'merge' })
  if (group.pending.proposedBy !== by) return reject({ code: 'NOT_THE_PROPOSER' })
  return accept({ type: 'MergeRejected', data: { at, by, groupNo: group.groupNo, into: group.pending.into, reason } })
}

/** Calls an approved merge off, before any link has moved. */
export const abandonMerge = ({ at, by, reason }: Data<'AbandonMerge'>, group: KnownGroup): Answer =>
  group.status === 'merging' ? accept({ type: 'MergeRejected', data: { at, by, groupNo: group.groupNo, into: group.into, reason } }) : accept()

export const completeMerge = ({ at, by, moved }: Data<'CompleteMerge'>, group: KnownGroup): Answer => {
  if (group.status === 'merged') return accept()
  if (group.status !== 'merging') return reject({ code: 'INVALID_STATE', status: group.status })
  return accept({ type: 'GroupMerged', data: { at, by, groupNo: group.groupNo, into: group.into, on: group.on, moved } })
}
