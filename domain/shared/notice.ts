import { z } from 'zod'
import { Role } from './actor.ts'
import { businessDateOf, Instant, minuteOfDay } from './dates.ts'
import { OrgCode, ProvinceCode, UserId } from './identity.ts'

/** What a notice (消息通知) is about. */
export const NoticeKind = z.enum([
  'order-drafted',
  'order-issued',
  'order-appended',
  'order-assigned',
  'feedback-submitted',
  'order-returned',
  'order-closed',
  'order-urged',
  'order-escalated',
  'order-overdue',
  'order-withdrawn',
  'order-reopened',
  'order-paused',
  'order-resumed',
  'extension-requested',
  'extension-decided',
  'question-asked',
  'question-answered',
  'bulletin-published',
  'group-alarm',
])
export type NoticeKind = z.output<typeof NoticeKind>

/** Something that people of one unit, in certain roles, are told because of one event. `facts` is what the sentence is made of. */
export const Notice = z.strictObject({
  /** Of the event's notices, for one event may tell several units. */
  no: z.int().min(0),
  kind: NoticeKind,
  at: Instant,
  by: UserId,
  orgCode: OrgCode,
  roles: z.array(Role).min(1),
  /** Set when it is for one person of the unit. */
  userId: UserId.optional(),
  province: ProvinceCode.optional(),
  orderNo: z.string().optional(),
  bulletinId: z.string().optional(),
  facts: z.record(z.string(), z.union([z.string(), z.int(), z.boolean()])),
})
export type Notice = z.output<typeof Notice>

const pad = (value: number): string => String(value).padStart(2, '0')
const local = (at: Instant): string => `${businessDateOf(at)} ${pad(Math.floor(minuteOfDay(at) / 60))}:${pad(minuteOfDay(at) % 60)}`

type Sentence = { readonly zh: string; readonly en: string }
type Said = { readonly no: string; readonly fact: (name: string) => string; readonly due: (name: string) => string; readonly is: (name: string) => boolean }

const CLOCKS: Readonly<Record<string, Sentence>> = {
  sign: { zh: '签收', en: 'signing' },
  feedback: { zh: '反馈', en: 'feedback' },
  review: { zh: '审核', en: 'review' },
}

