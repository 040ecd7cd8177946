import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Append, AppendOutcome, ExpectedRevision, NewEvent, Recorded } from '#application/ports/event-store.ts'
import { Instant } from '#domain/shared/dates.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { everything, type OpenedLog } from './event-store.ts'

type Step =
  | { readonly kind: 'append'; readonly stream: number; readonly off: number; readonly ids: readonly number[] }
  | { readonly kind: 'repeat'; readonly back: number; readonly cut: number; readonly shift: number }
  | { readonly kind: 'many'; readonly steps: readonly { readonly stream: number; readonly off: number; readonly ids: readonly number[] }[] }
  | { readonly kind: 'read'; readonly stream: number; readonly from: number }

const one = fc.record({
  stream: fc.nat(3),
  off: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, fc.integer({ min: -3, max: 2 })),
  ids: fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: one.map((each) => ({ kind: 'append' as const, ...each })), weight: 4 },
  {
    arbitrary: fc.record({
      kind: fc.constant('repeat' as const),
      back: fc.nat(8),
      cut: fc.nat(2),
      shift: fc.oneof(fc.constant(0), fc.integer({ min: -1, max: 1 })),
    }),
    weight: 3,
  },
  { arbitrary: fc.array(one, { minLength: 1, maxLength: 12 }).map((steps) => ({ kind: 'many' as const, steps })), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('read' as const), stream: fc.nat(4), from: fc.nat(12) }), weight: 1 },
)

/** Streams of this run only, so that a server that keeps what earlier runs wrote gives the same answers. */
const RUN = randomUUID().slice(0, 8)
const streamOf = (run: number, stream: number): StreamName => streamName('HighRiskUser', `D${RUN}`, `R${run}`, `S${stream}`)
const idOf = (run: number, number: number): string => `${String(run).padStart(8, '0')}-0000-5000-8000-${String(number).padStart(12, '0')}`

/** Turns a plan into appends by a model that only counts: the plan means the same to every store. */
const appendsOf = (run: number) => {
  const sizes = new Map<StreamName, bigint>()
  const sent: Append[] = []
  const expectation = (size: bigint, off: number): ExpectedRevision => {
    const at = size - 1n + BigInt(off)
    return at < 0n ? 'absent' : at
  }
  const make = (stream: number, off: number, ids: readonly number[]): Append => {
    const name = streamOf(run, stream)
    const events: NewEvent[] = ids.map((id, index) => ({ id: idOf(run, id), type: 'UserListed', data: `{"n":${sent.length},"i":${index}}`, metadata: '{}' }))
    const append: Append = { stream: name, expected: expectation(sizes.get(name) ?? 0n, off), events }
    sent.push(append)
    return append
  }
  const again = (back: number, cut: number, shift: number): Append | undefined => {
    const old = sent.at(-1 - back)
    if (!old) return undefined
    const at = (old.expected === 'absent' ? -1n : old.expected) + BigInt(shift)
    return { stream: old.stream, expected: at < 0n ? 'absent' : at, events: old.events.slice(0, Math.max(1, old.events.length - cut)) }
  }
  const learn = (append: Append, outcome: AppendOutcome): void => {
    if (outcome.kind === 'appended' && !outcome.repeated) sizes.set(append.stream, outcome.revision + 1n)
  }
  return { make, again, learn }
}

/** Positions are the engine's own: what must agree is their order, so each is named by its rank. */
const comparable = (log: OpenedLog, all: readonly Recorded[], outcomes: readonly AppendOutcome[]) => {
  const ranks = new Map(all.map(({ position }, rank) => [position, rank]))
  return {
    outcomes: outcomes.map((outcome) => (outcome.kind === 'appended' ? { ...outcome, position: ranks.get(outcome.position) } : outcome)),
    events: all.map((event) => ({ ...event, position: ranks.get(event.position), created: undefined })),
    ordered: all.every(({ position }, rank) => rank === 0 || log.feed.compare(all[rank - 1]!.position, position) < 0),
  }
}

/** Any plan is answered by an engine as by the log in memory: outcomes, what stands in each stream, and the order of the whole. */
export const describeDifferential = (name: string, open: () => Promise<OpenedLog>): void => {
  describe(`${name} against memory`, () => {
    let engine: OpenedLog
    beforeAll(async () => {
      engine = await open()
    })
    afterAll(() => engine.close())

    test('one plan, two stores, equal answers', async () => {
      const reached = new Set<string>()
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (plan) => {
          run++
          const memory: OpenedLog = { ...createMemoryEventLog({ now: () => Instant.parse('2026-03-02T01:00:00.000Z') }), close: async () => undefined }
          const logs = [memory, engine]
          const starts = await Promise.all(logs.map(({ feed }) => feed.head()))
          const outcomes: AppendOutcome[][] = [[], []]
          const { make, again, learn } = appendsOf(run)
          for (const each of plan) {
            if (each.kind === 'read') {
              const stream = streamOf(run, each.stream)
              const [mine, theirs] = await Promise.all(logs.map(({ store }) => everything(store, stream, BigInt(each.from))))
              expect(theirs!.map(({ id, revision, data }) => ({ id, revision, data }))).toEqual(mine!.map(({ id, revision, data }) => ({ id, revision, data })))
              continue
            }
            const appends =
              each.kind === 'many'
                ? each.steps.map(({ stream, off, ids }) => make(stream, off, ids))
                : [each.kind === 'append' ? make(each.stream, each.off, each.ids) : again(each.back, each.cut, each.shift)].filter(
                    (append) => append !== undefined,
                  )
            const answers = await Promise.all(logs.map(({ store }) => store.appendMany(appends)))
            answers.forEach((answer, index) => {
              outcomes[index]!.push(...answer)
            })
            appends.forEach((append, index) => {
              learn(append, answers[0]![index]!)
            })
            for (const outcome of answers[0]!)
              reached.add(outcome.kind === 'appended' ? `appended ${outcome.repeated ? 'again' : 'new'}` : `conflict ${typeof outcome.actual}`)
          }
          const all = await Promise.all(
            logs.map(async ({ feed }, index) => {
              const read: Recorded[] = []
              for (;;) {
                const page = await feed.read(read.at(-1)?.position ?? starts[index], 33)
                if (page.length === 0) return read
                read.push(...page)
              }
            }),
          )
          const [mine, theirs] = logs.map((log, index) => comparable(log, all[index]!, outcomes[index]!))
          // within one appendMany the stores may take different streams in a different order; each stream's own order must agree
          const byStream = (events: readonly { readonly stream: StreamName; readonly revision: bigint }[]) =>
            [...events].sort((a, b) => (a.stream === b.stream ? Number(a.revision - b.revision) : a.stream < b.stream ? -1 : 1))
          const flat = (side: NonNullable<typeof mine>) => ({
            outcomes: side.outcomes.map((outcome) => (outcome.kind === 'appended' ? { ...outcome, position: outcome.position !== undefined } : outcome)),
            events: byStream(side.events).map((event) => ({ ...event, position: true })),
            ordered: side.ordered,
          })
          expect(flat(theirs!)).toEqual(flat(mine!))
          expect(theirs!.ordered).toBe(true)
          if (plan.every(({ kind }) => kind !== 'many')) expect(theirs).toEqual(mine)
        }),
        { numRuns: 40 },
      )
      expect([...reached].sort()).toEqual(['appended again', 'appended new', 'conflict bigint', 'conflict string'])
    })
  })
}
