import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '#application/ports/clock.ts'
import type { OrgScope } from '#application/ports/organisation.ts'
import { authorise, NATION, ofProvince, type Subject } from '#application/shared/authorise.ts'
import type { Role } from '#domain/shared/actor.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { actorOf, type Identify, rememberActor } from './identity.ts'
import { Problem } from './problem.ts'

/**
 * Who may call a route: everybody, or whoever holds one of the roles and reaches its subject. `own`: any unit, and the handler
 * narrows the rows to what the caller may see. `hidden`: to others it does not exist (404 instead of 403).
 */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'roles'; readonly roles: readonly Role[]; readonly scope: 'own' | 'nation' | 'province'; readonly hidden?: boolean }
  /** Commands: the use case decides, by the same table; roles and scope are repeated here for the description of the interface. */
  | { readonly kind: 'command'; readonly roles: readonly Role[]; readonly scope: 'nation' | 'province'; readonly hidden?: boolean }

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

type Gate = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** Before anything of a request is read: who is it? A route that does not say who may call it lets nobody in. */
export const identifyFirst =
  (identify: Identify): Gate =>
  async (request) => {
    if (request.routeOptions.config.access?.kind !== 'public') rememberActor(request, await identify(request))
  }

/** After the path is known: may this caller read this? */
export const readersOnly =
  (scope: OrgScope, clock: Clock): Gate =>
  async (request) => {
    const access = request.routeOptions.config.access
    if (access?.kind === 'public' || access?.kind === 'command') return
    if (!access) throw new Problem('FORBIDDEN_ROLE')
    const actor = actorOf(request)
    if (access.scope === 'own') {
      if (!access.roles.some((role) => actor.roles.includes(role))) throw new Problem('FORBIDDEN_ROLE')
      return
    }
    const granted = authorise(actor, access.roles, access.scope === 'nation' ? NATION : subjectOf(request), scope, businessDateOf(clock.now()))
    if (!granted.ok) throw new Problem(access.hidden === true && granted.code === 'FORBIDDEN_SCOPE' ? 'NOT_FOUND' : granted.code)
  }

const subjectOf = (request: FastifyRequest): Subject => {
  const province = ProvinceCode.safeParse((request.params as { readonly province?: unknown }).province)
  if (!province.success) throw new Problem('NOT_FOUND')
  return ofProvince(province.data)
}
