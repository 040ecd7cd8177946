import type { Role } from '#domain/shared/actor.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventStore } from '../ports/event-store.ts'
import type { OrgScope } from '../ports/organisation.ts'
import { type Asked, sign, type Unsigned } from './asked.ts'
import { authorise, type Denied, type Subject } from './authorise.ts'
import { handle } from './handle.ts'
import type { Aggregate } from './load.ts'
import type { Outcome } from './outcome.ts'
import type { Request } from './request.ts'

/** What every use case works with. `refresh` brings the organisation up to date before it is asked. */
export type Working = { readonly store: EventStore; readonly clock: Clock; readonly scope: OrgScope & { readonly refresh: () => Promise<void> } }

/** Where a command belongs: the stream that decides it, and whose matter it is. */
export type Place = { readonly stream: StreamName; readonly subject: Subject }

/** Finds the role in which the actor may do this here; the request is then complete. */
export const admit = async ({ clock, scope }: Omit<Working, 'store'>, roles: readonly Role[], subject: Subject, asked: Asked): Promise<Request | Denied> => {
  await scope.refresh()
  const at = asked.at ?? clock.now()
  const granted = authorise(asked.actor, roles, subject, scope, businessDateOf(at))
  return granted.ok ? { ...asked, role: granted.role, at } : granted
}

export const isDenied = (admitted: Request | Denied): admitted is Denied => 'ok' in admitted

/** A person's reason, where the command has one, is also kept in the envelope. */
export const withReason = (request: Request, data: object): Request => {
  const { reason } = data as { readonly reason?: unknown }
  return typeof reason === 'string' && request.reason === undefined ? { ...request, reason } : request
}

/** Authorise, then load, fold, decide, append: a use case is this and a table of who may do what. */
export const perform = async <C extends { readonly type: string; readonly data: object }, S, E extends { readonly type: string; readonly data: unknown }, R>(
  working: Working,
  aggregate: Aggregate<C, S, E, R>,
  roles: Readonly<Record<C['type'], readonly Role[]>>,
  { stream, subject }: Place,
  command: Unsigned<C>,
  asked: Asked,
): Promise<Outcome<R>> => {
  const admitted = await admit(working, roles[command.type as C['type']], subject, asked)
  if (isDenied(admitted)) return { kind: 'forbidden', code: admitted.code }
  const request = withReason(admitted, command.data)
  return handle(working.store, aggregate, stream, sign<C>(command, request), request)
}
