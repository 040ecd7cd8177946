import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { compareLogs } from '#application/log-copy/compare.ts'
import { copyLog, NotACopy } from '#application/log-copy/copy.ts'
import type { EventStore, Position, Recorded } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import { Instant } from '#domain/shared/dates.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { anEvent, aStream, someEvents } from '#test/contracts/event-store.ts'
import { openStandIn, STAND_IN_NAME } from '#test/support/eventstoredb/open.ts'
import { openFreshLog } from '#test/support/postgres.ts'

type Log = { readonly store: EventStore; readonly feed: Feed }
const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const memory = (): Log => createMemoryEventLog({ now: () => Instant.parse('2026-03-02T01:00:00.000Z') })
const everything = async (feed: Feed): Promise<readonly Recorded[]> => {
  const all: Recorded[] = []
  for (;;) {
    const page = await feed.read(all.at(-1)?.position, 300)
    if (page.length === 0) return all
    all.push(...page)
  }
}
const plain = (events: readonly Recorded[]) => events.map(({ position: _p, created: _c, ...event }) => event)

/** Streams that interleave, runs of one stream, text that must survive, an event as large as may be, more than one page. */
const filled = async (log: Log): Promise<void> => {
  const [a, b, c] = [aStream(), aStream(), aStream()]
  let at = -1n
  for (let n = 0; n < 40; n++) {
    const events = n % 5 === 0 ? someEvents(30) : [anEvent({ 电量: '江苏 👷', fen: 9_007_199_254_740_993n, 10: 'ten', 9: 'nine', n: 0.1 + n, when: null })]
    await log.store.append({ stream: a, expected: at < 0n ? 'absent' : at, events })
    at += BigInt(events.length)
    await log.store.append({ stream: b, expected: n === 0 ? 'absent' : BigInt(n - 1), events: [anEvent({ n })] })
  }
  for (let n = 0; n < 3; n++) await log.store.append({ stream: c, expected: n === 0 ? 'absent' : BigInt(n - 1), events: [anEvent('电'.repeat(345_000))] })
  for (let n = 0; n < 3; n++) await log.store.append({ stream: aStream(), expected: 'absent', events: someEvents(400) })
}

const engines: readonly (readonly [string, () => Promise<Log & { readonly close: () => Promise<void> }>])[] = [
  ['PostgreSQL', openFreshLog],
  [STAND_IN_NAME, openStandIn],
]

describe.each(engines)('moving house to %s', (_, open) => {
  test('and back keeps every event in its place, byte for byte', async () => {
    const [source, back] = [memory(), memory()]
    await filled(source)
    const target = await open()
    const there = await copyLog(source.feed, target, { digest })
    expect(plain(await everything(target.feed))).toEqual(plain(await everything(source.feed)))
    expect(await compareLogs(source.feed, target.feed, { digest })).toEqual({ kind: 'equal', ...there })
    const home = await copyLog(target.feed, back, { digest })
    expect(home.fingerprint).toBe(there.fingerprint)
    expect(plain(await everything(back.feed))).toEqual(plain(await everything(source.feed)))
    await target.close()
  })
})

describe('a copy', () => {
  test('that is broken off goes on where it was, with what it reported or without', async () => {
    const source = memory()
    await filled(source)
    for (const remember of [true, false]) {
      const target = memory()
      let last: Parameters<NonNullable<Parameters<typeof copyLog>[2]['onProgress']>>[0] | undefined
      let breaks = 0
      for (;;) {
        let left = 20
        const failing: Pick<EventStore, 'append'> = {
          append: (append) => {
            if (left-- === 0) throw new Error('the machine was switched off')
            return target.store.append(append)
          },
        }
        try {
          await copyLog(
            source.feed,
            { store: failing, feed: target.feed },
            { digest, onProgress: (soFar) => (last = soFar), ...(remember && last && { resume: last }) },
          )
          break
        } catch (error) {
          expect(error).toEqual(new Error('the machine was switched off'))
          breaks++
        }
      }
      expect(breaks).toBeGreaterThan(3)
      expect(await compareLogs(source.feed, target.feed, { digest })).toMatchObject({ kind: 'equal', events: BigInt((await everything(source.feed)).length) })
    }
  })

  test('brings what was written since, and nothing twice', async () => {
    const [source, target] = [memory(), memory()]
    await filled(source)
    const first = await copyLog(source.feed, target, { digest })
    await source.store.append({ stream: aStream(), expected: 'absent', events: someEvents(2) })
    const second = await copyLog(source.feed, target, { digest })
    expect(second.events).toBe(first.events + 2n)
    expect(await copyLog(source.feed, target, { digest })).toEqual(second)
  })

  test('is refused where the target holds something else', async () => {
    const [source, other, longer] = [memory(), memory(), memory()]
    await source.store.append({ stream: aStream(), expected: 'absent', events: someEvents(2) })
    await copyLog(source.feed, longer, { digest })
    await longer.store.append({ stream: aStream(), expected: 'absent', events: someEvents(1) })
    await other.store.append({ stream: aStream(), expected: 'absent', events: someEvents(2) })
    await expect(copyLog(source.feed, other, { digest })).rejects.toThrow(/^after 0 equal events the target has UserListed .* where the source has UserListed/)
    await expect(copyLog(source.feed, longer, { digest })).rejects.toThrow(new NotACopy('the target goes on after the 2 events of the source'))
  })
})

test('a comparison names the first event that differs, whatever of it does', async () => {
  const [one, stream] = [memory(), aStream()]
  const events = someEvents(5)
  await one.store.append({ stream, expected: 'absent', events })
  const changes: readonly ((event: (typeof events)[number]) => (typeof events)[number])[] = [
    (event) => ({ ...event, id: crypto.randomUUID() }),
    (event) => ({ ...event, type: 'Other' }),
    (event) => ({ ...event, data: '{"n":99}' }),
    (event) => ({ ...event, metadata: '{"schemaVersion":2}' }),
  ]
  for (const change of changes) {
    const other = memory()
    await other.store.append({ stream, expected: 'absent', events: events.map((event, n) => (n === 3 ? change(event) : event)) })
    const result = await compareLogs(one.feed, other.feed, { digest })
    expect(result).toMatchObject({ kind: 'different', events: 3n, first: '3' as Position, next: [{ revision: 3n }, { revision: 3n }] })
  }
  const shorter = memory()
  await shorter.store.append({ stream, expected: 'absent', events: events.slice(0, 4) })
  expect(await compareLogs(one.feed, shorter.feed, { digest })).toMatchObject({ kind: 'longer', which: 'first', events: 4n })
  expect(await compareLogs(memory().feed, memory().feed, { digest })).toMatchObject({ kind: 'equal', events: 0n })
})
