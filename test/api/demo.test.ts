import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readBy } from '#api/access.ts'
import { demoIdentity } from '#api/demo-identity.ts'
import { actorOf } from '#api/identity.ts'
import { languageOf } from '#api/language.ts'
import { formatOf, sendRows } from '#api/negotiation.ts'
import type { App } from '#api/schemas.ts'
import { buildServer } from '#api/server.ts'
import { EVERYBODY } from '#application/shared/authorise.ts'
import { province } from '#test/support/arbitraries/values.ts'
import { testClock, tokenOf } from '#test/support/http.ts'

let app: App
beforeAll(async () => {
  const demo = await demoIdentity([province('P13S'), province('P11')])
  const config = readBy(EVERYBODY, 'own')
  app = await buildServer({
    identify: demo.identify,
    scope: { isWithin: () => false, provinceOf: () => undefined, refresh: async () => undefined },
    clock: testClock(),
    checks: [
      { name: 'never', ok: () => new Promise(() => undefined) },
      { name: 'broken', ok: async () => Promise.reject(new Error('down')) },
    ],
    gauges: [
      { name: 'epm_broken', help: 'x', read: async () => Promise.reject(new Error('down')) },
      { name: 'epm_odd', help: 'x', read: async () => [{ labels: { a: 'say "hi"\n\\' }, value: 1 }] },
    ],
    routes: [
      demo.routes,
      async (own) => {
        own.get('/v1/me', { config, schema: { operationId: 'getMe' } }, async (request) => actorOf(request))
        own.get('/v1/rows', { config, schema: { operationId: 'getRows' } }, async (request, reply) => {
          const rows = [
            { name: '=1+1', money: 9_007_199_254_740_993n, none: null, list: ['a', 1n] },
            { name: '-5', money: -5n, none: undefined, list: [] },
          ]
          const format = formatOf(request)
          return format === 'json' ? rows : (sendRows(reply, format, rows) as never)
        })
      },
    ],
  })
})
afterAll(() => app.close())

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })
const as = async (persona: string) => ({ authorization: `Bearer ${(await get(`/v1/demo/tokens/${persona}`)).body}` })

describe('a demonstration', () => {
  test('has personas for headquarters and each province, and a token for each', async () => {
    const { personas } = (await get('/v1/demo/personas')).json()
    expect(personas.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['hq-tariff', 'hq-lead', 'hq-view', 'hq-audit', 'sys', 'admin', 'pv-tariff-P13S', 'pv-lead-P11']),
    )
    for (const { name, roles, orgCode } of personas) expect((await get('/v1/me', await as(name))).json()).toEqual({ userId: name, roles, orgCode })
    expect((await get('/v1/demo/tokens/hq-lead')).headers['content-type']).toContain('text/plain')
  })
  test('knows no other persona, and takes no other issuer’s token', async () => {
    expect((await get('/v1/demo/tokens/emperor')).json()).toMatchObject({ status: 404 })
    expect((await get('/v1/me', { authorization: `Bearer ${await tokenOf('x', 'HQ', ['HQ_LEAD'])}` })).statusCode).toBe(401)
  })
})

describe('a list', () => {
  test.each([
    ['*/*', 'application/json'],
    ['text/csv;q=0.5, application/x-ndjson', 'application/x-ndjson'],
    ['text/html, text/csv;q=0.9, */*;q=0.1', 'text/csv'],
    ['application/json;q=0, text/*', 'text/csv'],
  ])('asked for as %s comes as %s', async (accept, type) => {
    expect((await get('/v1/rows', { ...(await as('hq-view')), accept })).headers['content-type']).toContain(type)
  })
  test('as CSV runs nothing, loses nothing and leaves numbers alone', async () => {
    const { body } = await get('/v1/rows', { ...(await as('hq-view')), accept: 'text/csv' })
    expect(body).toBe('\ufeffname,money,none,list\r\n\'=1+1,9007199254740993,,"[""a"",""1""]"\r\n-5,-5,,[]\r\n')
  })
  test('as JSON keeps whole numbers as text', async () => {
    expect((await get('/v1/rows', await as('hq-view'))).json()[0]).toEqual({ name: '=1+1', money: '9007199254740993', none: null, list: ['a', '1'] })
  })
})

test.each([
  [undefined, 'zh-CN'],
  ['en', 'en'],
  ['fr', 'zh-CN'],
  ['de, en;q=0.3, zh;q=0.2', 'en'],
  ['zh-TW, en', 'zh-CN'],
  ['en;q=0, zh', 'zh-CN'],
  ['EN-us', 'en'],
])('who asks for %s is answered in %s', (header, language) => expect(languageOf(header)).toBe(language))

test('a check that hangs or fails makes the server unready, not the question hang', async () => {
  const answer = await get('/health/ready')
  expect(answer.statusCode).toBe(503)
  expect(answer.json()).toEqual({ status: 'unavailable', checks: { never: false, broken: false } })
})

test('a gauge that cannot be read is left out, and labels are written safely', async () => {
  const { body } = await get('/metrics')
  expect(body).not.toContain('epm_broken')
  expect(body).toContain('epm_odd{a="say \\"hi\\"\\n\\\\"} 1')
})
