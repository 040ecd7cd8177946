import type { TradeCode, TradeStandard } from './identity.ts'

/** Whether a code exists in an edition of the national classification; the application answers from its reference data. */
export type KnowsTrade = (standard: TradeStandard, code: TradeCode) => boolean

/** Sections (门类) and the last of the two-digit divisions (大类) that each takes up, in the order of GB/T 4754. */
const SECTIONS: Record<TradeStandard, string> = {
  'GB/T 4754-2002': 'A05 B11 C43 D46 E50 F59 G62 H65 I67 J71 K72 L74 M78 N81 O83 P84 Q87 R92 S97 T98',
  'GB/T 4754-2011': 'A05 B12 C43 D46 E50 F52 G60 H62 I65 J69 K70 L72 M75 N78 O81 P82 Q84 R89 S95 T96',
  'GB/T 4754-2017': 'A05 B12 C43 D46 E50 F52 G60 H62 I65 J69 K70 L72 M75 N79 O82 P83 Q85 R90 S96 T97',
}

/** The section to which a division, group or class belongs in its own edition; undefined for what no section takes up. */
export const sectionOf = (standard: TradeStandard, digits: string): string | undefined => {
  const division = digits.slice(0, 2)
  if (division.length < 2 || division === '00') return undefined
  return SECTIONS[standard].split(' ').find((section) => division <= section.slice(1))?.[0]
}

/** A code without the section letter that some systems write before it: C3110 is 3110. */
export const bareCode = (code: TradeCode): TradeCode => (code.length > 1 && code[0]! >= 'A' ? (code.slice(1) as TradeCode) : code)

/**
 * A trade and everything above it, finest first: 3110, 311, 31, C. Only within one edition: 3130 is rolling in 2017
 * and casting in 2011. Empty when the letter written before a code is not that of its section, or no section has it.
 */
export const tradePath = (standard: TradeStandard, code: TradeCode): readonly TradeCode[] => {
  const bare = bareCode(code)
  if (bare[0]! >= 'A') return SECTIONS[standard].includes(bare) ? [bare] : []
  const section = sectionOf(standard, bare)
  if (section === undefined || (bare !== code && code[0] !== section)) return []
  const path: string[] = []
  for (let length = bare.length; length >= 2; length--) path.push(bare.slice(0, length))
  return [...path, section] as TradeCode[]
}

/** A trade in one edition of the classification. */
export type Trade = { readonly standard: TradeStandard; readonly code: TradeCode }
/** A trade on a list; `includeChildren` takes in the finer trades below it. */
export type ListedTrade = Trade & { readonly includeChildren: boolean }

/** Under what a listed trade is found: the edition and the code without its section letter. */
export const tradeKey = ({ standard, code }: Trade): string => `${standard} ${bareCode(code)}`

/**
 * Looks customers' trades up in a list. A trade matches an entry of its own edition only: 3130 is rolling in 2017 and
 * casting in 2011. It matches the entry of its very code, or one above it that takes in what is below (a group, a division,
 * a section). The finest entry wins. A coarser trade than the listed one never matches.
 */
export const matcherOf = <E extends ListedTrade>(entries: Iterable<E>): ((trade: Trade) => E | undefined) => {
  const byKey = new Map<string, E>()
  for (const entry of entries) byKey.set(tradeKey(entry), entry)
  return ({ standard, code }) => {
    const [own, ...above] = tradePath(standard, code)
    if (own === undefined) return undefined
    const exact = byKey.get(tradeKey({ standard, code: own }))
    if (exact) return exact
    for (const coarser of above) {
      const entry = byKey.get(tradeKey({ standard, code: coarser }))
      if (entry?.includeChildren) return entry
    }
    return undefined
  }
}
