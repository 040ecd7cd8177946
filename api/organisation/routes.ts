import { z } from 'zod'
import { type Directory, ORGANISATION } from '#application/organisation/directory.ts'
import {
  type OrganisationUseCases,
  organisationAggregate,
  organisationRoles,
  WORK_CALENDAR,
  workCalendarAggregate,
  workCalendarRoles,
} from '#application/organisation/use-cases.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { EVERYBODY } from '#application/shared/authorise.ts'
import { OrganisationCommand, WorkCalendarCommand } from '#domain/organisation/commands.ts'
import { OrgUnit } from '#domain/organisation/fields.ts'
import { BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { OrgCode } from '#domain/shared/identity.ts'
import { readBy } from '../access.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import { historyRoutes } from '../history/routes.ts'
import { Problem } from '../problem.ts'
import { organisationRefusals, workCalendarRefusals } from '../refusals.ts'
import { type App, readFailures } from '../schemas.ts'

type Needs = { readonly directory: Directory; readonly clock: Clock; readonly store: EventStore; readonly useCases: OrganisationUseCases }
const Nothing = z.strictObject({})
const OfUnit = z.strictObject({ code: OrgCode })

/** The organisation as it stood on a day, and its changes; the working calendar. */
export const organisationRoutes =
  ({ directory, clock, store, useCases }: Needs) =>
  async (app: App): Promise<void> => {
    app.get(
      '/v1/organisation/units',
      {
        config: readBy(EVERYBODY, 'own'),
        schema: {
          operationId: 'listUnits',
          tags: ['organisation'],
          summary: 'The units that existed on a date, each as it stood then',
          querystring: z.strictObject({
            date: BusinessDate.optional().describe('Today when left out'),
            level: OrgUnit.shape.level.optional(),
            under: OrgCode.optional().describe('That unit and those below it'),
          }),
          response: { 200: z.strictObject({ date: BusinessDate, units: z.array(OrgUnit) }), ...readFailures() },
        },
      },
      async (request) => {
        await directory.refresh()
        const { date = businessDateOf(clock.now()), level, under } = request.query
        const units = directory
          .unitsOn(date)
          .filter((unit) => (level === undefined || unit.level === level) && (under === undefined || directory.isWithin(unit.code, under, date)))
        return { date, units: [...units] }
      },
    )
    unitCommands(app, useCases)
    calendarCommands(app, useCases)
    const access = readBy(EVERYBODY, 'own').access
    historyRoutes(app, store, {
      url: '/v1/organisation',
      name: 'Organisation',
      params: Nothing,
      access,
      aggregate: organisationAggregate,
      stream: () => ORGANISATION,
    })
    historyRoutes(app, store, {
      url: '/v1/work-calendar',
      name: 'WorkCalendar',
      params: Nothing,
      access,
      aggregate: workCalendarAggregate,
      stream: () => WORK_CALENDAR,
    })
  }

const unitCommands = (app: App, { execute }: OrganisationUseCases): void => {
  const command = commandRoutes(app, 'organisation', organisationRefusals)
  command({
    url: '/v1/organisation/units',
    operationId: 'registerUnits',
    summary: 'Register units, at most 500',
    scope: 'nation',
    roles: organisationRoles.RegisterUnits,
    params: Nothing,
    body: bodyOf(OrganisationCommand, 'RegisterUnits'),
    run: (_, data, asked) => execute({ type: 'RegisterUnits', data }, asked),
  })
  command({
    method: 'PUT',
    url: '/v1/organisation/units/:code',
    operationId: 'changeUnit',
    summary: 'Give a unit another name or parent from a date on',
    scope: 'nation',
    roles: organisationRoles.ChangeUnit,
    params: OfUnit,
    body: bodyOf(OrganisationCommand, 'ChangeUnit'),
    run: ({ code }, data, asked) => {
      if (data.unit.code !== code)
        throw new Problem('VALIDATION_FAILED', {
          errors: [{ pointer: '/unit/code', code: 'DIFFERS_FROM_PATH', message: 'the unit is not the one of the address' }],
        })
      return execute({ type: 'ChangeUnit', data }, asked)
    },
  })
  command({
    url: '/v1/organisation/units/:code/closure',
    operationId: 'closeUnit',
    summary: 'A unit ends',
    scope: 'nation',
    roles: organisationRoles.CloseUnit,
    params: OfUnit,
    body: bodyOf(OrganisationCommand, 'CloseUnit', 'code'),
    run: ({ code }, data, asked) => execute({ type: 'CloseUnit', data: { ...data, code } }, asked),
  })
}

const calendarCommands = (app: App, { executeCalendar }: OrganisationUseCases): void => {
  commandRoutes(
    app,
    'organisation',
    workCalendarRefusals,
  )({
    url: '/v1/work-calendar/years',
    operationId: 'publishCalendarYear',
    summary: 'Publish a year of the working calendar: holidays and make-up days',
    scope: 'nation',
    roles: workCalendarRoles.PublishCalendarYear,
    params: Nothing,
    body: bodyOf(WorkCalendarCommand, 'PublishCalendarYear'),
    run: (_, data, asked) => executeCalendar({ type: 'PublishCalendarYear', data }, asked),
  })
}
