import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { GroupNo, GroupStatus, LinkId, LinkStatus, Member, Uscc } from './fields.ts'

/** A group whose name may mean the same company. */
export type SimilarGroup = { readonly groupNo: GroupNo; readonly name: string }

/** Why the register of groups refused. */
export type GroupRegisterRejection =
  /** The check digit does not fit (GB 32100-2015). */
  | { readonly code: 'BAD_USCC'; readonly uscc: Uscc }
  /** Another group has that code. */
  | { readonly code: 'DUPLICATE_GROUP'; readonly groupNo: GroupNo; readonly uscc: Uscc }
  /** Only a warning: said again with these groups in `distinctFrom` it is taken. */
  | { readonly code: 'SIMILAR_GROUP'; readonly groups: readonly SimilarGroup[] }
  /** The number stands, or stood, for another group. */
  | { readonly code: 'GROUP_NO_TAKEN'; readonly groupNo: GroupNo }
  | { readonly code: 'UNKNOWN_GROUP'; readonly groupNo: GroupNo }
  | { readonly code: 'CYCLE'; readonly groupNo: GroupNo; readonly parent: GroupNo }
  /** More would stand directly below that group than can follow it in one step. */
  | { readonly code: 'TOO_MANY_BELOW'; readonly groupNo: GroupNo; readonly most: number }
  | { readonly code: 'GROUP_NOT_ACTIVE'; readonly groupNo: GroupNo; readonly into?: GroupNo }
  /** A merge into the group is still being carried out. */
  | { readonly code: 'MEMBERS_ARRIVING'; readonly groupNo: GroupNo; readonly from: GroupNo }

/** Why a group refused. */
export type GroupUserRejection =
  | { readonly code: 'NOT_FOUND' }
  | { readonly code: 'INVALID_STATE'; readonly status: GroupStatus }
  /** A merge or split is proposed or under way. */
  | { readonly code: 'DECISION_PENDING'; readonly kind: 'merge' | 'split' }
  | { readonly code: 'NOTHING_PROPOSED'; readonly kind: 'merge' | 'split' }
  | { readonly code: 'SELF_APPROVAL' }
  /** Only who proposed takes a proposal back. */
  | { readonly code: 'NOT_THE_PROPOSER' }
  | { readonly code: 'MERGE_INTO_ITSELF' }
  | { readonly code: 'UNKNOWN_GROUP'; readonly groupNo: GroupNo }
  | { readonly code: 'GROUP_NOT_ACTIVE'; readonly groupNo: GroupNo; readonly into?: GroupNo }
  | { readonly code: 'FUTURE_DATE'; readonly date: BusinessDate; readonly latest: BusinessDate }
  | { readonly code: 'NOT_A_MEMBER'; readonly members: readonly Member[] }
  | { readonly code: 'DUPLICATE_MEMBER'; readonly member: Member }
  /** Links are confirmed or wait for it. */
  | { readonly code: 'HAS_MEMBERS'; readonly links: number }
  | { readonly code: 'TOO_MANY_MEMBERS'; readonly most: number }

/** Why a customer's links refused. */
export type GroupLinkRejection =
  | { readonly code: 'UNKNOWN_CUSTOMER'; readonly province: ProvinceCode; readonly consNo: ConsNo }
  | { readonly code: 'UNKNOWN_GROUP'; readonly groupNo: GroupNo }
  | { readonly code: 'GROUP_NOT_ACTIVE'; readonly groupNo: GroupNo; readonly into?: GroupNo }
  | { readonly code: 'UNKNOWN_LINK'; readonly linkId: LinkId }
  /** The id stands for another link of this customer. */
  | { readonly code: 'ID_TAKEN'; readonly linkId: LinkId }
  /** On some date of these the customer belongs, or is proposed to belong, to a group. */
  | {
      readonly code: 'ALREADY_LINKED'
      readonly groupNo: GroupNo
      readonly linkId: LinkId
      readonly effectiveFrom: BusinessDate
      readonly endedOn?: BusinessDate
    }
  | { readonly code: 'EMPTY_VALIDITY'; readonly effectiveFrom: BusinessDate; readonly endedOn: BusinessDate }
  /** A link wants evidence or a reason. */
  | { readonly code: 'EVIDENCE_REQUIRED' }
  | { readonly code: 'SELF_APPROVAL' }
  | { readonly code: 'NOT_THE_PROPOSER' }
  | { readonly code: 'LINK_STATE'; readonly is: LinkStatus }
  | { readonly code: 'DATE_TOO_EARLY'; readonly date: BusinessDate; readonly earliest: BusinessDate }
  /** What has ended goes on only by a link of its own. */
  | { readonly code: 'ALREADY_ENDED'; readonly endedOn: BusinessDate }
