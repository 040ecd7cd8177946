import { randomUUID } from 'node:crypto'
import helmet from '@fastify/helmet'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Clock } from '#application/ports/clock.ts'
import type { OrgScope } from '#application/ports/organisation.ts'
import { identifyFirst, mustBeDeclared, PUBLIC, reachableOnly } from './access.ts'
import { type Check, healthRoutes } from './health.ts'
import type { Identify } from './identity.ts'
import { type Gauge, metrics } from './metrics.ts'
import { openapi } from './openapi.ts'
import { answerError, answerNotFound } from './problem.ts'
import type { App } from './schemas.ts'
import { wireJson, wireSerializer } from './wire.ts'

/** A part of the interface: its routes, already given what they need. */
export type Routes = (app: App) => Promise<void>

export type ServerParts = {
  readonly identify: Identify
  readonly scope: OrgScope & { readonly refresh: () => Promise<void> }
  readonly clock: Clock
  /** Everything under /v1. */
  readonly routes: readonly Routes[]
  readonly checks: readonly Check[]
  readonly gauges: readonly Gauge[]
  readonly logger?: FastifyBaseLogger
  /** How long a whole request may take to arrive. A day of a province is some megabytes. */
  readonly requestTimeoutMs?: number
}

const BODY_BYTES = 1_048_576

/** The console and the documentation load nothing from elsewhere. Inline styles are what swagger-ui's page needs, inline scripts nobody. */
const POLICY = [
  "default-src 'none'",
  "base-uri 'none'",
  "connect-src 'self'",
  "font-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
].join('; ')

/**
 * What helmet says with every answer, and our policy. It never varies, so helmet is asked once and not for every request; transport
 * security is the proxy's to promise.
 */
const guardingHeaders = async (): Promise<Readonly<Record<string, string>>> => {
  const asked = Fastify()
  await asked.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false })
  asked.get('/', async (_, reply) => reply.code(204).send())
  const { headers } = await asked.inject('/')
  await asked.close()
  const said = Object.entries(headers).filter((header): header is [string, string] => !OF_ONE_ANSWER.includes(header[0]) && typeof header[1] === 'string')
  return { ...Object.fromEntries(said), 'content-security-policy': POLICY }
}
const OF_ONE_ANSWER = ['date', 'connection', 'keep-alive', 'content-length', 'content-type', 'transfer-encoding']

/** The server, not yet listening. Parts are registered in order, each in a scope of its own; closing it ends open requests first. */
export const buildServer = async ({ identify, scope, clock, routes, checks, gauges, logger, requestTimeoutMs = 120_000 }: ServerParts): Promise<App> => {
  const app: App = Fastify({
    ...(logger ? { loggerInstance: logger } : { logger: false }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: requestTimeoutMs,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 128, ignoreTrailingSlash: true },
  }).withTypeProvider<ZodTypeProvider>()
  app.decorateRequest('actor', null)
  // Headers are described, and read where they matter; checking them all again for every request would find nothing.
  app.setValidatorCompiler((part) =>
    part.httpPart === 'headers' ? (value) => ({ value }) : validatorCompiler(part as Parameters<typeof validatorCompiler>[0]),
  )
  app.setSerializerCompiler(wireSerializer)
  app.setReplySerializer(wireJson)
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(answerNotFound)
  const measured = metrics(gauges)
  measured.observe(app)
  const guarding = await guardingHeaders()
  app.addHook('onSend', (_request, reply, payload, done) => {
    void reply.headers(guarding)
    done(null, payload)
  })
  await app.register(async (documented) => {
    await openapi(documented)
    const open: App = documented.withTypeProvider<ZodTypeProvider>()
    // Whoever opens the address in a browser wants to be told what is here.
    open.get('/', { config: PUBLIC, schema: { hide: true, operationId: 'getFrontDoor' } }, async (_, reply) => reply.redirect('/docs'))
    await open.register(async (part) => healthRoutes(checks)(part.withTypeProvider<ZodTypeProvider>()))
    await open.register(async (part) => measured.route(part.withTypeProvider<ZodTypeProvider>()))
    await open.register(async (part) => {
      const identified: App = part.withTypeProvider<ZodTypeProvider>()
      identified.addHook('onRoute', mustBeDeclared)
      identified.addHook('onRequest', identifyFirst(identify))
      identified.addHook('preValidation', reachableOnly(scope, clock))
      for (const route of routes) await identified.register(async (own) => route(own.withTypeProvider<ZodTypeProvider>()))
    })
  })
  return app
}
