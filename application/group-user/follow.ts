import type { GroupUserCommand, RegisterSays } from '#domain/group-user/commands.ts'
import type { GroupNo } from '#domain/group-user/fields.ts'
import type { GroupRegister } from '#domain/group-user/register-state.ts'
import { get } from '#domain/group-user/table.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { EventStore } from '../ports/event-store.ts'
import { sign } from '../shared/asked.ts'
import { handle } from '../shared/handle.ts'
import { derivedCommandId } from '../shared/ids.ts'
import type { Outcome } from '../shared/outcome.ts'
import type { Request } from '../shared/request.ts'
import { type GroupRefusal, groupUserAggregate, groupUserStream } from './aggregates.ts'

/** The request by which a step of a command is carried out: an id of its own that follows from the command's, nothing pinned. */
export const stepOf = (request: Request, step: string): Request => {
  const { pinned: _, ...rest } = request
  return { ...rest, commandId: derivedCommandId(request.commandId, step) }
}

/** What the register says of a group; undefined when it never had it, or when it left before it was said why. */
const saysOf = (register: GroupRegister, groupNo: GroupNo, request: Request): RegisterSays | undefined => {
  const entry = get(register.groups, groupNo)
  if (entry) {
    const { name, uscc, parent, profile } = entry
    return {
      kind: 'entered',
      ...(name !== undefined && { name }),
      ...(uscc !== undefined && { uscc }),
      ...(parent !== undefined && { parent }),
      ...(profile !== undefined && { profile }),
    }
  }
  const left = get(register.left, groupNo)
  if (!left) return undefined
  const { into, on = businessDateOf(request.at), reason = '' } = left
  return { kind: 'left', ...(into !== undefined && { into }), on, reason: reason || `${groupNo} left the register` }
}

/** The second step of whatever the register decided: the group's own stream says so too. Nothing happens where it does already. */
export const follow = async (store: EventStore, register: GroupRegister, groupNo: GroupNo, request: Request): Promise<Outcome<GroupRefusal>> => {
  const says = saysOf(register, groupNo, request)
  if (!says) return { kind: 'rejected', rejection: { code: 'UNKNOWN_GROUP', groupNo } }
  const command = sign<GroupUserCommand>({ type: 'FollowRegister', data: { groupNo, says } }, request)
  return handle(store, groupUserAggregate, groupUserStream(groupNo), command, request)
}
