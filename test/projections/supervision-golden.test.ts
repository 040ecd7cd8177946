import { beforeAll, describe, expect, test } from 'vitest'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { BEHIND } from '#projections/warning-work-order/supervision/behind.ts'
import { supervisionStatistics } from '#projections/warning-work-order/supervision.queries.ts'
import { supervision } from '#projections/warning-work-order/supervision.ts'
import { supervisionCauses } from '#projections/warning-work-order/supervision-causes.queries.ts'
import { supervisionOrders } from '#projections/warning-work-order/supervision-orders.queries.ts'
import { supervisionTrend } from '#projections/warning-work-order/supervision-trend.queries.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import { answer, inTime, on, order } from './supervision.fixtures.ts'

/*
 * A cohort worked out by hand. Times are of the clock in Asia/Shanghai, money in fen, minutes working minutes.
 *
 *     order  issued       sign by      signed         feedback by            feedback        review  end                        warned   recovered
 *     ---- P11, red, arrears warning ------------------------------------------------------------------------------------------------------------
 *     A  1   02 Mar 09:00 02 Mar 14:00 02 10:00 yes   04 09:00               03 16:00 yes    05      closed 04 10:00 in time     1000     1000
 *     B  2   03 Mar 09:00 03 Mar 14:00 03 15:30 no    05 09:00, back: 10     05 08:45, 09    11      closed 11 10:00 in time     2000      500
 *     C  3   04 Mar 09:00 04 Mar 14:00 04 09:30 yes   06 09:00, extended: 12 11 10:00 yes    13      -                            500        0
 *     D  4   05 Mar 09:00 05 Mar 14:00 05 09:30 yes   09 09:00               -               -       withdrawn 06 10:00           700        -
 *     G  5   31 Mar 23:30 01 Apr 11:30 -              03 Apr                 -               -       -                            900        0
 *     H  6   01 Apr 00:10 01 Apr 11:30 -              03 Apr                 -               -       -                            400        0   April's
 *     I  7   27 Feb 09:00 27 Feb 14:00 27 10:00 yes   03 Mar 09:00           02 Mar 09:00    04      closed 02 Mar 15:00          300      300   February's
 *     K  8   a draft of 30 Mar;  L  9  a draft of 30 Mar, withdrawn
 *     ---- P13N, orange, supervision ------------------------------------------------------------------------------------------------------------
 *     E  10  09 Mar 09:00 10 Mar 09:00 16 11:00 yes   12 09:00               -               -       -                           4000     1000
 *            paused 09 15:00, resumed 16 10:00: sign by 17 09:30, feedback by 19 09:30
 *     F  11  10 Mar 09:00 11 Mar 09:00 10 11:00 yes   13 09:00               12 09:00 yes    16      closed 13 10:00 in time,     600      200
 *                                                                                            reopened 20 10:00, feedback by 03 Apr
 *     J  12  20 Mar 09:00 23 Mar 09:00 -              27 09:00               -               -       -      (yellow)              800        0
 *            urged 24 and 25, escalated 25
 *
 * March at the end of 31 March: A B C E F G J, without D.
 *
 *                         nation                       P11 (A B C G)        P13N (E F J)
 *     orders              7                            4                    3
 *     signed in time      A C E F of A B C E F J = 4/6 A C of A B C = 2/3   E F of E F J = 2/3
 *     answered            A B C F of A B C E F J = 4/6 3/3                  F of E F J = 1/3
 *     answered in time    A B C F = 4/6                3/3                  1/3
 *     returned            B of 4 answered, 1 return    1/3                  0/1
 *     closed              A B of 7                     A B of 4             none: F is open again
 *     passed at once      A of A B = 1/2               1/2                  -
 *     closed in time      A B of 7                     2/4                  0/3
 *     overdue             E J of 7 (J sign; E J feedback) 0/4               2/3
 *     minutes of A B      750 + 2250 of 2; middle 750, ninth tenth 2250
 *       of them review    150 + 900;       province    600 + 1350
 *     warned              1000+2000+500+900+4000+600+800 = 9800             4400    5400
 *     recovered           1000+500+1000+200 = 2700                          1500    1200
 *     urged, escalated    J of 7
 *
 * Score: onTime (4+4)/(6+6); P11 (2+3)/(3+3) = 5/6, first pass 1/2, recovered 1500/4400, closure 2/4:
 *     (30 * 5/6 + 20 * 1/2 + 30 * 15/44 + 20 * 1/2) / 100 = (25 + 10 + 10.2272... + 10) / 100 = 0.552272... -> 5523
 *     P13N: nothing closed, so nothing passed: (30 * 3/6 + 30 * 1200/5400 + 20 * 0) / 80 = (15 + 6.6666...) / 80 = 0.270833... -> 2708
 */
