import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import type { Answer, Data, KnownGroup } from './answer.ts'
import type { Member } from './fields.ts'
import { occupied } from './merging.ts'
import { type SplitProposal, splitUnderWay } from './state.ts'

const keyOf = ({ province, consNo, linkId }: Member): string => `${province}/${consNo}/${linkId}`

/** Those of the members named who are none. */
const strangers = (members: readonly Member[], membersNow: readonly Member[]): readonly Member[] => {
  const known = new Set(membersNow.map(keyOf))
  return members.filter((member) => !known.has(keyOf(member)))
}

/** 拆分: some members leave for a group that is yet to be. Its number and code are judged by the register when it is entered. */
export const proposeSplit = ({ at, by, to, profile, parent, on, members, reason, membersNow }: Data<'ProposeSplit'>, group: KnownGroup): Answer => {
  const pending = group.status === 'active' ? group.pending : undefined
  if (pending?.kind === 'split' && pending.proposedBy === by && sameSplit(pending, { to, profile, parent, on, members })) return accept()
  const hindrance = occupied(group)
  if (hindrance) return reject(hindrance)
  const today = businessDateOf(at)
  if (on > today) return reject({ code: 'FUTURE_DATE', date: on, latest: today })
  const twice = members.find((member, i) => members.findIndex((other) => keyOf(other) === keyOf(member)) !== i)
  if (twice) return reject({ code: 'DUPLICATE_MEMBER', member: twice })
  const none = strangers(members, membersNow)
  if (none.length > 0) return reject({ code: 'NOT_A_MEMBER', members: none })
  return accept({
    type: 'SplitProposed',
    data: { at, by, groupNo: group.groupNo, to, profile, ...(parent !== undefined && { parent }), on, members, reason },
  })
}

type Content = Pick<SplitProposal, 'to' | 'profile' | 'on' | 'members' | 'parent'>
const sameSplit = (a: Content, b: Content): boolean => contentOf(a) === contentOf(b)
const contentOf = ({ to, profile, on, members, parent = null }: Omit<Content, 'parent'> & { readonly parent?: Content['parent'] | null }): string =>
  canonicalJson({ to, profile, on, members, parent })

export const approveSplit = ({ at, by, membersNow }: Data<'ApproveSplit'>, group: KnownGroup): Answer => {
  if (group.status !== 'active') return reject({ code: 'INVALID_STATE', status: group.status })
  if (group.pending?.kind !== 'split') return reject({ code: 'NOTHING_PROPOSED', kind: 'split' })
  const { to, on, members, reason, proposedBy, approvedAt } = group.pending
  if (approvedAt !== undefined) return accept()
  if (proposedBy === by) return reject({ code: 'SELF_APPROVAL' })
  const none = strangers(members, membersNow)
  if (none.length > 0) return reject({ code: 'NOT_A_MEMBER', members: none })
  return accept({ type: 'SplitApproved', data: { at, by, groupNo: group.groupNo, to, on, members: [...members], reason } })
}

export const rejectSplit = ({ at, by, reason }: Data<'RejectSplit'>, group: KnownGroup): Answer => {
  if (group.status !== 'active') return reject({ code: 'INVALID_STATE', status: group.status })
  if (group.pending?.kind !== 'split') return reject({ code: 'NOTHING_PROPOSED', kind: 'split' })
  if (group.pending.approvedAt !== undefined) return reject({ code: 'DECISION_PENDING', kind: 'split' })
  if (group.pending.proposedBy === by) return reject({ code: 'SELF_APPROVAL' })
  return accept({ type: 'SplitRejected', data: { at, by, groupNo: group.groupNo, to: group.pending.to, reason } })
}

/** Taken back by who proposed, before it is decided. */
export const withdrawSplit = ({ at, by, reason }: Data<'WithdrawSplit'>, group: KnownGroup): Answer => {
  if (group.status !== 'active') return reject({ code: 'INVALID_STATE', status: group.status })
  if (group.pending?.kind !== 'split') return reject({ code: 'NOTHING_PROPOSED', kind: 'split' })
  if (group.pending.approvedAt !== undefined) return reject({ code: 'DECISION_PENDING', kind: 'split' })
  if (group.pending.proposedBy !== by) return reject({ code: 'NOT_THE_PROPOSER' })
  return accept({ type: 'SplitRejected', data: { at, by, groupNo: group.groupNo, to: group.pending.to, reason } })
}

/** Calls an approved split off, before any link has moved. */
export const abandonSplit = ({ at, by, reason }: Data<'AbandonSplit'>, group: KnownGroup): Answer => {
  const split = splitUnderWay(group)
  return split ? accept({ type: 'SplitRejected', data: { at, by, groupNo: group.groupNo, to: split.to, reason } }) : accept()
}

export const completeSplit = ({ at, by, moved }: Data<'CompleteSplit'>, group: KnownGroup): Answer => {
  const split = splitUnderWay(group)
  return split ? accept({ type: 'GroupSplit', data: { at, by, groupNo: group.groupNo, to: split.to, on: split.on, moved } }) : accept()
}
