import { groupLinkEvents, groupRegisterEvents, groupUserEvents } from '#domain/group-user/events.ts'
import type { EventOf } from '#domain/shared/catalogue.ts'
import { type Projected, projection } from '#projections/shared/projection.ts'
import { applyGroups } from './directory/groups.ts'
import { applyLinks } from './directory/links.ts'
import { tables } from './directory/tables.sql.ts'
import { applyRegister } from './directory/tree.ts'

const sources = { GroupUser: groupUserEvents, GroupRegister: groupRegisterEvents, GroupLink: groupLinkEvents }

/**
 * Large group users (集团用户): the groups and what became of each, who stood under whom on any date, which customer belonged to which group
 * from when to when, and the change log. Every interval is half open: from a day until the day before another.
 */
export const groupDirectory = projection<typeof sources>({
  name: 'group-user',
  version: 1,
  sources,
  onPoison: 'halt', // a total over members that lacks one is a lie
  publishes: ['group_user', 'group_parent', 'group_ancestor', 'group_link', 'group_membership', 'group_links_changed', 'group_dismissal', 'group_change'],
  create: tables,
  apply: async (events, db) => {
    await applyGroups(of('GroupUser', events), db)
    await applyRegister(of('GroupRegister', events), db)
    await applyLinks(of('GroupLink', events), db)
  },
})

type Categories = typeof sources
const of = <C extends keyof Categories>(category: C, events: readonly { readonly stream: string }[]) =>
  events.filter(({ stream }) => stream.startsWith(`${category}-`)) as unknown as readonly Projected<EventIn<C>>[]
type EventIn<C extends keyof Categories> = EventOf<Categories[C]>
