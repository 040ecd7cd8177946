/**
 * `EVENTSTORE_URL=… npm run bench:eventstoredb [word …]`: what the port costs beside the bare client, on the server named, in turns.
 * Writes streams of its own and deletes them again.
 */
import { randomInt } from 'node:crypto'
import { EventStoreDBClient, type JSONType, jsonEvent, NO_STREAM, START } from '@eventstore/db-client'
import type { Position } from '#application/ports/event-store.ts'
import { openEventStoreDbLog } from '#infrastructure/eventstoredb/event-log.ts'
import { type Aim, aimText, holds, type Measured } from './shared/bench.ts'
import { amount, contest, rate } from './shared/rounds.ts'
import { encoded, streamOf } from './shared/sample.ts'

const ROUND_MS = 2_000
const STREAMS = 2_000
const CAUGHT_UP = 30_000
const PAGE = 1_000

const url = process.env.EVENTSTORE_URL
if (!url) throw new Error('EVENTSTORE_URL names no server')
const log = await openEventStoreDbLog({ url })
const bare = EventStoreDBClient.connectionString(url)
const written = new Set<number>()

/** Rotates through streams, no two callers in one, and remembers each stream's revision as a caller that has just loaded it would. */
const streams = (callers: number) => {
  const base = randomInt(1_000_000, 9_000_000) * 1_000
  const last = new Map<number, bigint>()
  const turns = Array.from({ length: callers }, () => 0)
  return (caller: number) => {
    const number = base + ((turns[caller]!++ * callers) % (STREAMS - (STREAMS % callers))) + caller
    const revision = last.get(number)
    last.set(number, (revision ?? -1n) + 1n)
    written.add(number)
    return { number, revision }
  }
}
const raise = (): never => {
  throw new Error('nothing to append')
}

/** Both sides send the same facts, encoded by the catalogue: what differs is the way to the server. */
const append = (callers: number): Promise<Measured> => {
  const [ours, theirs] = [streams(callers), streams(callers)]
  return contest({
    unit: 'appends/s',
    theirs: () =>
      rate(callers, ROUND_MS, (caller) => {
        const { number, revision } = theirs(caller)
        const [{ id, type, data, metadata } = raise()] = encoded(number)
        const event = jsonEvent({ id, type, data: JSON.parse(data) as JSONType, metadata: JSON.parse(metadata) as JSONType })
        return bare.appendToStream(streamOf(number), event, { expectedRevision: revision ?? NO_STREAM })
      }),
    ours: () =>
      rate(callers, ROUND_MS, async (caller) => {
        const { number, revision } = ours(caller)
        const outcome = await log.store.append({ stream: streamOf(number), expected: revision ?? 'absent', events: encoded(number) })
        if (outcome.kind === 'conflict') throw new Error(`${streamOf(number)} is at ${outcome.actual}`)
      }),
  })
}

const catchUp = async (): Promise<Measured> => {
  const start = await log.feed.head()
  const each = 100
  const next = streams(1)
  for (let n = 0; n < CAUGHT_UP; n += 10 * each) {
    const appends = Array.from({ length: 10 }, () => next(0).number).map((number) => ({
      stream: streamOf(number),
      expected: 'absent' as const,
      events: encoded(number, each),
    }))
    await log.store.appendMany(appends)
  }
  const fromPosition = start === undefined ? START : placeOf(start)
  const seconds = (began: number): number => (performance.now() - began) / 1000
  return contest({
    unit: 'events/s',
    theirs: async () => {
      const began = performance.now()
      let read = 0
      for await (const { event } of bare.readAll({ fromPosition, maxCount: CAUGHT_UP })) if (event) read++
      return read / seconds(began)
    },
    ours: async () => {
      const began = performance.now()
      let read = 0
      for (let at = start; read < CAUGHT_UP; ) {
        const page = await log.feed.read(at, PAGE)
        read += page.length
        at = page.at(-1)?.position
        if (page.length === 0) break
      }
      return read / seconds(began)
    },
  })
}
const placeOf = (position: Position) => {
  const [commit = '', prepare = ''] = position.split('/')
  return { commit: BigInt(commit), prepare: BigInt(prepare) }
}

const benches: readonly (readonly [string, Aim, () => Promise<Measured>])[] = [
  ['append through the port / the bare client, 1 caller', { atLeast: 0.85 }, () => append(1)],
  ['append, 8 callers', { atLeast: 0.85 }, () => append(8)],
  ['append, 32 callers', { atLeast: 0.85 }, () => append(32)],
  [`catch-up of ${amount(CAUGHT_UP)} events in pages / bare readAll`, { atLeast: 0.8 }, catchUp],
]
process.stdout.write(`EventStoreDB ${log.version}\n`)
const words = process.argv.slice(2)
for (const [name, aim, run] of benches) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) continue
  const { value, detail } = await run()
  const held = holds(aim, value)
  if (!held) process.exitCode = 1
  process.stdout.write(`${held ? 'ok  ' : 'MISS'} ${name}: ${value.toFixed(2)} (aim ${aimText(aim)}; ${detail})\n`)
}
const left = [...written]
const worker = async (): Promise<void> => {
  for (let number = left.pop(); number !== undefined; number = left.pop()) await bare.deleteStream(streamOf(number))
}
await Promise.all(Array.from({ length: 32 }, worker))
await log.close()
await bare.dispose()
