import type { TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { bareCode, tradePath } from '#domain/shared/trade.ts'
import type { Category, Entry } from './fields.ts'

type Trade = { readonly standard: TradeStandard; readonly code: TradeCode }

/** Under what an entry is found: the edition and the code without its section letter. */
export const entryKey = ({ standard, code }: Trade): string => `${standard} ${bareCode(code)}`

/**
 * Looks customers' trades up in a list. A trade matches an entry of its own edition only: 3130 is rolling in 2017 and
 * casting in 2011. It matches the entry of its very code, or one above it that takes in what is below (a group, a division,
 * a section). The finest entry wins. A coarser trade than the listed one never matches.
 */
export const matcherOf = (entries: Iterable<Entry>): ((trade: Trade) => Entry | undefined) => {
  const byKey = new Map<string, Entry>()
  for (const entry of entries) byKey.set(entryKey(entry), entry)
  return ({ standard, code }) => {
    const [own, ...above] = tradePath(standard, code)
    if (own === undefined) return undefined
    const exact = byKey.get(entryKey({ standard, code: own }))
    if (exact) return exact
    for (const coarser of above) {
      const entry = byKey.get(entryKey({ standard, code: coarser }))
      if (entry?.includeChildren) return entry
    }
    return undefined
  }
}

/** Why a trade stands on the list; undefined when it does not. */
export const categoryOf = (entries: Iterable<Entry>, trade: Trade): Category | undefined => matcherOf(entries)(trade)?.category
