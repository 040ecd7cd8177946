import { z } from 'zod'
import { Role } from './actor.ts'
import { BusinessDate, Instant } from './dates.ts'
import { OrgCode, UserId, Uuid } from './identity.ts'

/** What is kept beside every event's payload: who, when, by which command, because of what. The same JSON on every engine. */
export const Metadata = z.strictObject({
  schemaVersion: z.int().min(1),
  commandId: Uuid,
  correlationId: Uuid,
  causationId: Uuid.optional(),
  actor: z.strictObject({ userId: UserId, role: Role, orgCode: OrgCode }),
  /** When it was decided, by the application's clock. */
  at: Instant,
  /** The day of `at` in Asia/Shanghai. */
  businessDate: BusinessDate,
  reason: z.string().optional(),
  /** W3C traceparent of the request. */
  trace: z.string().optional(),
})
export type Metadata = z.output<typeof Metadata>
