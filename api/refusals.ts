import type { BulletinRefusal } from '#application/bulletin/use-cases.ts'
import type { ReportRefusal } from '#application/daily-report/report.ts'
import type { UserRefusal } from '#application/high-risk-user/use-cases.ts'
import type { ExtractionRejection } from '#domain/extraction/rejections.ts'
import type { IndustryListRejection } from '#domain/industry-list/rejections.ts'
import type { OrganisationRejection, WorkCalendarRejection } from '#domain/organisation/rejections.ts'
import type { Refusal } from './problem.ts'

/** Status and title of every refusal of a capability; a code without a row does not compile. */
export type Refusals<R extends { readonly code: string }> = Readonly<Record<R['code'], Refusal>>

const answer =
  (status: number) =>
  (zh: string, en: string): Refusal => ({ status, title: { 'zh-CN': zh, en } })
/** What is asked does not fit what is so. */
export const refused = answer(409)
/** What is said does not hold in itself, whatever is so. */
export const unfit = answer(422)
export const missing = answer(404)
export const forbidden = answer(403)

const REASON_REQUIRED = unfit('必须填写原因', 'A reason is required')
const SELF_APPROVAL = forbidden('提出人不能审批自己的申请', 'Who proposed does not approve')
const FUTURE_DATE = refused('日期尚未到来', 'That date is still to come')
const NO_CHANGE = refused('内容没有变化', 'Nothing would change')

export const industryListRefusals: Refusals<IndustryListRejection> = {
  DRAFT_EXISTS: refused('已有未下发的草稿', 'There is an open draft already'),
  NO_OPEN_DRAFT: refused('没有打开的草稿', 'There is no open draft'),
  UNKNOWN_CODE: unfit('该标准中没有此行业代码', 'That edition of the classification has no such trade'),
  DUPLICATE_ENTRY: refused('清单中已有此行业', 'The trade is on the list already'),
  UNKNOWN_ENTRY: missing('清单中没有此行业', 'The trade is not on the list'),
  EMPTY_VERSION: refused('不能下发空清单', 'An empty list cannot be published'),
  EFFECTIVE_IN_PAST: refused('生效日期早于今天', 'The effective date is in the past'),
  ACKNOWLEDGEMENT_DUE_IN_PAST: refused('签收期限已过', 'The time to acknowledge would be over'),
  UNKNOWN_VERSION: missing('没有此版本', 'There is no such version'),
  NOT_YET_PUBLISHED: refused('此版本尚未下发', 'That version is not published yet'),
  VERSION_REVOKED: refused('此版本已撤回', 'That version was revoked'),
  NOT_YET_EFFECTIVE: refused('此版本尚未生效', 'That version is not in force yet'),
  ALREADY_EFFECTIVE: refused('此版本已经生效', 'That version is in force already'),
}

