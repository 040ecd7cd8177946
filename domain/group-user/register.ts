import { accept, type Decider, type Decision, reject } from '#domain/shared/decider.ts'
import type { GroupRegisterCommand } from './commands.ts'
import type { GroupRegisterEvent } from './events.ts'
import type { GroupNo, Uscc } from './fields.ts'
import { areSimilar, foldName } from './names.ts'
import { childrenOf, evolve, type GroupRegister, initial, isWithin, mergedInto, standingOf } from './register-state.ts'
import type { GroupRegisterRejection, SimilarGroup } from './rejections.ts'
import { entriesOf, get } from './table.ts'
import { usccHolds } from './uscc.ts'

type Answer = Decision<GroupRegisterEvent, GroupRegisterRejection>
type Data<T extends GroupRegisterCommand['type']> = Extract<GroupRegisterCommand, { type: T }>['data']
type Said = Pick<Data<'AmendEntry'>, 'groupNo' | 'name' | 'uscc' | 'distinctFrom'>

/** 集团名录: decides what spans groups. Who comes second is refused, for there is one stream. */
export const groupRegister: Decider<GroupRegisterCommand, GroupRegister, GroupRegisterEvent, GroupRegisterRejection> = {
  initial,
  evolve,
  decide: (command, register) => {
    switch (command.type) {
      case 'EnterGroup':
        return enter(command.data, register)
      case 'AmendEntry':
        return amend(command.data, register)
      case 'MoveGroup':
        return move(command.data, register)
      case 'LeaveRegister':
        return leave(command.data, register)
    }
  },
}

const enter = ({ at, by, groupNo, profile, parent, distinctFrom }: Data<'EnterGroup'>, register: GroupRegister): Answer => {
  const standing = get(register.groups, groupNo)
  if (standing && standing.name === profile.name && standing.uscc === profile.uscc && standing.parent === parent) return accept() // entered already
  if (standing || standingOf(register, groupNo).kind === 'left') return reject({ code: 'GROUP_NO_TAKEN', groupNo })
  const clash = clashOf({ groupNo, name: profile.name, uscc: profile.uscc, distinctFrom }, register)
  if (clash) return reject(clash)
  if (parent !== undefined && !get(register.groups, parent)) return reject(notOpen(register, parent))
  if (parent !== undefined && isFull(register, parent)) return reject({ code: 'TOO_MANY_BELOW', groupNo: parent, most: MOST_BELOW })
  const { uscc } = profile
  return accept({
    type: 'GroupEntered',
    data: { at, by, groupNo, ...(uscc !== undefined && { uscc }), ...(parent !== undefined && { parent }), profile },
  })
}

const amend = (said: Data<'AmendEntry'>, register: GroupRegister): Answer => {
  const { at, by, groupNo, name, uscc } = said
  const entry = get(register.groups, groupNo)
  if (!entry) return reject(notOpen(register, groupNo))
  const renamed = entry.name !== name
  const recoded = entry.uscc !== uscc
  if (!renamed && !recoded) return accept()
  const clash = clashOf(renamed ? said : { ...said, name: undefined }, register)
  if (clash) return reject(clash)
  return accept<GroupRegisterEvent>(
    ...(renamed ? [{ type: 'NameRecorded', data: { at, by, groupNo, name } } as const] : []),
    ...(recoded ? [{ type: 'UsccRecorded', data: { at, by, groupNo, uscc: uscc ?? null } } as const] : []),
  )
}

const move = ({ at, by, groupNo, parent }: Data<'MoveGroup'>, register: GroupRegister): Answer => {
  const entry = get(register.groups, groupNo)
  if (!entry) return reject(notOpen(register, groupNo))
  if ((entry.parent ?? null) === parent) return accept()
  if (parent !== null && !get(register.groups, parent)) return reject(notOpen(register, parent))
  if (parent !== null && isWithin(register, parent, groupNo)) return reject({ code: 'CYCLE', groupNo, parent })
  if (parent !== null && isFull(register, parent)) return reject({ code: 'TOO_MANY_BELOW', groupNo: parent, most: MOST_BELOW })
  return accept({ type: 'ParentRecorded', data: { at, by, groupNo, parent } })
}