const [a, b, c, d] = ['20260302-1', '20260303-2', '20260304-3', '20260305-4'].map((no) => order(no)) as [O, O, O, O]
type O = ReturnType<typeof order>
const [g, h, i, k, l] = ['20260331-5', '20260401-6', '20260227-7', '20260330-8', '20260330-9'].map((no) => order(no)) as [O, O, O, O, O]
const P13N = { province: 'P13N', grade: 'orange', kind: 'supervision' }
const e = order('20260309-10', P13N)
const f = order('20260310-11', P13N)
const j = order('20260320-12', { ...P13N, grade: 'yellow' })

const log: Log = inTime([
  a.drafted('03-01 10:00'),
  a.issued('03-02 09:00', '03-02 14:00', '03-04 09:00', 1000n),
  a.signed('03-02 10:00'),
  a.submitted('03-03 16:00', 1, { reviewDueAt: '03-05 16:00', minutes: 600, answers: [answer('1', 'funds', 900n, 100n), answer('2', 'dispute')] }),
  a.recovered('03-04 09:00', 1000n),
  a.closed('03-04 10:00', 'recovered', { handling: 750, review: 150, recovered: 1000n }),
  b.drafted('03-02 10:00'),
  b.issued('03-03 09:00', '03-03 14:00', '03-05 09:00', 2000n),
  b.overdue('SignOverdue', '03-03 14:05', '03-03 14:00'),
  b.signed('03-03 15:30', false),
  b.submitted('03-05 08:45', 1, { reviewDueAt: '03-09 09:00', minutes: 900, answers: [answer('1', 'funds', 0n, 2000n)] }),
  b.returned('03-06 10:00', 1, '03-10 09:00', 300),
  b.submitted('03-09 10:00', 2, { reviewDueAt: '03-11 10:00', minutes: 450, answers: [answer('1', 'stopped', 500n, 1500n)] }),
  b.recovered('03-10 09:00', 500n),
  b.closed('03-11 10:00', 'under-plan', { handling: 2250, review: 600, recovered: 500n, remaining: 1500n }),
  c.drafted('03-03 10:00'),
  c.issued('03-04 09:00', '03-04 14:00', '03-06 09:00', 500n),
  c.signed('03-04 09:30'),
  c.extensionAsked('03-05 09:00', '03-12 09:00'),
  c.extended('03-05 15:00', '03-12 09:00'),
  c.submitted('03-11 10:00', 1, { reviewDueAt: '03-13 10:00', minutes: 2200, answers: [answer('1', 'funds', 0n, 500n)] }),
  d.drafted('03-04 10:00'),
  d.issued('03-05 09:00', '03-05 14:00', '03-09 09:00', 700n),
  d.signed('03-05 09:30'),
  d.withdrawn('03-06 10:00'),
  g.drafted('03-31 10:00'),
  g.issued('03-31 23:30', '04-01 11:30', '04-03 11:30', 900n),
  h.drafted('03-31 10:00'),
  h.issued('04-01 00:10', '04-01 11:30', '04-03 11:30', 400n),
  i.drafted('02-26 10:00'),
  i.issued('02-27 09:00', '02-27 14:00', '03-03 09:00', 300n),
  i.signed('02-27 10:00'),
  i.submitted('03-02 09:00', 1, { reviewDueAt: '03-04 09:00', minutes: 450 }),
  i.recovered('03-02 10:00', 300n),
  i.closed('03-02 15:00', 'recovered', { handling: 700, review: 250, recovered: 300n }),
  k.drafted('03-30 10:00'),
  l.drafted('03-30 10:00'),
  l.withdrawn('03-30 11:00'),
  e.drafted('03-08 10:00'),
  e.issued('03-09 09:00', '03-10 09:00', '03-12 09:00', 4000n),
  e.paused('03-09 15:00'),
  e.resumed('03-16 10:00', '03-17 09:30', '03-19 09:30'),
  e.signed('03-16 11:00'),
  e.recovered('03-18 09:00', 1000n),
  e.overdue('FeedbackOverdue', '03-19 09:31', '03-19 09:30'),
  f.drafted('03-09 10:00'),
  f.issued('03-10 09:00', '03-11 09:00', '03-13 09:00', 600n),
  f.signed('03-10 11:00'),
  f.submitted('03-12 09:00', 1, { reviewDueAt: '03-16 09:00', minutes: 900, answers: [answer('1', 'metering', 200n, 400n)] }),
  f.recovered('03-12 10:00', 200n),
  f.closed('03-13 10:00', 'false-alarm', { handling: 1410, review: 510, remaining: 400n }),
  f.reopened('03-20 10:00', '04-03 09:00'),
  j.drafted('03-19 10:00'),
  j.issued('03-20 09:00', '03-23 09:00', '03-27 09:00', 800n),
  j.urged('03-24 10:00'),
  j.urged('03-25 10:00', 2),
  j.escalated('03-25 11:00'),
])

