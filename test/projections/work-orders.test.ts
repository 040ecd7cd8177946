import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import { sql } from '#projections/shared/sql.ts'
import { countOrders, getOrder, listOrders, type OrderFilter, type OrdersQuery } from '#projections/warning-work-order/orders.queries.ts'
import { workOrders } from '#projections/warning-work-order/orders.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import { dump } from './national-day.fixtures.ts'
import { answer, inTime, on, order, subject } from './supervision.fixtures.ts'

const { pool } = await ownDatabase()

/** One order that meets everything that can happen to one. */
const a = order('20260302-2')
const whole: Log = [
  a.drafted('03-02 08:40', [subject('11', [['11', '202601', 600n]]), subject('12', [['12', '202601', 400n]])], { groupNo: 'G7', batch: 'spring' }),
  a.issued('03-02 09:00', '03-02 14:00', '03-04 09:00', 1000n),
  a.appended('03-02 09:30', subject('13', [['13', '202602', 50n]])),
  a.asked('03-02 09:40', 'q1', 'province'),
  a.read('03-02 09:50', 'q1'),
  a.overdue('SignOverdue', '03-02 14:01', '03-02 14:00'),
  a.escalated('03-02 15:00', 1),
  a.signed('03-02 15:30', false),
  a.answered('03-02 15:40', 'q1'),
  a.assigned('03-02 16:00'),
  a.urged('03-03 09:00', 1),
  a.extensionAsked('03-03 10:00', '03-09 09:00'),
  a.extensionRefused('03-03 11:00'),
  a.extensionAsked('03-03 12:00', '03-06 09:00'),
  a.extended('03-03 15:00', '03-06 09:00'),
  a.paused('03-04 09:00'),
  a.resumed('03-05 09:00', '03-02 14:00', '03-09 09:00'),
  a.recomputed('03-05 10:00', '03-02 14:00', '03-09 10:00'),
  a.extensionAsked('03-05 11:00', '03-11 09:00'),
  a.submitted('03-06 09:00', 1, { reviewDueAt: '03-10 09:00', minutes: 1300, answers: ['11', '12', '13'].map((no) => answer(no, 'funds')) }),
  a.returned('03-09 09:00', 1, '03-12 09:00', 450),
  a.recovered('03-10 09:00', 300n, [['11', '202601', 300n, 300n]]),
  a.submitted('03-11 09:00', 2, { reviewDueAt: '03-13 09:00', minutes: 900, answers: ['11', '12', '13'].map((no) => answer(no, 'stopped')) }),
  a.overdue('ReviewOverdue', '03-13 09:01', '03-13 09:00'),
  a.recovered('03-13 10:00', 450n, [
    ['11', '202601', 300n, 300n],
    ['12', '202601', 250n, 150n],
  ]),
  a.closed('03-13 11:00', 'under-plan', { handling: 3000, review: 800, recovered: 450n, remaining: 600n }),
  a.reopened('03-16 09:00', '03-20 09:00'),
]
const no = (text: string) => text as OrderNo
const document = async (log: Log) => {
  const { apply, drop } = await tablesOf(pool, workOrders)
  try {
    await apply(record(log), 3)
    return (await getOrder(pool, no('20260302-2'))).found
  } finally {
    await drop()
  }
}

describe('an order in full', () => {
  test('holds all that happened to it, in order', async () => {
    const found = await document(whole)
    expect(found?.revision).toBe(BigInt(whole.length - 1))
    const told = found!.order
    expect(told).toMatchObject({ status: 'signed', groupNo: 'G7', batch: 'spring', warned: 1050n, signed: { onTime: false }, withdrawn: null })
    expect(told.subjects.map(({ consNo, appendedAt }) => [consNo, appendedAt])).toEqual([
      ['11', null],
      ['12', null],
      ['13', on('03-02 09:30')],
    ])
    expect(told.dues.map(({ cause, feedbackDueAt }) => [cause, feedbackDueAt])).toEqual([
      ['issued', on('03-04 09:00')],
      ['extended', on('03-06 09:00')],
      ['resumed', on('03-09 09:00')],
      ['recomputed', on('03-09 10:00')],
      ['submitted', on('03-09 10:00')],
      ['returned', on('03-12 09:00')],
      ['submitted', on('03-12 09:00')],
      ['reopened', on('03-20 09:00')],
    ])
    expect(told.extensions.map(({ state }) => state)).toEqual(['refused', 'granted', 'void'])
    expect(told.feedbacks.map(({ no: nth, returned }) => [nth, returned?.newDueAt ?? null])).toEqual([
      [1, on('03-12 09:00')],
      [2, null],
    ])
    expect(told.closings).toMatchObject([{ result: 'under-plan', handlingMinutes: 3000, reopened: { newDueAt: on('03-20 09:00') } }])
    expect(told.recovery).toMatchObject({
      recovered: 450n,
      bills: [
        { consNo: '11', counted: 300n },
        { consNo: '12', counted: 150n },
      ],
    })
    expect(told.questions).toMatchObject([{ side: 'province', read: { at: on('03-02 09:50') }, answer: { text: 'so much' } }])
    expect(told.pauses).toMatchObject([{ resumed: { pausedMinutes: 60 } }])
    expect(told.overdues.map(({ clock }) => clock)).toEqual(['sign', 'review'])
    expect([told.urges.length, told.escalations.length, told.assignments.length]).toEqual([1, 1, 1])
  })

  test('a pause ends with the order', async () => {
    const found = await document([...whole.slice(0, 16), a.withdrawn('03-05 09:00')])
    expect(found?.order).toMatchObject({ status: 'withdrawn', withdrawn: { reason: 'mistaken' }, pauses: [{ resumed: { at: on('03-05 09:00') } }] })
  })

  test('of an unknown number there is none', async () => {
    expect(await document([a.drafted('03-02 08:40')].slice(1))).toBeUndefined()
  })
})

