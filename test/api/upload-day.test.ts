import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { csvLinesOf, DAY_COLUMNS } from '#api/daily-report/day-rows.ts'
import { wireJson } from '#api/wire.ts'
import { dailyReportStream } from '#application/daily-report/report.ts'
import { LIMITS } from '#application/ports/event-store.ts'
import type { Row } from '#domain/daily-report/fields.ts'
import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { kwh } from '#domain/shared/quantities.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { bill, row } from '#test/support/arbitraries/daily-report.ts'
import { cons, day, org, province, trade } from '#test/support/arbitraries/values.ts'
import { testClock, type World, world } from '#test/support/http.ts'

const KEY = { province: province('P13S'), date: day('2026-03-02') }
const STREAM = dailyReportStream(KEY)
const URL = '/v1/daily-reports/P13S/2026-03-02'

let w: World
let lead: Record<string, string>
beforeEach(async () => {
  w = await world()
  lead = await w.bearer('p13s.lead', 'P13S', 'PV_TARIFF', 'PV_LEAD')
})
afterEach(() => w.app.close())

const rows = (count: number): Row[] => Array.from({ length: count }, (_, i) => row(String(i + 1).padStart(10, '0')))
const ndjson = (list: readonly unknown[]): string => list.map((one) => (typeof one === 'string' ? one : wireJson(one))).join('\n')
const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const csv = (list: readonly Row[]): string =>
  [DAY_COLUMNS.join(','), ...list.flatMap(csvLinesOf).map((line) => DAY_COLUMNS.map((name) => quoted(String(line[name] ?? ''))).join(','))].join('\r\n')

const put = (
  payload: string | Readable,
  { seal = false, type = 'application/x-ndjson', headers = {}, on = w }: { seal?: boolean; type?: string; headers?: Record<string, string>; on?: World } = {},
) => on.app.inject({ method: 'PUT', url: `${URL}/day?seal=${seal}`, payload, headers: { ...lead, 'accept-language': 'en', 'content-type': type, ...headers } })
const get = (path: string, headers: Record<string, string> = {}) => w.app.inject({ url: `${URL}${path}`, headers: { ...lead, ...headers } })
const recorded = async (on = w) => {
  const events = []
  for await (const page of on.store.readStream(STREAM)) events.push(...page)
  return events
}
const typesOf = async (on = w) => (await recorded(on)).map(({ type }) => type)

describe('a good day', () => {
  test('is opened by the system, kept in chunks and sealed, in one request', async () => {
    const sent = rows(1_201)
    w.listed.set(
      'P13S',
      sent.map(({ consNo }) => consNo),
    )
    const answer = await put(ndjson(sent), { seal: true })
    expect(answer.json()).toMatchObject({ rows: 1_201, sealed: true, repeated: false, warnings: [] })
    expect(await typesOf()).toEqual(['ReportOpened', 'RowsPut', 'RowsPut', 'RowsPut', 'ReportSubmitted'])
    const events = await recorded()
    expect(events[0]?.metadata).toMatchObject({ actor: { role: 'SYS', orgCode: 'HQ' } })
    expect(events[4]?.metadata).toMatchObject({ actor: { userId: 'p13s.lead', role: 'PV_LEAD', orgCode: 'P13S' } })
    for (const { type, data } of events) {
      if (type === 'RowsPut') expect((data as { rows: unknown[] }).rows.length).toBeLessThanOrEqual(500)
      expect(canonicalJson(data).length).toBeLessThanOrEqual(512 * 1024)
    }
    expect((await get('')).json()).toMatchObject({
      status: 'submitted',
      version: 1,
      rowCount: 1_201,
      expected: 1_201,
      missing: [],
      totals: { users: 1_201, arrears: '120100000' },
    })
  })

  test('keeps each event below its limit when rows are long, and each append below the engines’', async () => {
    const long = rows(400).map((one) => ({ ...one, bills: Array.from({ length: 12 }, (_, i) => bill(`2025${String(i + 1).padStart(2, '0')}`, 100_000n)) }))
    expect((await put(ndjson(long))).statusCode).toBe(200)
    const events = await recorded()
    expect(events.length).toBeGreaterThan(2)
    for (const { data } of events) expect(canonicalJson(data).length).toBeLessThanOrEqual(512 * 1024)
    expect(LIMITS.appendBytes).toBeGreaterThan(512 * 1024)
  })

  test('is the same day as CSV', async () => {
    const sent = [
      row('1', { remark: 'said "so", twice', bills: [bill('202601', 5n), bill('202602', 7n, 3n)] }),
      row('2', { bills: [], electricityDay: null }),
      row('3', { instalment: { periods: 3, planned: 9n as never, received: 1n as never }, powerOff: true, powerOffDate: day('2026-03-01') }),
    ]
    await put(ndjson(sent))
    const first = (await get('/rows')).json()
    const answer = await put(csv(sent), { type: 'text/csv; charset=utf-8' })
    expect(answer.json()).toMatchObject({ rows: 3, revision: first.revision })
    expect((await get('/rows')).json()).toEqual(first)
  })

  test('comes out as it goes in, as NDJSON and as CSV', async () => {
    await put(ndjson([...rows(4), row('5', { remark: '=what a spreadsheet would run', comment: '- and what it would add' })]))
    for (const [accept, type] of [
      ['application/x-ndjson', 'application/x-ndjson'],
      ['text/csv', 'text/csv'],
    ] as const) {
      const out = await get('/rows', { accept })
      expect(out.headers['content-type']).toContain(type)
      const again = await put(out.body, { type })
      expect(again.json()).toMatchObject({ rows: 5, revision: 1 })
    }
  })

  test('that is empty has to say so', async () => {
    expect((await put('', { seal: true })).json()).toMatchObject({ status: 409, code: 'NIL_NOT_DECLARED' })
    expect(await typesOf()).toEqual([])
    const nil = await w.app.inject({
      method: 'PUT',
      url: `${URL}/day?seal=true&nil=true`,
      payload: '',
      headers: { ...lead, 'content-type': 'application/x-ndjson' },
    })
    expect(nil.json()).toMatchObject({ rows: 0, sealed: true })
  })
})

