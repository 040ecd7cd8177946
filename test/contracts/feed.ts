import { firstValueFrom, take, timeout, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Position, Recorded } from '#application/ports/event-store.ts'
import { aStream, type OpenedLog, someEvents } from './event-store.ts'

/**
 * What every engine's feed does: the whole log, in commit order, with nothing skipped. `empty` is false for a server that
 * keeps what earlier runs wrote; nobody else may write to it meanwhile.
 */
export const describeFeed = (name: string, open: () => Promise<OpenedLog>, { empty = true }: { readonly empty?: boolean } = {}): void => {
  describe(`the feed of ${name}`, () => {
    let log: OpenedLog
    beforeAll(async () => {
      log = await open()
    })
    afterAll(() => log.close())
    const rest = async (after: Position | undefined, limit = 100): Promise<readonly Recorded[]> => {
      const all: Recorded[] = []
      for (let at = after; ; at = all.at(-1)?.position ?? at) {
        const page = await log.feed.read(at, limit)
        if (page.length === 0) return all
        expect(page.length).toBeLessThanOrEqual(limit)
        all.push(...page)
      }
    }

    if (empty)
      test('an empty log has no head and nothing to read', async () => {
        expect(await log.feed.head()).toBeUndefined()
        expect(await log.feed.read(undefined, 10)).toEqual([])
        expect(await log.feed.countAfter(undefined)).toBe(0n)
      })

    test('gives the events of every stream in the order they were committed, in pages of any size', async () => {
      const [a, b] = [aStream(), aStream()]
      const start = await log.feed.head()
      const first = await log.store.append({ stream: a, expected: 'absent', events: someEvents(3) })
      const second = await log.store.append({ stream: b, expected: 'absent', events: someEvents(2) })
      await log.store.append({ stream: a, expected: 0n, events: someEvents(1) }) // a conflict leaves no hole
      await log.store.append({ stream: a, expected: 2n, events: someEvents(1) })
      const expected = [a, a, a, b, b, a]
      for (const limit of [1, 2, 5, 100]) expect((await rest(start, limit)).map(({ stream }) => stream)).toEqual(expected)
      const events = await rest(start)
      expect(first).toMatchObject({ position: events[2]?.position })
      expect(second).toMatchObject({ position: events[4]?.position })
      expect(await log.feed.head()).toBe(events[5]?.position)
      expect(await log.feed.countAfter(start)).toBe(6n)
      expect(await log.feed.countAfter(events[3]?.position)).toBe(2n)
      expect(await log.feed.countAfter(events[5]?.position)).toBe(0n)
    })

    test('compares positions as the log orders them', async () => {
      const start = await log.feed.head()
      await Promise.all(Array.from({ length: 12 }, () => log.store.append({ stream: aStream(), expected: 'absent', events: someEvents(1) })))
      const positions = (await rest(start)).map(({ position }) => position)
      expect(positions.length).toBeGreaterThan(9)
      expect([...positions].reverse().sort(log.feed.compare)).toEqual(positions)
      expect(log.feed.compare(positions[0]!, positions[0]!)).toBe(0)
    })

    test('calls when there is more, once for whoever listens', async () => {
      const heard = firstValueFrom(log.feed.more$.pipe(take(1), timeout(60_000)))
      const heardToo = firstValueFrom(log.feed.more$.pipe(take(2), toArray(), timeout(60_000)))
      for (let n = 0; n < 2; n++) await log.store.append({ stream: aStream(), expected: 'absent', events: someEvents(1) })
      await heard
      expect(await heardToo).toHaveLength(2)
    })

    test('a reader at the head of many writers meets every event once, in order', async () => {
      const start = await log.feed.head()
      let writing = true
      const writer = async (): Promise<void> => {
        const stream = aStream()
        for (let n = 0, at = -1n; n < 25; n++) {
          const events = someEvents(1 + (n % 3))
          await log.store.append({ stream, expected: at < 0n ? 'absent' : at, events })
          at += BigInt(events.length)
        }
      }
      const read: Recorded[] = []
      const reader = async (): Promise<void> => {
        for (let last = false; ; last = !writing) {
          const page = await log.feed.read(read.at(-1)?.position ?? start, 7)
          read.push(...page)
          if (last && page.length === 0) return
          if (page.length === 0) await new Promise((done) => setImmediate(done))
        }
      }
      const reading = reader()
      await Promise.all(Array.from({ length: 16 }, writer))
      writing = false
      await reading
      expect(read).toHaveLength(16 * 49)
      expect(new Set(read.map(({ position }) => position)).size).toBe(read.length)
      const next = new Map<string, bigint>()
      for (const { stream, revision } of read) {
        expect(revision).toBe(next.get(stream) ?? 0n)
        next.set(stream, revision + 1n)
      }
    })
  })
}
