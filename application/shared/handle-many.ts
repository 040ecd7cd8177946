import type { Uuid } from '#domain/shared/identity.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import type { Append, EventStore, ExpectedRevision } from '../ports/event-store.ts'
import { OutcomeUnknown } from '../ports/event-store.ts'
import { appendUntilKnown, newEvents } from './handle.ts'
import { type Aggregate, load } from './load.ts'
import type { Outcome } from './outcome.ts'
import type { Request } from './request.ts'

/** What is asked of one stream, once its state is known: the command with its request, or why there is none. */
export type Prepared<C, X> = { readonly kind: 'ready'; readonly command: C; readonly request: Request } | Outcome<X>
export type Task<C, S, X> = {
  readonly stream: StreamName
  /** Looked for among what is recorded; left out where the id of the command follows from the revision it meets. */
  readonly commandId?: Uuid
  /** The state as a read model has it, with the revision it is of: decided on at once, and read from the log only when that has moved on. */
  readonly seen?: { readonly state: S; readonly revision: ExpectedRevision } | undefined
  readonly prepare: (state: S, revision: ExpectedRevision) => Promise<Prepared<C, X>> | Prepared<C, X>
}

/** Streams that are read at once; the log's readers are few. */
const AT_ONCE = 16
/** Each round of a race has a winner, so this many callers of one stream are all served. */
const ROUNDS = 100
const REFUSALS: ReadonlySet<Outcome<unknown>['kind']> = new Set(['rejected', 'forbidden', 'conflict'])

/**
 * Carries out many commands on as many streams: loads them side by side, decides each, and hands all appends to the log at
 * once. Each is answered for itself, as `handle` would answer it; the order of the answers is that of the tasks. A stream
 * should not occur twice: the second would only lose its race. `whole`: nothing is written when one is refused before anything
 * was; the others then say `unchanged`. Throws as `handle` does.
 */
export const handleMany = async <C, S, E extends { readonly type: string; readonly data: unknown }, R, X = never>(
  store: EventStore,
  aggregate: Aggregate<C, S, E, R>,
  tasks: readonly Task<C, S, X>[],
  { whole = false }: { readonly whole?: boolean } = {},
): Promise<readonly Outcome<R | X>[]> => {
  const outcomes: Outcome<R | X>[] = []
  let left = tasks.map((task, index) => ({ task, index }))
  for (let round = 0; left.length > 0 && round < ROUNDS; round++) {
    const decided = await mapAtOnce(left, AT_ONCE, async ({ task, index }) => ({ task, index, decided: await decideOne(store, aggregate, task) }))
    const writing: { readonly task: Task<C, S, X>; readonly index: number; readonly append: Append; readonly pinned: boolean }[] = []
    for (const { task, index, decided: one } of decided) {
      if ('append' in one) writing.push({ task, index, ...one })
      else outcomes[index] = one
    }
    if (whole && round === 0 && outcomes.some((outcome) => outcome !== undefined && REFUSALS.has(outcome.kind))) {
      for (const { index, append } of writing) outcomes[index] = { kind: 'unchanged', revision: append.expected }
      return outcomes
    }
    const answers = await appendAll(
      store,
      writing.map(({ append }) => append),
    )
    left = []
    for (const [place, { task, index, append, pinned }] of writing.entries()) {
      const answer = answers[place]!
      if (answer.kind === 'appended')
        outcomes[index] = {
          kind: 'done',
          revision: answer.revision,
          position: answer.position,
          repeated: answer.repeated,
          recorded: append.events.length,
        }
      else {
        outcomes[index] = { kind: 'conflict', actual: answer.actual, pinned }
        if (!pinned) left.push({ task: { ...task, seen: undefined }, index })
      }
    }
  }
  return outcomes
}

type Writing = { readonly append: Append; readonly pinned: boolean }

const decideOne = async <C, S, E extends { readonly type: string; readonly data: unknown }, R, X>(
  store: EventStore,
  aggregate: Aggregate<C, S, E, R>,
  { stream, commandId, seen: told, prepare }: Task<C, S, X>,
): Promise<Outcome<R | X> | Writing> => {
  const seen = told ? { ...told, position: undefined, answered: undefined } : await load(store, aggregate, stream, commandId)
  const ready = await prepare(seen.state, seen.revision)
  if (ready.kind === 'forbidden') return ready
  if (seen.answered) return { kind: 'done', ...seen.answered, repeated: true, recorded: 0 }
  if (ready.kind !== 'ready') return ready
  const { command, request } = ready
  const pinned = request.pinned !== undefined
  if (pinned && request.pinned !== seen.revision) return { kind: 'conflict', actual: seen.revision, pinned }
  const decision = aggregate.decider.decide(command, seen.state)
  if (!decision.ok) return { kind: 'rejected', rejection: decision.rejection }
  if (decision.events.length > 0)
    return { append: { stream, expected: seen.revision, events: newEvents(aggregate.catalogue, decision.events, request) }, pinned }
  return seen.revision === 'absent' || seen.position === undefined
    ? { kind: 'unchanged', revision: seen.revision }
    : { kind: 'done', revision: seen.revision, position: seen.position, repeated: false, recorded: 0 }
}

/** All at once; those of which nobody can say what became are asked again one by one, until it is known. */
const appendAll = async (store: EventStore, appends: readonly Append[]) => {
  if (appends.length === 0) return []
  if (appends.length === 1) return [await appendUntilKnown(store, appends[0]!)]
  try {
    return await store.appendMany(appends)
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error
    return mapAtOnce(appends, AT_ONCE, (append) => appendUntilKnown(store, append))
  }
}

/** Does something for each, so many at a time; the answers in the order of the values. */
export const mapAtOnce = async <T, U>(values: readonly T[], atOnce: number, work: (value: T) => Promise<U>): Promise<U[]> => {
  const answers: U[] = []
  let next = 0
  const turn = async (): Promise<void> => {
    for (let index = next++; index < values.length; index = next++) answers[index] = await work(values[index]!)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, values.length) }, turn))
  return answers
}
