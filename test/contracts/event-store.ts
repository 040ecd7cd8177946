import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Append,
  type AppendOutcome,
  AppendTooLarge,
  type EventStore,
  type ExpectedRevision,
  LIMITS,
  type NewEvent,
  type Position,
  type Recorded,
} from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'

export type OpenedLog = { readonly store: EventStore; readonly feed: Feed; readonly close: () => Promise<void> }

export const aStream = (): StreamName => streamName('HighRiskUser', 'P13S', randomUUID().replaceAll('-', ''))
export const anEvent = (data: unknown = { at: '2026-03-02T01:00:00.000Z' }, id: string = randomUUID()): NewEvent => ({
  id,
  type: 'UserListed',
  data: canonicalJson(data),
  metadata: canonicalJson({ schemaVersion: 1 }),
})
export const someEvents = (count: number): readonly NewEvent[] => Array.from({ length: count }, (_, n) => anEvent({ n }))
export const everything = async (store: EventStore, stream: StreamName, from?: bigint): Promise<readonly Recorded[]> => {
  const all: Recorded[] = []
  for await (const page of store.readStream(stream, from)) all.push(...page)
  return all
}

const appended = (outcome: AppendOutcome): { readonly revision: bigint; readonly position: Position; readonly repeated: boolean } => {
  if (outcome.kind !== 'appended') throw new Error(`expected an append, got ${outcome.kind}`)
  return outcome
}

