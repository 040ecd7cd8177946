import { z } from 'zod'
import { command } from '#domain/shared/command.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { OrgCode, Text } from '#domain/shared/identity.ts'
import { CalendarYear, OrgUnit } from './fields.ts'

export const OrganisationCommand = z.discriminatedUnion('type', [
  command('RegisterUnits', { units: z.array(OrgUnit).min(1).max(500) }),
  command('ChangeUnit', { unit: OrgUnit, reason: Text }),
  command('CloseUnit', { code: OrgCode, on: BusinessDate, successor: OrgCode.optional(), reason: Text }),
])
export type OrganisationCommand = z.output<typeof OrganisationCommand>

export const WorkCalendarCommand = z.discriminatedUnion('type', [command('PublishCalendarYear', { calendar: CalendarYear })])
export type WorkCalendarCommand = z.output<typeof WorkCalendarCommand>
