import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { OrgCode, signed, Text } from '#domain/shared/identity.ts'
import { CalendarYear, OrgUnit } from './fields.ts'

export const organisationEvents = {
  /** Units that exist from their `validFrom`; at most 500 in one event. */
  UnitsRegistered: event(z.strictObject({ ...signed, units: z.array(OrgUnit).min(1).max(500) })),
  /** From `unit.validFrom` the unit has this name and parent; before that, what it had. */
  UnitChanged: event(z.strictObject({ ...signed, unit: OrgUnit, reason: Text })),
  /** `on` is the first day without the unit; `successor` takes over its customers. */
  UnitClosed: event(z.strictObject({ ...signed, code: OrgCode, on: BusinessDate, successor: OrgCode.optional(), reason: Text })),
}
export type OrganisationEvent = EventOf<typeof organisationEvents>

export const workCalendarEvents = {
  /** A year of the working calendar; a higher version replaces a lower one. */
  CalendarYearPublished: event(z.strictObject({ ...signed, calendar: CalendarYear })),
}
export type WorkCalendarEvent = EventOf<typeof workCalendarEvents>