const SENTENCES: Readonly<Record<NoticeKind, (said: Said) => Sentence>> = {
  'order-drafted': ({ no, fact }) => ({
    zh: `工单 ${no} 已起草，涉及 ${fact('subjects')} 户，待下发`,
    en: `Order ${no} about ${fact('subjects')} users is drafted and waits to be issued`,
  }),
  'order-issued': ({ no, due }) => ({
    zh: `工单 ${no} 已下发，请于 ${due('signDueAt')} 前签收，${due('feedbackDueAt')} 前反馈`,
    en: `Order ${no} is issued: sign by ${due('signDueAt')}, answer by ${due('feedbackDueAt')}`,
  }),
  'order-appended': ({ no, fact }) => ({
    zh: `工单 ${no} 追加用户 ${fact('consNo')}（${fact('name')}）`,
    en: `Order ${no} names another customer: ${fact('consNo')} (${fact('name')})`,
  }),
  'order-assigned': ({ no, due }) => ({
    zh: `工单 ${no} 转派至本单位，请于 ${due('dueAt')} 前办理`,
    en: `Order ${no} is assigned to your unit, due ${due('dueAt')}`,
  }),
  'feedback-submitted': ({ no, fact, due }) => ({
    zh: `工单 ${no} 第 ${fact('feedback')} 次反馈待审核，时限 ${due('reviewDueAt')}`,
    en: `Feedback ${fact('feedback')} on order ${no} waits for review, due ${due('reviewDueAt')}`,
  }),
  'order-returned': ({ no, due }) => ({
    zh: `工单 ${no} 的反馈被退回，请于 ${due('newDueAt')} 前重新反馈`,
    en: `The feedback on order ${no} was returned: answer again by ${due('newDueAt')}`,
  }),
  'order-closed': ({ no }) => ({ zh: `工单 ${no} 已办结`, en: `Order ${no} is closed` }),
  'order-urged': ({ no, fact }) => ({ zh: `工单 ${no} 第 ${fact('n')} 次催办：${fact('text')}`, en: `Order ${no} is urged (${fact('n')}): ${fact('text')}` }),
  'order-escalated': ({ no, fact }) => ({
    zh: `工单 ${no} 升级至 ${fact('level')} 级（${fact('toRole')}）`,
    en: `Order ${no} is escalated to level ${fact('level')} (${fact('toRole')})`,
  }),
  'order-overdue': ({ no, fact, due }) => ({
    zh: `工单 ${no} ${CLOCKS[fact('clock')]?.zh ?? ''}已逾期，时限为 ${due('dueAt')}`,
    en: `Order ${no} is overdue: ${CLOCKS[fact('clock')]?.en ?? ''} was due ${due('dueAt')}`,
  }),
  'order-withdrawn': ({ no, fact }) => ({ zh: `工单 ${no} 已撤回：${fact('reason')}`, en: `Order ${no} is withdrawn: ${fact('reason')}` }),
  'order-reopened': ({ no, fact, due }) => ({
    zh: `工单 ${no} 重新打开：${fact('reason')}，请于 ${due('newDueAt')} 前反馈`,
    en: `Order ${no} is open again: ${fact('reason')}; answer by ${due('newDueAt')}`,
  }),
  'order-paused': ({ no, fact }) => ({ zh: `工单 ${no} 暂停计时：${fact('reason')}`, en: `The clocks of order ${no} are stopped: ${fact('reason')}` }),
  'order-resumed': ({ no, due }) => ({
    zh: `工单 ${no} 恢复计时，反馈时限 ${due('feedbackDueAt')}`,
    en: `The clocks of order ${no} go on; answer by ${due('feedbackDueAt')}`,
  }),
  'extension-requested': ({ no, fact, due }) => ({
    zh: `工单 ${no} 申请延期至 ${due('newDueAt')}：${fact('reason')}`,
    en: `Order ${no}: an extension to ${due('newDueAt')} is asked for: ${fact('reason')}`,
  }),
  'extension-decided': ({ no, is, fact, due }) =>
    is('granted')
      ? { zh: `工单 ${no} 已同意延期至 ${due('newDueAt')}`, en: `Order ${no} is extended to ${due('newDueAt')}` }
      : { zh: `工单 ${no} 延期申请未获同意：${fact('reason')}`, en: `Order ${no} is not extended: ${fact('reason')}` },
  'question-asked': ({ no, fact }) => ({ zh: `工单 ${no} 有新提问：${fact('text')}`, en: `Order ${no}: a question: ${fact('text')}` }),
  'question-answered': ({ no, fact }) => ({ zh: `工单 ${no} 的提问已答复：${fact('text')}`, en: `Order ${no}: an answer: ${fact('text')}` }),
  // To a province nothing is said of a customer of another.
  'group-alarm': ({ fact }) => ({
    zh: `集团 ${fact('groupName')}（${fact('groupNo')}）有成员自 ${fact('since')} 起为重大风险（I 级）${fact('consNo') && `：${fact('province')} ${fact('consNo')}`}`,
    en: `A member of the group ${fact('groupName')} (${fact('groupNo')}) stands at level I since ${fact('since')}${fact('consNo') && `: ${fact('province')} ${fact('consNo')}`}`,
  }),
  'bulletin-published': ({ fact }) => ({ zh: `新通报：${fact('title')}`, en: `A bulletin: ${fact('title')}` }),
}

/** A notice as a sentence, with times as the clock in Asia/Shanghai shows them. */
export const sentenceOf = ({ kind, orderNo, facts }: Pick<Notice, 'kind' | 'orderNo' | 'facts'>): Sentence => {
  const fact = (name: string): string => String(facts[name] ?? '')
  return SENTENCES[kind]({
    no: orderNo ?? '',
    fact,
    due: (name) => (facts[name] === undefined ? '' : local(fact(name) as Instant)),
    is: (name) => facts[name] === true,
  })
}
