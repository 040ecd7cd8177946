import { z } from 'zod'
import { Instant } from '#domain/shared/dates.ts'
import { Fen, fen, plus } from '#domain/shared/quantities.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import { Cause, Result, type SubjectAnswer } from '#domain/warning-work-order/fields.ts'

const at = Instant
const Answers = z.partialRecord(Cause, z.object({ users: z.int(), recovered: Fen, remaining: Fen }))
const dues = { sign: Instant, feedback: Instant, review: Instant.optional() }

/** What of an event the statistics need; kept with the order, so that its whole course can be gone through again. */
export const Move = z.discriminatedUnion('t', [
  z.object({ t: z.literal('drafted'), at }),
  z.object({ t: z.literal('issued'), at, sign: Instant, feedback: Instant, target: Fen }),
  z.object({ t: z.literal('appended'), at, arrears: Fen }),
  z.object({ t: z.literal('signed'), at, onTime: z.boolean() }),
  z.object({ t: z.literal('submitted'), at, onTime: z.boolean(), review: Instant, minutes: z.int(), answers: Answers }),
  z.object({ t: z.literal('returned'), at, feedback: Instant, minutes: z.int() }),
  z.object({ t: z.literal('closed'), at, result: Result, recovered: Fen, remaining: Fen, onTime: z.boolean(), handling: z.int(), minutes: z.int() }),
  z.object({ t: z.literal('reopened'), at, feedback: Instant }),
  z.object({ t: z.literal('extended'), at, feedback: Instant }),
  z.object({ t: z.literal('paused'), at }),
  z.object({ t: z.literal('resumed'), at, ...dues }),
  z.object({ t: z.literal('recomputed'), at, ...dues }),
  z.object({ t: z.literal('withdrawn'), at }),
  z.object({ t: z.literal('urged'), at }),
  z.object({ t: z.literal('escalated'), at, level: z.int() }),
  z.object({ t: z.literal('recovered'), at, total: Fen }),
])
export type Move = z.output<typeof Move>

/** The move of an event; undefined for what no figure hangs on. Clocks called overdue are not asked: that follows from the due instants alone. */
export const moveOf = ({ type, data }: WarningWorkOrderEvent): Move | undefined => {
  const { at } = data
  switch (type) {
    case 'OrderDrafted':
      return { t: 'drafted', at }
    case 'OrderIssued':
      return { t: 'issued', at, sign: data.signDueAt, feedback: data.feedbackDueAt, target: data.target }
    case 'SubjectAppended':
      return { t: 'appended', at, arrears: data.subject.arrears }
    case 'OrderSigned':
      return { t: 'signed', at, onTime: data.onTime }
    case 'FeedbackSubmitted':
      return { t: 'submitted', at, onTime: data.onTime, review: data.reviewDueAt, minutes: data.provinceMinutes, answers: byCause(data.answers) }
    case 'FeedbackReturned':
      return { t: 'returned', at, feedback: data.newDueAt, minutes: data.reviewMinutes }
    case 'OrderClosed': {
      const { result, recovered, remaining, onTime, handlingMinutes: handling, reviewMinutes: minutes } = data
      return { t: 'closed', at, result, recovered, remaining, onTime, handling, minutes }
    }
    case 'OrderReopened':
      return { t: 'reopened', at, feedback: data.newDueAt }
    case 'OrderWithdrawn':
      return { t: 'withdrawn', at }
    default:
      return sideMoveOf({ type, data } as Beside)
  }
}

type Course =
  | 'OrderDrafted'
  | 'OrderIssued'
  | 'SubjectAppended'
  | 'OrderSigned'
  | 'FeedbackSubmitted'
  | 'FeedbackReturned'
  | 'OrderClosed'
  | 'OrderReopened'
  | 'OrderWithdrawn'
type Beside = Exclude<WarningWorkOrderEvent, { type: Course }>

const sideMoveOf = ({ type, data }: Beside): Move | undefined => {
  const { at } = data
  switch (type) {
    case 'ExtensionGranted':
      return { t: 'extended', at, feedback: data.newDueAt }
    case 'ClockPaused':
      return { t: 'paused', at }
    case 'ClockResumed':
    case 'DuesRecomputed': {
      const { signDueAt: sign, feedbackDueAt: feedback, reviewDueAt: review } = data
      return { t: type === 'ClockResumed' ? 'resumed' : 'recomputed', at, sign, feedback, ...(review !== undefined && { review }) }
    }
    case 'OrderUrged':
      return { t: 'urged', at }
    case 'OrderEscalated':
      return { t: 'escalated', at, level: data.level }
    case 'RecoveryCounted':
      return { t: 'recovered', at, total: data.recovered }
    default:
      return undefined
  }
}

const byCause = (answers: readonly SubjectAnswer[]): z.output<typeof Answers> => {
  const sums: z.output<typeof Answers> = {}
  for (const { cause, recovered, remaining } of answers) {
    const sum = sums[cause] ?? { users: 0, recovered: fen(0n), remaining: fen(0n) }
    sums[cause] = { users: sum.users + 1, recovered: plus(sum.recovered, recovered), remaining: plus(sum.remaining, remaining) }
  }
  return sums
}