const Due = z.object({ clock: z.string(), cause: z.string(), due_at: z.string(), level: z.int() })
test.each([
  ['a draft waits for nothing', 1, []],
  ['issued: for signing and for an answer', 2, ['sign sign 03-02 14:00 0', 'feedback feedback 03-04 09:00 0']],
  ['past signing: for the next level', 6, ['feedback feedback 03-04 09:00 0', 'escalation sign-overdue 03-02 14:00 0']],
  ['escalated: for the level after', 7, ['feedback feedback 03-04 09:00 1', 'escalation sign-overdue 03-02 14:00 1']],
  ['signed: for an answer', 8, ['feedback feedback 03-04 09:00 1']],
  ['extended: for a later one', 15, ['feedback feedback 03-06 09:00 1']],
  ['paused: nothing', 16, []],
  ['resumed: again', 17, ['feedback feedback 03-09 09:00 1']],
  ['answered: for the review', 20, ['review review 03-10 09:00 1']],
  ['returned: for an answer', 21, ['feedback feedback 03-12 09:00 1']],
  ['a late review is nobody else’s', 24, []],
  ['closed: nothing', 26, []],
  ['reopened: for an answer', 27, ['feedback feedback 03-20 09:00 1']],
] as const)('%s', async (_, events, expected) => {
  const { apply, drop } = await tablesOf(pool, workOrders)
  await apply(record(whole.slice(0, events)))
  const dues = await pool.any(sql.type(Due)`select clock, cause, due_at, level from read_model.order_due order by clock desc`)
  await drop()
  const byClock = (lines: readonly string[]) => lines.toSorted()
  expect(byClock(dues.map(({ clock, cause, due_at, level }) => `${clock} ${cause} ${due_at} ${level}`))).toEqual(
    byClock(expected.map((line) => line.replace(/\d\d-\d\d \d\d:\d\d/, (time) => on(time)))),
  )
})

