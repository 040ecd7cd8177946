import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sql } from 'slonik'
import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { warningProcesses } from '#api/warning-work-order/processes.ts'
import { newEvents } from '#application/shared/handle.ts'
import { warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import type { Instant } from '#domain/shared/dates.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import { fen } from '#domain/shared/quantities.ts'
import { type WarningWorkOrderEvent, warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import type { Grade, OrderNo, WorkYear } from '#domain/warning-work-order/fields.ts'
import { openAlone } from '#infrastructure/postgres/alone.ts'
import { cons, day, org, province, shanghai, user } from '#test/support/arbitraries/values.ts'
import { openWorld, P11, PROVINCE, PROVINCE_LEAD, slaRules } from './support.ts'

const w = await openWorld()

const published = JSON.parse(readFileSync(new URL('../../data/reference/work-calendar-2026.json', import.meta.url), 'utf8')) as WorkYear
const year = (of: number, holidays: readonly string[] = [], version = 1): WorkYear => ({ year: of, version, holidays: holidays.map(day), makeUpDays: [] })
beforeEach(() => w.setYears([published]))

let customer = 1
/** An order drafted and issued at a clock time in Shanghai. */
const issued = async (date: string, time: string, grade: Grade = 'red'): Promise<OrderNo> => {
  w.clock.at = shanghai(date, time)
  const subject = { consNo: cons(String(customer++)), name: 'Works', bills: [], arrears: fen(0n), asOf: day(date), reasons: [] }
  const asked = w.byClerk()
  const drafted = await w.orders.draft({ province: P11, kind: 'supervision', grade, origin: { kind: 'manual' }, subjects: [subject], text: 'look' }, asked)
  if (drafted.orderNo === undefined || drafted.kind !== 'done') throw new Error(JSON.stringify(drafted))
  await w.must(drafted.orderNo, { type: 'IssueOrder', data: {} })
  return drafted.orderNo
}

const SAID = new Set(['SignOverdue', 'FeedbackOverdue', 'ReviewOverdue', 'OrderEscalated', 'DuesRecomputed'])
/** What the clocks said of an order. */
const said = async (orderNo: OrderNo): Promise<readonly string[]> => {
  const events: string[] = []
  for await (const page of w.store.readStream(warningWorkOrderStream(orderNo)))
    for (const { type, data } of page) if (SAID.has(type)) events.push(type === 'OrderEscalated' ? `level ${(data as { level: number }).level}` : type)
  return events
}
const at = async (date: string, time: string): Promise<void> => {
  w.clock.at = shanghai(date, time)
  await w.tick('order timers')
}

describe('the clocks of an order', () => {
  test('say once that it is overdue, and raise it level by level', async () => {
    const orderNo = await issued('2026-03-02', '08:30') // a Monday: to be signed for by 14:00, answered by Tuesday 17:30
    await at('2026-03-02', '14:00')
    expect(await said(orderNo)).toEqual([])
    await at('2026-03-02', '14:01')
    await at('2026-03-02', '14:01')
    expect(await said(orderNo)).toEqual(['SignOverdue'])
    await at('2026-03-03', '13:59')
    expect(await said(orderNo)).toEqual(['SignOverdue'])
    await at('2026-03-03', '14:00')
    await at('2026-03-03', '17:31')
    await at('2026-03-04', '14:00')
    expect(await said(orderNo)).toEqual(['SignOverdue', 'level 1', 'FeedbackOverdue', 'level 2'])
    await at('2026-03-06', '14:00')
    await at('2026-06-01', '14:00')
    expect(await said(orderNo)).toEqual(['SignOverdue', 'level 1', 'FeedbackOverdue', 'level 2', 'level 3'])
  })

  test('say all that was missed, each thing once, when nobody looked for long', async () => {
    const orderNo = await issued('2026-03-02', '08:30')
    await at('2026-04-01', '10:00')
    expect(await said(orderNo)).toEqual(['SignOverdue', 'FeedbackOverdue', 'level 1', 'level 2', 'level 3'])
    await at('2026-04-01', '10:00')
    expect(await said(orderNo)).toHaveLength(5)
  })

  test('stand still over holidays, and run on make-up days', async () => {
    const orderNo = await issued('2026-02-14', '16:30') // a Saturday that is worked; the Spring Festival is from the 15th to the 23rd
    await at('2026-02-14', '23:00')
    await at('2026-02-20', '12:00')
    await at('2026-02-24', '11:30')
    expect(await said(orderNo)).toEqual([])
    await at('2026-02-24', '11:31')
    expect(await said(orderNo)).toEqual(['SignOverdue'])
  })

  test('go over a year’s end by the calendar that is published meanwhile', async () => {
    const orderNo = await issued('2026-12-31', '15:30') // 120 of 240 minutes are left for the next working day
    expect((await w.order(orderNo)).calendar).toEqual({ years: { 2026: 1 }, provisional: true })
    w.setYears([published, year(2027, ['2027-01-01', '2027-01-02', '2027-01-03'])])
    await w.tick('dues by a new calendar')
    expect(await said(orderNo)).toEqual(['DuesRecomputed'])
    await at('2027-01-01', '10:31') // where Monday to Friday would have had it due
    expect(await said(orderNo)).toEqual(['DuesRecomputed'])
    await at('2027-01-04', '10:31')
    expect(await said(orderNo)).toEqual(['DuesRecomputed', 'SignOverdue'])
  })

  test('are moved by an extension, and stopped by a pause', async () => {
    const orderNo = await issued('2026-03-09', '08:30', 'yellow')
    await w.must(orderNo, { type: 'SignOrder', data: {} }, PROVINCE)
    const due = (await w.order(orderNo)).feedbackDue.dueAt
    expect(due).toBe(shanghai('2026-03-13', '17:30'))
    await w.must(orderNo, { type: 'RequestExtension', data: { newDueAt: shanghai('2026-03-16', '12:00'), reason: 'works closed' } }, PROVINCE_LEAD)
    await w.must(orderNo, { type: 'DecideExtension', data: { granted: true } })
    await at('2026-03-14', '09:00')
    expect(await said(orderNo)).toEqual([])
    await w.must(orderNo, { type: 'Pause', data: { reason: 'flood' } })
    await at('2026-03-17', '09:00')
    expect(await said(orderNo)).toEqual([])
  })
})

describe('a year of the calendar', () => {
  test('moves only open orders for which it makes a difference', async () => {
    const [moved, kept] = [await issued('2026-12-30', '16:00'), await issued('2026-12-01', '08:30')]
    await w.tick('dues by a new calendar')
    w.setYears([published, year(2027, ['2027-01-01'])])
    await w.tick('dues by a new calendar')
    expect(await said(moved)).toEqual(['DuesRecomputed'])
    expect(await said(kept)).toEqual([])
    const processes = warningProcesses(w.processing)
    expect(await w.tick('dues by a new calendar', processes)).toBe(0)
    w.setYears([published, year(2027, ['2027-01-01', '2027-01-04'], 2)])
    expect(await w.tick('dues by a new calendar', processes)).toBeGreaterThan(0)
    expect((await w.order(moved)).calendar).toEqual({ years: { 2026: 1, 2027: 2 }, provisional: false })
  })
})

test('10,000 that are due at once are said once each, by three workers side by side', async () => {
  const COUNT = 10_000
  const request = {
    actor: { userId: user('clerk'), roles: ['SYS' as const], orgCode: org('HQ') },
    role: 'SYS' as const,
    ...{ correlationId: randomUUID() as Uuid, at: shanghai('2026-05-06', '09:00') },
  }
  const signed = { at: request.at, by: user('clerk'), province: province('P12') }
  const due = {
    signDueAt: shanghai('2026-05-06', '12:00'),
    feedbackDueAt: shanghai('2026-05-29', '17:30'),
    calendar: { years: { 2026: 1 }, provisional: false },
  }
  const events = (orderNo: OrderNo): WarningWorkOrderEvent[] => [
    {
      type: 'OrderDrafted',
      data: {
        ...{ ...signed, orderNo, kind: 'supervision', grade: 'red', origin: { kind: 'manual' }, text: 'look' },
        subjects: [{ consNo: cons(orderNo.slice(9)), name: 'Works', bills: [], arrears: fen(0n), asOf: day('2026-05-05'), reasons: [] }],
      },
    },
    { type: 'OrderIssued', data: { ...signed, orderNo, slaVersion: slaRules[0]!.version, ...due, target: fen(0n) } },
  ]
  const numbers = Array.from({ length: COUNT }, (_, index) => `20260506-${index + 1}` as OrderNo)
  for (let from = 0; from < COUNT; from += 1000)
    await w.store.appendMany(
      numbers.slice(from, from + 1000).map((orderNo) => ({
        stream: warningWorkOrderStream(orderNo),
        expected: 'absent' as const,
        events: newEvents(warningWorkOrderEvents, events(orderNo), { ...request, commandId: randomUUID() as Uuid }),
      })),
    )
  await w.settled()
  const now: Instant = shanghai('2026-05-06', '12:01')
  const workers = [1, 2, 3].map(() => openAlone(w.database.url))
  const fired = await Promise.all(workers.map(({ alone }) => warningProcesses({ ...w.processing, alone })['order timers']!(now)))
  await w.settled()
  const fireAgain = await warningProcesses(w.processing)['order timers']!(now)
  for (const { close } of workers) await close()
  expect(fired.reduce((sum, count) => sum + count, 0) + fireAgain).toBeGreaterThanOrEqual(COUNT)
  expect(fired.every((count) => count > 0)).toBe(true)
  const counted = new Map<string, number>()
  for (let position: Awaited<ReturnType<typeof w.log.feed.read>>[number]['position'] | undefined; ; ) {
    const page = await w.log.feed.read(position, 5000)
    for (const { stream, type } of page)
      if (type === 'SignOverdue' && stream.startsWith('WarningWorkOrder-20260506')) counted.set(stream, (counted.get(stream) ?? 0) + 1)
    position = page.at(-1)?.position
    if (page.length === 0) break
  }
  expect(counted.size).toBe(COUNT)
  expect([...counted.values()].every((times) => times === 1)).toBe(true)
  const [left] = await w.pool.any(sql.type(z.object({ count: z.bigint() }))`
    select count(*) from read_model.order_due where clock = 'sign' and due_at < ${now}::timestamptz and order_no like '20260506-%'`)
  expect(left?.count).toBe(0n)
})
