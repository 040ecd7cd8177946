import { accept, type Decider, reject } from '#domain/shared/decider.ts'
import type { OrderNumbersCommand } from './commands.ts'
import type { OrderNumberEvent } from './events.ts'
import type { OrderNumbersRejection } from './rejections.ts'

/** What of a day's numbers was given, and for what. */
export type OrderNumbers = { readonly next: number; readonly given: ReadonlyMap<string, { readonly from: number; readonly count: number }> }

/** A number of a day has at most seven digits. */
const LAST = 9_999_999

/** 工单号: each given once. Asked again for the same purpose, the numbers already given for it are the answer. */
export const orderNumbers: Decider<OrderNumbersCommand, OrderNumbers, OrderNumberEvent, OrderNumbersRejection> = {
  initial: { next: 1, given: new Map() },

  decide: ({ data: { at, by, count, purpose } }, { next, given }) => {
    if (given.has(purpose)) return accept()
    if (next + count - 1 > LAST) return reject({ code: 'NUMBERS_EXHAUSTED', left: LAST - next + 1 })
    return accept({ type: 'NumbersTaken', data: { at, by, from: next, count, purpose } })
  },

  evolve: ({ given }, { data: { from, count, purpose } }) => ({ next: from + count, given: new Map([...given, [purpose, { from, count }]]) }),
}
