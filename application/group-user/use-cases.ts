import type { GroupCommand, GroupRegisterCommand, GroupUserCommand } from '#domain/group-user/commands.ts'
import type { GroupNo, Member } from '#domain/group-user/fields.ts'
import { childrenOf, type GroupRegister, mergedInto, standingOf } from '#domain/group-user/register-state.ts'
import type { Group } from '#domain/group-user/state.ts'
import { get } from '#domain/group-user/table.ts'
import { type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { type Asked, sign, type Unsigned } from '../shared/asked.ts'
import { NATION } from '../shared/authorise.ts'
import { handle } from '../shared/handle.ts'
import { load } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import { admit, isDenied, withReason } from '../shared/perform.ts'
import type { Request } from '../shared/request.ts'
import { GROUP_REGISTER, type Grouping, type GroupRefusal, groupRegisterAggregate, groupRoles, groupUserAggregate, groupUserStream } from './aggregates.ts'
import { carryOut } from './carry-out.ts'
import { follow, stepOf } from './follow.ts'
import { type RegisterReader, registerReader } from './read-register.ts'

export type GroupUserUseCases = {
  readonly execute: (groupNo: GroupNo, command: Unsigned<GroupCommand>, asked: Asked) => Promise<Outcome<GroupRefusal>>
}

type Needs = Grouping & { readonly register: RegisterReader }
type Answer = Outcome<GroupRefusal>
type Of<T extends GroupCommand['type']> = Extract<Unsigned<GroupCommand>, { type: T }>['data']

/**
 * The nation's large groups (集团用户). What spans groups is decided by the register first and followed by the group's own
 * stream; every step's id follows from the command's, so that sent again it is finished and nothing is said twice. An approved
 * merge or split of a usual size is carried out before the answer; what breaks off is finished by the process.
 */
export const groupUserUseCases = (grouping: Grouping): GroupUserUseCases => {
  const needs: Needs = { ...grouping, register: registerReader(grouping.store) }
  return {
    execute: async (groupNo, command, asked) => {
      const admitted = await admit(needs, groupRoles[command.type], NATION, asked)
      if (isDenied(admitted)) return { kind: 'forbidden', code: admitted.code }
      return carry(needs, groupNo, command, withReason(admitted, command.data))
    },
  }
}

const carry = (needs: Needs, groupNo: GroupNo, command: Unsigned<GroupCommand>, request: Request): Promise<Answer> => {
  switch (command.type) {
    case 'RegisterGroup':
      return byRegister(needs, groupNo, { type: 'EnterGroup', data: { groupNo, ...command.data } }, request)
    case 'PlaceGroup':
      return byRegister(needs, groupNo, { type: 'MoveGroup', data: { groupNo, ...command.data } }, request)
    case 'AmendGroup':
      return amend(needs, groupNo, command.data, request)
    case 'DissolveGroup':
      return dissolve(needs, groupNo, command.data, request)
    default:
      return inOwnStream(needs, groupNo, command, request)
  }
}

/** Whether a command may go to the register at all, by the group's own stream: what it was pinned to, and that it is active. */
const refusedBefore = async ({ store }: Needs, groupNo: GroupNo, request: Request, mayBeAbsent: boolean): Promise<Answer | undefined> => {
  const { state, revision, answered } = await load(store, groupUserAggregate, groupUserStream(groupNo), stepOf(request, 'group').commandId)
  if (answered) return undefined
  if (request.pinned !== undefined && request.pinned !== revision) return { kind: 'conflict', actual: revision, pinned: true }
  if (state.status === 'active' || (mayBeAbsent && state.status === 'absent')) return undefined
  return { kind: 'rejected', rejection: state.status === 'absent' ? { code: 'NOT_FOUND' } : { code: 'INVALID_STATE', status: state.status } }
}

const atRegister = ({ store, register }: Needs, command: Unsigned<GroupRegisterCommand>, request: Request): Promise<Answer> => {
  const step = stepOf(request, 'register')
  return handle(store, groupRegisterAggregate, GROUP_REGISTER, sign<GroupRegisterCommand>(command, step), step, register.loaded)
}

/** The register decides, the group's own stream follows. */
const byRegister = async (needs: Needs, groupNo: GroupNo, command: Unsigned<GroupRegisterCommand>, request: Request): Promise<Answer> => {
  const refused = await refusedBefore(needs, groupNo, request, command.type === 'EnterGroup')
  if (refused) return refused
  const decided = await atRegister(needs, command, request)
  return decided.kind === 'done' ? follow(needs.store, await needs.register(), groupNo, stepOf(request, 'group')) : decided
}

const amend = async (needs: Needs, groupNo: GroupNo, { profile, distinctFrom }: Of<'AmendGroup'>, request: Request): Promise<Answer> => {
  const refused = await refusedBefore(needs, groupNo, request, false)
  if (refused) return refused
  const { name, uscc } = profile
  const decided = await atRegister(needs, { type: 'AmendEntry', data: { groupNo, name, ...(uscc !== undefined && { uscc }), distinctFrom } }, request)
  return decided.kind === 'done' ? own(needs, groupNo, { type: 'AmendGroup', data: { profile } }, stepOf(request, 'group')) : decided
}

/** Only without links that are proposed or confirmed; what is confirmed in this very moment is ended by the process. */
const dissolve = async (needs: Needs, groupNo: GroupNo, { on, reason }: Of<'DissolveGroup'>, request: Request): Promise<Answer> => {
  const refused = (await refusedBefore(needs, groupNo, request, false)) ?? (await undissolvable(needs, groupNo, on, request))
  if (refused) return refused
  const before = await needs.register()
  const below = childrenOf(before, groupNo)
  const decided = await atRegister(needs, { type: 'LeaveRegister', data: { groupNo, on, reason, absorbed: await absorbed(needs, before, groupNo) } }, request)
  if (decided.kind !== 'done') return decided
  const register = await needs.register()
  for (const child of below) await follow(needs.store, register, child, stepOf(request, child))
  return follow(needs.store, register, groupNo, stepOf(request, 'group'))
}

/** Groups whose merge into this one is over. */
const absorbed = async ({ store }: Needs, register: GroupRegister, groupNo: GroupNo): Promise<GroupNo[]> => {
  const merged: GroupNo[] = []
  for (const from of mergedInto(register, groupNo))
    if ((await load(store, groupUserAggregate, groupUserStream(from))).state.status === 'merged') merged.push(from)
  return merged
}

const undissolvable = async (needs: Needs, groupNo: GroupNo, on: BusinessDate, request: Request): Promise<Answer | undefined> => {
  const rejected = (rejection: GroupRefusal): Answer => ({ kind: 'rejected', rejection })
  const { state } = await load(needs.store, groupUserAggregate, groupUserStream(groupNo))
  if (state.status !== 'active') return undefined // done before, and sent again
  if (state.pending) return rejected({ code: 'DECISION_PENDING', kind: state.pending.kind })
  const today = businessDateOf(request.at)
  if (on > today) return rejected({ code: 'FUTURE_DATE', date: on, latest: today })
  const links = (await needs.groups.openLinks(groupNo, on)).length
  return links > 0 ? rejected({ code: 'HAS_MEMBERS', links }) : undefined
}

const own = ({ store }: Needs, groupNo: GroupNo, command: Unsigned<GroupUserCommand>, request: Request): Promise<Answer> =>
  handle(store, groupUserAggregate, groupUserStream(groupNo), sign<GroupUserCommand>(command, request), request)

type InOwnStream = Exclude<Unsigned<GroupCommand>, { type: 'RegisterGroup' | 'PlaceGroup' | 'AmendGroup' | 'DissolveGroup' }>

/** More members than this are moved by the process, not while somebody waits for an answer. */
const AT_ONCE = 500

const inOwnStream = async (needs: Needs, groupNo: GroupNo, command: InOwnStream, request: Request): Promise<Answer> => {
  const { state, answered } = await load(needs.store, groupUserAggregate, groupUserStream(groupNo), request.commandId)
  const outcome: Answer = answered ? { kind: 'done', ...answered, repeated: true, recorded: 0 } : await decided(needs, groupNo, command, state, request)
  const approved = command.type === 'ApproveMerge' || command.type === 'ApproveSplit'
  return approved && outcome.kind === 'done' ? carriedOut(needs, groupNo, outcome) : outcome
}

/** The answer to an approval that is carried out: it points behind what was done, so that who waits for it reads all of it. */
const carriedOut = async (needs: Needs, groupNo: GroupNo, approval: Extract<Answer, { kind: 'done' }>): Promise<Answer> => {
  try {
    await carryOut(needs, groupNo, AT_ONCE)
    const { revision, position } = await load(needs.store, groupUserAggregate, groupUserStream(groupNo))
    return revision === 'absent' || position === undefined ? approval : { ...approval, revision, position }
  } catch {
    return approval // it stands; the process goes on
  }
}

const decided = async (needs: Needs, groupNo: GroupNo, command: InOwnStream, state: Group, request: Request): Promise<Answer> => {
  const clash =
    command.type === 'ProposeSplit'
      ? await splitClash(needs, command.data, request)
      : command.type === 'ProposeMerge' && state.status === 'active'
        ? await mergeClash(needs, groupNo, command.data, request)
        : undefined
  if (clash) return { kind: 'rejected', rejection: clash }
  return own(needs, groupNo, await brought(needs, groupNo, command, state, request), request)
}

/** The command with what its decision needs from elsewhere. */
const brought = async (needs: Needs, groupNo: GroupNo, command: InOwnStream, state: Group, request: Request): Promise<Unsigned<GroupUserCommand>> => {
  switch (command.type) {
    case 'ProposeMerge':
      return { type: 'ProposeMerge', data: { ...command.data, target: standingOf(await needs.register(), command.data.into) } }
    case 'ApproveMerge': {
      const merge = state.status === 'active' && state.pending?.kind === 'merge' ? state.pending : undefined
      const target = merge ? standingOf(await needs.register(), merge.into) : ({ kind: 'unknown' } as const)
      return { type: 'ApproveMerge', data: { target, membersNow: merge ? await membersOf(needs, groupNo, merge.on) : [] } }
    }
    case 'ProposeSplit': {
      const { distinctFrom: _, ...data } = command.data
      return { type: 'ProposeSplit', data: { ...data, membersNow: await membersOf(needs, groupNo, data.on) } }
    }
    case 'ApproveSplit': {
      const on = state.status === 'active' && state.pending?.kind === 'split' ? state.pending.on : businessDateOf(request.at)
      return { type: 'ApproveSplit', data: { membersNow: await membersOf(needs, groupNo, on) } }
    }
    case 'RejectMerge':
    case 'WithdrawMerge':
    case 'RejectSplit':
    case 'WithdrawSplit':
      return command
  }
}

/** Confirmed, and not over by the date. */
const membersOf = async ({ groups }: Needs, groupNo: GroupNo, on: BusinessDate): Promise<Member[]> =>
  (await groups.openLinks(groupNo, on)).flatMap(({ confirmed, province, consNo, linkId }) => (confirmed ? [{ province, consNo, linkId }] : []))

/** What of the tree would keep the group from leaving the register for another; the other refusals are said by the group itself. */
const mergeClash = async (needs: Needs, groupNo: GroupNo, { into, on }: Of<'ProposeMerge'>, request: Request): Promise<GroupRefusal | undefined> => {
  const leave = sign<GroupRegisterCommand>({ type: 'LeaveRegister', data: { groupNo, into, on, absorbed: [] } }, request)
  const decision = groupRegisterAggregate.decider.decide(leave, await needs.register())
  return !decision.ok && decision.rejection.code === 'TOO_MANY_BELOW' ? decision.rejection : undefined
}

/** What the register would say today to the group that a split is to make. */
const splitClash = async (needs: Needs, { to, profile, parent, distinctFrom }: Of<'ProposeSplit'>, request: Request): Promise<GroupRefusal | undefined> => {
  const register = await needs.register()
  const groupNo = to
  const data = { groupNo, profile, ...(parent !== undefined && { parent }), distinctFrom }
  if (get(register.groups, to)) return { code: 'GROUP_NO_TAKEN', groupNo }
  const decision = groupRegisterAggregate.decider.decide(sign<GroupRegisterCommand>({ type: 'EnterGroup', data }, request), register)
  return decision.ok ? undefined : decision.rejection
}