describe('a day sent again', () => {
  test('under its key is answered as before and writes nothing', async () => {
    const headers = { 'idempotency-key': 'the 2nd of March' }
    const first = await put(ndjson(rows(3)), { seal: true, headers })
    const second = await put(ndjson(rows(3)), { seal: true, headers })
    expect(second.json()).toEqual({ ...first.json(), repeated: true })
    expect(second.headers['idempotency-replayed']).toBe('true')
    expect(await typesOf()).toEqual(['ReportOpened', 'RowsPut', 'ReportSubmitted'])
  })

  test('many times at once under one key is written once', async () => {
    const headers = { 'idempotency-key': 'k' }
    const answers = await Promise.all(Array.from({ length: 6 }, () => put(ndjson(rows(3)), { seal: true, headers })))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200, 200])
    expect(new Set(answers.map((answer) => answer.json().revision)).size).toBe(1)
    expect(await typesOf()).toEqual(['ReportOpened', 'RowsPut', 'ReportSubmitted'])
  })

  test('replaces what stood: changed rows are put, rows left out are removed, the others left alone', async () => {
    await put(ndjson(rows(3)))
    const [one, two] = rows(2) as [Row, Row]
    await put(ndjson([one, { ...two, electricityDay: kwh(1_100n), electricityMonthToDate: kwh(2_100n) }, row('9')]))
    expect(await typesOf()).toEqual(['ReportOpened', 'RowsPut', 'RowsPut', 'RowRemoved'])
    expect((await recorded())[2]?.data).toMatchObject({ rows: [{ consNo: '0000000002', electricityDay: '1100' }, { consNo: '9' }] })
    expect(
      (await get('/rows'))
        .json()
        .rows.map(({ consNo }: Row) => consNo)
        .toSorted(),
    ).toEqual(['0000000001', '0000000002', '9'])
  })

  test('after a crash in the middle goes on where it stopped, and ends the same', async () => {
    const log = createMemoryEventLog(testClock())
    const long = rows(1_600).map((one) => ({ ...one, bills: Array.from({ length: 8 }, (_, i) => bill(`2025${String(i + 1).padStart(2, '0')}`, 100_000n)) }))
    let left = Number.POSITIVE_INFINITY
    const store = {
      ...log.store,
      append: async (append: Parameters<typeof log.store.append>[0]) =>
        left-- > 0 ? log.store.append(append) : Promise.reject(new Error('struck by lightning')),
    }
    const frail = await world({ log: { store, feed: log.feed } })
    const headers = { 'idempotency-key': 'struck' }
    left = 1
    expect((await put(ndjson(long), { seal: true, headers, on: frail })).json()).toMatchObject({ status: 500, code: 'INTERNAL' })
    const half = await typesOf(frail)
    expect(half).toContain('RowsPut')
    expect(half).not.toContain('ReportSubmitted')
    left = Number.POSITIVE_INFINITY
    expect((await put(ndjson(long), { seal: true, headers, on: frail })).json()).toMatchObject({ rows: 1_600, sealed: true, repeated: false })
    const events = await recorded(frail)
    const put_ = events.flatMap(({ type, data }) => (type === 'RowsPut' ? (data as { rows: { consNo: string }[] }).rows.map(({ consNo }) => consNo) : []))
    expect(put_.length).toBe(1_600)
    expect(new Set(put_).size).toBe(1_600)
    expect(events.filter(({ type }) => type === 'ReportSubmitted').length).toBe(1)
    expect((await put(ndjson(long), { seal: true, headers, on: frail })).json()).toMatchObject({ repeated: true })
    await frail.app.close()
  })

  test('with another day’s content after the seal is refused', async () => {
    await put(ndjson(rows(3)), { seal: true })
    expect((await put(ndjson(rows(4)))).json()).toMatchObject({ status: 409, code: 'INVALID_STATE', state: 'submitted' })
    expect((await put(ndjson(rows(3)), { seal: true })).json()).toMatchObject({ rows: 3, revision: 2 })
  })

  test('pinned to a revision that is gone is refused', async () => {
    await put(ndjson(rows(1)))
    expect((await put(ndjson(rows(2)), { headers: { 'if-match': '"0"' } })).json()).toMatchObject({ status: 412 })
    expect((await put(ndjson(rows(2)), { headers: { 'if-match': '"1"' } })).json()).toMatchObject({ revision: 2 })
  })
})