/**
 * Merged or dissolved. What stands under it goes to the group it merges into; on dissolution, and where that group itself
 * stands below, to the one above.
 */
const leave = ({ at, by, groupNo, into, on, reason, absorbed }: Data<'LeaveRegister'>, register: GroupRegister): Answer => {
  const left = get(register.left, groupNo)
  if (left) return left.into === into ? accept() : reject(notOpen(register, groupNo))
  const entry = get(register.groups, groupNo)
  if (!entry) return reject({ code: 'UNKNOWN_GROUP', groupNo })
  if (into !== undefined && (into === groupNo || !get(register.groups, into))) return reject(notOpen(register, into))
  const arriving = into === undefined ? mergedInto(register, groupNo).find((from) => !absorbed.includes(from)) : undefined
  if (arriving !== undefined) return reject({ code: 'MEMBERS_ARRIVING', groupNo, from: arriving })
  const above = entry.parent ?? null
  const moved = childrenOf(register, groupNo).map((child) => ({
    type: 'ParentRecorded' as const,
    data: { at, by, groupNo: child, parent: into === undefined || isWithin(register, into, child) ? above : into },
  }))
  for (const [parent, arriving] of Map.groupBy(moved, (one) => one.data.parent))
    if (parent !== null && isFull(register, parent, arriving.length, groupNo)) return reject({ code: 'TOO_MANY_BELOW', groupNo: parent, most: MOST_BELOW })
  return accept<GroupRegisterEvent>(...moved, {
    type: 'GroupLeft',
    data: { at, by, groupNo, ...(into !== undefined && { into }), on, ...(reason !== undefined && { reason }) },
  })
}

/** Groups directly below one: when it leaves, they all move in the one append that says so. */
export const MOST_BELOW = 400

/** Whether so many more do not fit below a group, when another may be leaving. */
const isFull = (register: GroupRegister, parent: GroupNo, arriving = 1, leaving?: GroupNo): boolean =>
  childrenOf(register, parent).filter((child) => child !== leaving).length + arriving > MOST_BELOW

const notOpen = (register: GroupRegister, groupNo: GroupNo): GroupRegisterRejection => {
  const standing = standingOf(register, groupNo)
  return standing.kind === 'left'
    ? { code: 'GROUP_NOT_ACTIVE', groupNo, ...(standing.into !== undefined && { into: standing.into }) }
    : { code: 'UNKNOWN_GROUP', groupNo }
}

/** What speaks against a code or a name; a name left out is not looked at. */
const clashOf = ({ groupNo, name, uscc, distinctFrom }: Omit<Said, 'name'> & { readonly name: string | undefined }, register: GroupRegister) => {
  if (uscc !== undefined && !usccHolds(uscc)) return { code: 'BAD_USCC', uscc } as const
  const same = uscc === undefined ? undefined : holderOf(register, uscc)
  if (uscc !== undefined && same !== undefined && same !== groupNo) return { code: 'DUPLICATE_GROUP', groupNo: same, uscc } as const
  const groups = name === undefined ? [] : similarTo(register, name).filter((one) => one.groupNo !== groupNo && !distinctFrom.includes(one.groupNo))
  return groups.length > 0 ? ({ code: 'SIMILAR_GROUP', groups: groups.slice(0, MOST_TOLD) } as const) : undefined
}

const MOST_TOLD = 50

const holderOf = (register: GroupRegister, uscc: Uscc): GroupNo | undefined => {
  for (const [groupNo, entry] of entriesOf(register.groups)) if (entry.uscc === uscc) return groupNo
  return undefined
}

/** Groups whose folded names are alike, by number. */
export const similarTo = (register: GroupRegister, name: string): readonly SimilarGroup[] => {
  const folded = foldName(name)
  const found: SimilarGroup[] = []
  for (const [groupNo, entry] of entriesOf(register.groups))
    if (entry.name !== undefined && areSimilar(entry.folded, folded)) found.push({ groupNo, name: entry.name })
  return found.toSorted((a, b) => (a.groupNo < b.groupNo ? -1 : 1))
}
