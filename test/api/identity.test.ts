import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokenOf, type World, world } from '#test/support/http.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.app.close())

const units = (authorization?: string, headers: Record<string, string> = {}) =>
  w.app.inject({ method: 'GET', url: '/v1/organisation/units', headers: { ...headers, ...(authorization !== undefined && { authorization }) } })
const good = () => tokenOf('hq.view', 'HQ', ['HQ_VIEW'])
const unsigned = (payload: object): string =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.`

describe('who is asking', () => {
  test('a good token opens, again and again', async () => {
    const token = await good()
    for (let i = 0; i < 2; i++) expect((await units(`Bearer ${token}`)).statusCode).toBe(200)
  })

  test('nobody is told to bring a token', async () => {
    const answer = await units()
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="epm"')
    expect(answer.json()).toMatchObject({ type: 'urn:epm:problem:UNAUTHENTICATED', status: 401, code: 'UNAUTHENTICATED' })
  })

  const claims = { sub: 'hq.view', org: 'HQ', roles: ['HQ_VIEW'] }
  test.each([
    ['expired', () => tokenOf('hq.view', 'HQ', ['HQ_VIEW'], { exp: 1_700_000_000 })],
    ['without an end', () => tokenOf('hq.view', 'HQ', ['HQ_VIEW'], { exp: undefined as unknown as number })],
    ['for another audience', () => tokenOf('hq.view', 'HQ', ['HQ_VIEW'], { aud: 'payroll' })],
    ['of another issuer', () => tokenOf('hq.view', 'HQ', ['HQ_VIEW'], { iss: 'https://elsewhere.test' })],
    ['signed with another key', () => tokenOf('hq.view', 'HQ', ['HQ_VIEW'], { forged: true })],
    ['not signed at all', async () => unsigned({ ...claims, iss: 'https://id.test', aud: 'epm', exp: 4_000_000_000 })],
    [
      'with a shared secret',
      async () =>
        new SignJWT({ ...claims, iss: 'https://id.test', aud: 'epm', exp: 4_000_000_000 })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode('x'.repeat(32))),
    ],
    ['without a role of ours', () => tokenOf('hq.view', 'HQ', [], { roles: ['EMPEROR'] })],
    ['without a unit', () => tokenOf('hq.view', '', ['HQ_VIEW'])],
    ['that is no token', async () => 'abc'],
  ])('a token %s does not', async (_, token) => {
    const answer = await units(`Bearer ${await token()}`)
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
    expect(answer.body).not.toContain('stack')
  })

  test('roles of other systems are passed over, and roles may come as one text', async () => {
    const token = await tokenOf('hq.view', 'HQ', [], { roles: 'EMPEROR HQ_VIEW' })
    expect((await units(`Bearer ${token}`)).statusCode).toBe(200)
  })
})

describe('a token that mixes sides opens nothing', () => {
  test('a role of headquarters held in a province', async () => {
    const answer = await w.app.inject({ method: 'POST', url: '/v1/industry-list/draft', payload: {}, headers: await w.bearer('u', 'P13S', 'HQ_TARIFF') })
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ code: 'FORBIDDEN_SCOPE' })
  })
  test('a role of a province held at headquarters', async () => {
    const answer = await w.app.inject({
      method: 'POST',
      url: '/v1/industry-list/versions/1/acknowledgements/P13S',
      headers: await w.bearer('u', 'HQ', 'PV_LEAD'),
    })
    expect(answer.json()).toMatchObject({ status: 403, code: 'FORBIDDEN_SCOPE' })
  })
})
