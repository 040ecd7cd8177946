import type { Instant } from '#domain/shared/dates.ts'
import type { Request } from './request.ts'

/** A command as it reaches a use case: the role is found by authorisation, the time is the application's clock's. */
export type Asked = Omit<Request, 'role' | 'at'> & {
  /** Set only by callers inside the program that act at a stated time (timers, the demonstration). */
  readonly at?: Instant
}

/** A command without its signature: who says it and when are never the caller's to state. */
export type Unsigned<C> = C extends { readonly type: infer T; readonly data: infer D } ? { readonly type: T; readonly data: Omit<D, 'at' | 'by'> } : never

/** Puts the signature on a command. */
export const sign = <C extends { readonly type: string; readonly data: object }>(command: Unsigned<C>, request: Request): C =>
  ({ type: command.type, data: { ...command.data, at: request.at, by: request.actor.userId } }) as unknown as C
