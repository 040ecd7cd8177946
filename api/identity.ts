import type { FastifyRequest } from 'fastify'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose'
import { z } from 'zod'
import { Actor, Role } from '#domain/shared/actor.ts'
import { Problem } from './problem.ts'

/** Finds out who is asking. Throws a Problem (401) when nobody acceptable is. */
export type Identify = (request: FastifyRequest) => Promise<Actor>

type ClaimNames = { readonly userId: string; readonly roles: string; readonly orgCode: string }
const CLAIMS: ClaimNames = { userId: 'sub', roles: 'roles', orgCode: 'org' }

export type TokenRules = { readonly issuer: string; readonly audience: string; readonly claims?: ClaimNames; readonly clockToleranceSeconds?: number }

/** Asymmetric signatures only: a secret shared with whoever checks it proves nothing, and "none" even less. */
const ALGORITHMS = ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA']
const CACHED_TOKENS = 2_000

const challenge = (error?: string): Problem =>
  new Problem('UNAUTHENTICATED', {
    headers: { 'www-authenticate': `Bearer realm="epm"${error === undefined ? '' : `, error="invalid_token", error_description="${error}"`}` },
  })

/**
 * Bearer JWT of one issuer for one audience, checked against its keys with the algorithms above. A token that was good is good
 * until it expires, so its checked claims are kept (bounded) and the signature is not worked out again for every request.
 */
export const bearerIdentity = (keys: JWTVerifyGetKey, { issuer, audience, claims = CLAIMS, clockToleranceSeconds = 30 }: TokenRules): Identify => {
  const options: JWTVerifyOptions = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: clockToleranceSeconds, requiredClaims: ['exp'] }
  const checked = new Map<string, { readonly actor: Actor; readonly until: number }>()
  return async (request) => {
    const header = request.headers.authorization
    if (header === undefined) throw challenge()
    const known = checked.get(header)
    if (known && known.until > Date.now()) return known.actor
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header)?.[1]
    if (token === undefined) throw challenge('not a bearer token')
    const payload = await verified(token, keys, options)
    const actor = actorFrom(payload, claims)
    if (checked.size >= CACHED_TOKENS) checked.clear()
    checked.set(header, { actor, until: Math.min((payload.exp ?? 0) * 1000 + clockToleranceSeconds * 1000, Date.now() + 60_000) })
    return actor
  }
}

const verified = async (token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> => {
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw challenge('expired')
    if (error instanceof errors.JWTClaimValidationFailed) throw challenge(`claim ${error.claim} is not acceptable`)
    if (error instanceof errors.JWKSTimeout) throw new Problem('UNAVAILABLE', { headers: { 'retry-after': '5' } })
    if (error instanceof errors.JOSEError) throw challenge('not signed by the issuer')
    throw new Problem('UNAVAILABLE', { headers: { 'retry-after': '5' } }) // the issuer's keys cannot be fetched
  }
}

const Names = z.union([z.array(z.string()), z.string().transform((text) => text.split(' '))])

/** Claims are an actor when they name a user, a unit and at least one role of ours; roles of other systems are passed over. */
const actorFrom = (payload: JWTPayload, claims: ClaimNames): Actor => {
  const held = Names.safeParse(payload[claims.roles])
  const roles = (held.data ?? []).filter((name): name is Role => Role.safeParse(name).success)
  const actor = Actor.safeParse({ userId: payload[claims.userId], roles, orgCode: payload[claims.orgCode] })
  if (!actor.success) throw challenge(`claim ${String(actor.error.issues[0]?.path[0] ?? 'roles')} does not name one of ours`)
  return actor.data
}

const Discovery = z.looseObject({ issuer: z.string(), jwks_uri: z.url() })

/** The keys of an OIDC issuer by its discovery document; fetched once here, the keys themselves when needed and after rotation. */
export const oidcKeys = async (issuer: string): Promise<JWTVerifyGetKey> => {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await fetch(address, { signal: AbortSignal.timeout(10_000), redirect: 'error' })
  if (!response.ok) throw new Error(`${address} answered ${response.status}`)
  const document = Discovery.parse(await response.json())
  if (document.issuer !== issuer) throw new Error(`${address} speaks for another issuer`)
  return createRemoteJWKSet(new URL(document.jwks_uri))
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking, once that is known. */
    actor: Actor | null
  }
}

/** Who is asking; set before any handler of an identified route runs. */
export const actorOf = (request: FastifyRequest): Actor => {
  if (!request.actor) throw challenge()
  return request.actor
}
