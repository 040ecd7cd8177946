import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  dailyReportRefusals,
  extractionRefusals,
  highRiskUserRefusals,
  industryListRefusals,
  organisationRefusals,
  workCalendarRefusals,
} from '#api/refusals.ts'
import { OutcomeUnknown } from '#application/ports/event-store.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { testClock, type World, world } from '#test/support/http.ts'

let w: World
let drafter: Record<string, string>
beforeAll(async () => {
  w = await world()
  drafter = await w.bearer('hq.tariff', 'HQ', 'HQ_TARIFF')
})
afterAll(() => w.app.close())

const LIST = streamName('IndustryList', 'national')
const eventsOf = async (world: World, stream = LIST): Promise<number> => {
  let count = 0
  for await (const page of world.store.readStream(stream)) count += page.length
  return count
}
const entry = (code: string) => ({ entry: { standard: 'GB/T 4754-2017', code, includeChildren: false, category: 'HIGH_ENERGY' } })
const post = (url: string, payload: object, headers: Record<string, string> = drafter, on: World = w) =>
  on.app.inject({ method: 'POST', url, payload, headers })

describe('a command', () => {
  test('is answered by a receipt whose ETag is the revision', async () => {
    const answer = await post('/v1/industry-list/draft', {})
    expect(answer.statusCode).toBe(200)
    expect(answer.headers.etag).toBe('"0"')
    expect(answer.json()).toEqual({ revision: 0, position: expect.any(String), repeated: false })
  })

  test('said twice under one key, is carried out once and answered the same', async () => {
    const headers = { ...drafter, 'idempotency-key': 'add 3110, please' }
    const before = await eventsOf(w)
    const first = await post('/v1/industry-list/draft/entries', entry('3110'), headers)
    await post('/v1/industry-list/draft/entries', entry('3120'))
    const second = await post('/v1/industry-list/draft/entries', entry('3110'), headers)
    expect(first.statusCode).toBe(200)
    expect(second.json()).toEqual({ ...first.json(), repeated: true })
    expect(second.headers['idempotency-replayed']).toBe('true')
    expect(await eventsOf(w)).toBe(before + 2)
  })

  test('said ten times at once under one key, too', async () => {
    const headers = { ...drafter, 'idempotency-key': 'add-3130' }
    const before = await eventsOf(w)
    const answers = await Promise.all(Array.from({ length: 10 }, () => post('/v1/industry-list/draft/entries', entry('3130'), headers)))
    expect(new Set(answers.map((answer) => `${answer.statusCode} ${answer.json().revision} ${answer.json().position}`)).size).toBe(1)
    expect(answers[0]?.statusCode).toBe(200)
    expect(await eventsOf(w)).toBe(before + 1)
  })

  test('under the same key of another user is another command', async () => {
    const other = { ...(await w.bearer('hq.tariff2', 'HQ', 'HQ_TARIFF')), 'idempotency-key': 'add-3130' }
    expect((await post('/v1/industry-list/draft/entries', entry('3140'), other)).json()).toMatchObject({ repeated: false })
  })

  test('under the same key at another address is another command', async () => {
    const headers = { ...drafter, 'idempotency-key': 'add-3130' }
    const removal = await post('/v1/industry-list/draft/entries/removal', { entry: { standard: 'GB/T 4754-2017', code: '3130' } }, headers)
    expect(removal.json()).toMatchObject({ repeated: false })
  })

  test('pinned to what was seen goes through while that is so, and is refused (412) once it is not', async () => {
    const seen = (await w.app.inject({ url: '/v1/industry-list/draft', headers: drafter })).headers.etag as string
    expect((await post('/v1/industry-list/draft/entries', entry('3211'), { ...drafter, 'if-match': seen })).statusCode).toBe(200)
    const stale = await post('/v1/industry-list/draft/entries', entry('3212'), { ...drafter, 'if-match': seen })
    expect(stale.statusCode).toBe(412)
    expect(stale.json()).toMatchObject({ code: 'REVISION_STALE', actual: String(Number(seen.replaceAll('"', '')) + 1) })
    expect(stale.headers.etag).toBe(`"${Number(seen.replaceAll('"', '')) + 1}"`)
  })

  test.each([
    ['if-match', 'twelve', 'BAD_IF_MATCH'],
    ['idempotency-key', 'x'.repeat(129), 'BAD_IDEMPOTENCY_KEY'],
    ['idempotency-key', '', 'BAD_IDEMPOTENCY_KEY'],
  ])('with a broken %s is sent back', async (header, value, code) => {
    expect((await post('/v1/industry-list/draft/entries', entry('3213'), { ...drafter, [header]: value })).json()).toMatchObject({ status: 400, code })
  })
})

