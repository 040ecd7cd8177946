import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, label, Name, ProvinceCode, signed, Text } from '#domain/shared/identity.ts'
import { Fen, Kwh } from '#domain/shared/quantities.ts'
import { Evidence, GroupNo, GroupProfile, LinkBasis, LinkId, Member, ReleaseRules, Uscc } from './fields.ts'

const key = { ...signed, groupNo: GroupNo }

/** 集团用户. */
export const groupUserEvents = {
  /** 登记. */
  GroupRegistered: event(z.strictObject({ ...key, profile: GroupProfile, parent: GroupNo.optional() })),
  GroupAmended: event(
    z.strictObject({
      ...key,
      profile: GroupProfile,
      changes: z.array(z.strictObject({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() })).min(1),
    }),
  ),
  /** A group below another, or (null) at the top again. */
  ParentChanged: event(z.strictObject({ ...key, parent: GroupNo.nullable() })),
  /** 合并 proposed; somebody else approves. */
  MergeProposed: event(z.strictObject({ ...key, into: GroupNo, on: BusinessDate, reason: Text })),
  /** Refused; taken back by who proposed; or, once approved, called off before any link had moved, because the register no longer had what it takes. */
  MergeRejected: event(z.strictObject({ ...key, into: GroupNo, reason: Text })),
  /** The intention: from here the merge is carried out to its end, whatever happens to those who carry it. */
  MergeApproved: event(z.strictObject({ ...key, into: GroupNo, on: BusinessDate, members: z.array(Member) })),
  /** 已合并: every link has moved; the group lives on as another name of `into`. */
  GroupMerged: event(z.strictObject({ ...key, into: GroupNo, on: BusinessDate, moved: z.array(Member) })),
  /** 拆分 proposed: these members are to leave for a group of their own; somebody else approves. */
  SplitProposed: event(
    z.strictObject({
      ...key,
      to: GroupNo,
      profile: GroupProfile,
      parent: GroupNo.optional(),
      on: BusinessDate,
      members: z.array(Member).min(1),
      reason: Text,
    }),
  ),
  /** Refused, taken back or called off, as a merge. */
  SplitRejected: event(z.strictObject({ ...key, to: GroupNo, reason: Text })),
  /** The intention: from here the split is carried out to its end. */
  SplitApproved: event(z.strictObject({ ...key, to: GroupNo, on: BusinessDate, members: z.array(Member).min(1), reason: Text })),
  /** Carried out; `moved` lacks who had left meanwhile. */
  GroupSplit: event(z.strictObject({ ...key, to: GroupNo, on: BusinessDate, moved: z.array(Member) })),
  /** A member stands at level I since a day; headquarters and the provinces of the other members are told of the group, not of him. */
  MemberAlarmed: event(
    z.strictObject({ ...key, groupName: Name, province: ProvinceCode, consNo: ConsNo, since: BusinessDate, provinces: z.array(ProvinceCode) }),
  ),
  /** 注销. */
  GroupDissolved: event(z.strictObject({ ...key, on: BusinessDate, reason: Text })),
}
export type GroupUserEvent = EventOf<typeof groupUserEvents>

/** 集团名录: which numbers and codes are taken and who stands under whom, decided in one place because it spans groups. */
export const groupRegisterEvents = {
  /** With the profile, a registration that broke off between here and the group's own stream can be finished. */
  GroupEntered: event(z.strictObject({ ...key, uscc: Uscc.optional(), parent: GroupNo.optional(), profile: GroupProfile.optional() })),
  UsccRecorded: event(z.strictObject({ ...key, uscc: Uscc.nullable() })),
  NameRecorded: event(z.strictObject({ ...key, name: Name })),
  ParentRecorded: event(z.strictObject({ ...key, parent: GroupNo.nullable() })),
  /** Merged into another or dissolved: its code is free again; the events before it say where what stood under it went. */
  GroupLeft: event(z.strictObject({ ...key, into: GroupNo.optional(), on: BusinessDate.optional(), reason: Text.optional() })),
}
export type GroupRegisterEvent = EventOf<typeof groupRegisterEvents>

const ofCustomer = { ...signed, province: ProvinceCode, consNo: ConsNo }
const ofLink = { ...ofCustomer, linkId: LinkId, groupNo: GroupNo }

/** 关联关系 of one customer: at most one confirmed group on any date, decided in his own stream. */
export const groupLinkEvents = {
  LinkProposed: event(
    z.strictObject({
      ...ofLink,
      basis: LinkBasis,
      /** Share in 1/10 000. */
      shareBasisPoints: z.int().min(0).max(10_000).optional(),
      effectiveFrom: BusinessDate,
      endedOn: BusinessDate.optional(),
      evidence: z.array(Evidence).max(20),
      reason: Text.optional(),
    }),
  ),
  LinkConfirmed: event(z.strictObject({ ...ofLink, effectiveFrom: BusinessDate, endedOn: BusinessDate.optional() })),
  /** 驳回; or taken back (撤回) by who proposed, as `by` tells. */
  LinkRejected: event(z.strictObject({ ...ofLink, reason: Text })),
  /** `on` is the first day on which the customer is no longer a member. */
  LinkEnded: event(z.strictObject({ ...ofLink, on: BusinessDate, reason: Text })),
  /** Out of one group and into another on one day, in one event: a merge or a split. The new link goes on under `newLinkId`. */
  LinkMoved: event(
    z.strictObject({ ...ofLink, newLinkId: LinkId, to: GroupNo, on: BusinessDate, endedOn: BusinessDate.optional(), cause: z.enum(['merge', 'split']) }),
  ),
  /** A suggestion that was declined; it stays away while the facts it rested on are the same. */
  SuggestionDismissed: event(z.strictObject({ ...ofCustomer, groupNo: GroupNo, facts: label(128).min(1), reason: Text })),
}
export type GroupLinkEvent = EventOf<typeof groupLinkEvents>

/** 集团数据发布: what was told to provinces of each other's members, for good. In one stream, for every release is judged beside all before it. */
export const groupReleaseEvents = {
  /** Of one group and closed month: the sums of each province's members, of which every other province hears the total, and the rules by which it was released and is rounded. */
  GroupTotalsReleased: event(
    z.strictObject({
      ...key,
      month: BillMonth,
      rules: ReleaseRules,
      provinces: z
        .array(
          z.strictObject({
            province: ProvinceCode,
            /** Who was summed up: what is released later must not single out any of them. */
            members: z.array(ConsNo).min(1),
            electricityMonth: Kwh,
            receivableMonth: Fen,
            receivedMonth: Fen,
            openMonth: Fen,
            arrears: Fen,
          }),
        )
        .min(1),
    }),
  ),
}
export type GroupReleaseEvent = EventOf<typeof groupReleaseEvents>
