import type { Position as Place } from '@eventstore/db-client'
import type { Position } from '#application/ports/event-store.ts'

export type { Place }

/** `commit/prepare`, the two numbers by which EventStoreDB orders its log. Nobody outside this folder may know that. */
export const positionOf = ({ commit, prepare }: Place): Position => `${commit}/${prepare}` as Position

/** Throws RangeError for what is not a position of this engine: a checkpoint that another one gave out, say. */
export const placeOf = (position: Position): Place => {
  const slash = position.indexOf('/')
  if (slash <= 0) throw new RangeError(`"${position}" is not a position of EventStoreDB`)
  return { commit: BigInt(position.slice(0, slash)), prepare: BigInt(position.slice(slash + 1)) }
}

export const comparePlaces = (a: Place, b: Place): number => {
  const [x, y] = a.commit === b.commit ? [a.prepare, b.prepare] : [a.commit, b.commit]
  if (x === y) return 0
  return x < y ? -1 : 1
}
