import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ProvinceCode, signed, Text } from '#domain/shared/identity.ts'
import { ExtractionTotals, Source, UnmappedCode } from './fields.ts'

const key = { province: ProvinceCode, date: BusinessDate, source: Source }

export const extractionEvents = {
  /** A run begins. */
  ExtractionStarted: event(z.strictObject({ ...signed, ...key, run: z.int().min(1), fileName: Text.optional() })),
  /** What came, what was kept, what was set aside; `sha256` is of the bytes as received. A later run of the same day replaces this one's rows. */
  ExtractionCompleted: event(
    z.strictObject({
      ...signed,
      ...key,
      run: z.int().min(1),
      received: ExtractionTotals,
      stored: ExtractionTotals,
      quarantined: z.int().min(0),
      unmapped: z.array(UnmappedCode).max(200),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  /** A run that ended without a result. */
  ExtractionFailed: event(z.strictObject({ ...signed, ...key, run: z.int().min(1), reason: Text })),
}
export type ExtractionEvent = EventOf<typeof extractionEvents>