const day = (text: string) => `2026-${text}` as BusinessDate
const r = (numerator: number, denominator: number) => ({ numerator: BigInt(numerator), denominator: BigInt(denominator) })
const score = { version: 1, effectiveFrom: day('01-01'), weights: { onTime: 30, firstPass: 20, recovered: 30, closure: 20 } }
const MARCH = { from: day('03-01'), to: day('03-31') }

const { pool } = await ownDatabase()
beforeAll(async () => {
  await (await tablesOf(pool, supervision)).apply(record(log))
})
const told = (date: string, more: Partial<Parameters<typeof supervisionStatistics>[1]> = {}, scope?: readonly string[]) =>
  supervisionStatistics(pool, { date: day(date), period: MARCH, ...more }, [score], scope as readonly ProvinceCode[] | undefined)

describe('the cohort of March at the end of the month', () => {
  test('is what a person works out, for the nation and each province', async () => {
    const { rows, total, at } = await told('03-31')
    expect(at).toBe('2026-03-31T15:59:59.999Z')
    expect(total.cohort).toEqual({
      ...{ orders: 7, open: 5, closed: 2, withdrawn: 1, signedOnTime: r(4, 6), answered: r(4, 6), answeredOnTime: r(4, 6) },
      ...{ returned: r(1, 4), meanReturns: r(1, 4), firstPass: r(1, 2), overdue: r(2, 7), overdueSign: 1, overdueFeedback: 2 },
      ...{ closure: r(2, 7), closedOnTime: r(2, 7), meanMinutes: r(3000, 2), medianMinutes: 750, p90Minutes: 2250 },
      ...{ reviewMinutes: r(1050, 2), provinceMinutes: r(1950, 2), warned: 9800n, recovered: 2700n, recoveredRate: r(2700, 9800) },
      ...{ urged: r(1, 7), escalated: r(1, 7) },
    })
    expect(rows.map(({ key, score: points, rank }) => [key, points, rank])).toEqual([
      ['P11', 5523, 1],
      ['P13N', 2708, 2],
    ])
    const [p11, p13n] = rows.map(({ cohort }) => cohort)
    expect(p11).toMatchObject({ orders: 4, withdrawn: 1, signedOnTime: r(2, 3), answered: r(3, 3), returned: r(1, 3), firstPass: r(1, 2), overdue: r(0, 4) })
    expect(p11).toMatchObject({ closure: r(2, 4), medianMinutes: 750, p90Minutes: 2250, warned: 4400n, recovered: 1500n })
    expect(p13n).toMatchObject({ orders: 3, withdrawn: 0, signedOnTime: r(2, 3), answered: r(1, 3), returned: r(0, 1), firstPass: null, overdue: r(2, 3) })
    expect(p13n).toMatchObject({ closure: r(0, 3), medianMinutes: null, meanMinutes: null, warned: 5400n, recovered: 1200n })
  })

  test('by grade and kind, and narrowed to them', async () => {
    const byGrade = await told('03-31', { groupBy: 'grade' })
    expect(byGrade.rows.map(({ key, cohort, rank }) => [key, cohort.orders, rank])).toEqual([
      ['orange', 2, null],
      ['red', 4, null],
      ['yellow', 1, null],
    ])
    expect(byGrade.total).toEqual((await told('03-31')).total)
    const orange = await told('03-31', { filters: { grades: ['orange'] } })
    expect(orange.rows.map(({ key }) => key)).toEqual(['P13N'])
    expect(orange.total.cohort).toMatchObject({ orders: 2, warned: 4600n })
    expect((await told('03-31', { groupBy: 'kind' })).rows.map(({ key, cohort }) => [key, cohort.orders])).toEqual([
      ['arrears-warning', 4],
      ['supervision', 3],
    ])
  })

  test('a province hears of itself only', async () => {
    const own = await told('03-31', {}, ['P13N'])
    expect(own.rows.map(({ key }) => key)).toEqual(['P13N'])
    expect(own.total.cohort).toEqual(own.rows[0]!.cohort)
    expect((await told('03-31', { filters: { provinces: ['P11' as ProvinceCode] } }, ['P13N'])).rows).toEqual([])
    expect((await told('03-31', { groupBy: 'grade' }, ['P13N'])).rows.map(({ key, cohort }) => [key, cohort.orders])).toEqual([
      ['orange', 2],
      ['yellow', 1],
    ])
  })
})

