import { expect } from 'vitest'
import { type Catalogue, decode, type EventOf, encode } from '#domain/shared/catalogue.ts'
import { type Decider, fold } from '#domain/shared/decider.ts'

/** An event as it comes back from the log: written in its canonical form, parsed, decoded. */
const throughTheLog = <C extends Catalogue>(catalogue: C, event: EventOf<C>): EventOf<C> => {
  const { type, version, json } = encode(catalogue, event)
  return decode(catalogue, { type, version, data: JSON.parse(json) })
}

/**
 * Given these facts, when this is asked, then that follows. Every event on either side goes through the log's form first,
 * so each example also proves its schema.
 */
export const specFor = <C extends Catalogue, Command, State, Rejection>(catalogue: C, decider: Decider<Command, State, EventOf<C>, Rejection>) => ({
  given: (...history: readonly EventOf<C>[]) => ({
    when: (command: Command) => {
      const state = fold(
        decider,
        history.map((event) => throughTheLog(catalogue, event)),
      )
      const decision = decider.decide(command, state)
      return {
        thenYields: (...events: readonly EventOf<C>[]) =>
          expect(decision.ok ? decision.events.map((event) => throughTheLog(catalogue, event)) : decision).toEqual(
            events.map((event) => throughTheLog(catalogue, event)),
          ),
        thenNothing: () => expect(decision).toEqual({ ok: true, events: [] }),
        thenRejected: (rejection: Rejection) => expect(decision).toEqual({ ok: false, rejection }),
      }
    },
  }),
})

/** A command, or one made for the state it meets: a walk that only guesses rarely gets far. */
export type Step<Command, State> = Command | ((state: State) => Command)

/**
 * Walks a decider through commands and checks its laws on the way: nothing throws, every fact can be written and read back,
 * and a command said twice is written once. Answers every state on the way.
 */
export const walk = <C extends Catalogue, Command, State, Rejection>(
  catalogue: C,
  decider: Decider<Command, State, EventOf<C>, Rejection>,
  steps: readonly Step<Command, State>[],
): readonly State[] => {
  const states = [decider.initial]
  for (const step of steps) {
    const command = typeof step === 'function' ? (step as (state: State) => Command)(states.at(-1)!) : step
    const decision = decider.decide(command, states.at(-1)!)
    if (!decision.ok) continue
    const events = decision.events.map((event) => throughTheLog(catalogue, event))
    const state = events.reduce(decider.evolve, states.at(-1)!)
    const again = decider.decide(command, state)
    expect(again.ok ? again.events : []).toEqual([])
    states.push(state)
  }
  return states
}
