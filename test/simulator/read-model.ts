import type { Position, Recorded } from '#application/ports/event-store.ts'
import { CheckpointMoved } from '#projections/shared/failure.ts'
import type { ReadModel } from '#projections/shared/run.ts'
import type { Network } from './network.ts'
import { sleep } from './time.ts'

/** What a read model of every stream would hold: enough that an event missed, doubled or swapped shows. */
export type Tables = { position: Position | undefined; passed: number; readonly rows: Map<string, string[]> }
export const emptyTables = (): Tables => ({ position: undefined, passed: 0, rows: new Map() })

export const applyAll = (tables: Tables, page: readonly Recorded[]): void => {
  for (const { stream, type, revision, id, position } of page) {
    tables.rows.set(stream, [...(tables.rows.get(stream) ?? []), `${revision} ${type} ${id}`])
    tables.position = position
    tables.passed++
  }
}

/** Tables and checkpoint move together by compare-and-set; the database may refuse, or commit and not say so. */
export const readModelOver = (tables: Tables, network: Network): ReadModel => {
  const { random } = network
  return {
    checkpoint: async () => tables.position,
    caughtUp: async () => undefined,
    apply: async (page, after) => {
      await sleep(random.below(30))
      const luck = network.healed ? 99 : random.below(20)
      if (luck === 0) throw new Error('the database was away')
      if (tables.position !== after) throw new CheckpointMoved('another runner was here')
      applyAll(tables, page)
      if (luck === 1) throw new Error('the connection was lost after the commit')
    },
  }
}
