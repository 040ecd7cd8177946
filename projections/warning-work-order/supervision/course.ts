import { epochOf, type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import { type Fen, fen, plus } from '#domain/shared/quantities.ts'
import type { OrderStatus } from '#domain/warning-work-order/fields.ts'
import type { Move } from './moves.ts'

type Of<T extends Move['t']> = Extract<Move, { t: T }>

/** An order at an instant, as the statistics see it. */
export type Standing = {
  readonly status: OrderStatus
  readonly issuedAt: Instant | undefined
  readonly pausedAt: Instant | undefined
  readonly sign: Instant | undefined
  readonly feedback: Instant | undefined
  readonly review: Instant | undefined
  /** Whether it was signed, first answered, in time; undefined before. */
  readonly signedOnTime: boolean | undefined
  readonly answeredOnTime: boolean | undefined
  readonly answers: Of<'submitted'>['answers']
  readonly closing: Of<'closed'> | undefined
  readonly provinceMinutes: number
  readonly reviewMinutes: number
  readonly escalation: number
  readonly warned: Fen
  readonly recovered: Fen
  /** How often each thing happened. */
  readonly times: Readonly<Partial<Record<Move['t'], number>>>
}

const nothing: Standing = {
  ...{ status: 'absent', issuedAt: undefined, pausedAt: undefined, sign: undefined, feedback: undefined, review: undefined },
  ...{ signedOnTime: undefined, answeredOnTime: undefined, answers: {}, closing: undefined, provinceMinutes: 0, reviewMinutes: 0 },
  ...{ escalation: 0, warned: fen(0n), recovered: fen(0n), times: {} },
}

/** The order after a move. */
const after = (order: Standing, move: Move): Standing => {
  const now = { ...order, times: { ...order.times, [move.t]: (order.times[move.t] ?? 0) + 1 } }
  switch (move.t) {
    case 'drafted':
      return { ...now, status: 'draft' }
    case 'issued':
      return { ...now, status: 'issued', issuedAt: move.at, sign: move.sign, feedback: move.feedback, warned: move.target }
    case 'signed':
      return { ...now, status: 'signed', signedOnTime: order.signedOnTime ?? move.onTime }
    case 'submitted':
      return {
        ...{ ...now, status: 'feedback-submitted', review: move.review, answers: move.answers },
        ...{ answeredOnTime: order.answeredOnTime ?? move.onTime, provinceMinutes: order.provinceMinutes + move.minutes },
      }
    case 'returned':
      return { ...now, status: 'returned', feedback: move.feedback, reviewMinutes: order.reviewMinutes + move.minutes }
    case 'closed':
      return { ...now, status: 'closed', closing: move, reviewMinutes: order.reviewMinutes + move.minutes, pausedAt: undefined }
    case 'reopened':
      return { ...now, status: 'signed', feedback: move.feedback }
    case 'withdrawn':
      return { ...now, status: 'withdrawn', pausedAt: undefined }
    default:
      return beside(now, move)
  }
}

type Beside = Exclude<Move, { t: 'drafted' | 'issued' | 'signed' | 'submitted' | 'returned' | 'closed' | 'reopened' | 'withdrawn' }>
const beside = (order: Standing, move: Beside): Standing => {
  switch (move.t) {
    case 'appended':
      return { ...order, warned: plus(order.warned, move.arrears) }
    case 'extended':
      return { ...order, feedback: move.feedback }
    case 'paused':
      return { ...order, pausedAt: move.at }
    case 'resumed':
      return { ...order, sign: move.sign, feedback: move.feedback, review: move.review ?? order.review, pausedAt: undefined }
    case 'recomputed':
      return { ...order, sign: move.sign, feedback: move.feedback, review: move.review ?? order.review }
    case 'urged':
      return order
    case 'escalated':
      return { ...order, escalation: Math.max(order.escalation, move.level) }
    case 'recovered':
      return { ...order, recovered: move.total }
  }
}

/** A stretch of an order's course in which nothing was said of it; the last one has no end. */
export type Stretch = { readonly from: Instant; readonly until: Instant | undefined; readonly order: Standing }

/** The stretches of an order's course. A move that claims to be earlier than the one before it happened with it; of moves at one instant the last one stands. */
export const stretches = (moves: readonly Move[]): readonly Stretch[] => {
  const course: { from: Instant; until: Instant | undefined; order: Standing }[] = []
  let order = nothing
  for (const move of moves) {
    order = after(order, move)
    const last = course.at(-1)
    const moment = last && move.at < last.from ? last.from : move.at
    if (last?.from === moment) last.order = order
    else {
      if (last) last.until = moment
      course.push({ from: moment, until: undefined, order })
    }
  }
  return course
}

/** The first instant at which a due instant has passed. */
const passing = (due: Instant): Instant => instantOfEpoch(epochOf(due) + 1)

/** The instants at which an order's figures may change: at its moves, and when a clock runs out between them. */
export function* moments(moves: readonly Move[]): Generator<{ readonly at: Instant; readonly order: Standing }> {
  for (const { from, until, order } of stretches(moves)) {
    yield { at: from, order }
    if (order.pausedAt !== undefined) continue
    const dues = [order.sign, order.feedback, order.review].flatMap((due) => (due === undefined ? [] : [passing(due)]))
    for (const at of [...new Set(dues)].toSorted()) if (at > from && (until === undefined || at < until)) yield { at, order }
  }
}
