import { firstValueFrom, skip, take, timeout, toArray } from 'rxjs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LogUnavailable, type Position, type Recorded } from '#application/ports/event-store.ts'
import { type EventStoreDbLog, openEventStoreDbLog } from '#infrastructure/eventstoredb/event-log.ts'
import { RefusedByServer } from '#infrastructure/eventstoredb/failure.ts'
import { anEvent, aStream, everything, someEvents } from '#test/contracts/event-store.ts'
import { type StandIn, startStandIn } from '#test/support/eventstoredb/server.ts'

let server: StandIn
let log: EventStoreDbLog
beforeEach(async () => {
  server = await startStandIn()
  log = await openEventStoreDbLog({ url: server.url, patience: { answerMs: 1_000, outageMs: 60_000 } })
})
afterEach(async () => {
  await log.close()
  server.stop()
})
const write = (count: number) => log.store.append({ stream: aStream(), expected: 'absent', events: someEvents(count) })
const rest = async (after: Position | undefined, limit: number): Promise<readonly Recorded[]> => {
  const all: Recorded[] = []
  for (;;) {
    const page = await log.feed.read(all.at(-1)?.position ?? after, limit)
    if (page.length === 0) return all
    all.push(...page)
  }
}

describe('the server’s own events', () => {
  test('are in no page, no count, and never the head', async () => {
    server.writeStatistics(700)
    expect(await log.feed.head()).toBeUndefined()
    expect(await log.feed.read(undefined, 10)).toEqual([])
    const first = await write(3)
    server.writeStatistics(1_300)
    const second = await write(2)
    server.writeStatistics(40)
    const third = await write(1)
    server.writeStatistics(1_100)
    const positions = [first, second, third].map((outcome) => (outcome.kind === 'appended' ? outcome.position : undefined))
    for (const limit of [1, 2, 4, 1000]) {
      const all = await rest(undefined, limit)
      expect(all).toHaveLength(6)
      expect([all[2], all[4], all[5]].map((event) => event?.position)).toEqual(positions)
    }
    expect(await log.feed.head()).toBe(positions[2])
    expect(await log.feed.countAfter(undefined)).toBe(6n)
    expect(await log.feed.countAfter(positions[0])).toBe(3n)
    expect(await log.feed.read(positions[2], 5)).toEqual([])
    server.writeStatistics(3)
    const fourth = await write(1)
    expect((await log.feed.read(positions[2], 5)).map(({ position }) => position)).toEqual([fourth.kind === 'appended' && fourth.position])
  })
})

test('counts a long way as exactly as a short one, wherever it begins', async () => {
  const all: Recorded[] = []
  const grow = async (): Promise<void> => {
    for (let n = 0; n < 6; n++) {
      await write(499)
      server.writeStatistics(7)
    }
    all.splice(0, all.length, ...(await rest(undefined, 5_000)))
  }
  await grow()
  const counts = async (indices: readonly number[]): Promise<void> => {
    for (const index of indices) expect(await log.feed.countAfter(all[index]?.position), `after event ${index}`).toBe(BigInt(all.length - 1 - index))
  }
  await counts([1_500, 1_900, 40, -1, 2_993, 999, 1_000, 1_001])
  await grow()
  await counts([-1, 5_000, 3_000, 2_400, 1, 5_987])
  await Promise.all([counts([-1]), counts([100]), counts([4_000])])
})

test('a page that breaks midway is read again from its start, with nothing missed or doubled', async () => {
  for (let n = 0; n < 3; n++) await write(30)
  for (const fault of ['cut', 'cut midway', 'never answer'] as const) {
    server.faults.onRead(fault)
    const all = await rest(undefined, 20)
    expect(all).toHaveLength(90)
    expect(new Set(all.map(({ id }) => id)).size).toBe(90)
  }
  const stream = aStream()
  await log.store.append({ stream, expected: 'absent', events: someEvents(250) })
  server.faults.onRead('cut midway', 'cut')
  expect((await everything(log.store, stream)).map(({ revision }) => revision)).toEqual(Array.from({ length: 250 }, (_, n) => BigInt(n)))
})

test('says that the log is away when it stays away, and reads on when it is back', async () => {
  await write(1)
  const impatient = await openEventStoreDbLog({ url: server.url, patience: { answerMs: 1_000, outageMs: 500 } })
  server.kill()
  await expect(impatient.feed.read(undefined, 10)).rejects.toThrow(LogUnavailable)
  await impatient.close()
  await server.start()
  expect(await log.feed.read(undefined, 10)).toHaveLength(1)
})

test('keeps a page small where events are large', async () => {
  const stream = aStream()
  for (let n = 0; n < 12; n++) await log.store.append({ stream, expected: n === 0 ? 'absent' : BigInt(n - 1), events: [anEvent('x'.repeat(900_000))] })
  const page = await log.feed.read(undefined, 500)
  expect(page.length).toBeLessThan(7)
  expect(await rest(undefined, 500)).toHaveLength(12)
  expect(await everything(log.store, stream)).toHaveLength(12)
})

test('takes no position that is none of its own', async () => {
  await write(1)
  await expect(log.feed.read('17' as Position, 1)).rejects.toThrow('"17" is not a position of EventStoreDB')
  await expect(log.feed.read('1/1' as Position, 1)).rejects.toThrow(RefusedByServer)
})

describe('the wake-up', () => {
  const heard = () => firstValueFrom(log.feed.more$.pipe(take(1), timeout(60_000)))

  test.each(['endSubscriptions', 'cutSubscriptions'] as const)('comes again after %s, for what another process writes', async (end) => {
    const other = await openEventStoreDbLog({ url: server.url })
    const listening = log.feed.more$.subscribe()
    for (let n = 0; n < 3; n++) {
      await expect.poll(() => server.subscriptions()).toBe(1)
      const called = heard()
      await other.store.append({ stream: aStream(), expected: 'absent', events: someEvents(1) })
      await called
      server[end]()
    }
    await expect.poll(() => server.subscriptions()).toBe(1)
    listening.unsubscribe()
    await other.close()
  })

  test('is no more than a call: what is delivered twice is read once', async () => {
    server.faults.duplicateDelivery = true
    await write(2)
    const calls = firstValueFrom(log.feed.more$.pipe(skip(1), take(3), toArray(), timeout(60_000)))
    await expect.poll(() => server.subscriptions()).toBe(1)
    server.endSubscriptions()
    await write(1)
    await calls
    expect(await rest(undefined, 2)).toHaveLength(3)
  })

  test('ends when the log is closed', async () => {
    const all = firstValueFrom(log.feed.more$.pipe(toArray(), timeout(60_000)))
    await expect.poll(() => server.subscriptions()).toBe(1)
    await log.close()
    await all
  })
})
