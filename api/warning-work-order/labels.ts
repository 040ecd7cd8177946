import type { Cause, Grade, OrderKind, OrderStatus, Result } from '#domain/warning-work-order/fields.ts'

type Label = { readonly zh: string; readonly en: string }
const label = (zh: string, en: string): Label => ({ zh, en })

const kinds: Readonly<Record<OrderKind, Label>> = {
  'arrears-warning': label('欠费预警', 'Arrears warning'),
  supervision: label('督办', 'Supervision'),
  verify: label('核查', 'Verification'),
}
const grades: Readonly<Record<Grade, Label>> = { red: label('红色', 'Red'), orange: label('橙色', 'Orange'), yellow: label('黄色', 'Yellow') }
const statuses: Readonly<Record<Exclude<OrderStatus, 'absent'>, Label>> = {
  draft: label('草稿', 'Draft'),
  issued: label('已下发', 'Issued'),
  signed: label('已签收', 'Signed'),
  'feedback-submitted': label('已反馈待审', 'Feedback submitted'),
  returned: label('已退回', 'Returned'),
  closed: label('已办结', 'Closed'),
  withdrawn: label('已撤回', 'Withdrawn'),
}
const causes: Readonly<Record<Cause, Label>> = {
  funds: label('资金困难', 'Short of funds'),
  stopped: label('停产停业', 'Production stopped'),
  bankruptcy: label('破产重整', 'Bankruptcy'),
  dispute: label('电费争议', 'Dispute'),
  metering: label('计量差错', 'Metering'),
  policy: label('政策原因', 'Policy'),
  absconded: label('失联逃逸', 'Absconded'),
  'payment-in-transit': label('资金在途', 'Payment in transit'),
  other: label('其他', 'Other'),
}
const results: Readonly<Record<Result, Label>> = {
  recovered: label('已回收', 'Recovered'),
  'under-plan': label('按计划回收中', 'Under a plan'),
  uncollectable: label('无法回收', 'Uncollectable'),
  'false-alarm': label('误报', 'False alarm'),
}
const returns: Readonly<Record<string, Label>> = {
  incomplete: label('内容不完整', 'Incomplete'),
  implausible: label('内容不合理', 'Implausible'),
  'no-evidence': label('缺少佐证', 'No evidence'),
  'no-plan': label('缺少回收计划', 'No plan'),
  other: label('其他', 'Other'),
}

export const CAUSES = Object.entries(causes).map(([code, text]) => ({ code: code as Cause, ...text }))

/** Every code of an order in words. */
export const labelsOf = (): Record<string, Record<string, Label>> => ({
  kind: { ...kinds },
  grade: { ...grades },
  status: { ...statuses },
  cause: { ...causes },
  result: { ...results },
  returnReason: { ...returns },
})
