import { z } from 'zod'
import { command } from '#domain/shared/command.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, label, Name, ProvinceCode, Text } from '#domain/shared/identity.ts'
import { Evidence, GroupNo, GroupProfile, GroupStanding, LinkBasis, LinkId, Member, Uscc } from './fields.ts'

/** Groups of a similar name that are another company all the same, as who registers has seen. */
const distinctFrom = z.array(GroupNo).max(200).default([])

/** What is asked of the register (集团名录). */
export const GroupRegisterCommand = z.discriminatedUnion('type', [
  command('EnterGroup', { groupNo: GroupNo, profile: GroupProfile, parent: GroupNo.optional(), distinctFrom }),
  command('AmendEntry', { groupNo: GroupNo, name: Name, uscc: Uscc.optional(), distinctFrom }),
  command('MoveGroup', { groupNo: GroupNo, parent: GroupNo.nullable() }),
  command('LeaveRegister', {
    groupNo: GroupNo,
    into: GroupNo.optional(),
    on: BusinessDate,
    reason: Text.optional(),
    /** Groups merged into this one whose members have arrived, as the application has seen: a group that waits for members is not dissolved. */
    absorbed: z.array(GroupNo).default([]),
  }),
])
export type GroupRegisterCommand = z.output<typeof GroupRegisterCommand>

/** Members that the application brings: links confirmed and not over by the date. */
const membersNow = z.array(Member)
/** How the group named stands in the register; the application brings it. */
const target = GroupStanding

/** What the register says of a group. */
const RegisterSays = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('entered'), name: Name.optional(), uscc: Uscc.optional(), parent: GroupNo.optional(), profile: GroupProfile.optional() }),
  z.strictObject({ kind: z.literal('left'), into: GroupNo.optional(), on: BusinessDate, reason: Text }),
])
export type RegisterSays = z.output<typeof RegisterSays>

/** What is asked of one group (集团用户). What spans groups was decided by the register before and is only followed. */
export const GroupUserCommand = z.discriminatedUnion('type', [
  command('FollowRegister', { groupNo: GroupNo, says: RegisterSays }),
  command('AmendGroup', { profile: GroupProfile }),
  command('ProposeMerge', { into: GroupNo, on: BusinessDate, reason: Text, target }),
  command('ApproveMerge', { membersNow, target }),
  command('RejectMerge', { reason: Text }),
  command('WithdrawMerge', { reason: Text }),
  command('AbandonMerge', { reason: Text }),
  command('CompleteMerge', { moved: z.array(Member) }),
  command('ProposeSplit', {
    to: GroupNo,
    profile: GroupProfile,
    parent: GroupNo.optional(),
    on: BusinessDate,
    members: z.array(Member).min(1).max(2_000),
    reason: Text,
    membersNow,
  }),
  command('ApproveSplit', { membersNow }),
  command('RejectSplit', { reason: Text }),
  command('WithdrawSplit', { reason: Text }),
  command('AbandonSplit', { reason: Text }),
  command('CompleteSplit', { moved: z.array(Member) }),
  command('RaiseAlarm', { province: ProvinceCode, consNo: ConsNo, since: BusinessDate, provinces: z.array(ProvinceCode) }),
])
export type GroupUserCommand = z.output<typeof GroupUserCommand>

/** What is asked of a customer's links (关联关系). */
export const GroupLinkCommand = z.discriminatedUnion('type', [
  command('ProposeLink', {
    province: ProvinceCode,
    consNo: ConsNo,
    linkId: LinkId,
    groupNo: GroupNo,
    basis: LinkBasis,
    /** Share in 1/10 000. */
    shareBasisPoints: z.int().min(0).max(10_000).optional(),
    effectiveFrom: BusinessDate,
    endedOn: BusinessDate.optional(),
    evidence: z.array(Evidence).max(20).default([]),
    reason: Text.optional(),
    target,
    /** Whether the province has such a customer; the application brings it. */
    known: z.boolean(),
  }),
  command('ConfirmLink', { linkId: LinkId, target }),
  command('RejectLink', { linkId: LinkId, reason: Text }),
  command('WithdrawLink', { linkId: LinkId, reason: Text }),
  command('EndLink', { linkId: LinkId, on: BusinessDate, reason: Text }),
  command('MoveLink', { linkId: LinkId, newLinkId: LinkId, to: GroupNo, on: BusinessDate, cause: z.enum(['merge', 'split']), reason: Text }),
  command('DismissSuggestion', { province: ProvinceCode, consNo: ConsNo, groupNo: GroupNo, facts: label(128).min(1), reason: Text }),
])
export type GroupLinkCommand = z.output<typeof GroupLinkCommand>

/** What people ask of groups. Where it spans groups the register decides first, and the group's own stream follows. */
export const GroupCommand = z.discriminatedUnion('type', [
  command('RegisterGroup', { profile: GroupProfile, parent: GroupNo.optional(), distinctFrom }),
  command('AmendGroup', { profile: GroupProfile, distinctFrom }),
  command('PlaceGroup', { parent: GroupNo.nullable().describe('The group above; null puts it at the top') }),
  command('ProposeMerge', { into: GroupNo, on: BusinessDate, reason: Text }),
  command('ApproveMerge', {}),
  command('RejectMerge', { reason: Text }),
  command('WithdrawMerge', { reason: Text }),
  command('ProposeSplit', {
    to: GroupNo,
    profile: GroupProfile,
    parent: GroupNo.optional(),
    on: BusinessDate,
    members: z.array(Member).min(1).max(2_000),
    reason: Text,
    distinctFrom,
  }),
  command('ApproveSplit', {}),
  command('RejectSplit', { reason: Text }),
  command('WithdrawSplit', { reason: Text }),
  command('DissolveGroup', { on: BusinessDate, reason: Text }),
])
export type GroupCommand = z.output<typeof GroupCommand>
