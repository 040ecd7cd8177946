import { type BusinessDate, businessDateOf, type Instant, instantAt } from '#domain/shared/dates.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import type { Cause, OrderStatus, Result } from '#domain/warning-work-order/fields.ts'
import type { Log } from '#test/support/projections.ts'

type One = Log[number]

/** An instant by the clock in Asia/Shanghai: `on('03-02 09:00')`, in 2026 unless said. */
export const on = (text: string): Instant => {
  const [, year = '2026', day, hours, minutes] = /^(?:(\d{4})-)?(\d\d-\d\d) (\d\d):(\d\d)$/.exec(text)!
  return instantAt(`${year}-${day}` as BusinessDate, Number(hours) * 60 + Number(minutes))
}
const calendar = { years: { 2026: 1 }, provisional: false }

export type Terms = { readonly province?: string; readonly grade?: string; readonly kind?: string }
type Bill = readonly [consNo: string, billMonth: string, open: bigint]
export const subject = (consNo: string, bills: readonly Bill[] = [[consNo, '202601', 100n]]) => ({
  consNo,
  name: `Works ${consNo}`,
  bills: bills.map(([, billMonth, open]) => ({ billMonth, open })),
  arrears: bills.reduce((sum, [, , open]) => sum + open, 0n),
  asOf: '2026-01-31',
  reasons: [],
})
export const answer = (consNo: string, cause: Cause, recovered = 0n, remaining = 0n) => ({
  consNo,
  cause,
  measures: ['M01'],
  recovered,
  remaining,
  level: 'II',
})

/** What is said of one order; instants as `on` reads them, or as they are. */
export const order = (orderNo: string, { province = 'P11', grade = 'red', kind = 'arrears-warning' }: Terms = {}) => {
  const [day = '', seq = ''] = orderNo.split('-')
  const stream = streamName('WarningWorkOrder', day, seq)
  const say = (type: string, at: string, data: object = {}): One => [stream, { type, data: { at: moment(at), by: 'wang', orderNo, province, ...data } }]
  return {
    drafted: (at: string, subjects: readonly object[] = [subject('1')], more: object = {}) =>
      say('OrderDrafted', at, { kind, grade, origin: { kind: 'manual' }, subjects, text: 'see to it', ...more }),
    issued: (at: string, signDueAt: string, feedbackDueAt: string, target = 100n) =>
      say('OrderIssued', at, { slaVersion: 1, signDueAt: moment(signDueAt), feedbackDueAt: moment(feedbackDueAt), calendar, target }),
    appended: (at: string, one: object) => say('SubjectAppended', at, { subject: one }),
    signed: (at: string, onTime = true) => say('OrderSigned', at, { onTime }),
    assigned: (at: string) => say('OrderAssigned', at, { toOrg: '11401', dueAt: moment(at) }),
    extensionAsked: (at: string, newDueAt: string) => say('ExtensionRequested', at, { newDueAt: moment(newDueAt), reason: 'holidays' }),
    extended: (at: string, newDueAt: string) => say('ExtensionGranted', at, { newDueAt: moment(newDueAt) }),
    extensionRefused: (at: string) => say('ExtensionRefused', at, { reason: 'no' }),
    submitted: (at: string, no: number, more: { reviewDueAt: string; minutes: number; onTime?: boolean; answers?: readonly object[] }) =>
      say('FeedbackSubmitted', at, {
        ...{ no, answers: more.answers ?? [answer('1', 'funds')], attachments: [], onTime: more.onTime ?? true },
        ...{ reviewDueAt: moment(more.reviewDueAt), provinceMinutes: more.minutes },
      }),
    returned: (at: string, no: number, newDueAt: string, reviewMinutes: number) =>
      say('FeedbackReturned', at, { no, reasons: [{ code: 'no-plan', text: 'say when' }], newDueAt: moment(newDueAt), reviewMinutes }),
    closed: (at: string, result: Result, more: { handling: number; review: number; onTime?: boolean; recovered?: bigint; remaining?: bigint }) =>
      say('OrderClosed', at, {
        ...{ result, recovered: more.recovered ?? 0n, remaining: more.remaining ?? 0n, onTime: more.onTime ?? true },
        ...{ handlingMinutes: more.handling, reviewMinutes: more.review },
      }),
    reopened: (at: string, newDueAt: string) => say('OrderReopened', at, { reason: 'paid back', newDueAt: moment(newDueAt) }),
    paused: (at: string) => say('ClockPaused', at, { reason: 'flood' }),
    resumed: (at: string, signDueAt: string, feedbackDueAt: string, reviewDueAt?: string) =>
      say('ClockResumed', at, { ...dues(signDueAt, feedbackDueAt, reviewDueAt), pausedMinutes: 60, calendar }),
    recomputed: (at: string, signDueAt: string, feedbackDueAt: string, reviewDueAt?: string) =>
      say('DuesRecomputed', at, { ...dues(signDueAt, feedbackDueAt, reviewDueAt), calendar }),
    urged: (at: string, n = 1) => say('OrderUrged', at, { n, channel: 'phone', text: 'please' }),
    escalated: (at: string, level = 1) => say('OrderEscalated', at, { level, toRole: 'head', cause: 'sign-overdue' }),
    overdue: (type: 'SignOverdue' | 'FeedbackOverdue' | 'ReviewOverdue', at: string, dueAt: string) => say(type, at, { dueAt: moment(dueAt) }),
    recovered: (at: string, recovered: bigint, bills: readonly (readonly [string, string, bigint, bigint])[] = [['1', '202601', 0n, recovered]]) =>
      say('RecoveryCounted', at, {
        ...{ reportDate: businessDateOf(moment(at)), reportVersion: 1, recovered },
        bills: bills.map(([consNo, billMonth, open, counted]) => ({ consNo, billMonth, open, counted })),
      }),
    withdrawn: (at: string) => say('OrderWithdrawn', at, { reason: 'mistaken' }),
    asked: (at: string, questionId: string, side: string) => say('QuestionAsked', at, { questionId, side, text: 'how much?' }),
    answered: (at: string, questionId: string) => say('QuestionAnswered', at, { questionId, text: 'so much' }),
    read: (at: string, questionId: string) => say('QuestionRead', at, { questionId }),
  }
}

const dues = (signDueAt: string, feedbackDueAt: string, reviewDueAt: string | undefined) => ({
  ...{ signDueAt: moment(signDueAt), feedbackDueAt: moment(feedbackDueAt) },
  ...(reviewDueAt !== undefined && { reviewDueAt: moment(reviewDueAt) }),
})
const moment = (text: string): Instant => (text.endsWith('Z') ? (text as Instant) : on(text))

/** In the order in which they happened, whatever the order of telling. */
export const inTime = (log: Log): Log =>
  log
    .map((one, index) => ({ one, index, at: (one[1].data as { readonly at: Instant }).at }))
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.index - b.index))
    .map(({ one }) => one)

export const OPEN: ReadonlySet<OrderStatus> = new Set(['issued', 'signed', 'feedback-submitted', 'returned'])
