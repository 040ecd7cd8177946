import type { Decider } from '#domain/shared/decider.ts'
import { type CalendarYears, publishYear } from './calendar-years.ts'
import type { OrganisationCommand, WorkCalendarCommand } from './commands.ts'
import type { OrganisationEvent, WorkCalendarEvent } from './events.ts'
import type { OrganisationRejection, WorkCalendarRejection } from './rejections.ts'
import { type OrgTree, treeOf, withUnits } from './tree.ts'
import { change, close, register } from './units.ts'

/**
 * The organisation over time: headquarters, provincial companies, cities, counties, stations. Nothing is rewritten: a unit is
 * registered, takes another form from a later date on, and ends. A past day keeps its tree.
 */
export const organisation: Decider<OrganisationCommand, OrgTree, OrganisationEvent, OrganisationRejection> = {
  initial: treeOf([]),

  decide: (command, tree) => {
    switch (command.type) {
      case 'RegisterUnits':
        return register(command.data, tree)
      case 'ChangeUnit':
        return change(command.data, tree)
      case 'CloseUnit':
        return close(command.data, tree)
    }
  },

  evolve: (tree, { type, data }) => {
    switch (type) {
      case 'UnitsRegistered':
        return withUnits(tree, data.units)
      case 'UnitChanged':
        return withUnits(tree, [data.unit])
      case 'UnitClosed': {
        const last = tree.get(data.code)?.at(-1)
        return last ? withUnits(tree, [{ ...last, validTo: data.on }]) : tree
      }
    }
  },
}

/** 工作日历: a year is published each November after the State Council's notice, and again when the notice is amended. */
export const workCalendar: Decider<WorkCalendarCommand, CalendarYears, WorkCalendarEvent, WorkCalendarRejection> = {
  initial: new Map(),
  decide: ({ data }, years) => publishYear(data, years),
  evolve: (years, { data: { calendar } }) => new Map([...years, [calendar.year, calendar]]),
}
