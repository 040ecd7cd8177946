import type { ScreeningRejection } from '#domain/screening/rejections.ts'
import { forbidden, missing, type Refusals, refused, unfit } from '../refusals.ts'

export const screeningRefusals: Refusals<ScreeningRejection> = {
  DRAFT_EXISTS: refused('已有未发布的规则草稿', 'There is an open draft already'),
  NO_OPEN_DRAFT: refused('没有打开的规则草稿', 'There is no open draft'),
  UNKNOWN_VERSION: missing('没有此规则版本', 'There is no such version'),
  EMPTY_RULE_SET: refused('不能发布空规则集', 'A rule set without rules cannot be published'),
  DUPLICATE_RULE: unfit('规则编号重复', 'A rule is named twice'),
  BINS_UNORDERED: unfit('分档下限须递增', 'Bins must begin ever higher'),
  NOT_MONOTONE: unfit('分值走向与业务规定相反', 'Points run against what the business says of this measure'),
  POINTS_OVER_MAXIMUM: unfit('各规则最高分之和超过上限', 'The highest points add up to more than the highest score'),
  LEVELS_UNORDERED: unfit('等级分数线须逐级降低', 'The scores of levels must fall from I to III'),
  SELF_APPROVAL: forbidden('起草人不能发布自己的规则', 'Who wrote any of it does not publish it'),
  EFFECTIVE_IN_PAST: refused('生效日期早于今天', 'The effective date is in the past'),
  VERSION_REVOKED: refused('此版本已撤回', 'That version was revoked'),
  ALREADY_EFFECTIVE: refused('此版本已经生效', 'That version is in force already'),
}
