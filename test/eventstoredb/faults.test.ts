import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppendTooLarge, OutcomeUnknown } from '#application/ports/event-store.ts'
import { type EventStoreDbLog, openEventStoreDbLog } from '#infrastructure/eventstoredb/event-log.ts'
import { RefusedByServer } from '#infrastructure/eventstoredb/failure.ts'
import { anEvent, aStream, everything, someEvents } from '#test/contracts/event-store.ts'
import type { AppendFault } from '#test/support/eventstoredb/faults.ts'
import { type StandIn, startStandIn } from '#test/support/eventstoredb/server.ts'

const PATIENCE = { answerMs: 300, outageMs: 60_000 }

let server: StandIn
let log: EventStoreDbLog
const unhandled: unknown[] = []
const onUnhandled = (reason: unknown): void => void unhandled.push(reason)
beforeEach(async () => {
  process.on('unhandledRejection', onUnhandled)
  server = await startStandIn()
  log = await openEventStoreDbLog({ url: server.url, patience: PATIENCE })
})
afterEach(async () => {
  await log.close()
  server.stop()
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled.splice(0)).toEqual([])
})

describe('an append through the stand-in’s faults', () => {
  const lasting: readonly AppendFault[] = ['cut before commit', 'commit then cut', 'not leader', 'not ready', 'never answer', 'commit, never answer']
  test.each(lasting)('%s: is known in the end, and written once', async (fault) => {
    const stream = aStream()
    await log.store.append({ stream, expected: 'absent', events: someEvents(1) })
    const events = someEvents(3)
    server.faults.onAppend(fault, fault)
    const outcome = await log.store.append({ stream, expected: 0n, events })
    expect(outcome).toMatchObject({ kind: 'appended', revision: 3n })
    expect((await everything(log.store, stream)).slice(1).map(({ id }) => id)).toEqual(events.map(({ id }) => id))
    expect(await log.store.append({ stream, expected: 0n, events })).toEqual({ ...outcome, repeated: true })
    expect(await log.store.append({ stream, expected: 3n, events: someEvents(1) })).toMatchObject({ kind: 'appended', revision: 4n })
  })

  test('is unknown when nothing comes back, and the same append later tells what happened', async () => {
    const impatient = await openEventStoreDbLog({ url: server.url, patience: { answerMs: 100, outageMs: 50 } })
    const [kept, lost] = [aStream(), aStream()]
    const [first, second] = [someEvents(2), someEvents(2)]
    server.faults.onAppend('commit, never answer', 'never answer')
    await expect(impatient.store.append({ stream: kept, expected: 'absent', events: first })).rejects.toThrow(OutcomeUnknown)
    await expect(impatient.store.append({ stream: lost, expected: 'absent', events: second })).rejects.toThrow(OutcomeUnknown)
    expect(await everything(log.store, lost)).toEqual([])
    for (const [stream, events] of [
      [kept, first],
      [lost, second],
    ] as const) {
      expect(await log.store.append({ stream, expected: 'absent', events })).toMatchObject({ kind: 'appended', revision: 1n })
      expect(await everything(log.store, stream)).toHaveLength(2)
    }
    await impatient.close()
  })

  test('is not disturbed by an answer that comes too late', async () => {
    const stream = aStream()
    const events = someEvents(1)
    server.faults.onAppend({ commitAndAnswerAfterMs: 500 })
    expect(await log.store.append({ stream, expected: 'absent', events })).toMatchObject({ kind: 'appended', revision: 0n })
    await expect.poll(() => log.store.append({ stream: aStream(), expected: 'absent', events: someEvents(1) })).toMatchObject({ kind: 'appended' })
    expect(await everything(log.store, stream)).toHaveLength(1)
  })

  test('fails at once, and says why, where asking again cannot help', async () => {
    const append = { stream: aStream(), expected: 'absent', events: someEvents(1) } as const
    server.faults.onAppend('access denied', 'too large', 'bad request')
    await expect(log.store.append(append)).rejects.toThrow(new RefusedByServer('EventStoreDB denies access: the user in EVENTSTORE_URL lacks a right for this'))
    await expect(log.store.append(append)).rejects.toThrow(AppendTooLarge)
    await expect(log.store.append(append)).rejects.toThrow(RefusedByServer)
    expect(await log.store.append(append)).toMatchObject({ kind: 'appended', repeated: false })
  })

  test('survives that the server goes and comes back under many writers, large and small', async () => {
    const wide = 'x'.repeat(200_000)
    const patient = await openEventStoreDbLog({ url: server.url, patience: { answerMs: 5_000, outageMs: 60_000 } })
    const acknowledged = new Map<string, number>()
    let down = 0
    const writer = async (each: number): Promise<void> => {
      const stream = aStream()
      for (let n = 0; n < 12; n++) {
        const outcome = await patient.store.append({
          stream,
          expected: n === 0 ? 'absent' : BigInt(n - 1),
          events: [anEvent(each % 4 === 0 ? { n, wide } : { n })],
        })
        expect(outcome).toMatchObject({ kind: 'appended', revision: BigInt(n) })
        acknowledged.set(stream, n + 1)
      }
    }
    const outages = async (): Promise<void> => {
      for (; down < 4; down++) {
        await expect.poll(() => server.log.all.length, { interval: 5 }).toBeGreaterThan(60 * (down + 1))
        server.kill()
        await server.start()
      }
    }
    await Promise.all([outages(), ...Array.from({ length: 40 }, (_, each) => writer(each))])
    await patient.close()
    expect(down).toBe(4)
    for (const [stream, count] of acknowledged) expect(server.log.stream(stream)).toHaveLength(count)
    expect(new Set(server.log.all.map(({ id }) => id)).size).toBe(server.log.all.length)
  })

  test('takes its place again after a server that is long not ready', async () => {
    server.faults.onAppend(...Array.from({ length: 9 }, () => 'not ready' as const))
    const stream = aStream()
    const patient = await openEventStoreDbLog({ url: server.url, patience: PATIENCE })
    expect(await patient.store.append({ stream, expected: 'absent', events: someEvents(1) })).toMatchObject({ kind: 'appended', revision: 0n })
    expect(await patient.store.append({ stream, expected: 0n, events: someEvents(1) })).toMatchObject({ kind: 'appended', revision: 1n })
    await patient.close()
  })

  test('is unknown at once when the log is closed while it waits', async () => {
    const closing = await openEventStoreDbLog({ url: server.url, patience: { answerMs: 60_000, outageMs: 60_000 } })
    const stream = aStream()
    server.faults.onAppend('commit, never answer')
    const known = closing.store.append({ stream, expected: 'absent', events: someEvents(1) }).catch((error: unknown) => error)
    await expect.poll(() => server.log.stream(stream)).toHaveLength(1)
    await closing.close()
    expect(await known).toBeInstanceOf(OutcomeUnknown)
  })
})
