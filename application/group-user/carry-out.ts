import type { GroupLinkCommand, GroupRegisterCommand, GroupUserCommand } from '#domain/group-user/commands.ts'
import type { GroupNo, LinkId, Member } from '#domain/group-user/fields.ts'
import { similarTo } from '#domain/group-user/register.ts'
import { childrenOf } from '#domain/group-user/register-state.ts'
import { type MergingGroup, type SplitProposal, splitUnderWay } from '#domain/group-user/state.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { UserId } from '#domain/shared/identity.ts'
import { sign, type Unsigned } from '../shared/asked.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { handle } from '../shared/handle.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Request } from '../shared/request.ts'
import {
  type CustomerKey,
  GROUP_REGISTER,
  type Grouping,
  groupLinkAggregate,
  groupLinkStream,
  groupRegisterAggregate,
  groupUserAggregate,
  groupUserStream,
} from './aggregates.ts'
import { follow } from './follow.ts'
import type { RegisterReader } from './read-register.ts'

export type Carrying = Pick<Grouping, 'store' | 'clock' | 'groups'> & { readonly register: RegisterReader }

const ACTOR = { ...SYSTEM, userId: 'group-work' as UserId }
const SIDE_BY_SIDE = 16

/** A step of the system's own: its id follows from what is carried out, so that any number of workers and restarts take it once. */
export const systemStep = ({ clock }: Pick<Carrying, 'clock'>, cause: string, step: string): Request => ({
  actor: ACTOR,
  role: 'SYS',
  commandId: derivedCommandId(cause, step),
  correlationId: derivedCommandId(cause, ''),
  at: clock.now(),
})

/**
 * Carries an approved merge or split out to its end, or calls it off while no link has moved: when the register no longer has
 * what it takes. Begins where it was left, takes no step twice, and does nothing for a group in which nothing is approved.
 * With more members than `most` it leaves all to a call without that limit. Answers how many facts were recorded.
 */
export const carryOut = async (needs: Carrying, groupNo: GroupNo, most = Number.POSITIVE_INFINITY): Promise<number> => {
  const { state } = await load(needs.store, groupUserAggregate, groupUserStream(groupNo))
  const split = splitUnderWay(state)
  const members = state.status === 'merging' ? state.members : (split?.members ?? [])
  if (members.length > most) return 0
  if (state.status === 'merging') return merge(needs, state)
  return split ? splitOff(needs, groupNo, split) : 0
}

const merge = async (needs: Carrying, { groupNo, into, on, members, approvedAt }: MergingGroup): Promise<number> => {
  const cause = `${groupUserStream(groupNo)}/merge/${into}/${approvedAt}`
  const below = childrenOf(await needs.register(), groupNo)
  const leaving = await atRegister(needs, cause, { type: 'LeaveRegister', data: { groupNo, into, on, absorbed: [] } })
  if (leaving === 'refused') return own(needs, groupNo, cause, { type: 'AbandonMerge', data: { reason: `${into} no longer takes what the group brings` } })
  const register = await needs.register()
  for (const child of below) await follow(needs.store, register, child, systemStep(needs, cause, child))
  const open = await needs.groups.openLinks(groupNo, on)
  const linkOf = ({ province, consNo, linkId }: Member): Member => ({ province, consNo, linkId })
  const confirmed = new Map([...members, ...open.filter((link) => link.confirmed).map(linkOf)].map((member) => [keyOf(member), member]))
  const move = { to: into, on, cause: 'merge', reason: `${groupNo} merged into ${into}` } as const
  const moved = await moveAll(needs, cause, [...confirmed.values()], move)
  const proposed = await moveAll(needs, cause, open.filter((link) => !link.confirmed).map(linkOf), move)
  const completed = await own(needs, groupNo, cause, { type: 'CompleteMerge', data: { moved: moved.members } })
  return leaving + moved.recorded + proposed.recorded + completed
}