/** What every engine's event store does, whatever it is made of. */
export const describeEventStore = (name: string, open: () => Promise<OpenedLog>): void => {
  describe(`the event store in ${name}`, () => {
    let log: OpenedLog
    const append = async (stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]) => log.store.append({ stream, expected, events })
    beforeAll(async () => {
      log = await open()
    })
    afterAll(() => log.close())

    test('keeps a stream in order, from revision 0 on, and gives back what was written', async () => {
      const stream = aStream()
      const [first, second, third] = [anEvent({ 用户: '江苏钢铁 👷', fen: 12n, when: null }), anEvent({ n: 2 }), anEvent({ n: 3 })]
      expect(appended(await append(stream, 'absent', [first, second]))).toMatchObject({ revision: 1n, repeated: false })
      expect(appended(await append(stream, 1n, [third]))).toMatchObject({ revision: 2n, repeated: false })
      const events = await everything(log.store, stream)
      expect(events.map(({ id, revision, type }) => ({ id, revision, type }))).toEqual(
        [first, second, third].map(({ id, type }, index) => ({ id, revision: BigInt(index), type })),
      )
      expect(events.map(({ data }) => canonicalJson(data))).toEqual([first, second, third].map(({ data }) => data))
      expect(events.map(({ metadata }) => canonicalJson(metadata))).toEqual([first, second, third].map(({ metadata }) => metadata))
      for (const { created, stream: its } of events) {
        expect(created).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
        expect(its).toBe(stream)
      }
    })

    test('has no events of a stream that nobody wrote, and starts reading where it is told', async () => {
      const stream = aStream()
      expect(await everything(log.store, stream)).toEqual([])
      await append(stream, 'absent', someEvents(3))
      expect((await everything(log.store, stream, 1n)).map(({ revision }) => revision)).toEqual([1n, 2n])
      expect(await everything(log.store, stream, 3n)).toEqual([])
    })

    test('names the actual revision when it is not the one expected, and writes nothing', async () => {
      const stream = aStream()
      expect(await append(stream, 0n, someEvents(1))).toEqual({ kind: 'conflict', actual: 'absent' })
      expect(await everything(log.store, stream)).toEqual([])
      await append(stream, 'absent', someEvents(2))
      expect(await append(stream, 'absent', someEvents(1))).toEqual({ kind: 'conflict', actual: 1n })
      expect(await append(stream, 0n, someEvents(1))).toEqual({ kind: 'conflict', actual: 1n })
      expect(await append(stream, 7n, someEvents(1))).toEqual({ kind: 'conflict', actual: 1n })
      expect(await everything(log.store, stream)).toHaveLength(2)
    })

    test('answers an append sent again as it did then, though the stream has grown since', async () => {
      const stream = aStream()
      const events = someEvents(2)
      const first = appended(await append(stream, 'absent', events))
      expect(await append(stream, 'absent', events)).toEqual({ kind: 'appended', ...first, repeated: true })
      const more = someEvents(3)
      const second = appended(await append(stream, 1n, more))
      expect(await append(stream, 'absent', events)).toEqual({ kind: 'appended', ...first, repeated: true })
      expect(await append(stream, 1n, more)).toEqual({ kind: 'appended', ...second, repeated: true })
      expect(await everything(log.store, stream)).toHaveLength(5)
    })

    test('knows an append by its ids and expectation, not by what it says', async () => {
      const stream = aStream()
      const event = anEvent({ n: 1 })
      await append(stream, 'absent', [event])
      expect(await append(stream, 'absent', [anEvent({ n: 2 }, event.id)])).toMatchObject({ kind: 'appended', repeated: true })
      expect((await everything(log.store, stream)).map(({ data }) => data)).toEqual([{ n: 1 }])
    })

    test('takes old events together with new ones for a conflict', async () => {
      const stream = aStream()
      const [a, b] = [anEvent(), anEvent()]
      await append(stream, 'absent', [a, b])
      expect(await append(stream, 'absent', [a, anEvent()])).toEqual({ kind: 'conflict', actual: 1n })
      expect(await append(stream, 'absent', [anEvent(), b])).toEqual({ kind: 'conflict', actual: 1n })
      expect(await append(stream, 'absent', [a, b, anEvent()])).toEqual({ kind: 'conflict', actual: 1n })
      expect(await append(stream, 'absent', [b, a])).toEqual({ kind: 'conflict', actual: 1n })
      expect(await append(stream, 'absent', [b])).toEqual({ kind: 'conflict', actual: 1n })
      expect(await append(stream, 'absent', [a])).toMatchObject({ kind: 'appended', revision: 0n, repeated: true })
      expect(await everything(log.store, stream)).toHaveLength(2)
    })

    test('refuses what no engine would take, and then has written nothing', async () => {
      const stream = aStream()
      await expect(append(stream, 'absent', [])).rejects.toThrow(RangeError)
      await expect(append(stream, -1n, someEvents(1))).rejects.toThrow(RangeError)
      await expect(append(stream, 'absent', [anEvent({}, 'no-uuid')])).rejects.toThrow('"no-uuid" is not a lower-case uuid')
      await expect(append(stream, 'absent', someEvents(LIMITS.appendEvents + 1))).rejects.toThrow(AppendTooLarge)
      await expect(append(stream, 'absent', [anEvent('欠'.repeat(LIMITS.appendBytes / 3))])).rejects.toThrow(
        /^\d{7} bytes for HighRiskUser-.*at most 1048576 in one append$/,
      )
      await expect(
        log.store.appendMany([
          { stream, expected: 'absent', events: someEvents(1) },
          { stream, expected: 0n, events: [] },
        ]),
      ).rejects.toThrow(RangeError)
      expect(await everything(log.store, stream)).toEqual([])
    })

    test('takes an append as large as the limits allow', async () => {
      const [many, wide] = [aStream(), aStream()]
      expect(await append(many, 'absent', someEvents(LIMITS.appendEvents))).toMatchObject({ revision: BigInt(LIMITS.appendEvents) - 1n })
      expect(await append(wide, 'absent', [anEvent('x'.repeat(LIMITS.appendBytes - 100))])).toMatchObject({ revision: 0n })
      expect((await everything(log.store, many)).map(({ data }) => data)).toEqual(Array.from({ length: LIMITS.appendEvents }, (_, n) => ({ n })))
    })

    test('answers each of many appends for itself, and those to one stream in the order given', async () => {
      const [grown, fresh, other] = [aStream(), aStream(), aStream()]
      const old = someEvents(2)
      const before = appended(await append(grown, 'absent', old))
      const chain: readonly Append[] = Array.from({ length: 20 }, (_, n) => ({
        stream: fresh,
        expected: n === 0 ? 'absent' : BigInt(n - 1),
        events: [anEvent({ n })],
      }))
      const outcomes = await log.store.appendMany([
        { stream: grown, expected: 'absent', events: old },
        { stream: other, expected: 4n, events: someEvents(1) },
        ...chain,
        { stream: grown, expected: 1n, events: someEvents(1) },
        { stream: grown, expected: 1n, events: someEvents(1) },
      ])
      expect(outcomes[0]).toEqual({ kind: 'appended', ...before, repeated: true })
      expect(outcomes[1]).toEqual({ kind: 'conflict', actual: 'absent' })
      expect(outcomes.slice(2, 22).map((outcome) => appended(outcome).revision)).toEqual(chain.map((_, n) => BigInt(n)))
      expect(outcomes[22]).toMatchObject({ kind: 'appended', revision: 2n, repeated: false })
      expect(outcomes[23]).toEqual({ kind: 'conflict', actual: 2n })
      expect((await everything(log.store, fresh)).map(({ data }) => data)).toEqual(chain.map((_, n) => ({ n })))
      expect(await log.store.appendMany([])).toEqual([])
    })

    test('writes an append that is sent many times at once only once', async () => {
      const append: Append = { stream: aStream(), expected: 'absent', events: someEvents(2) }
      const outcomes = (await Promise.all(Array.from({ length: 10 }, () => log.store.append(append)))).map(appended)
      expect(new Set(outcomes.map(({ position, revision }) => `${position} ${revision}`)).size).toBe(1)
      expect(await everything(log.store, append.stream)).toHaveLength(2)
    })

    test('lets exactly one of many racing writers win, and tells the others', async () => {
      const stream = aStream()
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => append(stream, 'absent', someEvents(2))))
      expect(outcomes.filter(({ kind }) => kind === 'appended')).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome.kind === 'conflict' && outcome.actual === 1n)).toHaveLength(19)
      expect(await everything(log.store, stream)).toHaveLength(2)
    })

    test('answers each of many streams that are read at once for itself', async () => {
      const written = Array.from({ length: 70 }, (_, n) => ({ stream: aStream(), events: someEvents(n % 7 === 0 ? 0 : n % 10 === 9 ? 130 : n % 7) }))
      await log.store.appendMany(written.flatMap(({ stream, events }) => (events.length > 0 ? [{ stream, expected: 'absent' as const, events }] : [])))
      const read = await Promise.all(written.map(({ stream }, n) => everything(log.store, stream, BigInt(n % 3))))
      for (const [n, { stream, events }] of written.entries()) {
        expect(read[n]!.map(({ id, revision }) => [id, revision])).toEqual(events.map(({ id }, revision) => [id, BigInt(revision)]).slice(n % 3))
        expect(read[n]!.every((event) => event.stream === stream)).toBe(true)
      }
    })

    test('reads a long stream in pages, none of them large', async () => {
      const stream = aStream()
      for (let n = 0; n < 4; n++) await append(stream, n === 0 ? 'absent' : BigInt(n * 400 - 1), someEvents(400))
      const sizes: number[] = []
      const revisions: bigint[] = []
      for await (const page of log.store.readStream(stream)) {
        sizes.push(page.length)
        revisions.push(...page.map(({ revision }) => revision))
      }
      expect(revisions).toEqual(Array.from({ length: 1600 }, (_, n) => BigInt(n)))
      expect(Math.max(...sizes)).toBeLessThanOrEqual(500)
      expect(Math.min(...sizes)).toBeGreaterThan(0)
    })
  })
}
