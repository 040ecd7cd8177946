import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { Text, TradeCode, TradeStandard } from '#domain/shared/identity.ts'

/** Why a trade stands on the list (类别): 高耗能, 产能过剩, 两高一剩, 淘汰落后, 环保关停, 其他. */
export const Category = z.enum(['HIGH_ENERGY', 'OVERCAPACITY', 'HIGH_POLLUTION', 'OBSOLETE', 'ENVIRONMENTAL_CLOSURE', 'OTHER'])
export type Category = z.output<typeof Category>

/** A trade on the list. `includeChildren` takes in the finer codes below it in the same standard. */
export const Entry = z.strictObject({
  standard: TradeStandard,
  code: TradeCode,
  includeChildren: z.boolean(),
  category: Category,
  policyRef: Text.optional(),
  note: Text.optional(),
})
export type Entry = z.output<typeof Entry>

export const EntryKey = Entry.pick({ standard: true, code: true })
export type EntryKey = z.output<typeof EntryKey>

export const VersionNo = z.int().min(1).max(100_000)

export const Diff = z.strictObject({ added: z.array(Entry), removed: z.array(Entry), changed: z.array(z.strictObject({ before: Entry, after: Entry })) })
export type Diff = z.output<typeof Diff>

/** What screening a province's customers by a version of the list came to. */
export const Screened = z.strictObject({
  runId: z.uuid(),
  /** The last day of the figures that were looked at. */
  asOf: BusinessDate,
  ruleSetVersion: z.int().min(1),
  customers: z.int().min(0),
  named: z.int().min(0),
  /** Of those named: candidates by this screening, or standing as candidates with the same finding. */
  candidates: z.int().min(0),
  /** Listed users of whom a review was proposed over this version. */
  reviews: z.int().min(0),
})
export type Screened = z.output<typeof Screened>
