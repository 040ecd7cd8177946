/**
 * Eight writers, each to its own stream, that say what they are about to append and what was acknowledged, until
 * somebody kills them. What they write is named by their numbers, so that it can be sent again.
 */
import { writeSync } from 'node:fs'
import { type AppendOutcome, OutcomeUnknown } from '#application/ports/event-store.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { crashAppend } from './crash-append.ts'

const [url, run] = process.argv.slice(2)
/** Straight to the pipe: a line that was written is there though we are killed in the next moment. */
const say = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`)

const writer = async (store: Awaited<ReturnType<typeof openPostgresEventLog>>['store'], number: number): Promise<void> => {
  for (let step = 0; ; step++) {
    const append = crashAppend(run!, number, step)
    say({ sent: [number, step] })
    const outcome = await store.append(append).catch((error: unknown): AppendOutcome | undefined => {
      if (error instanceof OutcomeUnknown) return undefined
      throw error
    })
    if (!outcome) return say({ unknown: [number, step] }) // the test asks again, when the server is back
    if (outcome.kind === 'conflict') throw new Error(`writer ${number} is alone in its stream, yet step ${step} conflicts`)
    say({ acknowledged: [number, step] })
  }
}

const { store } = await openPostgresEventLog({ url: url!, patienceMs: 300 })
await Promise.all(Array.from({ length: 8 }, (_, number) => writer(store, number)))
process.exit()
