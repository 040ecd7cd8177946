import { matcherOf, type Trade } from '#domain/shared/trade.ts'
import type { Category, Entry } from './fields.ts'

/** Why a trade stands on the list: the category of the finest entry that takes it in; undefined when none does. */
export const categoryOf = (entries: Iterable<Entry>, trade: Trade): Category | undefined => matcherOf(entries)(trade)?.category
