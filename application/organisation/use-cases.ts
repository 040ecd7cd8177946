import type { OrganisationCommand, WorkCalendarCommand } from '#domain/organisation/commands.ts'
import { organisation, workCalendar } from '#domain/organisation/decider.ts'
import { organisationEvents, workCalendarEvents } from '#domain/organisation/events.ts'
import type { OrganisationRejection, WorkCalendarRejection } from '#domain/organisation/rejections.ts'
import type { Role } from '#domain/shared/actor.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import type { Asked, Unsigned } from '../shared/asked.ts'
import { NATION } from '../shared/authorise.ts'
import type { Outcome } from '../shared/outcome.ts'
import { perform, type Working } from '../shared/perform.ts'
import { type Directory, ORGANISATION } from './directory.ts'

export const WORK_CALENDAR = streamName('WorkCalendar', 'national')

/** Kept by headquarters' administrators; the system loads what comes with a release. */
export const organisationRoles: Readonly<Record<OrganisationCommand['type'], readonly Role[]>> = {
  RegisterUnits: ['ADMIN', 'SYS'],
  ChangeUnit: ['ADMIN'],
  CloseUnit: ['ADMIN'],
}
export const workCalendarRoles: Readonly<Record<WorkCalendarCommand['type'], readonly Role[]>> = { PublishCalendarYear: ['ADMIN', 'SYS'] }

export const organisationAggregate = { catalogue: organisationEvents, decider: organisation }
export const workCalendarAggregate = { catalogue: workCalendarEvents, decider: workCalendar }

export type OrganisationUseCases = {
  readonly execute: (command: Unsigned<OrganisationCommand>, asked: Asked) => Promise<Outcome<OrganisationRejection>>
  readonly executeCalendar: (command: Unsigned<WorkCalendarCommand>, asked: Asked) => Promise<Outcome<WorkCalendarRejection>>
}

/** The organisation and its working calendar. After a change the directory has read it before the caller has the answer. */
export const organisationUseCases = (working: Working & { readonly scope: Directory }): OrganisationUseCases => ({
  execute: async (command, asked) => {
    const outcome = await perform(working, organisationAggregate, organisationRoles, { stream: ORGANISATION, subject: NATION }, command, asked)
    if (outcome.kind === 'done') await working.scope.refresh('now')
    return outcome
  },
  executeCalendar: (command, asked) => perform(working, workCalendarAggregate, workCalendarRoles, { stream: WORK_CALENDAR, subject: NATION }, command, asked),
})
