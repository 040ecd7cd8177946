import Fastify from 'fastify'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearerIdentity, oidcKeys } from '#api/identity.ts'

const first = await generateKeyPair('ES256')
const second = await generateKeyPair('ES256')
const provider = Fastify()
let issuer: string
let published: object[] = []
beforeAll(async () => {
  published = [{ ...(await exportJWK(first.publicKey)), kid: 'first', alg: 'ES256', use: 'sig' }]
  provider.get('/.well-known/openid-configuration', async () => ({ issuer, jwks_uri: `${issuer}/keys` }))
  provider.get('/keys', async () => ({ keys: published }))
  provider.get('/liar/.well-known/openid-configuration', async () => ({ issuer, jwks_uri: `${issuer}/keys` }))
  issuer = await provider.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => provider.close())

const token = (key: Parameters<SignJWT['sign']>[0], kid: string) =>
  new SignJWT({ groups: 'HQ_VIEW OTHER', unit: 'HQ' })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(issuer)
    .setAudience('epm')
    .setSubject('hq.view')
    .setExpirationTime('5m')
    .sign(key)
const claims = { userId: 'sub', roles: 'groups', orgCode: 'unit' }

test('keys come from the issuer’s discovery document, claims by their configured names', async () => {
  const identify = bearerIdentity(await oidcKeys(issuer), { issuer, audience: 'epm', claims })
  const ask = async (bearer: string) => identify({ headers: { authorization: `Bearer ${bearer}` } } as never)
  expect(await ask(await token(first.privateKey, 'first'))).toEqual({ userId: 'hq.view', roles: ['HQ_VIEW'], orgCode: 'HQ' })
  await expect(ask(await token(second.privateKey, 'first'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(ask(await token(second.privateKey, 'unheard-of'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('while the issuer does not answer, nobody is called a liar: the service is unavailable', async () => {
  const gone = Fastify()
  gone.get('/.well-known/openid-configuration', async (request) => ({
    issuer: `http://${request.headers.host}`,
    jwks_uri: `http://${request.headers.host}/keys`,
  }))
  const address = await gone.listen({ port: 0, host: '127.0.0.1' })
  const keys = await oidcKeys(address)
  await gone.close()
  const identify = bearerIdentity(keys, { issuer, audience: 'epm', claims })
  await expect(identify({ headers: { authorization: `Bearer ${await token(first.privateKey, 'first')}` } } as never)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  })
})

test('an issuer that speaks for another, or for none, stops the start', async () => {
  await expect(oidcKeys(`${issuer}/liar`)).rejects.toThrow('speaks for another issuer')
  await expect(oidcKeys(`${issuer}/nowhere`)).rejects.toThrow('answered 404')
})
