import type { GroupRefusal, LinkRefusal } from '#application/group-user/aggregates.ts'
import { forbidden, missing, type Refusals, refused, unfit } from '../refusals.ts'

const UNKNOWN_GROUP = refused('没有此集团', 'There is no such group')
const GROUP_NOT_ACTIVE = refused('该集团已合并或注销', 'That group was merged or dissolved')
const SELF_APPROVAL = forbidden('提出人不能审批自己的申请', 'Who proposed does not approve')
const NOT_THE_PROPOSER = forbidden('只有提出人可以撤回申请', 'Only who proposed takes the proposal back')

export const groupUserRefusals: Refusals<GroupRefusal> = {
  NOT_FOUND: missing('没有此集团', 'There is no such group'),
  INVALID_STATE: refused('集团当前状态下不能执行此操作', 'The group is in a state that does not take this'),
  BAD_USCC: unfit('统一社会信用代码校验位不符', 'The check digit of the unified social credit code does not fit'),
  DUPLICATE_GROUP: refused('已有集团使用该统一社会信用代码', 'Another group has that unified social credit code'),
  SIMILAR_GROUP: refused(
    '存在名称相近的集团；如确为不同集团，请在 distinctFrom 中列明后重发',
    'There are groups of a similar name: if it is another company, name them in distinctFrom and send again',
  ),
  GROUP_NO_TAKEN: refused('集团编号已被使用', 'The group number is taken'),
  UNKNOWN_GROUP,
  GROUP_NOT_ACTIVE,
  CYCLE: refused('上下级关系成环', 'The groups would form a circle'),
  TOO_MANY_BELOW: refused('该集团的直接下级集团数已达上限', 'That group would have too many groups directly below it'),
  MEMBERS_ARRIVING: refused('有集团正在并入，不能注销', 'Another group is being merged into this one'),
  DECISION_PENDING: refused('已有合并或拆分待审批或办理中', 'A merge or split waits for a decision or is under way'),
  NOTHING_PROPOSED: refused('没有待审批的申请', 'Nothing is proposed'),
  SELF_APPROVAL,
  NOT_THE_PROPOSER,
  MERGE_INTO_ITSELF: unfit('集团不能并入自身', 'A group does not merge into itself'),
  FUTURE_DATE: refused('日期尚未到来', 'That date is still to come'),
  NOT_A_MEMBER: refused('所列用户不是该集团在该日期的成员', 'Some of these are no members of the group on that date'),
  DUPLICATE_MEMBER: unfit('成员重复', 'A member is named twice'),
  HAS_MEMBERS: refused('集团仍有已关联或待确认的用户', 'The group still has links that are confirmed or wait for it'),
  TOO_MANY_MEMBERS: refused('成员数超过一次合并的上限', 'More members than one merge takes'),
}

export const groupLinkRefusals: Refusals<LinkRefusal> = {
  UNKNOWN_CUSTOMER: refused('本省没有此户号', 'The province has no such customer'),
  UNKNOWN_GROUP,
  GROUP_NOT_ACTIVE,
  UNKNOWN_LINK: missing('没有此关联关系', 'The customer has no such link'),
  ID_TAKEN: refused('编号已被使用', 'That id stands for another link of this customer'),
  ALREADY_LINKED: refused('该用户在此期间已关联或待关联其他集团', 'On some of these days the customer is linked, or proposed to be, already'),
  EMPTY_VALIDITY: unfit('解除日期须晚于生效日期', 'The link would end before it begins'),
  EVIDENCE_REQUIRED: unfit('须提供佐证材料或说明', 'Evidence or a reason is required'),
  SELF_APPROVAL,
  NOT_THE_PROPOSER,
  LINK_STATE: refused('关联关系当前状态下不能执行此操作', 'The link is in a state that does not take this'),
  DATE_TOO_EARLY: refused('日期早于生效日期', 'The date is before the link takes effect'),
  ALREADY_ENDED: refused('关联关系已在更早的日期解除', 'The link has ended on an earlier day'),
}
