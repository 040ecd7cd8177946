import { z } from 'zod'
import { AdverseKind, CaseId, ContactChannel, HoldKind, ReviewFinding, Screening, UserStatus, WithdrawalCause } from '#domain/high-risk-user/fields.ts'
import { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import { OrgCode, UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { Measure } from './measures.ts'

const Promised = z.object({
  promiseId: CaseId,
  bills: z.array(BillMonth),
  amount: Fen,
  dueOn: BusinessDate,
  state: z.enum(['open', 'kept', 'broken']),
  received: Fen.nullable(),
  shortfall: Fen.nullable(),
  /** What had come in on its bills when it was made. */
  receivedBefore: Fen,
  madeAt: Instant,
})
const Contact = z.object({
  contactId: CaseId,
  at: Instant,
  by: UserId,
  channel: ContactChannel,
  /** Masked before they are kept here. */
  person: z.string().nullable(),
  phone: z.string().nullable(),
  outcome: z.string(),
  nextOn: BusinessDate.nullable(),
})
const Hold = z.object({ kind: HoldKind, from: BusinessDate, until: BusinessDate, reason: z.string(), releasedOn: BusinessDate.nullable() })
const Fact = z.object({
  ...{ factId: CaseId, kind: AdverseKind, on: BusinessDate, source: z.string(), by: UserId },
  /** It no longer counts from that day on. */
  withdrawn: z.object({ on: BusinessDate, cause: WithdrawalCause, reason: z.string() }).nullable().default(null),
})
const Review = z.object({
  on: BusinessDate,
  ruleSetVersion: z.int(),
  computedLevel: Level.nullable(),
  score: z.int(),
  hardTriggers: z.array(z.string()),
})

/** Everything that is being done about a user, as his page shows it. */
export const UserCase = z.object({
  status: UserStatus,
  /** Since when he stands so, in business days. */
  statusSince: BusinessDate,
  level: Level.nullable(),
  levelSince: BusinessDate.nullable(),
  owner: UserId.nullable(),
  name: z.string(),
  orgCode: OrgCode,
  recheckAfter: BusinessDate.nullable(),
  /** Why he was dismissed last, and over which open hard triggers: headquarters looks at those. */
  dismissal: z.object({ by: UserId, reason: z.string(), openHardTriggers: z.array(z.string()) }).nullable(),
  overrideExpiresOn: BusinessDate.nullable(),
  /** What was said when a person nominated him last. */
  nomination: z.object({ by: UserId, reason: z.string().nullable(), proposedLevel: Level }).nullable(),
  screening: Screening.nullable(),
  review: Review.nullable(),
  /** A review proposed over a new industry list that nobody has answered yet; `on`: the day it was proposed. */
  proposal: ReviewFinding.extend({ on: BusinessDate }).nullable().default(null),
  measures: z.array(Measure),
  promises: z.array(Promised),
  /** The latest ones, the last first. */
  contacts: z.array(Contact),
  holds: z.array(Hold),
  facts: z.array(Fact),
})
export type UserCase = z.output<typeof UserCase>

/** Of an event's data what a schema names. */
export const pick = (data: object, { shape }: z.ZodObject): unknown =>
  Object.fromEntries(Object.keys(shape).map((name) => [name, data[name as keyof typeof data]]))