describe('as it stood on a day then', () => {
  test('F counts as closed until it is opened again', async () => {
    expect((await told('03-19')).total.cohort).toMatchObject({ closed: 3, meanMinutes: r(4410, 3), medianMinutes: 1410, p90Minutes: 2250 })
    expect((await told('03-20')).total.cohort).toMatchObject({ closed: 2, meanMinutes: r(3000, 2) })
  })
  test('D counts until it is withdrawn', async () => {
    expect((await told('03-05')).total.cohort).toMatchObject({ orders: 4, withdrawn: 0, warned: 4200n })
    expect((await told('03-06')).total.cohort).toMatchObject({ orders: 3, withdrawn: 1, warned: 3500n })
  })
  test('C is overdue on no day: what was due when the extension was granted is no longer', async () => {
    for (const date of ['03-05', '03-06', '03-09', '03-12'])
      expect((await told(date, { filters: { provinces: ['P11' as ProvinceCode] } })).total.stock.overdue).toBe(0)
    expect((await told('03-06')).total.cohort.answered).toEqual(r(2, 2))
  })
  test('E is not overdue while its clocks stand still', async () => {
    const e = (date: string) => told(date, { filters: { grades: ['orange'] } })
    expect((await e('03-13')).total.stock).toMatchObject({ paused: 1, overdue: 0 })
    expect((await e('03-18')).total.stock).toMatchObject({ paused: 0, overdue: 0 })
    expect((await e('03-19')).total.stock).toMatchObject({ overdue: 1, overdueFeedback: 1, overdueSign: 0 })
  })
  test('B is overdue from 14:00 of the day until it is signed', async () => {
    const at = async (time: string) => (await told('03-03', { now: on(`03-03 ${time}`) })).total.stock.overdueSign
    expect([await at('14:00'), await at('14:01'), await at('15:29'), await at('15:30')]).toEqual([0, 1, 1, 0])
  })
  test('G is of March, H of April, though minutes lie between them', async () => {
    expect((await told('03-31', { period: { from: day('03-31'), to: day('03-31') } })).total.cohort).toMatchObject({
      orders: 1,
      warned: 900n,
      signedOnTime: null,
    })
    expect((await told('04-01')).total.cohort).toMatchObject({ orders: 7, signedOnTime: r(4, 7) })
    expect((await told('04-01', { period: { from: day('04-01'), to: day('04-30') } })).total.cohort).toMatchObject({ orders: 1, signedOnTime: r(0, 1) })
  })
  test('a period of any days is told', async () => {
    const { total } = await told('03-31', { period: { from: day('02-27'), to: day('03-09') } })
    expect(total.cohort).toMatchObject({ orders: 5, closed: 3, warned: 7800n, recovered: 2800n, medianMinutes: 750 })
    expect((await told('03-31', { period: { from: day('01-01'), to: day('12-31') } })).total.cohort.orders).toBe(8)
  })
})

describe('stock and flow', () => {
  test('issued is open, closed and withdrawn; drafts are told apart', async () => {
    expect((await told('03-31')).total.stock).toEqual({
      ...{ drafts: 2, issued: 9, open: 5, closed: 3, withdrawn: 1, toSign: 2, signed: 2, toReview: 1, returned: 0, paused: 0 },
      ...{ overdue: 2, overdueSign: 1, overdueFeedback: 2, overdueReview: 1 },
    })
  })
  test('the events of a day', async () => {
    expect((await told('03-02')).total.flow).toMatchObject({ issued: 1, signed: 1, feedback: 1, closed: 1, drafted: 1, warned: 1000n, recovered: 300n })
    expect((await told('03-06')).total.flow).toMatchObject({ returned: 1, withdrawn: 1, issued: 0 })
    expect((await told('03-30')).total.flow).toMatchObject({ drafted: 2, withdrawn: 0 })
    expect((await told('03-25')).total.flow).toMatchObject({ urged: 1, escalated: 1 })
    expect((await told('03-02', { now: on('03-02 09:30') })).total.flow).toMatchObject({ issued: 1, signed: 0, closed: 0 })
  })
  test('day by day the same, and days without an event stand as the one before', async () => {
    const { days } = await supervisionTrend(pool, { from: day('02-25'), to: day('04-02') })
    expect(days).toHaveLength(37)
    for (const { date, flow, stock } of days) {
      const { total } = await told(date.slice(5))
      expect({ date, flow, stock }).toEqual({ date, flow: total.flow, stock: total.stock })
    }
    const today = await supervisionTrend(pool, { from: day('03-01'), to: day('03-31'), now: on('03-03 14:01') })
    expect(today.days.at(-1)).toMatchObject({ date: '2026-03-03', stock: { overdueSign: 1 } })
  })
})

