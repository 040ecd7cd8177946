import { comparePlaces, type Place } from './place.ts'
import { placeIn } from './recorded.ts'
import type { Scan } from './scan.ts'

const PAGE = 1_000
const START: Place = { commit: -1n, prepare: -1n }

/** A place and how many of our events stand up to it, counted from wherever this process began to count. */
type Mark = { readonly at: Place; readonly count: number }

/**
 * How many of our events follow a place. The server does not number its log, so they are read; a long way is read once
 * and then remembered by a mark every thousand events, so that asking again while a read model is rebuilt costs a page.
 */
export const createCounter = (scan: Scan): ((after: Place | undefined) => Promise<bigint>) => {
  let marks: Mark[] = []
  let turn: Promise<unknown> = Promise.resolve()

  const farther = async (after: Place | undefined): Promise<bigint> => {
    const from = after ?? START
    if (marks.length === 0) marks = [{ at: from, count: 0 }]
    const first = marks[0]!
    if (comparePlaces(from, first.at) < 0) {
      const before = await walk(scan, { at: from, count: 0 }, first.at)
      const total = before.at(-1)!.count
      marks = [...before.slice(0, -1).map(({ at, count }) => ({ at, count: count - total + first.count })), ...marks]
    }
    const last = marks.pop()!
    marks.push(...(await walk(scan, last, undefined)))
    const head = marks.at(-1)!
    const below = marks.findLast(({ at }) => comparePlaces(at, from) <= 0) ?? marks[0]!
    const here = (await walk(scan, below, from)).at(-1)!
    return BigInt(Math.max(0, head.count - here.count))
  }

  return async (after) => {
    const { ours, ended } = await scan.after(after, PAGE)
    if (ended) return BigInt(ours.length)
    const answer = turn.then(() => farther(after))
    turn = answer.catch(() => undefined)
    return answer
  }
}

/** Marks from one place to another (to the head when undefined), both included; counts go up by what is ours between them. */
const walk = async (scan: Scan, from: Mark, to: Place | undefined): Promise<Mark[]> => {
  const marks = [from]
  for (let { at, count } = from; ; ) {
    const { ours, ended } = await scan.after(at.commit < 0n ? undefined : at, PAGE)
    const within = to ? ours.filter((event) => comparePlaces(placeIn(event), to) <= 0) : ours
    count += within.length
    const done = ended || within.length < ours.length
    if (within.length > 0) {
      at = placeIn(within.at(-1)!)
      marks.push({ at, count })
    }
    if (done) break
    if (to && comparePlaces(at, to) >= 0) break
  }
  if (to && comparePlaces(marks.at(-1)!.at, to) < 0) marks.push({ at: to, count: marks.at(-1)!.count })
  return marks
}
