import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ProvinceCode, signed, Text } from '#domain/shared/identity.ts'
import { Diff, Entry, EntryKey, Screened, VersionNo } from './fields.ts'

export const industryListEvents = {
  /** 起草: a new draft, empty or begun from a published version. */
  VersionDrafted: event(z.strictObject({ ...signed, version: VersionNo, basedOn: VersionNo.optional(), entries: z.array(Entry) })),
  /** A trade comes into the draft. */
  EntryAdded: event(z.strictObject({ ...signed, version: VersionNo, entry: Entry })),
  /** The same trade, otherwise: what stood in the draft, and what stands there now. */
  EntryChanged: event(z.strictObject({ ...signed, version: VersionNo, before: Entry, after: Entry })),
  /** A trade leaves the draft. */
  EntryRemoved: event(z.strictObject({ ...signed, version: VersionNo, entry: EntryKey })),
  /** 下发: carries the whole list, so that a reader needs no earlier event. */
  VersionPublished: event(
    z.strictObject({ ...signed, version: VersionNo, effectiveFrom: BusinessDate, ackDueAt: Instant, entries: z.array(Entry).min(1), diff: Diff }),
  ),
  /** 签收确认 by one province. */
  VersionAcknowledged: event(z.strictObject({ ...signed, version: VersionNo, province: ProvinceCode, onTime: z.boolean() })),
  /** 重新筛选: what screening a province by this version came to; said once, it is not screened over this version again. */
  VersionScreened: event(z.strictObject({ ...signed, version: VersionNo, province: ProvinceCode, ...Screened.shape })),
  /** 撤回, before it took effect: as if it had not been published. */
  VersionRevoked: event(z.strictObject({ ...signed, version: VersionNo, reason: Text })),
}
export type IndustryListEvent = EventOf<typeof industryListEvents>
