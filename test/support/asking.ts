import { randomUUID } from 'node:crypto'
import type { Asked } from '#application/shared/asked.ts'
import type { Role } from '#domain/shared/actor.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import { org, user } from './arbitraries/values.ts'

/** Somebody of a unit asks in these roles, under a command id of its own. */
export const asking = (userId: string, orgCode: string, ...roles: Role[]): Asked => {
  const commandId = randomUUID() as Uuid
  return { actor: { userId: user(userId), orgCode: org(orgCode), roles }, commandId, correlationId: commandId }
}
