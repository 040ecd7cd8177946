import fc from 'fast-check'
import { addDays, businessDateOf, epochOf, type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import { fen } from '#domain/shared/quantities.ts'
import type { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import type { Grade, SubjectAnswer } from '#domain/warning-work-order/fields.ts'
import { isIssued, runningClocks, type WarningWorkOrder } from '#domain/warning-work-order/state.ts'
import type { Step } from '../spec.ts'
import {
  answer,
  clerk,
  draft,
  drafter,
  hebei,
  hqLead,
  key,
  pvLead,
  questionId,
  reviewer,
  sla,
  subject,
  system,
  year2026,
  years,
} from '../warning-work-order.ts'
import { org, shanghai, user } from './values.ts'

/** What chance brings to a step: how much time passes, which command, by whom, and a number for whatever else is open. */
type Dice = { readonly minutes: number; readonly way: 'on' | 'any' | 'end'; readonly pick: number; readonly by: number; readonly x: number }
type Made = (order: WarningWorkOrder, at: Instant, dice: Dice) => WarningWorkOrderCommand

const PEOPLE = [drafter, hqLead, clerk, pvLead, reviewer]
const GRADES: readonly Grade[] = ['red', 'orange', 'yellow']
const after = (at: Instant, hours: number): Instant => instantOfEpoch(epochOf(at) + hours * 3_600_000)
const who = ({ by }: Dice) => PEOPLE[by % PEOPLE.length]!
const subjectsOf = (order: WarningWorkOrder) => (order.status === 'absent' ? [] : order.subjects)
const dueOf = (order: WarningWorkOrder, fallback: Instant): Instant => (isIssued(order) ? order.feedbackDue.dueAt : fallback)
const clockOf = (order: WarningWorkOrder, x: number): readonly ['sign' | 'feedback' | 'review', Instant] | undefined => {
  const running = isIssued(order) ? runningClocks(order) : []
  const found = running[x % Math.max(1, running.length)]
  return found && [found[0], found[1].dueAt]
}
const answersOf = (order: WarningWorkOrder, x: number): SubjectAnswer[] =>
  subjectsOf(order).map(({ consNo, arrears }) => answer(consNo, { recovered: x % 3 === 0 ? arrears : fen(0n), remaining: x % 3 === 0 ? fen(0n) : arrears }))
const billOf = (order: WarningWorkOrder, x: number) => {
  const { consNo, bills } = subjectsOf(order)[x % Math.max(1, subjectsOf(order).length)] ?? subject('1')
  const { billMonth, open } = bills[x % bills.length]!
  const now = fen((open * BigInt(x % 5)) / 4n)
  return { consNo, billMonth, open: now, counted: fen(now >= open ? 0n : open - now) }
}

const COMMANDS: readonly Made[] = [
  (_o, at, dice) => draft({ at, by: drafter, grade: GRADES[dice.x % 3]!, subjects: [1, 2].map((n) => subject(String(n), { asOf: businessDateOf(at) })) }),
  (_o, at, dice) => ({ type: 'IssueOrder', data: { at, by: who(dice), sla, years: dice.x % 2 === 0 ? years : [] } }),
  (_o, at, dice) => ({
    type: 'AppendSubject',
    data: { at, by: drafter, subject: subject(String(dice.x % 9), { asOf: addDays(businessDateOf(at), -(dice.x % 6)) }), strangers: [], sla },
  }),
  (_o, at, dice) => ({ type: 'SignOrder', data: { at, by: who(dice) } }),
  (o, at, dice) => ({
    type: 'AssignOrder',
    data: { at, by: clerk, toOrg: org('13401'), toUser: user('ct.li'), dueAt: dice.x % 3 === 0 ? dueOf(o, at) : after(at, dice.x % 60), orgProvince: hebei },
  }),
  (o, at, dice) => ({ type: 'RequestExtension', data: { at, by: pvLead, newDueAt: after(dueOf(o, at), dice.x % 48), reason: 'court', sla } }),
  (_o, at, dice) => ({ type: 'DecideExtension', data: { at, by: who(dice), granted: dice.x % 3 > 0, reason: 'so be it' } }),
  (o, at, dice) => ({
    type: 'SubmitFeedback',
    data: { at, by: pvLead, answers: dice.x % 7 === 0 ? [answer('9')] : answersOf(o, dice.x), attachments: [], billed: [], sla, years },
  }),
  (_o, at, dice) => ({
    type: 'ReturnFeedback',
    data: { at, by: reviewer, reasons: [{ code: 'other', text: 'why' }], newDueAt: after(at, dice.x % 90), confirmed: dice.x % 2 === 0, sla, years },
  }),
  (_o, at, dice) => ({
    type: 'AcceptAndClose',
    data: { at, by: who(dice), result: dice.x % 2 === 0 ? 'recovered' : 'under-plan', followUpOn: addDays(businessDateOf(at), dice.x % 9), sla, years },
  }),
  (_o, at, dice) => ({ type: 'Urge', data: { at, by: who(dice), channel: 'system', text: 'please', sla } }),
  (_o, at, dice) => ({ type: 'Escalate', data: { at, by: hqLead, level: (dice.x % 3) + 1, toRole: 'head', cause: 'manual', sla, years } }),
  (o, at, dice) => {
    const [clock = 'sign', dueAt = at] = clockOf(o, dice.x) ?? []
    const cause = clock === 'sign' ? 'sign-overdue' : 'feedback-overdue'
    return { type: 'Escalate', data: { at, by: system, level: (dice.x % 3) + 1, toRole: 'head', cause, dueAt, sla, years } }
  },
  (o, at, dice) => {
    const [clock = 'sign', dueAt = at] = clockOf(o, dice.x) ?? []
    return { type: 'MarkOverdue', data: { at, by: system, clock, dueAt } }
  },
  (_o, at, dice) => ({ type: 'Pause', data: { at, by: who(dice), reason: 'flood' } }),
  (_o, at, dice) => ({ type: 'Resume', data: { at, by: who(dice), sla, years } }),
  (_o, at, dice) => ({ type: 'RecomputeDues', data: { at, by: system, sla, years: dice.x % 2 === 0 ? years : [year2026] } }),
  (o, at, dice) => ({
    type: 'CountRecovery',
    data: { at, by: system, reportDate: addDays(businessDateOf(at), -(dice.x % 3)), reportVersion: 1 + (dice.x % 2), bills: [billOf(o, dice.x)] },
  }),
  (_o, at, dice) => ({ type: 'AskQuestion', data: { at, by: clerk, questionId: questionId(`q${dice.x % 3}`), text: 'why?', side: 'province' } }),
  (_o, at, dice) => ({
    type: 'AnswerQuestion',
    data: { at, by: drafter, questionId: questionId(`q${dice.x % 3}`), text: 'so', side: dice.x % 4 === 0 ? 'province' : 'headquarters' },
  }),
  (_o, at, dice) => ({ type: 'ReadQuestion', data: { at, by: drafter, questionId: questionId(`q${dice.x % 3}`), side: 'headquarters' } }),
  (_o, at, dice) => ({ type: 'ReopenOrder', data: { at, by: hqLead, reason: 'paid back', newDueAt: after(at, dice.x % 90), sla } }),
  (_o, at) => ({ type: 'VoidNumber', data: { at, by: drafter, ...key } }),
]
/** Ends everything, so it comes up seldom. */
const WITHDRAW: Made = (_o, at, dice) => ({ type: 'WithdrawOrder', data: { at, by: who(dice), reason: 'paid' } })

/** What usually comes next, so that a walk gets far. */
const NEXT: Readonly<Record<WarningWorkOrder['status'], readonly number[]>> = {
  absent: [0],
  draft: [1, 1, 1, 18],
  issued: [2, 3, 3, 3, 12, 13],
  signed: [4, 5, 6, 7, 7, 7, 13],
  'feedback-submitted': [8, 9, 13, 17],
  returned: [5, 6, 7, 7, 12, 13],
  closed: [21],
  withdrawn: [10],
}

const aDice: fc.Arbitrary<Dice> = fc.record({
  minutes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 6000 })),
  way: fc.oneof({ weight: 30, arbitrary: fc.constant('on' as const) }, { weight: 30, arbitrary: fc.constant('any' as const) }, fc.constant('end' as const)),
  pick: fc.nat({ max: 999 }),
  by: fc.nat({ max: 999 }),
  x: fc.nat({ max: 9999 }),
})

/** Commands as time goes on from a Monday in March, biased to those that carry an order on. */
export const anyCourse = (length: number): fc.Arbitrary<readonly Step<WarningWorkOrderCommand, WarningWorkOrder>[]> =>
  fc.array(aDice, { minLength: length, maxLength: length }).map((rolls) => {
    let now = epochOf(shanghai('2026-03-02', '09:00'))
    return rolls.map((dice) => {
      now += dice.minutes * 60_000
      const at = instantOfEpoch(now)
      return (order: WarningWorkOrder) => {
        const next = NEXT[order.status]
        const made = dice.way === 'end' ? WITHDRAW : dice.way === 'on' ? COMMANDS[next[dice.pick % next.length]!] : COMMANDS[dice.pick % COMMANDS.length]
        return made!(order, at, dice)
      }
    })
  })
