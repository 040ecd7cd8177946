import { Subject } from 'rxjs'
import type { Recorded } from '#application/ports/event-store.ts'
import { instantOfEpoch } from '#domain/shared/dates.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { run } from '#projections/shared/run.ts'
import { breaches } from './invariants.ts'
import { type Manner, type Network, noTrouble, overNetwork, type Trouble } from './network.ts'
import { createRandom } from './random.ts'
import { emptyTables, readModelOver, type Tables } from './read-model.ts'
import { simulateTime, sleep } from './time.ts'
import { closeOnce, commandsOf, LISTINGS, type Sent, send, WATCHES } from './work.ts'

export type Told = {
  readonly seed: number
  readonly breaches: readonly string[]
  readonly sent: readonly Sent[]
  readonly log: readonly Recorded[]
  readonly tables: Tables
  readonly trouble: Trouble
  readonly failures: number
}

const COMMANDS = 20
const NODES = 3
const WORKERS = 2
const RUNNERS = 2
/** A morning in which people work, before the first report opens. */
const START = Date.parse('2026-03-02T23:00:00+08:00')

/**
 * One seed, one course of events: several processes with real command handlers, the real loop of the projections and the
 * real timer process, over one log that they reach through a bad network, on a clock of their own. In the end the network
 * heals, everything comes to rest, and what must hold is checked.
 */
export const runSeed = async (seed: number): Promise<Told> => {
  const random = createRandom(seed)
  const commands = commandsOf(seed, COMMANDS)
  const time = simulateTime(random, START)
  try {
    const trouble = noTrouble()
    const outage = START + random.below(15_000)
    const network: Network = { random, trouble, now: time.now, outage: [outage, outage + (random.once(2) ? random.below(30_000) : 0)], healed: false }
    const manner: Manner = random.oneOf(['tells repetitions', 'does not tell repetitions'])
    const inner = createMemoryEventLog({ now: () => instantOfEpoch(time.now()) })
    const nodes = Array.from({ length: NODES }, () => overNetwork(inner, network, manner))
    const node = () => random.oneOf(nodes)
    const tables = emptyTables()
    const stop = new Subject<void>()
    let failures = 0
    let runners = RUNNERS
    for (let n = 0; n < RUNNERS; n++)
      run(nodes[n]!.feed, readModelOver(tables, network), { pageSize: 7, pollMs: 1_000, stop$: stop, onFailure: () => failures++ }).subscribe({
        complete: () => runners--,
        error: (error: unknown) => {
          throw error
        },
      })

    const sent: Sent[] = []
    const person = async (index: number): Promise<void> => {
      const commandId = random.uuid() as Uuid
      await sleep(index < LISTINGS ? index * 100 : random.below(15_000))
      const clicks = random.once(6) ? 2 : 1
      const customer = index < LISTINGS ? index : random.below(3)
      await Promise.all(Array.from({ length: clicks }, async () => sent.push(await send(node().store, commands[index]!, customer, commandId, time.now))))
    }
    let busy = COMMANDS
    for (let n = 0; n < COMMANDS; n++) void person(n).finally(() => busy--)
    await time.until(() => busy === 0, 'every command has an answer')

    for (const watch of WATCHES) {
      time.jumpTo(watch)
      let watching = WORKERS * 2
      const worker = async (): Promise<void> => {
        for (let n = 0; n < 2; n++) {
          await closeOnce(node().store, tables, random, time.now)
          watching--
        }
      }
      const workers = Array.from({ length: WORKERS }, worker)
      await time.until(() => watching === 0, 'the workers looked')
      await Promise.all(workers)
    }

    const calmFrom = time.now()
    await time.until(() => time.now() > calmFrom + 10_000, 'what was under way has arrived')
    network.healed = true
    let last = 0
    for (const _ of WATCHES) {
      last = -1
      void closeOnce(nodes[0]!.store, tables, random, time.now).then((recorded) => (last = recorded))
      await time.until(() => last >= 0, 'the process looked once more')
      const head = await inner.feed.head()
      await time.until(() => tables.position === head, 'the read model is at the head')
    }
    stop.next()
    await time.until(() => runners === 0, 'the runners ended')
    const log = await inner.feed.read(undefined, Number.MAX_SAFE_INTEGER)
    return { seed, breaches: breaches(log, sent, tables), sent, log, tables, trouble, failures }
  } finally {
    time.restore()
  }
}
