import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { signed, Text } from '#domain/shared/identity.ts'
import { Content, VersionNo } from './fields.ts'

export const screeningEvents = {
  /** 起草: a draft with all its rules; `basedOn` names the published version it began from. */
  RuleSetDrafted: event(z.strictObject({ ...signed, version: VersionNo, basedOn: VersionNo.optional(), content: Content })),
  /** The draft says something else now; carries all of it. */
  RuleSetChanged: event(z.strictObject({ ...signed, version: VersionNo, content: Content })),
  /** The draft is given up; its number is not used again. */
  RuleSetDiscarded: event(z.strictObject({ ...signed, version: VersionNo, reason: Text })),
  /** 发布, by somebody who did not write it. Carries all of it, so that a reader needs no earlier event. */
  RuleSetPublished: event(z.strictObject({ ...signed, version: VersionNo, effectiveFrom: BusinessDate, content: Content })),
  /** 撤回, before it took effect. */
  RuleSetRevoked: event(z.strictObject({ ...signed, version: VersionNo, reason: Text })),
}
export type ScreeningEvent = EventOf<typeof screeningEvents>
