import type { GroupCommand, GroupLinkCommand } from '#domain/group-user/commands.ts'
import { groupUser } from '#domain/group-user/decider.ts'
import { groupLinkEvents, groupRegisterEvents, groupReleaseEvents, groupUserEvents } from '#domain/group-user/events.ts'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { groupLinks } from '#domain/group-user/links.ts'
import { groupRegister } from '#domain/group-user/register.ts'
import type { GroupLinkRejection, GroupRegisterRejection, GroupUserRejection } from '#domain/group-user/rejections.ts'
import { releases } from '#domain/group-user/release.ts'
import type { Role } from '#domain/shared/actor.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import type { GroupIndex, KnownCustomers } from '../ports/groups.ts'
import type { Working } from '../shared/perform.ts'

export const GROUP_REGISTER = streamName('GroupRegister', 'national')
/** Everything that was released to provinces, whatever the group: each release is judged beside all others. */
export const GROUP_RELEASE = streamName('GroupRelease', 'national')
export const groupUserStream = (groupNo: GroupNo): StreamName => streamName('GroupUser', groupNo)
export type CustomerKey = { readonly province: ProvinceCode; readonly consNo: ConsNo }
export const groupLinkStream = ({ province, consNo }: CustomerKey): StreamName => streamName('GroupLink', province, consNo)

export const groupRegisterAggregate = { catalogue: groupRegisterEvents, decider: groupRegister }
export const groupUserAggregate = { catalogue: groupUserEvents, decider: groupUser }
export const groupLinkAggregate = { catalogue: groupLinkEvents, decider: groupLinks }

/** What was released is judged by the process that releases; here it is read again. */
export const groupReleaseReplay = { catalogue: groupReleaseEvents, decider: releases }

export type GroupRefusal = GroupUserRejection | GroupRegisterRejection
export type LinkRefusal = GroupLinkRejection

/** Headquarters keeps the groups: HQ_GROUP proposes, HQ_LEAD decides what moves members. */
export const groupRoles: Readonly<Record<GroupCommand['type'], readonly Role[]>> = {
  RegisterGroup: ['HQ_GROUP'],
  AmendGroup: ['HQ_GROUP'],
  PlaceGroup: ['HQ_GROUP'],
  ProposeMerge: ['HQ_GROUP'],
  ApproveMerge: ['HQ_LEAD'],
  RejectMerge: ['HQ_LEAD'],
  WithdrawMerge: ['HQ_GROUP'],
  ProposeSplit: ['HQ_GROUP'],
  ApproveSplit: ['HQ_LEAD'],
  RejectSplit: ['HQ_LEAD'],
  WithdrawSplit: ['HQ_GROUP'],
  DissolveGroup: ['HQ_LEAD'],
}

/** What people ask of links; moving them is the system's. */
export type AskedOfLinks = Exclude<GroupLinkCommand, { type: 'MoveLink' }>

/** The provinces link their customers. */
export const groupLinkRoles: Readonly<Record<AskedOfLinks['type'], readonly Role[]>> = {
  ProposeLink: ['PV_TARIFF'],
  ConfirmLink: ['PV_LEAD', 'HQ_GROUP'],
  RejectLink: ['PV_LEAD', 'HQ_GROUP'],
  WithdrawLink: ['PV_TARIFF'],
  EndLink: ['PV_LEAD', 'HQ_GROUP'],
  DismissSuggestion: ['PV_TARIFF', 'PV_LEAD', 'HQ_GROUP'],
}

export type Grouping = Working & { readonly groups: GroupIndex; readonly customers: KnownCustomers }
