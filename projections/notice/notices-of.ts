import type { BulletinEvent } from '#domain/bulletin/events.ts'
import type { GroupUserEvent } from '#domain/group-user/events.ts'
import type { Role } from '#domain/shared/actor.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { Notice, NoticeKind } from '#domain/shared/notice.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import type { Projected } from '#projections/shared/projection.ts'

const HQ = 'HQ' as OrgCode
const HEADQUARTERS: Role[] = ['HQ_TARIFF', 'HQ_LEAD']
const LEAD: Role[] = ['HQ_LEAD']
const PROVINCE: Role[] = ['PV_TARIFF', 'PV_LEAD', 'PV_LEGAL']
const UNIT: Role[] = ['CT_TARIFF', 'CT_LEAD', 'CN_COLLECT']

type Told = Pick<Notice, 'kind' | 'orgCode' | 'roles' | 'userId' | 'facts'>
type Alarm = Extract<GroupUserEvent, { type: 'MemberAlarmed' }>['data']
type OrderEvent = Projected<WarningWorkOrderEvent>
type Data<T extends WarningWorkOrderEvent['type']> = Extract<WarningWorkOrderEvent, { type: T }>['data']

/** Who is told what because of an event, in the order of `no`; most events tell nobody. */
export const noticesOf = (event: OrderEvent | Projected<BulletinEvent> | Projected<GroupUserEvent>): readonly Notice[] => {
  const { at, by } = event.data
  // An order may name a group, so what tells them apart is what only one of them has.
  if ('orderNo' in event.data) {
    const { orderNo, province } = event.data
    return told(event as OrderEvent).map((one, no) => ({ ...one, no, at, by, orderNo, province }))
  }
  if (event.type === 'MemberAlarmed') return alarms(event.data)
  if (event.type !== 'BulletinPublished') return []
  const { bulletinId, title, provinces } = event.data
  return provinces.map((province, no) => ({ ...toProvince(province, 'bulletin-published', { title }), no, at, by, province, bulletinId }))
}

/** Headquarters hears of the member, the provinces of other members only of the group. */
const alarms = ({ at, by, groupNo, groupName, province, consNo, since, provinces }: Alarm): readonly Notice[] => {
  const facts = { groupNo, groupName, since }
  const told: readonly Told[] = [
    toHeadquarters('group-alarm', { ...facts, province, consNo }, ['HQ_GROUP', 'HQ_LEAD']),
    ...provinces.map((other) => toProvince(other, 'group-alarm', facts)),
  ]
  return told.map((one, no) => ({ ...one, no, at, by, ...(no > 0 && { province: one.orgCode as string as ProvinceCode }) }))
}

const toHeadquarters = (kind: NoticeKind, facts: Notice['facts'] = {}, roles = HEADQUARTERS): Told => ({ kind, orgCode: HQ, roles, facts })
const toProvince = (province: ProvinceCode, kind: NoticeKind, facts: Notice['facts'] = {}): Told => ({
  kind,
  orgCode: province as string as OrgCode,
  roles: PROVINCE,
  facts,
})

const told = (event: OrderEvent): readonly Told[] => WHO[event.type]?.(event.data as never, event) ?? []

type Rules = { readonly [T in WarningWorkOrderEvent['type']]?: (data: Data<T>, event: OrderEvent) => readonly Told[] }
const WHO: Rules = {
  // Who drafts by hand knows of it; what rules drafted lies in headquarters' queue.
  OrderDrafted: ({ origin, subjects }) => (origin.kind === 'rules' ? [toHeadquarters('order-drafted', { subjects: subjects.length })] : []),
  OrderIssued: ({ province, signDueAt, feedbackDueAt }) => [toProvince(province, 'order-issued', { signDueAt, feedbackDueAt })],
  SubjectAppended: ({ province, subject: { consNo, name } }) => [toProvince(province, 'order-appended', { consNo, name })],
  OrderAssigned: ({ toOrg, toUser, dueAt }) => [
    { kind: 'order-assigned', orgCode: toOrg, roles: [...UNIT, ...PROVINCE], ...(toUser !== undefined && { userId: toUser }), facts: { dueAt } },
  ],
  ExtensionRequested: ({ newDueAt, reason }) => [toHeadquarters('extension-requested', { newDueAt, reason }, LEAD)],
  ExtensionGranted: ({ province, newDueAt }) => [toProvince(province, 'extension-decided', { granted: true, newDueAt })],
  ExtensionRefused: ({ province, reason }) => [toProvince(province, 'extension-decided', { granted: false, reason })],
  FeedbackSubmitted: ({ no, reviewDueAt }) => [toHeadquarters('feedback-submitted', { feedback: no, reviewDueAt })],
  FeedbackReturned: ({ province, no, newDueAt }) => [toProvince(province, 'order-returned', { feedback: no, newDueAt })],
  OrderClosed: ({ province, result }) => [toProvince(province, 'order-closed', { result })],
  OrderUrged: ({ province, n, channel, text }) => [toProvince(province, 'order-urged', { n, channel, text })],
  OrderEscalated: ({ province, level, toRole, cause }) => [
    toProvince(province, 'order-escalated', { level, toRole, cause }),
    toHeadquarters('order-escalated', { level, toRole, cause }, LEAD),
  ],
  SignOverdue: ({ province, dueAt }) => overdue(province, 'sign', dueAt),
  FeedbackOverdue: ({ province, dueAt }) => overdue(province, 'feedback', dueAt),
  ReviewOverdue: ({ dueAt }) => [toHeadquarters('order-overdue', { clock: 'review', dueAt })],
  ClockPaused: ({ province, reason }) => [toProvince(province, 'order-paused', { reason })],
  ClockResumed: ({ province, feedbackDueAt }) => [toProvince(province, 'order-resumed', { feedbackDueAt })],
  // A province does not know of drafts, nor of one that is withdrawn before it was issued.
  OrderWithdrawn: ({ province, reason }, { revision }) => (revision === 1n ? [] : [toProvince(province, 'order-withdrawn', { reason })]),
  OrderReopened: ({ province, reason, newDueAt }) => [toProvince(province, 'order-reopened', { reason, newDueAt })],
  QuestionAsked: ({ province, side, questionId, text }) => [
    side === 'headquarters' ? toProvince(province, 'question-asked', { questionId, text }) : toHeadquarters('question-asked', { questionId, text }),
  ],
  // Whoever answers stands on the other side than whoever asked.
  QuestionAnswered: ({ province, questionId, text }, { metadata }) => [
    metadata.actor.orgCode === HQ ? toProvince(province, 'question-answered', { questionId, text }) : toHeadquarters('question-answered', { questionId, text }),
  ],
}

const overdue = (province: ProvinceCode, clock: string, dueAt: string): readonly Told[] => [
  toProvince(province, 'order-overdue', { clock, dueAt }),
  toHeadquarters('order-overdue', { clock, dueAt }),
]