test('causes are those answered last, results those that stand', async () => {
  const { total, rows } = await supervisionCauses(pool, { date: day('03-31'), period: MARCH })
  expect(total.causes.filter(({ users }) => users > 0)).toEqual([
    { cause: 'funds', users: 2, recovered: 900n, remaining: 600n },
    { cause: 'stopped', users: 1, recovered: 500n, remaining: 1500n },
    { cause: 'dispute', users: 1, recovered: 0n, remaining: 0n },
    { cause: 'metering', users: 1, recovered: 200n, remaining: 400n },
  ])
  expect(total.results.map(({ result, orders }) => [result, orders])).toEqual([
    ['recovered', 1],
    ['under-plan', 1],
    ['uncollectable', 0],
    ['false-alarm', 0],
  ])
  expect(rows.map(({ key }) => key)).toEqual(['P11', 'P13N'])
  const then = await supervisionCauses(pool, { date: day('03-13'), period: MARCH })
  expect(then.total.results.find(({ result }) => result === 'false-alarm')).toEqual({ result: 'false-alarm', orders: 1, recovered: 0n, remaining: 400n })
})

test('behind every figure stand its orders', async () => {
  const orders = async (query: Parameters<typeof supervisionOrders>[1], scope?: readonly ProvinceCode[]) => {
    const page = await supervisionOrders(pool, query, scope)
    return page === 'BAD_CURSOR' ? page : page.rows.map(({ orderNo, value }) => [orderNo, value])
  }
  const date = day('03-31')
  expect(await orders({ view: 'stock', counter: 'overdue', date })).toEqual([
    ['20260309-10', 1n],
    ['20260320-12', 1n],
  ])
  expect(await orders({ view: 'stock', counter: 'overdueSign', date: day('03-03'), now: on('03-03 14:30') })).toEqual([['20260303-2', 1n]])
  expect(await orders({ view: 'cohort', counter: 'recovered', date, period: MARCH }, ['P11' as ProvinceCode])).toEqual([
    ['20260302-1', 1000n],
    ['20260303-2', 500n],
  ])
  expect(await orders({ view: 'flow', counter: 'closed', date: day('03-04') })).toEqual([['20260302-1', 1n]])
  expect(await orders({ view: 'stock', counter: 'closed', date: day('03-13') })).toHaveLength(4)
  const first = await supervisionOrders(pool, { view: 'cohort', counter: 'orders', date, period: MARCH, limit: 5 })
  if (first === 'BAD_CURSOR') throw new Error('no page')
  const rest = await orders({ view: 'cohort', counter: 'orders', date, period: MARCH, limit: 5, cursor: first.next! })
  expect([first.rows.length, rest.length]).toEqual([5, 2])
  expect(await orders({ view: 'flow', counter: 'closed', date, cursor: 'x' })).toBe('BAD_CURSOR')
})

test('the orders behind each figure add up to it, by the name under which it is told', async () => {
  for (const date of ['03-13', '03-20', '03-31', '04-02'].map(day)) {
    const { total } = await told(date.slice(5))
    for (const [view, figures] of Object.entries(BEHIND))
      for (const counter of Object.keys(figures)) {
        const page = await supervisionOrders(pool, { view, counter, date, period: MARCH } as Parameters<typeof supervisionOrders>[1])
        if (page === 'BAD_CURSOR') throw new Error('no page')
        const figure = (total as unknown as Record<string, Record<string, number | bigint | { numerator: bigint } | null>>)[view]?.[counter]
        const expected = typeof figure === 'object' && figure !== null ? figure.numerator : (figure ?? 0)
        expect(
          page.rows.reduce((sum, { value }) => sum + value, 0n),
          `${date} ${view} ${counter}`,
        ).toBe(BigInt(expected))
      }
  }
})

test('before anything is known there is nothing to tell', async () => {
  const { rows, total } = await told('01-31', { period: { from: day('01-01'), to: day('01-31') } })
  expect(rows.every(({ stock, cohort }) => stock.issued === 0 && cohort.orders === 0)).toBe(true)
  expect(total.cohort).toMatchObject({ orders: 0, signedOnTime: null, closure: null, medianMinutes: null, warned: 0n })
})
