import type { BusinessDate } from '#domain/shared/dates.ts'
import { accept, type Decider, type Decision, reject } from '#domain/shared/decider.ts'
import type { GroupLinkCommand } from './commands.ts'
import type { GroupLinkEvent } from './events.ts'
import type { LinkId } from './fields.ts'
import { evolve, type GroupLinks, initial, inTheWay, isEmpty, isMembership, type Link } from './membership.ts'
import { closedBecause } from './merging.ts'
import type { GroupLinkRejection } from './rejections.ts'

type Answer = Decision<GroupLinkEvent, GroupLinkRejection>
type Data<T extends GroupLinkCommand['type']> = Extract<GroupLinkCommand, { type: T }>['data']
type Customer = NonNullable<GroupLinks['customer']>

/** 关联关系 of one customer. At most one confirmed group on any date, whatever the order of commands: no two open links share a day. */
export const groupLinks: Decider<GroupLinkCommand, GroupLinks, GroupLinkEvent, GroupLinkRejection> = {
  initial,
  evolve,
  decide: (command, state) => {
    if (command.type === 'ProposeLink') return propose(command.data, state)
    if (command.type === 'DismissSuggestion') return dismiss(command.data, state)
    const link = state.links.get(command.data.linkId)
    if (!link || !state.customer) return reject({ code: 'UNKNOWN_LINK', linkId: command.data.linkId })
    return ofLink(command, link, state, state.customer)
  },
}

type OfLink = Exclude<GroupLinkCommand, { type: 'ProposeLink' | 'DismissSuggestion' }>

const ofLink = (command: OfLink, link: Link, state: GroupLinks, customer: Customer): Answer => {
  switch (command.type) {
    case 'ConfirmLink':
      return confirm(command.data, link, state, customer)
    case 'RejectLink':
      return refuse(command.data, link, customer)
    case 'WithdrawLink':
      return withdraw(command.data, link, customer)
    case 'EndLink':
      return end(command.data, link, customer)
    case 'MoveLink':
      return move(command.data, link, state, customer)
  }
}

const propose = ({ target, known, ...data }: Data<'ProposeLink'>, state: GroupLinks): Answer => {
  const standing = state.links.get(data.linkId)
  if (standing) return isSame(standing, data) ? accept() : reject({ code: 'ID_TAKEN', linkId: data.linkId })
  const { province, consNo, effectiveFrom, endedOn } = data
  if (!known) return reject({ code: 'UNKNOWN_CUSTOMER', province, consNo })
  const closed = closedBecause(data.groupNo, target)
  if (closed) return reject(closed)
  if (endedOn !== undefined && isEmpty(data)) return reject({ code: 'EMPTY_VALIDITY', effectiveFrom, endedOn })
  if (data.evidence.length === 0 && data.reason === undefined) return reject({ code: 'EVIDENCE_REQUIRED' })
  const other = inTheWay(state, data)
  return other ? reject(alreadyLinked(other)) : accept({ type: 'LinkProposed', data })
}

const isSame = (link: Link, data: Omit<Data<'ProposeLink'>, 'target' | 'known'>): boolean =>
  link.groupNo === data.groupNo &&
  link.effectiveFrom === data.effectiveFrom &&
  link.basis === data.basis &&
  link.shareBasisPoints === data.shareBasisPoints &&
  link.proposedBy === data.by

const alreadyLinked = ({ groupNo, linkId, effectiveFrom, endedOn }: Link): GroupLinkRejection => ({
  code: 'ALREADY_LINKED',
  groupNo,
  linkId,
  effectiveFrom,
  ...(endedOn !== undefined && { endedOn }),
})

/** By somebody else than who proposed (四眼原则). */
const confirm = ({ at, by, linkId, target }: Data<'ConfirmLink'>, link: Link, state: GroupLinks, customer: Customer): Answer => {
  if (link.status === 'confirmed') return accept()
  if (link.status !== 'proposed') return reject({ code: 'LINK_STATE', is: link.status })
  if (link.proposedBy === by) return reject({ code: 'SELF_APPROVAL' })
  const closed = closedBecause(link.groupNo, target)
  if (closed) return reject(closed)
  const { groupNo, effectiveFrom, endedOn } = link
  const validity = { effectiveFrom, ...(endedOn !== undefined && { endedOn }) }
  const other = inTheWay(state, validity, linkId)
  return other ? reject(alreadyLinked(other)) : accept({ type: 'LinkConfirmed', data: { at, by, ...customer, linkId, groupNo, ...validity } })
}

