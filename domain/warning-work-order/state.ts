import type { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { Fen } from '#domain/shared/quantities.ts'
import type { CalendarUsed, Clock, CountedBill, Grade, OrderKind, OrderNo, Origin, QuestionId, Side, Subject, SubjectAnswer } from './fields.ts'
import type { OrderClock, Span } from './sla.ts'

type Known = {
  readonly orderNo: OrderNo
  readonly province: ProvinceCode
  readonly kind: OrderKind
  readonly grade: Grade
  readonly origin: Origin
  readonly batch?: string
  readonly draftedBy: UserId
  readonly subjects: readonly Subject[]
}
export type Draft = Known & { readonly status: 'draft' }
type Withdrawn = Known & { readonly status: 'withdrawn' }

type Feedback = { readonly no: number; readonly at: Instant; readonly by: UserId; readonly onTime: boolean; readonly answers: readonly SubjectAnswer[] }
type Question = { readonly side: Side; readonly answered: boolean; readonly read: boolean }

/** An order that was given out, until it is withdrawn. */
export type IssuedOrder = Known & {
  readonly status: 'issued' | 'signed' | 'feedback-submitted' | 'returned' | 'closed'
  readonly issuedAt: Instant
  readonly slaVersion: number
  /** 预警金额: what the named bills had open, appended subjects included. */
  readonly target: Fen
  readonly sign: OrderClock
  readonly feedbackDue: OrderClock
  readonly review?: OrderClock
  readonly calendar: CalendarUsed
  /** Since when the province has had it: issue, the last return, or reopening. */
  readonly withProvinceSince: Instant
  readonly assigned?: { readonly toOrg: OrgCode; readonly toUser?: UserId; readonly dueAt: Instant }
  readonly extension: { readonly asked?: { readonly newDueAt: Instant; readonly by: UserId }; readonly granted: number; readonly extendedTo?: Instant }
  readonly feedback?: Feedback
  readonly returns: number
  /** How often it was reopened. */
  readonly reopened: number
  readonly urged: { readonly count: number; readonly lastAt?: Instant }
  readonly escalationLevel: number
  /** The last due instant of each clock that was called overdue. */
  readonly overdue: Readonly<Partial<Record<Clock, Instant>>>
  readonly pausedAt?: Instant
  /** Pauses, and times between closing and reopening. */
  readonly idle: readonly Span[]
  readonly closedAt?: Instant
  readonly recovery: {
    readonly asOf?: { readonly reportDate: BusinessDate; readonly reportVersion: number }
    /** The named bills as the last report showed them, by `billKey`. */
    readonly bills: ReadonlyMap<string, CountedBill>
    readonly total: Fen
  }
  readonly questions: ReadonlyMap<QuestionId, Question>
}
export type KnownOrder = Draft | IssuedOrder | Withdrawn
/** `voided`: nothing will be drafted under its number any more. */
export type WarningWorkOrder = { readonly status: 'absent'; readonly voided?: true } | KnownOrder

export const initial: WarningWorkOrder = { status: 'absent' }

/** One bill of a customer, within an order. */
export const billKey = (consNo: ConsNo, billMonth: BillMonth): string => `${consNo}/${billMonth}`

/** Issued at some time, ended or not. */
export const isIssued = (order: WarningWorkOrder): order is IssuedOrder => order.status !== 'absent' && order.status !== 'draft' && order.status !== 'withdrawn'

/** Issued and not yet at its end. */
export const isOpen = (order: WarningWorkOrder): order is IssuedOrder => isIssued(order) && order.status !== 'closed'

/** The clocks that run in a state; at their ends something is overdue. */
export const runningClocks = (order: IssuedOrder): readonly (readonly [Clock, OrderClock])[] => {
  switch (order.status) {
    case 'issued':
      return [
        ['sign', order.sign],
        ['feedback', order.feedbackDue],
      ]
    case 'signed':
    case 'returned':
      return [['feedback', order.feedbackDue]]
    case 'feedback-submitted':
      return order.review === undefined ? [] : [['review', order.review]]
    case 'closed':
      return []
  }
}

/** A clock stands still during a pause: what was in time when it began still is. */
export const clockTime = ({ pausedAt }: IssuedOrder, at: Instant): Instant => pausedAt ?? at

/** Idle spans up to now, a pause that lasts included. */
export const idleUntil = ({ idle, pausedAt }: IssuedOrder, at: Instant): readonly Span[] =>
  pausedAt === undefined ? idle : [...idle, { from: pausedAt, until: at }]

export type Flags = {
  readonly overdueSign: boolean
  readonly overdueFeedback: boolean
  readonly overdueReview: boolean
  readonly escalationLevel: number
  readonly urgeCount: number
  readonly paused: boolean
  readonly extendedTo: Instant | undefined
}

/** What stands beside an order's state. Overdue is a clock that runs and was called so for the instant at which it is due now. */
export const flagsOf = (order: IssuedOrder): Flags => {
  const late = new Set(runningClocks(order).flatMap(([name, { dueAt }]) => (order.overdue[name] === dueAt ? [name] : [])))
  return {
    overdueSign: late.has('sign'),
    overdueFeedback: late.has('feedback'),
    overdueReview: late.has('review'),
    escalationLevel: order.escalationLevel,
    urgeCount: order.urged.count,
    paused: order.pausedAt !== undefined,
    extendedTo: order.extension.extendedTo,
  }
}
