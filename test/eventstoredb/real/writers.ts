import { type Append, type AppendOutcome, OutcomeUnknown } from '#application/ports/event-store.ts'
import { appendUntilKnown } from '#application/shared/handle.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { openEventStoreDbLog } from '#infrastructure/eventstoredb/event-log.ts'
import { someEvents } from '#test/contracts/event-store.ts'

/**
 * One process of writers: `node writers.ts <url> <run> <process> <writers> <events each>`. Each writer has a stream of its
 * own and repeats what is unknown, as the command path does. Prints what was acknowledged, a stream a line.
 */
const [url = '', run = '', process_ = '', writers = '', each = ''] = process.argv.slice(2)
const log = await openEventStoreDbLog({ url })

/** A server that was killed may read its index anew for a while; a caller who was told "unknown" asks again. */
const MOST_REPETITIONS = 10
const untilTold = async (append: Append): Promise<AppendOutcome> => {
  for (let repetition = 0; ; repetition++) {
    try {
      return await appendUntilKnown(log.store, append)
    } catch (error) {
      if (!(error instanceof OutcomeUnknown) || repetition >= MOST_REPETITIONS) throw error
    }
  }
}

const writer = async (number: number): Promise<void> => {
  const stream = streamName('HighRiskUser', run, `P${process_}`, `W${number}`)
  for (let n = 0; n < Number(each); n++) {
    const outcome = await untilTold({ stream, expected: n === 0 ? 'absent' : BigInt(n - 1), events: someEvents(1) })
    if (outcome.kind !== 'appended' || outcome.revision !== BigInt(n))
      throw new Error(`${stream}: event ${n} was answered with ${JSON.stringify(outcome, (_, value) => String(value))}`)
  }
  process.stdout.write(`${stream} ${each}\n`)
}

await Promise.all(Array.from({ length: Number(writers) }, (_, number) => writer(number)))
await log.close()