const refuse = ({ at, by, linkId, reason }: Data<'RejectLink'>, link: Link, customer: Customer): Answer => {
  if (link.status === 'rejected') return accept()
  if (link.status !== 'proposed') return reject({ code: 'LINK_STATE', is: link.status })
  if (link.proposedBy === by) return reject({ code: 'SELF_APPROVAL' })
  return accept({ type: 'LinkRejected', data: { at, by, ...customer, linkId, groupNo: link.groupNo, reason } })
}

/** Taken back (撤回), by who proposed alone: a mistake need not wait for somebody else. */
const withdraw = ({ at, by, linkId, reason }: Data<'WithdrawLink'>, link: Link, customer: Customer): Answer => {
  if (link.proposedBy !== by) return reject({ code: 'NOT_THE_PROPOSER' })
  if (link.status === 'rejected') return accept()
  if (link.status !== 'proposed') return reject({ code: 'LINK_STATE', is: link.status })
  return accept({ type: 'LinkRejected', data: { at, by, ...customer, linkId, groupNo: link.groupNo, reason } })
}

/** `on` is the first day of not belonging any more. An end is moved forward only: to go on, a link of its own is confirmed. */
const end = ({ at, by, linkId, on, reason }: Data<'EndLink'>, link: Link, customer: Customer): Answer => {
  if (!isMembership(link)) return reject({ code: 'LINK_STATE', is: link.status })
  if (link.endedOn === on) return accept()
  if (on < link.effectiveFrom) return reject({ code: 'DATE_TOO_EARLY', date: on, earliest: link.effectiveFrom })
  if (link.endedOn !== undefined && on > link.endedOn) return reject({ code: 'ALREADY_ENDED', endedOn: link.endedOn })
  return accept({ type: 'LinkEnded', data: { at, by, ...customer, linkId, groupNo: link.groupNo, on, reason } })
}

/**
 * Into another group from a date on, in one event; what begins later moves as a whole, what was over by then stays. A proposal
 * is refused here and made there, still his who made it: who proposed does not confirm.
 */
const move = ({ at, by, linkId, newLinkId, to, on, cause, reason }: Data<'MoveLink'>, link: Link, { links }: GroupLinks, customer: Customer): Answer => {
  if (links.has(newLinkId) || link.groupNo === to || link.status === 'rejected') return accept() // moved already, or nothing to move
  if (link.status === 'proposed') return again(link, { at, by, newLinkId, to, reason }, customer)
  const { groupNo, effectiveFrom, endedOn } = link
  const from: BusinessDate = on > effectiveFrom ? on : effectiveFrom
  if (endedOn !== undefined && endedOn <= from) return accept()
  return accept({
    type: 'LinkMoved',
    data: { at, by, ...customer, linkId, groupNo, newLinkId, to, on: from, ...(endedOn !== undefined && { endedOn }), cause },
  })
}

type There = Pick<Data<'MoveLink'>, 'at' | 'by' | 'to' | 'newLinkId' | 'reason'>

const again = (link: Link, { at, by, newLinkId, to, reason }: There, customer: Customer): Answer => {
  const { linkId, groupNo, basis, shareBasisPoints, effectiveFrom, endedOn, evidence, proposedBy } = link
  const proposal = {
    basis,
    ...(shareBasisPoints !== undefined && { shareBasisPoints }),
    effectiveFrom,
    ...(endedOn !== undefined && { endedOn }),
    evidence,
    ...(link.reason !== undefined && { reason: link.reason }),
  }
  const linkOf = (id: LinkId) => ({ ...customer, linkId: id })
  return accept<GroupLinkEvent>(
    { type: 'LinkRejected', data: { at, by, ...linkOf(linkId), groupNo, reason } },
    { type: 'LinkProposed', data: { at, by: proposedBy, ...linkOf(newLinkId), groupNo: to, ...proposal } },
  )
}

const dismiss = (data: Data<'DismissSuggestion'>, { dismissed }: GroupLinks): Answer =>
  dismissed.get(data.groupNo) === data.facts ? accept() : accept({ type: 'SuggestionDismissed', data })
