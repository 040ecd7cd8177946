import { z } from 'zod'
import {
  GROUP_RELEASE,
  groupLinkAggregate,
  groupLinkStream,
  groupReleaseReplay,
  groupUserAggregate,
  groupUserStream,
} from '#application/group-user/aggregates.ts'
import type { GroupLinkUseCases } from '#application/group-user/links.ts'
import type { LinksInBulk } from '#application/group-user/links-in-bulk.ts'
import type { GroupUserUseCases } from '#application/group-user/use-cases.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { PROVINCE_READERS, ROLES } from '#application/shared/authorise.ts'
import { readBy } from '../access.ts'
import { historyRoutes } from '../history/routes.ts'
import { type App, OfUser } from '../schemas.ts'
import { groupLinkBulk } from './bulk.ts'
import { groupCommands, OfGroup } from './commands.ts'
import { groupLinkCommands } from './links.ts'

export type GroupUseCases = { readonly groupUser: GroupUserUseCases; readonly groupLink: GroupLinkUseCases; readonly linksInBulk: LinksInBulk }

/** What is asked of groups and links, and their streams replayed. A group's own stream names members of all provinces: it is headquarters'. */
export const groupRoutes =
  ({ groupUser, groupLink, linksInBulk }: GroupUseCases, store: EventStore) =>
  async (app: App): Promise<void> => {
    await groupCommands(groupUser)(app)
    await groupLinkCommands(groupLink)(app)
    await groupLinkBulk(linksInBulk)(app)
    historyRoutes(app, store, {
      url: '/v1/groups/:groupNo',
      name: 'Group',
      params: OfGroup,
      access: readBy([...ROLES.headquarters, 'SYS'], 'nation').access,
      aggregate: groupUserAggregate,
      stream: ({ groupNo }) => groupUserStream(groupNo),
    })
    historyRoutes(app, store, {
      url: '/v1/group-releases',
      name: 'GroupReleases',
      params: z.strictObject({}),
      access: readBy([...ROLES.headquarters, 'SYS'], 'nation').access,
      aggregate: groupReleaseReplay,
      stream: () => GROUP_RELEASE,
    })
    historyRoutes(app, store, {
      url: '/v1/group-links/:province/:consNo',
      name: 'GroupLinks',
      params: OfUser,
      access: readBy(PROVINCE_READERS, 'province', true).access,
      aggregate: groupLinkAggregate,
      stream: groupLinkStream,
    })
  }
