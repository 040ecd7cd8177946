import type { ExpectedRevision, Position } from '../ports/event-store.ts'

/** How a command ended. Everything a caller can answer is a value; what nobody can answer is thrown. */
export type Outcome<Rejection> =
  /** `position` is where the last of its events stands; `repeated` when this command had been carried out before. */
  | { readonly kind: 'done'; readonly revision: bigint; readonly position: Position; readonly repeated: boolean; readonly recorded: number }
  /** Nothing to record and nothing there yet: what was asked is already so. */
  | { readonly kind: 'unchanged'; readonly revision: ExpectedRevision }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  /** The caller pinned a revision that is no longer the stream's, or others kept winning the race. */
  | { readonly kind: 'conflict'; readonly actual: ExpectedRevision; readonly pinned: boolean }
  | { readonly kind: 'forbidden'; readonly code: 'FORBIDDEN_ROLE' | 'FORBIDDEN_SCOPE' }

/** How many facts a command added now: none when it was refused, changed nothing, or had been carried out before. */
export const newlyRecorded = (outcome: Outcome<unknown>): number => (outcome.kind === 'done' && !outcome.repeated ? outcome.recorded : 0)
