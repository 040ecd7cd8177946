import type { Feed } from '#application/ports/feed.ts'
import type { GroupIndex, OpenLink } from '#application/ports/groups.ts'
import { readEvent } from '#application/shared/load.ts'
import { groupUser } from '#domain/group-user/decider.ts'
import { type GroupLinkEvent, type GroupUserEvent, groupLinkEvents, groupUserEvents } from '#domain/group-user/events.ts'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { groupLinks } from '#domain/group-user/links.ts'
import { type GroupLinks, initial, isMembership, type Link } from '#domain/group-user/membership.ts'
import { type Group, splitUnderWay } from '#domain/group-user/state.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import { categoryOf, type StreamName } from '#domain/shared/stream-name.ts'

export type GroupsInLog = { readonly links: ReadonlyMap<StreamName, GroupLinks>; readonly groups: ReadonlyMap<StreamName, Group> }

/** Every customer's links and every group, folded from the whole log by the code that decides. */
export const groupsInLog = async (feed: Pick<Feed, 'read'>): Promise<GroupsInLog> => {
  const links = new Map<StreamName, GroupLinks>()
  const groups = new Map<StreamName, Group>()
  let page = await feed.read(undefined, 1000)
  while (page.length > 0) {
    for (const recorded of page) {
      const { stream } = recorded
      if (categoryOf(stream) === 'GroupLink')
        links.set(stream, groupLinks.evolve(links.get(stream) ?? initial, readEvent<GroupLinkEvent>(groupLinkEvents, recorded).event))
      if (categoryOf(stream) === 'GroupUser')
        groups.set(stream, groupUser.evolve(groups.get(stream) ?? groupUser.initial, readEvent<GroupUserEvent>(groupUserEvents, recorded).event))
    }
    page = await feed.read(page.at(-1)!.position, 1000)
  }
  return { links, groups }
}

/** What is asked across customers and groups, answered from the log itself: always as fresh as can be. */
export const indexOfLog = (feed: Pick<Feed, 'read'>): GroupIndex => ({
  openLinks: async (groupNo, on) => openIn(await groupsInLog(feed), groupNo, on),
  unfinished: async (limit) => {
    const { groups } = await groupsInLog(feed)
    const unfinished = [...groups.values()].filter((group) => group.status === 'merging' || splitUnderWay(group) !== undefined)
    return unfinished.flatMap((group) => ('groupNo' in group ? [group.groupNo] : [])).slice(0, limit)
  },
  strays: async (limit) => {
    const all = await groupsInLog(feed)
    const gone = [...all.groups.values()].filter((group) => group.status === 'merged' || group.status === 'dissolved')
    return gone.flatMap((group) => openIn(all, group.groupNo, group.on).map((one) => ({ ...one, groupNo: group.groupNo }))).slice(0, limit)
  },
})

const openIn = ({ links }: GroupsInLog, groupNo: GroupNo, on: BusinessDate): readonly OpenLink[] =>
  [...links.values()].flatMap(({ customer, links: own }) =>
    customer === undefined
      ? []
      : [...own.values()].flatMap((link) => (link.groupNo === groupNo && isOpenOn(link, on) ? [{ ...customer, ...shown(link) }] : [])),
  )

const isOpenOn = (link: Link, on: BusinessDate): boolean => {
  const from = link.effectiveFrom > on ? link.effectiveFrom : on
  return link.status === 'proposed' || (isMembership(link) && (link.endedOn === undefined || link.endedOn > from))
}
const shown = (link: Link) => ({
  linkId: link.linkId,
  confirmed: isMembership(link),
  effectiveFrom: link.effectiveFrom,
  endedOn: link.endedOn ?? null,
})