export const highRiskUserRefusals: Refusals<UserRefusal> = {
  NO_LISTING_RULES: refused('该日期没有生效的列入规则', 'No rules of listing are in force on that date'),
  NO_CUT_OFF_RULES: refused('该日期没有生效的停电规则', 'No rules of cutting supply are in force on that date'),
  NO_CASE_RULES: refused('该日期没有生效的管理规则', 'No rules of case work are in force on that date'),
  NOT_FOUND: missing('没有此用户的档案', 'There is no record of this user'),
  INVALID_STATE: refused('当前状态下不能执行此操作', 'The record is in a state that does not take this'),
  ALREADY_LISTED: refused('该用户已在册', 'The user is listed already'),
  STALE_REFERENCE: refused('所用筛选规则版本已不是生效版本', 'That rule set is not the one in force'),
  RECHECK_LATER: refused('未到复核日期', 'Dismissed until a date that has not come yet'),
  KEY_IMMUTABLE: refused('单位和户号不可更改', 'Province and customer number never change'),
  ORG_OUTSIDE_PROVINCE: refused('所属单位不在本省', 'The unit is not of this province'),
  REASON_REQUIRED,
  EVIDENCE_REQUIRED: unfit('须提供原因或佐证材料', 'A reason or evidence is required'),
  SELF_APPROVAL,
  FUTURE_DATE,
  DATE_TOO_EARLY: refused('日期过早', 'The date is too early'),
  NO_CHANGE,
  OVERRIDE_REQUIRED: unfit('与计算等级不同，须说明原因并设定失效日期', 'A level other than the computed one wants a reason and an expiry date'),
  LOWERING_TOO_SOON: refused('连续评审次数不足，不能降级', 'Too few successive reviews to lower the level'),
  HARD_TRIGGER_OPEN: refused('仍有硬性触发条件，不能降级', 'A hard trigger is still open'),
  ARREARS_OPEN: refused('仍有欠费', 'There are open arrears'),
  CLEAN_MONTHS_TOO_FEW: refused('连续无欠费月数不足', 'Too few months without arrears'),
  OPEN_WORK_ORDER: refused('存在未办结的预警工单', 'A warning order is still open'),
  REFERENCE_REQUIRED: unfit('须注明关联编号', 'A reference is required'),
  UNKNOWN_MEASURE_CODE: unfit('措施目录中没有此措施', 'The catalogue has no such measure'),
  PLACE_A_HOLD: refused('暂缓须通过暂缓登记办理', 'A hold is placed as a hold, not planned as a measure'),
  UNKNOWN_MEASURE: missing('没有此措施', 'The user has no such measure'),
  ID_TAKEN: refused('编号已被使用', 'That id stands for something else in this record'),
  MEASURE_STATE: refused('措施当前状态下不能执行此操作', 'The measure is in a state that does not take this'),
  DETAILS_MISSING: unfit('缺少该措施必填的内容', 'The measure lacks details it needs'),
  AMOUNT_INVALID: unfit('金额无效', 'The amount is not valid'),
  CUT_NOT_ALLOWED: refused('不具备停电条件', 'Supply may not be cut'),
  NOT_A_CUT: refused('该措施不是停电措施', 'That measure is not a cut'),
  CUT_STEP_ORDER: refused('停电程序步骤顺序不符', 'That step of the cut is not due now'),
  NOTICE_TOO_SHORT: refused('停电通知时间不足', 'The notice is too short'),
  AUTHORITY_NOTICE_REQUIRED: unfit('重要用户停电须报送同级电力管理部门', 'For an important user the power authority must be told'),
  SAFETY_PLAN_REQUIRED: unfit('重要用户停电须有安全措施方案', 'For an important user a safety plan is required'),
  FUTURE_INSTANT: refused('时间尚未到来', 'That moment is still to come'),
  INSTANT_TOO_EARLY: refused('时间过早', 'That moment is too early'),
  EXPLANATION_REQUIRED: unfit('复电超过规定时限，须说明原因', 'Restored later than the rules allow: explain why'),
  POWER_STILL_OFF: refused('尚未复电', 'The power is still off'),
  UNKNOWN_BILL: refused('最近一期日报中没有该月电费', 'The last sealed report shows no bill of that month'),
  PROMISE_EXISTS: refused('该电费月份已有未到期的还款承诺', 'An open promise speaks of that bill already'),
  UNKNOWN_PROMISE: missing('没有此还款承诺', 'The user has no such promise'),
  HOLD_EXISTS: refused('已在暂缓期内', 'There is a hold already'),
  HOLD_TOO_LONG: refused('暂缓期限过长', 'The hold is longer than allowed'),
  NO_HOLD: refused('没有生效的暂缓', 'There is no hold'),
  UNKNOWN_FACT: missing('没有此不利情况记录', 'The user has no such adverse fact'),
  NO_OPEN_REVIEW: refused('没有待处理的复核建议', 'No proposed review waits'),
}

