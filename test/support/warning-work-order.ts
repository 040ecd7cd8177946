import { readFileSync } from 'node:fs'
import type { BillMonth, Instant } from '#domain/shared/dates.ts'
import type { UserId } from '#domain/shared/identity.ts'
import { fen } from '#domain/shared/quantities.ts'
import type { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import { type WarningWorkOrderEvent, warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import { type OrderNo, type QuestionId, SlaRules, type Subject, type SubjectAnswer, WorkYear } from '#domain/warning-work-order/fields.ts'
import { warningWorkOrder } from '#domain/warning-work-order/order.ts'
import { cons, day, province, shanghai, user } from './arbitraries/values.ts'
import { specFor } from './spec.ts'

export const { given } = specFor(warningWorkOrderEvents, warningWorkOrder)
export type Event<T extends WarningWorkOrderEvent['type']> = Extract<WarningWorkOrderEvent, { type: T }>
export type Data<T extends WarningWorkOrderCommand['type']> = Extract<WarningWorkOrderCommand, { type: T }>['data']

const shipped = (name: string): Record<string, unknown[]> =>
  JSON.parse(readFileSync(new URL(`../../data/reference/${name}`, import.meta.url), 'utf8')) as Record<string, unknown[]>

/** The rules that are shipped, so that the examples show what is in force. */
export const sla = SlaRules.parse(shipped('sla-rules.json').rules![0])
const yearOf = ({ year, version, holidays, makeUpDays }: Record<string, unknown>) => WorkYear.parse({ year, version, holidays, makeUpDays })
export const year2025 = yearOf(shipped('work-calendar-2025.json'))
export const year2026 = yearOf(shipped('work-calendar-2026.json'))
export const years = [year2025, year2026]

export const drafter = user('hq.tariff')
export const hqLead = user('hq.lead')
export const clerk = user('pv.tariff')
export const pvLead = user('pv.lead')
export const reviewer = user('hq.reviewer')
export const system = user('system')

export const hebei = province('P13S')
const orderNo = '20260302-1' as OrderNo
export const key = { orderNo, province: hebei }
export const month = (text: string): BillMonth => text as BillMonth
export const questionId = (text: string): QuestionId => text as QuestionId
/** By whom, at a time in Asia/Shanghai; 2026-03-02 is a Monday. */
export const said = (by: UserId, date: string, time: string): { at: Instant; by: UserId } => ({ at: shanghai(date, time), by })

export const subject = (consNo: string, over: Partial<Subject> = {}): Subject => ({
  consNo: cons(consNo),
  name: `customer ${consNo}`,
  level: 'I',
  bills: [
    { billMonth: month('202601'), open: fen(300_000n) },
    { billMonth: month('202602'), open: fen(700_000n) },
  ],
  arrears: fen(1_000_000n),
  asOf: day('2026-03-01'),
  reasons: [],
  ...over,
})
export const answer = (consNo: string, over: Partial<SubjectAnswer> = {}): SubjectAnswer => ({
  consNo: cons(consNo),
  cause: 'funds',
  measures: ['M01'],
  recovered: fen(1_000_000n),
  remaining: fen(0n),
  level: 'I',
  ...over,
})
const [A, B] = ['0000000001', '0000000002'] as const
export const subjects = [subject(A), subject(B)]
export const answers = [answer(A), answer(B)]

export const draft = (over: Partial<Data<'DraftOrder'>> = {}): Extract<WarningWorkOrderCommand, { type: 'DraftOrder' }> => ({
  type: 'DraftOrder',
  data: {
    ...said(drafter, '2026-03-02', '09:00'),
    ...key,
    ...{ kind: 'arrears-warning', grade: 'orange', origin: { kind: 'manual' }, subjects, text: 'collect before the month ends', strangers: [] },
    ...over,
  },
})
export const drafted = (over: Partial<Event<'OrderDrafted'>['data']> = {}): Event<'OrderDrafted'> => {
  const { strangers: _strangers, ...data } = draft().data
  return { type: 'OrderDrafted', data: { ...data, ...over } }
}
const calendar = { years: { 2026: 1 }, provisional: false }
/** Monday 10:00; orange: signed for by Tuesday 10:00, answered by Thursday 10:00. */
export const issued = (over: Partial<Event<'OrderIssued'>['data']> = {}): Event<'OrderIssued'> => ({
  type: 'OrderIssued',
  data: {
    ...said(hqLead, '2026-03-02', '10:00'),
    ...key,
    slaVersion: 1,
    signDueAt: shanghai('2026-03-03', '10:00'),
    feedbackDueAt: shanghai('2026-03-05', '10:00'),
    calendar,
    target: fen(2_000_000n),
    ...over,
  },
})
export const signed: Event<'OrderSigned'> = { type: 'OrderSigned', data: { ...said(clerk, '2026-03-02', '14:00'), ...key, onTime: true } }
/** Tuesday 10:00; the review is due on Thursday 10:00. */
export const submitted = (over: Partial<Event<'FeedbackSubmitted'>['data']> = {}): Event<'FeedbackSubmitted'> => ({
  type: 'FeedbackSubmitted',
  data: {
    ...said(pvLead, '2026-03-03', '10:00'),
    ...key,
    ...{ no: 1, answers, attachments: [], onTime: true, reviewDueAt: shanghai('2026-03-05', '10:00'), provinceMinutes: 450, calendar },
    ...over,
  },
})
/** Tuesday 16:00; answered anew by Friday 10:00. */
export const returned = (over: Partial<Event<'FeedbackReturned'>['data']> = {}): Event<'FeedbackReturned'> => ({
  type: 'FeedbackReturned',
  data: {
    ...said(reviewer, '2026-03-03', '16:00'),
    ...key,
    ...{ no: 1, reasons: [{ code: 'no-evidence', text: 'show the receipts' }], newDueAt: shanghai('2026-03-06', '10:00'), reviewMinutes: 270 },
    ...over,
  },
})
export const closed = (over: Partial<Event<'OrderClosed'>['data']> = {}): Event<'OrderClosed'> => ({
  type: 'OrderClosed',
  data: {
    ...said(hqLead, '2026-03-04', '10:00'),
    ...key,
    ...{ result: 'recovered', recovered: fen(2_000_000n), remaining: fen(0n), onTime: true, handlingMinutes: 900, reviewMinutes: 450 },
    ...over,
  },
})
export const paused = (date: string, time: string): Event<'ClockPaused'> => ({
  type: 'ClockPaused',
  data: { ...said(hqLead, date, time), ...key, reason: 'flood' },
})
export const withdrawn: Event<'OrderWithdrawn'> = { type: 'OrderWithdrawn', data: { ...said(hqLead, '2026-03-02', '15:00'), ...key, reason: 'paid' } }
export const inHand = [drafted(), issued(), signed]
export const answered = [...inHand, submitted()]