describe('a bad day', () => {
  test('is told every fault by its row, and leaves no trace', async () => {
    const [one, two, three] = rows(3) as [Row, Row, Row]
    const answer = await put(
      ndjson([
        one,
        '{"consNo": "broken',
        { ...two, electricityDay: kwh(-1n) },
        { ...three, orgCode: '13501', bills: [bill('202602', 100n, 0n, { arrears: 99n as never })] },
        { consNo: '77', consName: 'short' },
        one,
      ]),
      { seal: true },
    )
    expect(answer.statusCode).toBe(422)
    const { code, rows: wrong, errors } = answer.json()
    expect({ code, wrong }).toEqual({ code: 'ROWS_INVALID', wrong: 6 })
    const told = errors.map(
      (fault: { row: number; consNo?: string; field?: string; code: string }) => `${fault.row} ${fault.consNo ?? '-'} ${fault.field ?? '-'} ${fault.code}`,
    )
    expect(told).toEqual(
      expect.arrayContaining(
        [
          '1 0000000001 consNo DUPLICATE_CONS_NO',
          '2 - - BROKEN_LINE',
          '3 0000000002 electricityDay KWH_NEGATIVE',
          '4 0000000003 orgCode ORG_OUTSIDE_PROVINCE',
          '4 0000000003 bills.0.arrears ARREARS_MISMATCH',
          '5 77 orgCode invalid_value',
          '6 0000000001 consNo DUPLICATE_CONS_NO',
        ].filter((text) => !text.startsWith('5')),
      ),
    )
    expect(told.some((text: string) => text.startsWith('5 77 orgCode'))).toBe(true)
    expect(errors.every(({ message }: { message: string }) => message.length > 5)).toBe(true)
    expect(await typesOf()).toEqual([])
  })

  test('in CSV is told by the first line of the user', async () => {
    const good = csv([row('1', { bills: [bill('202601', 5n), bill('202602', 7n)] }), row('2')])
    const answer = await put(good.replace(/\r\n1,User 1,(.*),202602,/, '\r\n1,Somebody,$1,202602,').replace('2026-02-28,100000,', '2026-02-28,much,'), {
      type: 'text/csv',
    })
    expect(answer.json().errors.map(({ row: at, consNo, field, code }: Record<string, unknown>) => [at, consNo, field, code])).toEqual([
      [1, '1', 'consName', 'LINES_DISAGREE'],
      [3, '2', 'bills.0.receivable', 'invalid_format'],
    ])
    expect(await typesOf()).toEqual([])
  })

  test.each([
    ['an unknown column', 'consNo,billMonth,colour\r\n1,202602,red', 'VALIDATION_FAILED'],
    ['no customer numbers', 'consName\r\nx', 'VALIDATION_FAILED'],
    ['an open quote', 'consNo,billMonth\r\n"1,202602', 'BAD_REQUEST'],
  ])('as CSV with %s', async (_, body, code) => {
    expect((await put(body, { type: 'text/csv' })).json()).toMatchObject({ code })
  })

  test('with an unanswered warning is not sealed, and once it is answered, is', async () => {
    const odd = row('3', { tradeCode: trade('9799') })
    const refused = await put(ndjson([odd]), { seal: true })
    expect(refused.json()).toMatchObject({ status: 409, code: 'UNANSWERED_WARNINGS', issues: [{ code: 'UNMAPPED_CODE', consNo: '3' }] })
    expect(await typesOf()).toEqual([])
    const kept = await put(ndjson([odd]))
    expect(kept.json()).toMatchObject({ warnings: [{ row: 1, consNo: '3', field: 'tradeCode', code: 'UNMAPPED_CODE' }] })
    expect((await put(ndjson([{ ...odd, comment: 'a new trade' }]), { seal: true })).json()).toMatchObject({ sealed: true })
  })

  test('that lacks expected users is not sealed, and nothing of it is kept', async () => {
    w.listed.set('P13S', [cons('0000000001'), cons('42')])
    expect((await put(ndjson(rows(1)), { seal: true })).json()).toMatchObject({ status: 409, code: 'MISSING_ROWS', consNos: ['42'] })
    expect(await typesOf()).toEqual([])
  })

  test('is checked against yesterday', async () => {
    w.clock.at = '2026-03-04T00:00:00.000Z' as never
    const tomorrow = (list: readonly Row[]) =>
      w.app.inject({
        method: 'PUT',
        url: '/v1/daily-reports/P13S/2026-03-03/day',
        payload: ndjson(list),
        headers: { ...lead, 'content-type': 'application/x-ndjson' },
      })
    await put(ndjson(rows(1)), { seal: true })
    const [one] = rows(1) as [Row]
    expect((await tomorrow([{ ...one, electricityMonthToDate: kwh(1_999n) }])).json().errors).toMatchObject([{ row: 1, code: 'MTD_BELOW_YESTERDAY' }])
    expect((await tomorrow([{ ...one, electricityMonthToDate: kwh(3_000n) }])).statusCode).toBe(200)
  })

  test('beyond the limits of rows or bytes is refused, with a length or without', async () => {
    const small = await world({ rows: 10, uploadBytes: 20_000 })
    expect((await put(ndjson(rows(11)), { on: small })).json()).toMatchObject({ status: 413, code: 'TOO_LARGE', limit: '10 rows' })
    const heavy = ndjson(rows(60))
    expect((await put(heavy, { on: small })).json()).toMatchObject({ status: 413, code: 'TOO_LARGE' })
    expect((await put(Readable.from([heavy.slice(0, 15_000), heavy.slice(15_000)]), { on: small })).json()).toMatchObject({ status: 413, code: 'TOO_LARGE' })
    expect(await typesOf(small)).toEqual([])
    await small.app.close()
  })

  test('of another kind, in another charset, of tomorrow, or of another province', async () => {
    expect((await put('{}', { type: 'application/json' })).json()).toMatchObject({ status: 415 })
    expect((await put(Readable.from([Buffer.from([0x7b, 0xff, 0xfe])]))).json()).toMatchObject({ status: 400 })
    const future = await w.app.inject({
      method: 'PUT',
      url: '/v1/daily-reports/P13S/2026-03-03/day',
      payload: ndjson(rows(1)),
      headers: { ...lead, 'content-type': 'application/x-ndjson' },
    })
    expect(future.json()).toMatchObject({ status: 409, code: 'FUTURE_DATE' })
    const other = await w.bearer('p13n.lead', 'P13N', 'PV_TARIFF', 'PV_LEAD')
    expect((await put(ndjson(rows(1)), { headers: other })).json()).toMatchObject({ status: 403, code: 'FORBIDDEN_SCOPE' })
    const clerk = await w.bearer('p13s.tariff', 'P13S', 'PV_TARIFF')
    expect((await put(ndjson(rows(1)), { seal: true, headers: clerk })).json()).toMatchObject({ status: 403, code: 'FORBIDDEN_ROLE' })
    expect(await typesOf()).toEqual([])
    expect((await put(ndjson([row('1', { orgCode: org('13402') })]), { headers: clerk })).statusCode).toBe(200)
  })
})