export const dailyReportRefusals: Refusals<ReportRefusal> = {
  UNKNOWN_PROVINCE: missing('该日期没有此省公司', 'There was no such province on that day'),
  NO_SCHEDULE: refused('该日期没有生效的报送时间表', 'No schedule is in force on that date'),
  NOT_FOUND: missing('该日报尚未开启', 'The report of that day was never opened'),
  INVALID_STATE: refused('日报当前状态下不能执行此操作', 'The report is in a state that does not take this'),
  ALREADY_OPENED: refused('日报已开启', 'The report is open already'),
  FUTURE_DATE,
  VALIDATION_FAILED: unfit('数据行校验未通过', 'Rows do not hold'),
  UNANSWERED_WARNINGS: refused('有预警的数据行缺少说明', 'Rows with warnings want a comment'),
  UNKNOWN_ROW: missing('日报中没有该户的数据行', 'The report has no row of that user'),
  REASON_REQUIRED,
  MISSING_ROWS: refused('有应报用户未报', 'Expected users have no row'),
  TOTALS_MISMATCH: refused('合计与明细不一致', 'Declared totals differ from the rows'),
  NIL_NOT_DECLARED: refused('空报须明确声明', 'A report without rows has to say so'),
  NOT_NIL: refused('声明为空报但存在数据行', 'Declared nil, but there are rows'),
  PERIOD_CLOSED: refused('已过期限', 'The period is closed'),
  TOO_EARLY: refused('尚未到时间', 'It is too early for that'),
  NO_CHANGE,
  CORRECTION_PENDING: refused('另有更正待总部审批', 'Another correction waits for approval'),
  DUPLICATE_CORRECTION: refused('更正编号已被使用', 'That correction id was used before'),
  UNKNOWN_CORRECTION: missing('没有此更正申请', 'There is no such correction'),
  SELF_APPROVAL,
  STALE_REFERENCE: refused('提出更正后数据已变化', 'The rows changed since the correction was proposed'),
}

export const organisationRefusals: Refusals<OrganisationRejection> = {
  UNKNOWN_UNIT: missing('没有此单位', 'There is no such unit'),
  OVERLAP: refused('该编码在此期间已被使用', 'The code stands for another unit in that period'),
  DUPLICATE_UNIT: refused('单位重复', 'The unit is named twice'),
  EMPTY_PERIOD: unfit('失效日期须晚于生效日期', 'The unit would end before it begins'),
  PARENT_REQUIRED: unfit('须指定上级单位', 'A parent is required'),
  UNKNOWN_PARENT: refused('上级单位不存在', 'The parent does not exist on that day'),
  CYCLE: refused('上下级关系成环', 'The units would form a circle'),
  LEVEL_ORDER: refused('上下级层级颠倒', 'A parent must stand above its children'),
  LEVEL_CHANGED: refused('单位层级不可更改', 'The level of a unit never changes'),
  BAD_PROVINCE_CODE: unfit('省公司编码不合规则', 'Not a code for a province'),
  CHILD_OUTLIVES_PARENT: refused('下级单位的有效期超过上级', 'The unit would outlive its parent'),
  ALREADY_CLOSED: refused('单位已撤销', 'The unit is closed already'),
  UNKNOWN_SUCCESSOR: refused('承接单位不存在', 'The successor does not exist'),
}

export const workCalendarRefusals: Refusals<WorkCalendarRejection> = {
  VERSION_NOT_NEWER: refused('版本号须大于现有版本', 'The version must be newer than the standing one'),
  OUTSIDE_YEAR: unfit('日期不在该年份内', 'Dates outside the year'),
  MAKE_UP_ON_WEEKDAY: unfit('调休上班日须为周末', 'A make-up day must fall on a weekend'),
  DAY_TWICE: unfit('日期重复', 'A day is named twice'),
}

export const extractionRefusals: Refusals<ExtractionRejection> = {
  NOT_FOUND: missing('没有此抽取任务', 'There is no such extraction'),
  INVALID_STATE: refused('抽取任务已结束', 'The extraction has ended'),
  ALREADY_RUNNING: refused('抽取任务正在运行', 'The extraction is running'),
  FUTURE_DATE,
  ROWS_NOT_RECONCILED: refused('接收、入库与隔离的行数不平', 'Rows received, stored and set aside do not add up'),
}

export const bulletinRefusals: Refusals<BulletinRefusal> = {
  NOT_FOUND: missing('没有此通报', 'There is no such bulletin'),
  UNKNOWN_PROVINCE: refused('该日期没有此省公司', 'There is no such province on that day'),
  ALREADY_PUBLISHED: refused('此通报已发布，内容不可更改', 'The bulletin was published before; it is never changed'),
  EXPIRES_IN_PAST: refused('失效时间已过', 'It would have expired already'),
  NOT_ADDRESSED: missing('此通报未发往该省公司', 'The bulletin is not for that province'),
  BULLETIN_WITHDRAWN: refused('此通报已撤回', 'The bulletin was withdrawn'),
}
