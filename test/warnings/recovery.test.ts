import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { warningProcesses } from '#api/warning-work-order/processes.ts'
import { warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import { addDays, type BillMonth, businessDateOf } from '#domain/shared/dates.ts'
import { fen } from '#domain/shared/quantities.ts'
import type { OrderKind, OrderNo } from '#domain/warning-work-order/fields.ts'
import { bill, corrected, row, sealed } from '#test/projections/national-day.fixtures.ts'
import { cons, day, province, shanghai } from '#test/support/arbitraries/values.ts'
import { openWorld } from './support.ts'

const w = await openWorld()

let next = 10
let P = 'P11'
let date = day('2026-03-01')
let processes: ReturnType<typeof warningProcesses>
beforeEach(() => anew())
const anew = (): void => {
  P = `P${next++}`
  date = day('2026-03-01')
  w.clock.at = shanghai('2026-03-02', '10:00')
  processes = warningProcesses(w.processing)
}

const RECEIVABLE = 1000n
type Standing = { readonly unpaid: bigint; readonly writtenOff?: bigint }
const owing = (consNo: string, { unpaid, writtenOff = 0n }: Standing) =>
  row(consNo, [bill('202601', RECEIVABLE, RECEIVABLE - unpaid, { due: '2026-02-20', writtenOff })])
const count = () => w.tick('recovered money', processes)
/** Seals the next day with what is unpaid of each customer's bill, and counts the morning after. */
const report = async (standings: Readonly<Record<string, Standing>>): Promise<number> => {
  date = addDays(date, 1)
  await w.write(
    sealed(
      P,
      date,
      Object.entries(standings).map(([consNo, standing]) => owing(consNo, standing)),
    ),
  )
  w.clock.at = shanghai(addDays(date, 1), '10:00')
  return count()
}
/** An order over customers' bills with what is open of them now, drafted and issued. */
const issued = async (kind: OrderKind, standings: Readonly<Record<string, Standing>>): Promise<OrderNo> => {
  const subjects = Object.entries(standings).map(([consNo, { unpaid, writtenOff = 0n }]) => ({
    ...{ consNo: cons(consNo), name: `Works ${consNo}`, asOf: date, reasons: [], arrears: fen(unpaid - writtenOff) },
    bills: [{ billMonth: '202601' as BillMonth, open: fen(unpaid - writtenOff) }],
  }))
  const asked = w.byClerk()
  const drafted = await w.orders.draft({ province: province(P), kind, grade: 'yellow', origin: { kind: 'manual' }, subjects, text: 'look' }, asked)
  if (drafted.orderNo === undefined || drafted.kind !== 'done') throw new Error(JSON.stringify(drafted))
  await w.must(drafted.orderNo, { type: 'IssueOrder', data: {} })
  return drafted.orderNo
}
const closed = async (orderNo: OrderNo): Promise<void> => {
  const order = await w.order(orderNo)
  if (order.status === 'issued') await w.must(orderNo, { type: 'SignOrder', data: {} }, ['p.tariff', 'PV_TARIFF', P])
  const answer = { cause: 'funds', measures: [], recovered: fen(0n), remaining: fen(1n), planDate: day('2026-12-01'), level: 'II' } as const
  const answers = order.subjects.map(({ consNo }) => ({ ...answer, measures: [], consNo }))
  await w.must(orderNo, { type: 'SubmitFeedback', data: { answers, attachments: [] } }, ['p.lead', 'PV_LEAD', P])
  await w.must(orderNo, { type: 'AcceptAndClose', data: { result: 'under-plan', followUpOn: addDays(businessDateOf(w.clock.at), 1) } })
}
const counted = async (...orderNos: readonly OrderNo[]): Promise<readonly number[]> =>
  Promise.all(orderNos.map(async (orderNo) => Number((await w.order(orderNo)).recovery.total)))
const events = async (orderNo: OrderNo): Promise<number> => {
  let found = 0
  for await (const page of w.store.readStream(warningWorkOrderStream(orderNo))) found += page.filter(({ type }) => type === 'RecoveryCounted').length
  return found
}

describe('recovered money', () => {
  test('is what came in on the named bills since, as sealed reports show it', async () => {
    await report({ 1: { unpaid: 800n }, 2: { unpaid: 500n }, 3: { unpaid: 900n } })
    const order = await issued('supervision', { 1: { unpaid: 800n }, 2: { unpaid: 500n } })
    expect(await report({ 1: { unpaid: 800n }, 2: { unpaid: 500n }, 3: { unpaid: 100n } })).toBe(0)
    expect(await report({ 1: { unpaid: 300n }, 2: { unpaid: 0n }, 3: { unpaid: 0n } })).toBe(1)
    expect(await counted(order)).toEqual([1000])
    expect(await report({ 1: { unpaid: 700n }, 2: { unpaid: 0n } })).toBe(1) // a payment bounced
    expect(await counted(order)).toEqual([600])
    expect(await events(order)).toBe(2)
  })

  test('leaves out what was written off', async () => {
    await report({ 1: { unpaid: 800n, writtenOff: 100n } })
    const order = await issued('supervision', { 1: { unpaid: 800n, writtenOff: 100n } })
    await report({ 1: { unpaid: 800n, writtenOff: 500n } })
    expect(await counted(order)).toEqual([0])
    await report({ 1: { unpaid: 600n, writtenOff: 500n } })
    expect(await counted(order)).toEqual([200])
  })

  test('follows corrections, and counts nothing for a report that is given again', async () => {
    await report({ 1: { unpaid: 800n } })
    const order = await issued('supervision', { 1: { unpaid: 800n } })
    await report({ 1: { unpaid: 100n } })
    await w.write([corrected(P, date, 2, [owing('1', { unpaid: 650n })])])
    expect(await count()).toBe(1)
    expect(await counted(order)).toEqual([150])
    processes = warningProcesses(w.processing) // another worker, or this one started again
    expect(await count()).toBe(0)
    expect(await events(order)).toBe(2)
  })

  test('counts once for two orders that name the bill: for the older, and once that has ended for the other', async () => {
    await report({ 1: { unpaid: 800n } })
    const older = await issued('supervision', { 1: { unpaid: 800n } })
    await report({ 1: { unpaid: 600n } })
    const newer = await issued('verify', { 1: { unpaid: 600n } })
    await report({ 1: { unpaid: 500n } })
    expect(await counted(older, newer)).toEqual([300, 0])
    await closed(older)
    await report({ 1: { unpaid: 200n } })
    expect(await counted(older, newer)).toEqual([300, 300])
    await report({ 1: { unpaid: 700n } }) // reversed beyond what the open order had: what the closed one counted is frozen
    expect(await counted(older, newer)).toEqual([300, 0])
    await report({ 1: { unpaid: 0n } })
    expect(await counted(older, newer)).toEqual([300, 500])
  })
})

const anyOf = <T>(all: readonly T[], index: number): T | undefined => all[index % Math.max(1, all.length)]

test('each yuan counts once, whatever is ordered, paid, reversed, closed and reopened', async () => {
  const UNITS = 20
  const SCALE = 50n
  const KINDS = ['supervision', 'verify', 'arrears-warning'] as const
  const anyStep = fc.oneof(
    { weight: 4, arbitrary: fc.record({ pay: fc.integer({ min: 0, max: UNITS }) }) },
    { weight: 3, arbitrary: fc.record({ issue: fc.constantFrom(...KINDS) }) },
    { weight: 2, arbitrary: fc.record({ end: fc.nat({ max: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ reopen: fc.nat({ max: 5 }) }) },
  )
  const met = { shared: 0, reversed: 0, frozen: 0, reopened: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 16, maxLength: 20, size: 'max' }), async (steps) => {
      anew()
      type Ordered = { readonly orderNo: OrderNo; readonly kind: OrderKind; readonly had: number; open: boolean }
      const orders: Ordered[] = []
      const owner: (Ordered | undefined)[] = Array.from({ length: UNITS }, () => undefined)
      let unpaid = UNITS
      const standing = () => ({ 1: { unpaid: BigInt(unpaid) * SCALE } })
      const settle = (): void => {
        for (const yuan of owner.keys()) {
          if (yuan < unpaid && owner[yuan]?.open) owner[yuan] = undefined
          if (yuan >= unpaid) owner[yuan] ??= orders.find(({ open, had }) => open && yuan < had)
        }
      }
      await report(standing())
      for (const step of steps) {
        if ('issue' in step) {
          if (orders.some(({ open, kind }) => open && kind === step.issue)) continue
          orders.push({ orderNo: await issued(step.issue, standing()), kind: step.issue, had: unpaid, open: true })
        } else if ('end' in step) {
          const order = anyOf(
            orders.filter(({ open }) => open),
            step.end,
          )
          if (!order) continue
          await closed(order.orderNo)
          order.open = false
          if (owner.includes(order)) met.frozen++
        } else if ('reopen' in step) {
          const order = anyOf(
            orders.filter(({ open }) => !open),
            step.reopen,
          )
          if (!order || orders.some(({ open, kind }) => open && kind === order.kind)) continue
          const newDueAt = shanghai(addDays(date, 20), '10:00')
          await w.must(order.orderNo, { type: 'ReopenOrder', data: { reason: 'not settled', newDueAt } })
          order.open = true
          met.reopened++
          await count()
          settle()
        } else {
          if (step.pay > unpaid && owner.some((of) => of?.open)) met.reversed++
          unpaid = step.pay
          await report(standing())
          settle()
        }
        const told = await counted(...orders.map(({ orderNo }) => orderNo))
        expect(told).toEqual(orders.map((order) => owner.filter((of) => of === order).length * Number(SCALE)))
        if (told.filter((some) => some > 0).length > 1) met.shared++
      }
      expect(owner.filter((of) => of !== undefined).length).toBeLessThanOrEqual(UNITS)
    }),
    { numRuns: 4, seed: 20_260_303 },
  )
  expect(Object.entries(met).filter(([, times]) => times === 0)).toEqual([])
})
