import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Clock } from '#application/ports/clock.ts'
import type { OrgScope } from '#application/ports/organisation.ts'
import { authorise, HQ, NATION, ofProvince } from '#application/shared/authorise.ts'
import type { Role } from '#domain/shared/actor.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { actorOf, type Identify } from './identity.ts'
import { Problem } from './problem.ts'

/**
 * Who may call a route: everybody, or whoever holds one of the roles and reaches its subject. `own`: any unit, and the handler
 * narrows the rows to what the caller may see. `hidden`: to others it does not exist (404 instead of 403).
 */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'roles'; readonly roles: readonly Role[]; readonly scope: 'own' | 'nation' | 'province'; readonly hidden?: boolean }
  /** Commands: the use case decides, by the same table; roles and scope are repeated here for the description of the interface. `own`: only it knows whose matter it is. */
  | { readonly kind: 'command'; readonly roles: readonly Role[]; readonly scope: 'own' | 'nation' | 'province'; readonly hidden?: boolean }

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Media types of a body that is streamed, not parsed. */
    streams?: readonly string[]
  }
}

export const PUBLIC = { access: { kind: 'public' } as const satisfies Access }
export const readBy = (roles: readonly Role[], scope: 'own' | 'nation' | 'province', hidden = false): { readonly access: Access } => ({
  access: { kind: 'roles', roles, scope, hidden },
})

/** A route must say who may call it and how it is called in the description; found out when the server is built, not by a caller. */
export const mustBeDeclared = ({ method, url, config, schema }: RouteOptions): void => {
  if (config?.access === undefined || (schema as { readonly operationId?: string } | undefined)?.operationId === undefined)
    throw new Error(`${String(method)} ${url} does not say who may call it and under which operationId`)
}

type Gate = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** Before anything of a request is read: who is it? A route that does not say who may call it lets nobody in. */
export const identifyFirst =
  (identify: Identify): Gate =>
  async (request) => {
    if (request.routeOptions.config.access?.kind !== 'public') request.actor = await identify(request)
  }

type Scope = OrgScope & { readonly refresh: () => Promise<void> }

/**
 * After the path is known and before anything else of the request is read: may this caller be here? Reads are decided here.
 * Of commands only what the path tells is: the use case decides, which alone knows whose matter the data are.
 */
export const reachableOnly =
  (scope: Scope, clock: Clock): Gate =>
  async (request) => {
    const access = request.routeOptions.config.access
    if (access?.kind === 'public') return
    if (!access) throw new Problem('FORBIDDEN_ROLE')
    const actor = actorOf(request)
    await scope.refresh()
    const today = businessDateOf(clock.now())
    if (!access.roles.some((role) => actor.roles.includes(role))) throw new Problem('FORBIDDEN_ROLE')
    if (access.scope === 'own') return
    if (access.kind === 'command' && access.scope === 'province') {
      const province = provinceIn(request)
      if (actor.orgCode !== HQ && scope.provinceOf(actor.orgCode, today) !== province) throw outOfReach(access)
      return
    }
    const granted = authorise(actor, access.roles, access.scope === 'nation' ? NATION : ofProvince(provinceIn(request)), scope, today)
    if (!granted.ok) throw outOfReach(access)
  }

const outOfReach = ({ hidden }: Exclude<Access, { readonly kind: 'public' }>): Problem => new Problem(hidden === true ? 'NOT_FOUND' : 'FORBIDDEN_SCOPE')

const provinceIn = (request: FastifyRequest): ProvinceCode => {
  const province = ProvinceCode.safeParse((request.params as { readonly province?: unknown }).province)
  if (!province.success) throw new Problem('NOT_FOUND')
  return province.data
}
