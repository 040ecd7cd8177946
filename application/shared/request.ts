import type { Actor, Role } from '#domain/shared/actor.ts'
import type { Instant } from '#domain/shared/dates.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import type { ExpectedRevision } from '../ports/event-store.ts'

/** Everything about a command but what it says: who, in which role, when, because of what, and what the caller had seen. */
export type Request = {
  readonly actor: Actor
  /** The one of the actor's roles in which this is done. */
  readonly role: Role
  readonly commandId: Uuid
  readonly correlationId: Uuid
  readonly causationId?: Uuid
  readonly at: Instant
  /** The revision the caller saw (If-Match); when given, a conflict is the caller's to resolve and nothing is retried. */
  readonly pinned?: ExpectedRevision
  readonly reason?: string
  readonly trace?: string
}
