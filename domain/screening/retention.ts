import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { Purpose } from './fields.ts'

const Keeping = z.strictObject({
  /** A run older than this goes. */
  days: z.int().min(1),
  /** So many newer runs of the same purpose over the same provinces, and it goes as well. */
  runs: z.int().min(1),
})
export type Keeping = Readonly<Record<Purpose, z.output<typeof Keeping>>>

/** How long runs are kept (保存期限), by their purpose; effective-dated. */
export const RetentionRules = z.strictObject({ version: z.int().min(1), effectiveFrom: BusinessDate, keep: z.record(Purpose, Keeping) })
export type RetentionRules = z.output<typeof RetentionRules>
