import { generateKeyPair, SignJWT } from 'jose'
import { z } from 'zod'
import { HQ } from '#application/shared/authorise.ts'
import { Actor, type Role } from '#domain/shared/actor.ts'
import type { OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { PUBLIC } from './access.ts'
import { bearerIdentity, type Identify } from './identity.ts'
import { Problem } from './problem.ts'
import { type App, failures, PlainText } from './schemas.ts'

type Persona = Actor & { readonly name: string; readonly description: string }

const persona = (name: string, orgCode: string, roles: readonly Role[], description: string): Persona => ({
  name,
  description,
  userId: name as UserId,
  orgCode: orgCode as OrgCode,
  roles: [...roles],
})

/** Who may be tried out in a demonstration: headquarters' desks, two desks for each province, and the system itself. */
const personasFor = (provinces: readonly ProvinceCode[]): readonly Persona[] => [
  persona('hq-tariff', HQ, ['HQ_TARIFF'], '总部电费管理专责: drafts the industry list, returns reports'),
  persona('hq-lead', HQ, ['HQ_LEAD'], '总部营销部处长: publishes, waives, approves corrections'),
  persona('hq-group', HQ, ['HQ_GROUP'], '总部集团客户管理: keeps the groups'),
  persona('hq-view', HQ, ['HQ_VIEW'], '领导查询: reads'),
  persona('hq-audit', HQ, ['HQ_AUDIT'], '审计: reads and replays history'),
  persona('admin', HQ, ['ADMIN'], '系统管理员: organisation, calendar, read models'),
  persona('sys', HQ, ['SYS'], '系统作业: timers'),
  ...provinces.flatMap((code) => [
    persona(`pv-tariff-${code}`, code, ['PV_TARIFF'], `省公司电费专责 of ${code}: puts rows, nominates`),
    persona(`pv-lead-${code}`, code, ['PV_TARIFF', 'PV_LEAD'], `省公司营销部审核人 of ${code}: seals, confirms, acknowledges`),
  ]),
]

const ISSUER = 'urn:epm:demo'
const AUDIENCE = 'epm'
const HOURS = 12

export type DemoIdentity = { readonly identify: Identify; readonly routes: (app: App) => Promise<void>; readonly tokenFor: (name: string) => Promise<string> }

/**
 * Personas with a key of this process's own, made now and never written down: their tokens end with the process.
 * Only for demonstrations; a server that has an OIDC issuer does not know this exists.
 */
export const demoIdentity = async (provinces: readonly ProvinceCode[]): Promise<DemoIdentity> => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const personas = new Map(personasFor(provinces).map((one) => [one.name, one]))
  const tokenFor = async (name: string): Promise<string> => {
    const who = personas.get(name)
    if (!who) throw new Problem('NOT_FOUND')
    return new SignJWT({ roles: who.roles, org: who.orgCode })
      .setProtectedHeader({ alg: 'ES256' })
      .setSubject(who.userId)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${HOURS}h`)
      .sign(privateKey)
  }
  const routes = async (app: App): Promise<void> => {
    app.get(
      '/v1/demo/personas',
      {
        config: PUBLIC,
        schema: {
          operationId: 'listDemoPersonas',
          tags: ['demo'],
          summary: 'Who may be tried out here',
          response: { 200: z.object({ personas: z.array(Actor.extend({ name: z.string(), description: z.string() })) }), ...failures() },
        },
      },
      async () => ({ personas: [...personas.values()].map((one) => ({ ...one, roles: [...one.roles] })) }),
    )
    app.get(
      '/v1/demo/tokens/:persona',
      {
        config: PUBLIC,
        schema: {
          operationId: 'getDemoToken',
          tags: ['demo'],
          summary: `A bearer token of a persona, good for ${HOURS} hours`,
          params: z.strictObject({ persona: z.string().max(40) }),
          response: { 200: PlainText, ...failures(404) },
        },
      },
      async (request, reply) =>
        reply
          .type('text/plain; charset=utf-8')
          .header('cache-control', 'no-store')
          .send(await tokenFor(request.params.persona)),
    )
  }
  return { identify: bearerIdentity(async () => publicKey, { issuer: ISSUER, audience: AUDIENCE }), routes, tokenFor }
}
