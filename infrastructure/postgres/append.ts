import type pg from 'pg'
import { type Append, type AppendOutcome, OutcomeUnknown } from '#application/ports/event-store.ts'
import { checkAppend } from '../shared/append-check.ts'
import { backoff } from '../shared/backoff.ts'
import { sendBatch } from './append-batch.ts'
import { createAppendQueue, type Waiting } from './append-queue.ts'
import { isRefusal } from './connection.ts'

export type Appender = {
  readonly append: (append: Append) => Promise<AppendOutcome>
  /** Answers everything that was asked, then lets go of the connections. */
  readonly close: () => Promise<void>
}

export type AppenderOptions = {
  /** A new connection, ready for log.append. */
  readonly connect: () => Promise<pg.Client>
  /** How long an append waits for a server that is gone before its caller is told. */
  readonly patienceMs: number
  readonly onCommitted: () => void
}

/** Two: while one transaction waits for the disk, the next is parsed and waits for the lock. A third gains nothing. */
const LANES = 2

/**
 * Group commit: whatever arrives while the lanes are busy is the next transaction, so one caller waits for nobody and
 * thirty-two share one flush. No timer. Throws when the first connections cannot be made.
 */
export const createAppender = async ({ connect, patienceMs, onCommitted }: AppenderOptions): Promise<Appender> => {
  const queue = createAppendQueue()
  let closing = false

  const send = async (client: pg.Client, batch: readonly Waiting[]): Promise<void> => {
    try {
      const outcomes = await sendBatch(
        client,
        batch.map(({ append }) => append),
      )
      if (outcomes.some((outcome) => outcome.kind === 'appended' && !outcome.repeated)) onCommitted()
      batch.forEach((waiting, index) => {
        waiting.answer(outcomes[index]!)
      })
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (batch.length === 1) return batch[0]!.fail(error)
      for (const one of batch) await send(client, [one]) // so that only the guilty one fails
    }
  }

  const carry = async (line: Line, batch: readonly Waiting[]): Promise<void> => {
    if (line.lost) return queue.putBack(batch)
    try {
      await send(line.client, batch)
    } catch (cause) {
      line.lost = true
      for (const { fail } of batch) fail(new OutcomeUnknown('the connection was lost before the event log answered', { cause }))
    }
    queue.settle(batch)
  }

  const lane = async (first: pg.Client): Promise<void> => {
    let line: Line | undefined = watched(first)
    while (line) {
      const batch = await queue.take()
      if (!batch) return line.end()
      await carry(line, batch)
      if (line.lost) {
        await line.end()
        line = await reconnected()
      }
    }
  }

  /** A new connection, however long it takes; undefined when we close meanwhile, and then nobody is left waiting. */
  const reconnected = async (): Promise<Line | undefined> => {
    for (let attempt = 0; ; attempt++) {
      try {
        return watched(await connect())
      } catch (cause) {
        const unreachable = (): Error => new OutcomeUnknown('the event log cannot be reached', { cause })
        queue.expire(closing ? Number.POSITIVE_INFINITY : performance.now() - patienceMs, unreachable)
        if (closing) return undefined
        await backoff(attempt)
      }
    }
  }

  const lanes = (await Promise.all(Array.from({ length: LANES }, connect))).map(lane)
  return {
    append: (append) =>
      new Promise((answer, fail) => {
        const bytes = checkAppend(append)
        if (closing) throw new Error('the event log is closed')
        queue.push({ append, bytes, since: performance.now(), answer, fail })
      }),
    close: async () => {
      closing = true
      queue.close()
      await Promise.all(lanes)
    },
  }
}

type Line = { readonly client: pg.Client; lost: boolean; readonly end: () => Promise<void> }

const watched = (client: pg.Client): Line => {
  const line: Line = { client, lost: false, end: () => client.end().catch(() => undefined) }
  const lose = (): void => {
    line.lost = true
  }
  client.on('error', lose)
  client.on('end', lose)
  return line
}
