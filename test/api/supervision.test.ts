import { afterAll, beforeAll, expect, test } from 'vitest'
import { shanghai } from '#test/support/arbitraries/values.ts'
import { type WarnedProvinces, warnedProvinces } from '#test/support/warned-provinces.ts'

let w: WarnedProvinces
type Who = keyof WarnedProvinces['people']
const ORDERS = '/v1/warning-work-orders'
const URL = '/v1/statistics/supervision'
const get = async (who: Who, url: string) => (await w.read(url, w.people[who])).json()
const csv = async (who: Who, url: string): Promise<string[][]> =>
  (await w.read(url, w.people[who], { accept: 'text/csv' })).body
    .slice(1)
    .trim()
    .split('\r\n')
    .map((line) => line.split(','))

let hebei: string
let jibei: string
beforeAll(async () => {
  w = await warnedProvinces()
  const done = (who: Who, path: string, data: object = {}) => w.done('POST', `${ORDERS}${path}`, w.people[who], data)
  await w.read('/v1/statistics/daily', w.people.view)
  const subjects = [
    { province: 'P13S', subject: { consNo: '0000000001' } },
    { province: 'P13N', subject: { consNo: '0000000001' } },
  ]
  const { orders } = await done('tariff', '/batch', { kind: 'arrears-warning', grade: 'red', text: '核实', subjects })
  ;[hebei, jibei] = orders.map(({ orderNo }: { orderNo: string }) => orderNo) as [string, string]
  await done('lead', '/issue-batch', { orderNos: [hebei, jibei] })
  w.clock.at = shanghai('2026-03-03', '09:00')
  await done('clerk', `/${hebei}/sign`)
  const answer = { consNo: '0000000001', cause: 'funds', measures: [], recovered: '0', remaining: '80000000', planDate: '2026-03-20', level: 'II' }
  await done('head', `/${hebei}/feedback`, { answers: [answer] })
  await done('lead', `/${hebei}/closure`, { result: 'under-plan', followUpOn: '2026-03-20' })
  w.clock.at = shanghai('2026-03-04', '09:00')
})
afterAll(() => w?.close())

test('statistics of supervision are told by province with the total, and a province sees its own line with its place among all', async () => {
  const told = await get('view', `${URL}?date=2026-03-03`)
  expect(told.rows.map(({ key, name }: { key: string; name: string }) => [key, name])).toEqual([
    ['P13N', 'Unit P13N'],
    ['P13S', 'Unit P13S'],
  ])
  expect(told.total).toMatchObject({
    flow: { issued: 2, signed: 1, feedback: 1, closed: 1 },
    stock: { open: 1, closed: 1, overdueSign: 1 },
    cohort: { orders: 2 },
  })
  expect(told).toMatchObject({
    period: { from: '2026-03-01', to: '2026-03-03' },
    score: { weights: { onTime: 30, firstPass: 20, recovered: 30, closure: 20 } },
  })
  const own = await get('jibei', `${URL}?date=2026-03-03`)
  expect(own.rows).toMatchObject([{ key: 'P13N', rank: 2, cohort: { orders: 1 } }])
  expect(own.total).toMatchObject({ stock: { open: 1, closed: 0 } })
  expect((await get('city', `${URL}?date=2026-03-03`)).code).toBe('FORBIDDEN_ROLE')
})

test('a table has a line a group and one for the total, ratios as two sums', async () => {
  const [header, ...lines] = await csv('view', `${URL}?date=2026-03-03&groupBy=grade`)
  expect(lines.map(([, key]) => key)).toEqual(['red', '*'])
  const column = (name: string) => lines.map((line) => line[header!.indexOf(name)])
  expect(column('cohortSignedOnTimeNumerator')).toEqual(['1', '1'])
  expect(column('cohortSignedOnTimeDenominator')).toEqual(['2', '2'])
  expect((await w.read(`${URL}?groupBy=kind`, w.people.view, { accept: 'application/x-ndjson' })).body.trim().split('\n')).toHaveLength(2)
})

test('provinces are ranked with the weights shown', async () => {
  const { rows, score } = await get('view', `${URL}/ranking?date=2026-03-03`)
  expect(rows.map(({ province, rank }: { province: string; rank: number }) => [province, rank])).toEqual([
    ['P13S', 1],
    ['P13N', 2],
  ])
  expect(score.version).toBe(1)
  expect((await get('clerk', `${URL}/ranking?date=2026-03-03`)).rows).toMatchObject([{ province: 'P13S', rank: 1 }])
})

test('what is overdue is listed, each to whom it concerns', async () => {
  expect((await get('view', `${URL}/overdue?date=2026-03-03`)).orders).toMatchObject([{ orderNo: jibei, province: 'P13N', status: 'issued' }])
  expect((await get('clerk', `${URL}/overdue?date=2026-03-03`)).orders).toEqual([])
  expect((await get('view', `${URL}/orders?date=2026-03-03&view=flow&counter=closed`)).orders).toMatchObject([{ orderNo: hebei }])
  expect(await get('view', `${URL}/orders?view=flow&counter=nonsense`)).toMatchObject({ status: 422, errors: [{ code: 'UNKNOWN_COUNTER' }] })
  expect(await get('view', `${URL}/overdue?after=x`)).toMatchObject({ status: 422, errors: [{ code: 'BAD_CURSOR' }] })
})

test('causes and results are broken down', async () => {
  const { total } = await get('view', `${URL}/causes?date=2026-03-03`)
  expect(total.causes.find(({ cause }: { cause: string }) => cause === 'funds')).toMatchObject({ users: 1, remaining: '80000000' })
  expect(total.results.find(({ result }: { result: string }) => result === 'under-plan')).toMatchObject({ orders: 1 })
  const [header, ...lines] = await csv('view', `${URL}/causes?date=2026-03-03`)
  expect(header).toEqual(['key', 'of', 'code', 'count', 'recovered', 'remaining'])
  expect(lines.filter(([key]) => key === '*').length).toBe(total.causes.length + total.results.length)
})

test('day by day, and no period that is none', async () => {
  const { days } = await get('view', `${URL}/days?from=2026-03-02&to=2026-03-04`)
  expect(days).toMatchObject([
    { date: '2026-03-02', flow: { issued: 0 }, stock: { open: 0 } },
    { date: '2026-03-03', flow: { issued: 2, closed: 1 }, stock: { open: 1 } },
    { date: '2026-03-04', flow: { issued: 0 }, stock: { open: 1, overdue: 1 } },
  ])
  expect(await get('view', `${URL}/days?from=2026-03-05&to=2026-03-04`)).toMatchObject({ status: 422, errors: [{ code: 'PERIOD_INVALID' }] })
  expect(await get('view', `${URL}?from=2026-03-05&to=2026-03-04`)).toMatchObject({ status: 422, errors: [{ code: 'PERIOD_EMPTY' }] })
})
