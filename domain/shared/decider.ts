/** What a command comes to: facts to record, or a refusal in the business's words. */
export type Decision<Event, Rejection> = { readonly ok: true; readonly events: readonly Event[] } | { readonly ok: false; readonly rejection: Rejection }

/**
 * An aggregate as a value. `decide` and `evolve` are pure and total: no clock, id, log or exception in them.
 * Time, ids and reference data enter with the command.
 */
export type Decider<Command, State, Event, Rejection> = {
  readonly initial: State
  readonly decide: (command: Command, state: State) => Decision<Event, Rejection>
  readonly evolve: (state: State, event: Event) => State
}

/** Record these facts; none at all means that what was asked is already so. */
export const accept = <Event>(...events: readonly Event[]): { readonly ok: true; readonly events: readonly Event[] } => ({ ok: true, events })

/** A refusal: nothing is recorded. */
export const reject = <Rejection>(rejection: Rejection): { readonly ok: false; readonly rejection: Rejection } => ({ ok: false, rejection })

/** The state that events come to, from nothing on. */
export const fold = <State, Event>(
  decider: { readonly initial: State; readonly evolve: (state: State, event: Event) => State },
  events: Iterable<Event>,
): State => {
  let state = decider.initial
  for (const event of events) state = decider.evolve(state, event)
  return state
}
