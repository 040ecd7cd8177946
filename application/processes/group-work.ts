import type { GroupNo } from '#domain/group-user/fields.ts'
import { get } from '#domain/group-user/table.ts'
import { epochOf, type Instant } from '#domain/shared/dates.ts'
import type { Metadata } from '#domain/shared/envelope.ts'
import { type Carrying, carryOut, linkStep, moveAll, systemStep } from '../group-user/carry-out.ts'
import { follow } from '../group-user/follow.ts'
import { nothingRead, readRegisterFrom, registerReader } from '../group-user/read-register.ts'
import type { OpenLink } from '../ports/groups.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { oneByOne } from '../shared/one-by-one.ts'
import { newlyRecorded } from '../shared/outcome.ts'
import type { Request } from '../shared/request.ts'

export type GroupWorkNeeds = Omit<Carrying, 'register'>

type Stray = OpenLink & { readonly groupNo: GroupNo }
type Waiting = { readonly groupNo: GroupNo; readonly revision: bigint; readonly metadata: Metadata }

const AT_ONCE = 500
/** Who is registering this very moment is left to finish it himself. */
const IN_FLIGHT_MS = 10_000

/**
 * What is begun with groups is brought to its end (集团事务): registrations and changes that broke off between the register and the
 * group's own stream, merges and splits that are approved, links confirmed into a group in the moment it went. Each step has an
 * id that follows from what is finished, so that crashes, restarts and several workers do each thing once. It remembers only how
 * far it has read the register. What fails does not keep the rest waiting. Call it again and again; answers how many facts were recorded.
 */
export const groupWork = (needs: GroupWorkNeeds): ((now: Instant) => Promise<number>) => {
  const carrying: Carrying = { ...needs, register: registerReader(needs.store) }
  const catchUp = registerFollower(carrying)
  return async (now) => {
    const unfinished = async () => oneByOne(await needs.groups.unfinished(AT_ONCE), (groupNo) => carryOut(carrying, groupNo))
    const strays = async () => oneByOne(await needs.groups.strays(AT_ONCE), (stray) => settleStray(carrying, stray))
    return oneByOne([() => catchUp(now), unfinished, strays], (work) => work())
  }
}

/** Follows the register: what each of its events decided stands in the group's own stream too, by the person who asked for it. */
const registerFollower = (needs: Carrying): ((now: Instant) => Promise<number>) => {
  let read = nothingRead()
  const waiting = new Map<GroupNo, Waiting>()
  return async (now) => {
    read = await readRegisterFrom(needs.store, read, ({ data: { groupNo } }, revision, metadata) => waiting.set(groupNo, { groupNo, revision, metadata }))
    const due = [...waiting.values()].filter(({ metadata }) => epochOf(now) - epochOf(metadata.at) >= IN_FLIGHT_MS).slice(0, AT_ONCE)
    let recorded = 0
    for (const { groupNo, revision, metadata } of due) {
      const outcome = await follow(needs.store, read.register, groupNo, inTheNameOf(metadata, `${revision}/${groupNo}`))
      if (outcome.kind === 'conflict') continue // somebody writes there now
      recorded += newlyRecorded(outcome)
      if (waiting.get(groupNo)?.revision === revision) waiting.delete(groupNo)
    }
    return recorded
  }
}

const inTheNameOf = ({ actor, commandId, correlationId, at, reason }: Metadata, step: string): Request => ({
  actor: { userId: actor.userId, roles: [actor.role], orgCode: actor.orgCode },
  role: actor.role,
  commandId: derivedCommandId(commandId, `follow/${step}`),
  correlationId,
  causationId: commandId,
  at,
  ...(reason !== undefined && { reason }),
})

/** A link still open in a group that is gone follows it where it went, from the day it went, or ends with it. What is gone too by now is left on the next round. */
const settleStray = async (needs: Carrying, { groupNo, province, consNo, linkId, confirmed, effectiveFrom }: Stray): Promise<number> => {
  const register = await needs.register()
  const left = get(register.left, groupNo)
  const on = left?.on
  if (!left || on === undefined) return 0
  const cause = `stray/${groupNo}/${province}/${consNo}/${linkId}`
  const to = left.into
  if (to !== undefined)
    return (await moveAll(needs, cause, [{ province, consNo, linkId }], { to, on, cause: 'merge', reason: `${groupNo} had merged` })).recorded
  const reason = `${groupNo} was dissolved`
  const request = systemStep(needs, cause, 'end')
  const outcome = await linkStep(
    needs,
    { province, consNo },
    confirmed ? { type: 'EndLink', data: { linkId, on: on > effectiveFrom ? on : effectiveFrom, reason } } : { type: 'RejectLink', data: { linkId, reason } },
    request,
  )
  return newlyRecorded(outcome)
}
