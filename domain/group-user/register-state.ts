import type { BusinessDate } from '#domain/shared/dates.ts'
import type { GroupRegisterEvent } from './events.ts'
import type { GroupNo, GroupProfile, GroupStanding, Uscc } from './fields.ts'
import { foldName } from './names.ts'
import { emptyTable, entriesOf, get, put, remove, type Table } from './table.ts'

type RegisterEntry = {
  /** Undefined only for groups entered without their profile. */
  readonly name: string | undefined
  readonly folded: string
  readonly uscc: Uscc | undefined
  readonly parent: GroupNo | undefined
  /** As entered; name and code may have been recorded anew since. */
  readonly profile: GroupProfile | undefined
}
type Departure = { readonly into: GroupNo | undefined; readonly on: BusinessDate | undefined; readonly reason: string | undefined }

/** Every group there is, and those that left: a number is never given again. */
export type GroupRegister = { readonly groups: Table<GroupNo, RegisterEntry>; readonly left: Table<GroupNo, Departure> }

export const initial: GroupRegister = { groups: emptyTable(), left: emptyTable() }

export const standingOf = (register: GroupRegister, groupNo: GroupNo): GroupStanding => {
  if (get(register.groups, groupNo)) return { kind: 'open' }
  const left = get(register.left, groupNo)
  if (!left) return { kind: 'unknown' }
  const into = livesOnIn(register, left)
  return { kind: 'left', ...(into !== undefined && { into }) }
}

/** The group in which one that left lives on, however often merged since; undefined when it was dissolved, or that one was. */
const livesOnIn = (register: GroupRegister, left: Departure): GroupNo | undefined => {
  for (let at: Departure | undefined = left; at?.into !== undefined; at = get(register.left, at.into)) if (get(register.groups, at.into)) return at.into
  return undefined
}

export const childrenOf = (register: GroupRegister, parent: GroupNo): readonly GroupNo[] => {
  const children: GroupNo[] = []
  for (const [groupNo, entry] of entriesOf(register.groups)) if (entry.parent === parent) children.push(groupNo)
  return children.toSorted()
}

/** Groups that merged into this one. */
export const mergedInto = (register: GroupRegister, into: GroupNo): readonly GroupNo[] => {
  const merged: GroupNo[] = []
  for (const [groupNo, left] of entriesOf(register.left)) if (left.into === into) merged.push(groupNo)
  return merged.toSorted()
}

/** Whether a group is `ancestor` or stands below it. */
export const isWithin = (register: GroupRegister, groupNo: GroupNo, ancestor: GroupNo): boolean => {
  for (let at: GroupNo | undefined = groupNo; at !== undefined; at = get(register.groups, at)?.parent) if (at === ancestor) return true
  return false
}

/** The register of all groups as its events tell of it. */
export const evolve = (register: GroupRegister, { type, data }: GroupRegisterEvent): GroupRegister => {
  switch (type) {
    case 'GroupEntered': {
      const { groupNo, uscc, parent, profile } = data
      const name = profile?.name
      return { ...register, groups: put(register.groups, groupNo, { name, folded: foldName(name ?? ''), uscc, parent, profile }) }
    }
    case 'NameRecorded':
      return changed(register, data.groupNo, { name: data.name, folded: foldName(data.name) })
    case 'UsccRecorded':
      return changed(register, data.groupNo, { uscc: data.uscc ?? undefined })
    case 'ParentRecorded':
      return changed(register, data.groupNo, { parent: data.parent ?? undefined })
    case 'GroupLeft': {
      const { groupNo, into, on, reason } = data
      return { groups: remove(register.groups, groupNo), left: put(register.left, groupNo, { into, on, reason }) }
    }
  }
}

const changed = (register: GroupRegister, groupNo: GroupNo, change: Partial<RegisterEntry>): GroupRegister => {
  const entry = get(register.groups, groupNo)
  return entry ? { ...register, groups: put(register.groups, groupNo, { ...entry, ...change }) } : register
}
