import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { UserId } from '#domain/shared/identity.ts'
import type { GroupUserEvent } from './events.ts'
import type { GroupNo, GroupProfile, Member } from './fields.ts'

type Known = {
  readonly groupNo: GroupNo
  readonly profile: GroupProfile
  readonly parent: GroupNo | undefined
  /** Since when members stood at level I when others were told, by province and customer number. */
  readonly alarmed: ReadonlyMap<string, BusinessDate>
}

type MergeProposal = { readonly kind: 'merge'; readonly into: GroupNo; readonly on: BusinessDate; readonly proposedBy: UserId }
export type SplitProposal = {
  readonly kind: 'split'
  readonly to: GroupNo
  readonly profile: GroupProfile
  readonly parent: GroupNo | undefined
  readonly on: BusinessDate
  readonly members: readonly Member[]
  readonly reason: string
  readonly proposedBy: UserId
  /** Set once approved: from here the split is carried out to its end. */
  readonly approvedAt: Instant | undefined
}

type ActiveGroup = Known & { readonly status: 'active'; readonly pending: MergeProposal | SplitProposal | undefined }
export type MergingGroup = Known & {
  readonly status: 'merging'
  readonly into: GroupNo
  readonly on: BusinessDate
  readonly members: readonly Member[]
  readonly approvedAt: Instant
}

export type Group =
  | { readonly status: 'absent' }
  | ActiveGroup
  | MergingGroup
  | (Known & { readonly status: 'merged'; readonly into: GroupNo; readonly on: BusinessDate })
  | (Known & { readonly status: 'dissolved'; readonly on: BusinessDate })

export const initial: Group = { status: 'absent' }

/** The split that is being carried out, if one is. */
export const splitUnderWay = (group: Group): SplitProposal | undefined =>
  group.status === 'active' && group.pending?.kind === 'split' && group.pending.approvedAt !== undefined ? group.pending : undefined

const knownOf = ({ groupNo, profile, parent, alarmed }: Known): Known => ({ groupNo, profile, parent, alarmed })

export const alarmKey = ({ province, consNo }: { readonly province: string; readonly consNo: string }): string => `${province}/${consNo}`

/** A group as its events tell of it. */
export const evolve = (group: Group, event: GroupUserEvent): Group => {
  if (event.type === 'GroupRegistered') {
    const { groupNo, profile, parent } = event.data
    return { status: 'active', groupNo, profile, parent, alarmed: new Map(), pending: undefined }
  }
  return group.status === 'absent' ? group : evolveKnown(group, event)
}

const evolveKnown = (group: Exclude<Group, { status: 'absent' }>, event: Exclude<GroupUserEvent, { type: 'GroupRegistered' }>): Group => {
  const known = knownOf(group)
  switch (event.type) {
    case 'GroupAmended':
      return { ...group, profile: event.data.profile }
    case 'ParentChanged':
      return { ...group, parent: event.data.parent ?? undefined }
    case 'MemberAlarmed':
      return { ...group, alarmed: new Map([...group.alarmed, [alarmKey(event.data), event.data.since]]) }
    case 'MergeApproved': {
      const { into, on, members, at } = event.data
      return { ...known, status: 'merging', into, on, members, approvedAt: at }
    }
    case 'GroupMerged':
      return { ...known, status: 'merged', into: event.data.into, on: event.data.on }
    case 'GroupDissolved':
      return { ...known, status: 'dissolved', on: event.data.on }
    default:
      return { ...known, status: 'active', pending: pendingAfter(group, event) }
  }
}

type Proposing = Extract<GroupUserEvent, { type: 'MergeProposed' | 'MergeRejected' | 'SplitProposed' | 'SplitApproved' | 'SplitRejected' | 'GroupSplit' }>

const pendingAfter = (group: Group, { type, data }: Proposing): ActiveGroup['pending'] => {
  switch (type) {
    case 'MergeProposed':
      return { kind: 'merge', into: data.into, on: data.on, proposedBy: data.by }
    case 'SplitProposed': {
      const { to, profile, parent, on, members, reason, by } = data
      return { kind: 'split', to, profile, parent, on, members, reason, proposedBy: by, approvedAt: undefined }
    }
    case 'SplitApproved': {
      const proposed = group.status === 'active' && group.pending?.kind === 'split' ? group.pending : undefined
      return proposed && { ...proposed, members: data.members, approvedAt: data.at }
    }
    case 'MergeRejected':
    case 'SplitRejected':
    case 'GroupSplit':
      return undefined
  }
}
