import type { OrderRefusal } from '#application/warning-work-order/work-orders.ts'
import type { WarningSilencesRejection } from '#domain/warning-work-order/rejections.ts'
import type { Refusals } from '../refusals.ts'

const answer =
  (status: number) =>
  (zh: string, en: string): { readonly status: number; readonly title: { readonly 'zh-CN': string; readonly en: string } } => ({
    status,
    title: { 'zh-CN': zh, en },
  })
const forbidden = answer(403)
const missing = answer(404)
const refused = answer(409)
const unfit = answer(422)

export const workOrderRefusals: Refusals<OrderRefusal> = {
  NOT_FOUND: missing('没有此工单', 'There is no such order'),
  UNKNOWN_PROVINCE: refused('该日期没有此省公司', 'There is no such province on that day'),
  NO_SLA_RULES: refused('该日期没有生效的时限规则', 'No rules of time are in force on that date'),
  NUMBERS_EXHAUSTED: refused('当日工单号已用完', 'The numbers of the day are used up'),
  ATTACHMENT_UNKNOWN: unfit('附件尚未上传，或类型、大小不符', 'An attachment is not stored, or not of that type and size'),
  INVALID_STATE: refused('工单当前状态下不能执行此操作', 'The order is in a state that does not take this'),
  ORDER_NO_TAKEN: refused('工单号已被使用', 'That number stands for another order'),
  NO_SUBJECTS: unfit('工单须至少涉及一户', 'An order names at least one customer'),
  TOO_MANY_SUBJECTS: unfit('工单涉及户数过多', 'The order names too many customers'),
  DUPLICATE_SUBJECT: refused('用户重复', 'A customer is named twice'),
  SUBJECT_NOT_IN_PROVINCE: refused('用户不属于该省公司', 'Customers are not of that province'),
  FIGURES_MISMATCH: unfit('欠费金额与所列电费不一致', 'Arrears are not the sum of the named bills'),
  STALE_FIGURES: refused('数据已过时，不能下发', 'The figures are too old to be issued'),
  SELF_APPROVAL: forbidden('提出人不能审批自己的申请', 'Who proposed does not approve'),
  REASON_REQUIRED: unfit('必须填写原因', 'A reason is required'),
  ORG_OUTSIDE_PROVINCE: refused('所转派单位不在本省', 'The unit is not of this province'),
  DUE_TOO_LATE: refused('时限不得晚于反馈时限', 'It would be due later than allowed'),
  INSTANT_TOO_EARLY: refused('时间过早', 'That moment is too early'),
  DATE_TOO_EARLY: refused('日期过早', 'The date is too early'),
  TOO_LATE: refused('已过期限', 'It is too late for that'),
  TOO_MANY_EXTENSIONS: refused('延期次数已达上限', 'It was extended as often as may be'),
  EXTENSION_PENDING: refused('已有待审批的延期申请', 'An extension waits for a decision already'),
  NO_EXTENSION_ASKED: refused('没有待审批的延期申请', 'No extension was asked for'),
  INCOMPLETE_FEEDBACK: unfit('须逐户反馈，且每户一次', 'Every customer is to be answered for, once'),
  NOT_A_SUBJECT: unfit('反馈中有工单未涉及的用户', 'The order does not name that customer'),
  AMOUNT_INVALID: unfit('金额无效', 'The amount is not valid'),
  RECOVERED_TOO_HIGH: unfit('回收金额超过预警金额与新增应收之和', 'More is said to be recovered than was named and billed since'),
  MANY_RETURNS: refused('已多次退回，请确认', 'It was returned often already: confirm'),
  FOLLOW_UP_REQUIRED: unfit('仍有未回收金额，须设定后续跟进日期', 'Something remains: a date of follow-up is required'),
  NOT_RECOVERED: refused('反馈显示仍有未回收金额', 'The answers say that something remains'),
  URGED_TOO_SOON: refused('距上次催办时间过短', 'It was urged too short a time ago'),
  LEVEL_NOT_HIGHER: refused('升级级别须高于现有级别', 'The level only rises'),
  NOT_DUE: refused('尚未到期', 'It is not due yet'),
  ALREADY_PAUSED: refused('工单已暂停', 'The clocks stand still already'),
  NOT_PAUSED: refused('工单未暂停', 'The clocks are running'),
  BILL_NOT_NAMED: refused('工单未列该笔电费', 'The order does not name that bill'),
  RECOVERY_TOO_HIGH: refused('回收金额超过该笔电费的减少额', 'More than what the bill has fallen by'),
  OTHER_RULES: refused('与下发时的时限规则不一致', 'Other rules than those by which it was issued'),
  ID_TAKEN: refused('编号已被使用', 'That id stands for something else'),
  UNKNOWN_QUESTION: missing('没有此提问', 'There is no such question'),
  OWN_QUESTION: refused('不能答复本方的提问', 'A question is answered by the other side'),
  ALREADY_ANSWERED: refused('提问已答复', 'The question was answered'),
  DUPLICATE_OPEN_ORDER: refused('该用户已有同类未办结工单，可追加到该工单', 'The customer has an open order of that kind; append to it'),
  INHIBITED: refused('该用户已有更高等级的未办结工单', 'A graver order is open for the customer'),
}

export const silenceRefusals: Refusals<WarningSilencesRejection> = {
  SILENCE_ID_TAKEN: refused('静默编号已被使用', 'That id stands for another silence'),
  UNKNOWN_SILENCE: missing('没有此静默', 'There is no such silence'),
  INSTANT_TOO_EARLY: refused('时间过早', 'That moment is too early'),
}
