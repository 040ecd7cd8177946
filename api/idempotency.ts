import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { derivedCommandId } from '#application/shared/ids.ts'
import type { Actor } from '#domain/shared/actor.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import { Problem } from './problem.ts'

/**
 * The command's id from `Idempotency-Key`: any text of 1 to 128 visible characters, of this client and this address alone. The
 * same key makes the same command, and a command is carried out once. Without a key every request is a command of its own.
 */
export const commandIdOf = (request: FastifyRequest, actor: Actor): Uuid => {
  const key = request.headers['idempotency-key']
  if (key === undefined) return randomUUID() as Uuid
  if (typeof key !== 'string' || !/^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/.test(key))
    throw new Problem('BAD_IDEMPOTENCY_KEY', { header: 'Idempotency-Key' })
  return derivedCommandId(`${actor.orgCode}/${actor.userId} ${request.method} ${request.url}`, key)
}
