import { Subject } from 'rxjs'
import { type Append, type AppendOutcome, type EventStore, LogUnavailable, OutcomeUnknown, type Position } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { Random } from './random.ts'
import { sleep } from './time.ts'

/** What was done to messages on the way, so that a run can show that it met trouble. */
export type Trouble = { lost: number; unanswered: number; late: number; doubled: number; failedReads: number; missedCalls: number }
export const noTrouble = (): Trouble => ({ lost: 0, unanswered: 0, late: 0, doubled: 0, failedReads: 0, missedCalls: 0 })

export type Network = {
  readonly random: Random
  readonly trouble: Trouble
  readonly now: () => number
  /** Between these two instants nothing gets through. */
  readonly outage: readonly [from: number, to: number]
  healed: boolean
}
/** Both lasting engines answer a repetition as the first time; only one of them says that it was one. */
export type Manner = 'tells repetitions' | 'does not tell repetitions'

const WAY_MS = 40
const LONG_MS = 4_000
/** Our own time-out: whoever asked has given up by then. */
const GIVE_UP_MS = 1_000

const isOut = ({ now, outage: [from, to] }: Network): boolean => now() >= from && now() < to
const way = ({ random, healed }: Network): Promise<void> => sleep(!healed && random.once(12) ? random.below(LONG_MS) : random.below(WAY_MS))

/** A log as one process sees it over a network that loses, delays and doubles. */
export const overNetwork = (
  inner: { readonly store: EventStore; readonly feed: Feed },
  network: Network,
  manner: Manner,
): { readonly store: EventStore; readonly feed: Feed } => {
  const { random, trouble } = network

  const answered = (outcome: AppendOutcome): AppendOutcome =>
    outcome.kind === 'appended' && manner === 'does not tell repetitions' ? { ...outcome, repeated: false } : outcome

  const append = async (append: Append): Promise<AppendOutcome> => {
    await way(network)
    const luck = isOut(network) ? random.below(2) : network.healed ? 99 : random.below(20)
    switch (luck) {
      case 0:
        trouble.lost++
        await sleep(GIVE_UP_MS)
        throw new OutcomeUnknown('the request was lost')
      case 1:
        trouble.unanswered++
        await inner.store.append(append)
        await sleep(GIVE_UP_MS)
        throw new OutcomeUnknown('the answer was lost')
      case 2: {
        trouble.late++
        setTimeout(() => void inner.store.append(append).catch(() => undefined), GIVE_UP_MS + random.below(LONG_MS))
        await sleep(GIVE_UP_MS)
        throw new OutcomeUnknown('the request is still under way')
      }
      case 3: {
        trouble.doubled++
        setTimeout(() => void inner.store.append(append).catch(() => undefined), random.below(LONG_MS))
        break
      }
      default:
    }
    const outcome = await inner.store.append(append)
    await way(network)
    return answered(outcome)
  }
  const failsNow = (): boolean => {
    if (!isOut(network) && (network.healed || !random.once(25))) return false
    trouble.failedReads++
    return true
  }

  const more = new Subject<void>()
  inner.feed.more$.subscribe(() => {
    if (!network.healed && random.once(3)) trouble.missedCalls++
    else setTimeout(() => more.next(), random.below(WAY_MS))
  })
  return {
    store: {
      append,
      appendMany: (appends) => Promise.all(appends.map(append)),
      async *readStream(stream, from) {
        await way(network)
        if (failsNow()) throw new LogUnavailable('the read was lost')
        yield* inner.store.readStream(stream, from)
      },
    },
    feed: {
      ...inner.feed,
      read: async (after: Position | undefined, limit: number) => {
        await way(network)
        if (failsNow()) throw new LogUnavailable('the read was lost')
        return inner.feed.read(after, network.healed ? limit : 1 + random.below(limit))
      },
      more$: more,
    },
  }
}