describe('the lists', () => {
  const b = order('20260302-10', { province: 'P13N', grade: 'orange' })
  const c = order('20260303-1', { province: 'P13N', grade: 'yellow', kind: 'verify' })
  const d = order('20260304-1')
  const log: Log = inTime([
    ...whole.slice(0, 4),
    b.drafted('03-02 08:50', [subject('12'), subject('21')], { origin: { kind: 'rules', rulesVersion: 1, reportDate: '2026-03-01', reportVersion: 1 } }),
    b.issued('03-02 09:10', '03-03 09:10', '03-05 09:10', 3000n),
    b.signed('03-02 09:20'),
    b.extensionAsked('03-02 09:25', '03-09 09:00'),
    c.drafted('03-03 08:50', [subject('31')]),
    c.issued('03-03 09:00', '03-04 09:00', '03-10 09:00', 20n),
    c.paused('03-04 10:00'),
    d.drafted('03-04 08:50', [subject('41')]),
  ])
  let tables: Awaited<ReturnType<typeof tablesOf>>
  beforeAll(async () => {
    tables = await tablesOf(pool, workOrders)
    await tables.apply(record(log))
  })
  afterAll(async () => tables.drop())

  const now = on('03-04 12:00')
  const page = async (query: Partial<OrdersQuery> = {}) => {
    const found = await listOrders(pool, { withDrafts: true, now, ...query })
    if (found === 'BAD_CURSOR') throw new Error('a bad cursor')
    return found
  }
  const numbers = async (filter: OrderFilter, query: Partial<OrdersQuery> = {}) => (await page({ filter, ...query })).rows.map(({ orderNo }) => orderNo)

  test('stand in the order of drafting, by number and not by letter', async () => {
    expect(await numbers({})).toEqual(['20260304-1', '20260303-1', '20260302-10', '20260302-2'])
    expect(await numbers({}, { direction: 'asc', withDrafts: false })).toEqual(['20260302-2', '20260302-10', '20260303-1'])
    expect(await numbers({}, { provinces: ['P13N' as ProvinceCode] })).toEqual(['20260303-1', '20260302-10'])
    expect(await numbers({}, { provinces: [] })).toEqual([])
  })

  test.each<[OrderFilter, readonly string[]]>([
    [{ status: ['draft'] }, ['20260304-1']],
    [{ kind: ['verify'] }, ['20260303-1']],
    [{ grade: ['orange', 'yellow'] }, ['20260303-1', '20260302-10']],
    [{ origin: 'rules' }, ['20260302-10']],
    [{ consNo: '12' as ConsNo }, ['20260302-10', '20260302-2']],
    [{ group: 'G7' }, ['20260302-2']],
    [{ batch: 'spring' }, ['20260302-2']],
    [{ draftedBy: 'wang' as UserId, status: ['signed'] }, ['20260302-10']],
    [{ draftedBy: 'li' as UserId }, []],
    [{ overdue: ['sign'] }, ['20260303-1', '20260302-2']],
    [{ overdue: ['feedback'] }, ['20260302-2']],
    [{ overdue: ['review'] }, []],
    [{ paused: true }, ['20260303-1']],
    [{ extensionAsked: true }, ['20260302-10']],
    [{ escalated: true }, []],
    [{ questionFor: 'headquarters' }, ['20260302-2']],
    [{ questionFor: 'province' }, []],
    [{ issuedFrom: '2026-03-03' as never, issuedTo: '2026-03-03' as never }, ['20260303-1']],
    [{ dueBy: on('03-05 12:00') }, ['20260303-1', '20260302-10', '20260302-2']],
  ])('%j', async (filter, expected) => {
    expect(await numbers(filter)).toEqual(expected)
  })

  test('a clock that stands still is late if it was before; none is late before its time', async () => {
    const late = async (at: string, provinces?: readonly ProvinceCode[]) =>
      (await page({ now: on(at), provinces })).rows.flatMap(({ orderNo, overdue }) => (overdue.length > 0 ? [`${orderNo} ${overdue.join(',')}`] : []))
    expect(await late('03-02 14:00', ['P11' as ProvinceCode])).toEqual([])
    expect(await late('03-02 14:01', ['P11' as ProvinceCode])).toEqual(['20260302-2 sign'])
    expect(await late('03-11 12:00')).toEqual(['20260303-1 sign', '20260302-10 feedback', '20260302-2 sign,feedback'])
  })

  test('pages hold every order once, whatever they are sorted by', async () => {
    for (const sort of ['orderNo', 'dueAt', 'warned', 'changedAt'] as const)
      for (const direction of ['asc', 'desc'] as const) {
        const seen: string[] = []
        for (let cursor: string | undefined; ; ) {
          const { rows, next } = await page({ sort, direction, limit: 1, cursor })
          seen.push(...rows.map(({ orderNo }) => orderNo))
          if (next === null) break
          cursor = next
        }
        expect(seen).toEqual(await numbers({}, { sort, direction }))
        expect(new Set(seen).size).toBe(4)
      }
    expect(await listOrders(pool, { withDrafts: true, now, cursor: 'x' })).toBe('BAD_CURSOR')
  })

  test('counts say where orders wait', async () => {
    const { counts } = await countOrders(pool, { withDrafts: true, now })
    expect(counts).toEqual({
      ...{ draft: 1, issued: 2, signed: 1, feedbackSubmitted: 0, returned: 0, overdue: 2, extensionAsked: 1 },
      ...{ questionsForHeadquarters: 1, questionsForProvince: 0 },
    })
    expect((await countOrders(pool, { provinces: ['P13N' as ProvinceCode], withDrafts: false, now })).counts).toMatchObject({ draft: 0, issued: 1 })
  })

  test('redelivered or built again in other batches, the rows are the same', async () => {
    const before = await dump(pool, workOrders.publishes)
    await tables.apply(record(log), 2)
    expect(await dump(pool, workOrders.publishes)).toEqual(before)
    for (const size of [1, 5]) {
      await tables.drop()
      tables = await tablesOf(pool, workOrders)
      await tables.apply(record(log), size)
      expect(await dump(pool, workOrders.publishes)).toEqual(before)
    }
  })
})
