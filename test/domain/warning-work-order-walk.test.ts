import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sum } from '#domain/shared/quantities.ts'
import { warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import { OrderStatus } from '#domain/warning-work-order/fields.ts'
import { warningWorkOrder } from '#domain/warning-work-order/order.ts'
import { flagsOf, isIssued, type WarningWorkOrder } from '#domain/warning-work-order/state.ts'
import { anyCourse } from '#test/support/arbitraries/warning-work-order.ts'
import { walk } from '#test/support/spec.ts'
import { sla } from '#test/support/warning-work-order.ts'

/** The state machine as the business draws it (domain brief 3.3). */
const MOVES: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  absent: ['draft'],
  draft: ['issued', 'withdrawn'],
  issued: ['signed', 'withdrawn'],
  signed: ['feedback-submitted', 'withdrawn'],
  'feedback-submitted': ['returned', 'closed', 'withdrawn'],
  returned: ['feedback-submitted', 'withdrawn'],
  closed: ['signed'],
  withdrawn: [],
}

const checkStep = (before: WarningWorkOrder, after: WarningWorkOrder): void => {
  if (before.status === 'absent' && before.voided) expect(after).toEqual(before)
  if (before.status !== after.status) expect(MOVES[before.status]).toContain(after.status)
  if (!isIssued(after)) return
  expect(new Set(after.subjects.map(({ consNo }) => consNo)).size).toBe(after.subjects.length)
  expect(after.target).toBe(sum(after.subjects.map(({ arrears }) => arrears)))
  expect(after.extension.granted).toBeLessThanOrEqual(sla.maxExtensions)
  const counted = sum([...after.recovery.bills.values()].map((bill) => bill.counted))
  expect(after.recovery.total).toBe(counted)
  expect(counted >= 0n && counted <= after.target).toBe(true)
  if (after.status === 'closed') expect(after.feedback).toBeDefined()
  if (after.status === 'closed' || after.status === 'feedback-submitted') expect(after.review).toBeDefined()
  if (!isIssued(before)) return
  expect(after.escalationLevel).toBeGreaterThanOrEqual(before.escalationLevel)
  expect(after.urged.count - before.urged.count).toBeGreaterThanOrEqual(0)
  expect(after.subjects.length).toBeGreaterThanOrEqual(before.subjects.length)
  if (before.status === 'closed' && after.status === 'closed') expect(after.recovery).toEqual(before.recovery)
}

test('always: an order goes only where the business draws it, its figures add up, and what is said twice is written once', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(anyCourse(80), (steps) => {
      const states = walk(warningWorkOrderEvents, warningWorkOrder, steps)
      for (const [index, state] of states.entries()) {
        checkStep(states[Math.max(0, index - 1)]!, state)
        reached.add(state.status)
        if (state.status === 'absent' && state.voided) reached.add('voided')
        if (!isIssued(state)) continue
        const { escalationLevel, ...flags } = flagsOf(state)
        reached.add(`level ${escalationLevel}`)
        for (const [flag, value] of Object.entries(flags)) if (value) reached.add(flag)
        if (state.calendar.provisional) reached.add('provisional')
        if (state.recovery.total > 0n) reached.add('recovered')
        if (states[index - 1]?.status === 'closed' && state.status === 'signed') reached.add('reopened')
      }
    }),
    { numRuns: 300 },
  )
  for (const status of OrderStatus.options) expect(reached).toContain(status)
  for (const level of [0, 1, 2, 3]) expect(reached).toContain(`level ${level}`)
  for (const flag of ['overdueSign', 'overdueFeedback', 'overdueReview', 'urgeCount', 'paused', 'extendedTo', 'provisional', 'recovered', 'reopened', 'voided'])
    expect(reached).toContain(flag)
})
