import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { GroupLinkEvent } from './events.ts'
import type { GroupNo, LinkId, LinkStatus, Validity } from './fields.ts'

/** Members in one merge; more do not fit into the one event that says them all. */
export const MOST_MEMBERS = 8_000

type Proposal = Extract<GroupLinkEvent, { type: 'LinkProposed' }>['data']

export type Link = {
  readonly linkId: LinkId
  readonly groupNo: GroupNo
  readonly status: LinkStatus
  readonly effectiveFrom: BusinessDate
  readonly endedOn: BusinessDate | undefined
  readonly proposedBy: UserId
  readonly basis: Proposal['basis']
  readonly shareBasisPoints: number | undefined
  readonly evidence: Proposal['evidence']
  readonly reason: string | undefined
}

/** All links of one customer, and the suggestions that were declined with the facts they rested on. */
export type GroupLinks = {
  readonly customer: { readonly province: ProvinceCode; readonly consNo: ConsNo } | undefined
  readonly links: ReadonlyMap<LinkId, Link>
  readonly dismissed: ReadonlyMap<GroupNo, string>
}

export const initial: GroupLinks = { customer: undefined, links: new Map(), dismissed: new Map() }

/** Confirmed at some time: it says who belonged where. */
export const isMembership = ({ status }: Pick<Link, 'status'>): boolean => status === 'confirmed' || status === 'ended'
/** Neither refused nor over: confirmed or waiting for it. */
const isOpen = ({ status }: Link): boolean => status !== 'rejected'

type Interval = { readonly effectiveFrom: BusinessDate; readonly endedOn?: BusinessDate | undefined }
export const isEmpty = ({ effectiveFrom, endedOn }: Interval): boolean => endedOn !== undefined && endedOn <= effectiveFrom
/** Whether two validities share a day; the last day is the one before `endedOn`. */
const overlap = (a: Interval, b: Interval): boolean =>
  !isEmpty(a) && !isEmpty(b) && (b.endedOn === undefined || a.effectiveFrom < b.endedOn) && (a.endedOn === undefined || b.effectiveFrom < a.endedOn)

/** The group to which a customer belongs on a date (统计日归属): confirmed, effectiveFrom <= date < endedOn. */
export const groupOn = ({ links }: GroupLinks, date: BusinessDate): GroupNo | undefined => {
  for (const link of links.values())
    if (isMembership(link) && link.effectiveFrom <= date && (link.endedOn === undefined || date < link.endedOn)) return link.groupNo
  return undefined
}

/** A link, open or once confirmed, that shares a day with a validity. */
export const inTheWay = ({ links }: GroupLinks, validity: Validity, except?: LinkId): Link | undefined =>
  [...links.values()].find((link) => link.linkId !== except && isOpen(link) && overlap(link, validity))

/** A customer's links as their events tell of them. */
export const evolve = (state: GroupLinks, { type, data }: GroupLinkEvent): GroupLinks => {
  const known = { ...state, customer: { province: data.province, consNo: data.consNo } }
  switch (type) {
    case 'LinkProposed': {
      const { linkId, groupNo, effectiveFrom, endedOn, by: proposedBy, basis, shareBasisPoints, evidence, reason } = data
      return withLink(known, { linkId, groupNo, status: 'proposed', effectiveFrom, endedOn, proposedBy, basis, shareBasisPoints, evidence, reason })
    }
    case 'LinkConfirmed':
      return changed(known, data.linkId, { status: 'confirmed', effectiveFrom: data.effectiveFrom, endedOn: data.endedOn })
    case 'LinkRejected':
      return changed(known, data.linkId, { status: 'rejected' })
    case 'LinkEnded':
      return changed(known, data.linkId, { status: 'ended', endedOn: data.on })
    case 'LinkMoved': {
      const { linkId, newLinkId, to, on, endedOn } = data
      const old = state.links.get(linkId)
      if (!old) return known
      const ended = changed(known, linkId, { status: 'ended', endedOn: on })
      return withLink(ended, { ...old, status: 'confirmed', linkId: newLinkId, groupNo: to, effectiveFrom: on, endedOn })
    }
    case 'SuggestionDismissed':
      return { ...known, dismissed: new Map([...known.dismissed, [data.groupNo, data.facts]]) }
  }
}

const withLink = (state: GroupLinks, link: Link): GroupLinks => ({ ...state, links: new Map([...state.links, [link.linkId, link]]) })
const changed = (state: GroupLinks, linkId: LinkId, change: Partial<Link>): GroupLinks => {
  const link = state.links.get(linkId)
  return link ? withLink(state, { ...link, ...change }) : state
}