const splitOff = async (needs: Carrying, groupNo: GroupNo, split: SplitProposal): Promise<number> => {
  const { to, on, members, profile, parent, approvedAt } = split
  const cause = `${groupUserStream(groupNo)}/split/${to}/${approvedAt}`
  // Who proposed has seen the similar names, and answered for them.
  const distinctFrom = similarTo(await needs.register(), profile.name).map((one) => one.groupNo)
  const entering = await atRegister(needs, cause, { type: 'EnterGroup', data: { groupNo: to, profile, ...(parent !== undefined && { parent }), distinctFrom } })
  if (entering === 'refused') return own(needs, groupNo, cause, { type: 'AbandonSplit', data: { reason: `${to} cannot be entered in the register any more` } })
  await follow(needs.store, await needs.register(), to, systemStep(needs, cause, to))
  const moved = await moveAll(needs, cause, members, { to, on, cause: 'split', reason: `split off from ${groupNo}` })
  return entering + moved.recorded + (await own(needs, groupNo, cause, { type: 'CompleteSplit', data: { moved: moved.members } }))
}

const keyOf = ({ province, consNo, linkId }: Member): string => `${province}/${consNo}/${linkId}`

/** What was recorded; `refused` when the register does not have what it takes. Throws on a conflict that would not end: it is tried again later. */
const atRegister = async (needs: Carrying, cause: string, command: Unsigned<GroupRegisterCommand>): Promise<number | 'refused'> => {
  const request = systemStep(needs, cause, 'register')
  const outcome = await handle(
    needs.store,
    groupRegisterAggregate,
    GROUP_REGISTER,
    sign<GroupRegisterCommand>(command, request),
    request,
    needs.register.loaded,
  )
  const recorded = recordedBy(outcome)
  // What somebody else did to the same effect is not this: only a step of one's own may be found done.
  return outcome.kind === 'rejected' || (recorded === 0 && !(outcome.kind === 'done' && outcome.repeated)) ? 'refused' : recorded
}

const own = async (needs: Carrying, groupNo: GroupNo, cause: string, command: Unsigned<GroupUserCommand>): Promise<number> => {
  const request = systemStep(needs, cause, command.type)
  return recordedBy(await handle(needs.store, groupUserAggregate, groupUserStream(groupNo), sign<GroupUserCommand>(command, request), request))
}

const recordedBy = (outcome: { readonly kind: string; readonly recorded?: number; readonly repeated?: boolean }): number => {
  if (outcome.kind === 'conflict') throw new Error('others kept writing the same stream; it is tried again')
  return outcome.kind === 'done' && outcome.repeated !== true ? (outcome.recorded ?? 0) : 0
}

type Move = { readonly to: GroupNo; readonly on: BusinessDate; readonly cause: 'merge' | 'split'; readonly reason: string }

/** Moves each of some links by one event of the customer's own stream, so many side by side. Answers who has moved, now or before. */
export const moveAll = async (
  needs: Carrying,
  cause: string,
  members: readonly Member[],
  move: Move,
): Promise<{ readonly members: Member[]; readonly recorded: number }> => {
  const moved: Member[] = []
  let recorded = 0
  for (let at = 0; at < members.length; at += SIDE_BY_SIDE) {
    const some = members.slice(at, at + SIDE_BY_SIDE)
    const results = await Promise.all(some.map((member) => moveOne(needs, cause, member, move)))
    for (const [i, result] of results.entries()) if (result !== undefined) moved.push(some[i]!)
    recorded += results.reduce<number>((sum, result) => sum + (result ?? 0), 0)
  }
  return { members: moved, recorded }
}

const moveOne = async (needs: Carrying, cause: string, { linkId, ...customer }: Member, move: Move): Promise<number | undefined> => {
  const newLinkId = derivedCommandId(cause, keyOf({ linkId, ...customer })) as string as LinkId
  const request = systemStep(needs, cause, `move/${newLinkId}`)
  const outcome = await linkStep(needs, customer, { type: 'MoveLink', data: { linkId, newLinkId, ...move } }, request)
  const recorded = recordedBy(outcome)
  return outcome.kind === 'done' && (outcome.repeated || recorded > 0) ? recorded : undefined
}

export const linkStep = ({ store }: Pick<Carrying, 'store'>, customer: CustomerKey, command: Unsigned<GroupLinkCommand>, request: Request) =>
  handle(store, groupLinkAggregate, groupLinkStream(customer), sign<GroupLinkCommand>(command, request), request)
