import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shareReads } from '#infrastructure/postgres/read-model-feed.ts'
import type { Feed, Position, Recorded } from '#projections/shared/feed.ts'
import { growingFeed } from '#test/support/projections.ts'

const events = (first: number, count: number): readonly Recorded[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ id: `${first + index}`, stream: 'Tally-1', revision: 0n, position: String(first + index) as Position, type: 'Said' },
    ...{ data: { word: 'word' }, metadata: {}, created: '2026-03-02T00:00:00.000Z' },
  })) as unknown as readonly Recorded[]

/** Counts what is really read. */
const counted = (feed: Feed) => {
  const read: Recorded[] = []
  const reading: Feed = {
    ...feed,
    read: async (after, limit) => {
      const page = await feed.read(after, limit)
      read.push(...page)
      return page
    },
  }
  return { reading, read }
}

/** A reader that goes on from where it was until nothing more comes. */
const follower = (feed: Feed, limit: number) => {
  const seen: Recorded[] = []
  const step = async (): Promise<number> => {
    const page = await feed.read(seen.at(-1)?.position, limit)
    seen.push(...page)
    return page.length
  }
  return { seen, step }
}

test('what one projection has read is not read again for the others, though they were elsewhere when it was written', async () => {
  const { feed, push } = growingFeed(events(1, 10))
  const { reading, read } = counted(feed)
  const shared = shareReads(reading)
  const [eager, slow] = [follower(shared, 100), follower(shared, 100)]
  for (let next = 11; next < 40; next += 3) {
    await eager.step()
    push(events(next, 3))
  }
  await eager.step()
  expect(read).toHaveLength(40)
  expect(await slow.step()).toBe(40) // one page, not one for each that was read
  expect(slow.seen).toEqual(eager.seen)
  expect(read).toHaveLength(40)
  shared.close()
})

test('whoever reads how much and when, everybody is given each event once and in order', async () => {
  let met = 0
  const act = fc.oneof(fc.record({ reader: fc.nat(3) }), fc.record({ push: fc.integer({ min: 1, max: 40 }) }))
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { size: 'max', maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 4, maxLength: 4 }),
      async (acts, limits) => {
        const { feed, push } = growingFeed()
        const { reading, read } = counted(feed)
        const shared = shareReads(reading, 200) // soon forgotten
        const readers = limits.map((limit) => follower(shared, limit))
        let written = 0
        for (const one of acts) {
          if ('reader' in one) await readers[one.reader]!.step()
          else {
            push(events(written + 1, one.push))
            written += one.push
          }
        }
        for (const reader of readers) while ((await reader.step()) > 0);
        for (const { seen } of readers) expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: written }, (_, index) => String(index + 1)))
        if (read.length > written) met++
        shared.close()
      },
    ),
  )
  expect(met).toBeGreaterThan(0)
})
