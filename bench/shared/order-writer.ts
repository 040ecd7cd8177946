/** One of several processes that append to one log: 16 writers, one in ten appends goes to a stream that all fight for. */
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { encoded, streamOf } from './sample.ts'

const [url, first, count] = process.argv.slice(2)
const WRITERS = 16
const HOT = 3
const HOT_FROM = 90_000_000

const { store, close } = await openPostgresEventLog({ url: url! })
let left = Number(count)
let conflicts = 0
const last = new Map<number, bigint>()

const append = async (number: number): Promise<boolean> => {
  const seen = last.get(number) ?? ('absent' as const)
  const outcome = await store.append({ stream: streamOf(number), expected: seen, events: encoded(number) })
  const now = outcome.kind === 'appended' ? outcome.revision : outcome.actual
  if (now !== 'absent') last.set(number, now)
  return outcome.kind === 'appended'
}

const writer = async (index: number): Promise<void> => {
  while (left > 0) {
    const fight = left-- % 10 === 0
    if (fight && (await append(HOT_FROM + (left % HOT)))) continue
    if (fight) conflicts++
    await append(Number(first) + index) // alone there, so it cannot be lost
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, index) => writer(index)))
await close()
process.stdout.write(`${conflicts}\n`)
