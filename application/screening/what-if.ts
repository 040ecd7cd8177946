import type { RuleSet } from '#domain/screening/fields.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { ListedTrade } from '#domain/shared/trade.ts'
import type { ListAsRead } from '../industry-list/read.ts'
import type { MoveCount, RunView, ScreeningEngine } from '../ports/screening.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { type Asking, orderOf } from './screen.ts'
import type { Judged } from './use-cases.ts'

type Rules = Pick<RuleSet, 'version' | 'content'>
type Pair = { readonly before: RunView; readonly after: RunView }

export type WhatIfAsking = Pick<Asking, 'asOf' | 'by' | 'at'> & {
  /** What names the question: its runs' ids follow from it. */
  readonly id: string
  /** Whom the rules asked about judge. */
  readonly provinces: readonly ProvinceCode[]
  readonly inForce: Rules
  readonly asked: Rules
  /** Provinces with rules of their own, which other national rules do not touch. */
  readonly own: readonly Judged[]
  /** Other trades than those of the list in force, for all of them. */
  readonly trades?: readonly ListedTrade[] | undefined
}

export type WhatIf = {
  readonly main: Pair
  readonly own: readonly Pair[]
  readonly unaffected: readonly ProvinceCode[]
  readonly counts: readonly MoveCount[]
}

/** What publishing would change (试算): what is in force beside what is asked about, each run as it would be run then. */
export const whatIf = async (
  { engine, readList }: { readonly engine: ScreeningEngine; readonly readList: () => Promise<ListAsRead> },
  { id, provinces, inForce, asked, own, trades, asOf, by, at }: WhatIfAsking,
): Promise<WhatIf> => {
  const pairOf = async (name: string, of: readonly ProvinceCode[], [now, next]: readonly [Rules, Rules]): Promise<Pair> => {
    const order = { purpose: 'what-if', asOf, by, at, provinces: of } as const
    const before = await engine.run(await orderOf(readList, { ...order, runId: derivedCommandId(id, `${name}before`), ruleSet: now }))
    const list = trades && { list: { version: before.industryListVersion + 1, entries: trades } }
    return { before, after: await engine.run(await orderOf(readList, { ...order, ...list, runId: derivedCommandId(id, `${name}after`), ruleSet: next })) }
  }
  const main = await pairOf('', provinces, [inForce, asked])
  const beside: Pair[] = []
  if (trades) for (const { scope, provinces: theirs, ruleSet } of own) beside.push(await pairOf(`${scope}/`, theirs, [ruleSet, ruleSet]))
  const counts: MoveCount[] = []
  for (const { before, after } of [main, ...beside]) counts.push(...(await engine.compare(before.runId, after.runId)))
  return { main, own: beside, unaffected: trades ? [] : own.flatMap(({ provinces: theirs }) => theirs), counts }
}
