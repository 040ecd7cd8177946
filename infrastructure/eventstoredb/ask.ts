import type { EventStoreDBClient } from '@eventstore/db-client'
import { pauseAfter } from '../shared/backoff.ts'
import type { Connection } from './client.ts'
import { type Failure, failureOf } from './failure.ts'

export type Patience = {
  /** An answer that has not come by then never comes; the client itself would wait for ever. */
  readonly answerMs: number
  /** How long a lost server is asked again before the caller is told. */
  readonly outageMs: number
}
export const PATIENCE: Patience = { answerMs: 5_000, outageMs: 5_000 }

/** Nothing came back in time. */
export class Silence extends Error {
  override readonly name = 'Silence'
}

type Answer<T> = { readonly kind: 'answered'; readonly value: T } | Exclude<Failure, { readonly kind: 'silence' }>
export type Ask = <T>(seat: 'appending' | 'reading', call: (client: EventStoreDBClient) => Promise<T>) => Promise<Answer<T>>

/**
 * Asks until there is an answer, with growing pauses. The call must be one that may be repeated: a read, or an append with
 * the same ids and expectation. Throws Silence when the patience is at its end, with the last failure as its cause.
 */
export const createAsk =
  (connection: Connection, { outageMs }: Patience): Ask =>
  async (seat, call) => {
    const start = performance.now()
    for (let attempt = 0; ; attempt++) {
      const client = await connection[seat]()
      try {
        const value = await call(client)
        connection.answered(client)
        return { kind: 'answered', value }
      } catch (error) {
        const failure = failureOf(error)
        if (failure.kind !== 'silence') {
          connection.answered(client)
          return failure
        }
        connection.failed(client)
        const pause = pauseAfter(attempt)
        if (connection.closed() || performance.now() - start + pause > outageMs) throw new Silence('EventStoreDB did not answer', { cause: error })
        await new Promise((done) => setTimeout(done, pause))
      }
    }
  }

/** Rejects with Silence when the answer is not there in time; whatever comes later is dropped. */
export const within = async <T>(answer: Promise<T>, milliseconds: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Silence(`no answer within ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