describe('a problem', () => {
  test('speaks Chinese unless asked for English', async () => {
    const zh = await post('/v1/industry-list/draft', {})
    expect(zh.statusCode).toBe(409)
    expect(zh.headers['content-type']).toContain('application/problem+json')
    expect(zh.headers['content-language']).toBe('zh-CN')
    expect(zh.json()).toMatchObject({ type: 'urn:epm:problem:DRAFT_EXISTS', status: 409, code: 'DRAFT_EXISTS', title: '已有未下发的草稿', version: 1 })
    const en = await post('/v1/industry-list/draft', {}, { ...drafter, 'accept-language': 'fr, en-GB;q=0.8, zh;q=0.5' })
    expect(en.json()).toMatchObject({ title: 'There is an open draft already', instance: expect.stringMatching(/^urn:epm:request:[0-9a-f-]{36}$/) })
  })

  test('points at each fault of the input', async () => {
    const answer = await post('/v1/industry-list/draft/entries', {
      entry: { standard: 'GB/T 4754-2017', code: 'steel', category: 'HIGH_ENERGY', includeChildren: 'yes' },
      extra: 1,
    })
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(
      answer
        .json()
        .errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code])
        .toSorted(),
    ).toEqual([
      ['', 'unrecognized_keys'],
      ['/entry/code', 'invalid_format'],
      ['/entry/includeChildren', 'invalid_type'],
    ])
  })

  test.each([
    ['a body that is no JSON', { payload: '{"entry":', headers: { 'content-type': 'application/json' } }, 400, 'BAD_REQUEST'],
    ['a body of another kind', { payload: '<entry/>', headers: { 'content-type': 'application/xml' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body without end', { payload: `{"entry":"${'x'.repeat(1_100_000)}"}`, headers: { 'content-type': 'application/json' } }, 413, 'TOO_LARGE'],
  ])('for %s', async (_, { payload, headers }, status, code) => {
    const answer = await w.app.inject({ method: 'POST', url: '/v1/industry-list/draft/entries', payload, headers: { ...drafter, ...headers } })
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ code, status })
  })

  test('for an address that is none', async () => {
    const answer = await w.app.inject({ url: '/v1/nothing', headers: drafter })
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  test('for a format that is not offered', async () => {
    expect((await w.app.inject({ url: '/v1/industry-list/history', headers: { ...drafter, accept: 'image/png' } })).json()).toMatchObject({
      status: 406,
      code: 'NOT_ACCEPTABLE',
    })
  })

  test('when the log stays silent says that the command may be repeated under its key', async () => {
    const log = createMemoryEventLog(testClock())
    let silent = false
    const store = {
      ...log.store,
      append: async (append: Parameters<typeof log.store.append>[0]) => (silent ? Promise.reject(new OutcomeUnknown('no answer')) : log.store.append(append)),
    }
    const deaf = await world({ log: { store, feed: log.feed } })
    silent = true
    const answer = await post('/v1/industry-list/draft', {}, { ...drafter, 'accept-language': 'en' }, deaf)
    expect(answer.json()).toMatchObject({ status: 503, code: 'OUTCOME_UNKNOWN', title: expect.stringContaining('Idempotency-Key') })
    expect(answer.headers['retry-after']).toBe('1')
    await deaf.app.close()
  })

  test('when the log cannot be read tells an id and nothing of the inside', async () => {
    const log = createMemoryEventLog(testClock())
    await log.store.append({
      stream: LIST,
      expected: 'absent',
      events: [{ id: '00000000-0000-4000-8000-000000000009', type: 'Unheard', data: '{"secret":"innards"}', metadata: '{}' }],
    })
    const puzzled = await world({ log })
    const answer = await post('/v1/industry-list/draft', {}, drafter, puzzled)
    expect(answer.statusCode).toBe(500)
    expect(Object.keys(answer.json()).toSorted()).toEqual(['code', 'instance', 'status', 'title', 'type'])
    expect(answer.body).not.toMatch(/innards|Unheard|node_modules|\.ts/)
    await puzzled.app.close()
  })
})

test('every refusal has a status of its kind and a title in both languages', () => {
  for (const table of [industryListRefusals, highRiskUserRefusals, dailyReportRefusals, organisationRefusals, workCalendarRefusals, extractionRefusals])
    for (const [code, { status, title }] of Object.entries(table)) {
      expect([403, 404, 409, 422], code).toContain(status)
      expect(title['zh-CN'], code).toMatch(/\p{Script=Han}/u)
      expect(title.en, code).toMatch(/^[A-Z][ -~’]+$/)
    }
})

test('the headers keep strangers out', async () => {
  for (const path of ['/health/live', '/v1/industry-list/versions', '/nowhere']) {
    const { headers } = await w.app.inject(path)
    expect(headers['content-security-policy'], path).toContain("default-src 'none'")
    expect(headers, path).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN', 'referrer-policy': 'no-referrer' })
    expect(headers, path).not.toHaveProperty('strict-transport-security')
  }
})

test('the metrics count requests by route, never by address', async () => {
  const { body } = await w.app.inject('/metrics')
  expect(body).toContain('epm_http_request_seconds_count{method="POST",route="/v1/industry-list/draft/entries",status="200"}')
  expect(body).toMatch(/^epm_log_events \d+$/m)
})
