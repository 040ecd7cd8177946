import type { BusinessDate } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { OrgLevel, OrgUnit } from './fields.ts'

/**
 * The organisation on every date: of each code the unit as it stood from each `validFrom` on, oldest first. A unit's
 * next form ends the one before it. Parents are links, never prefixes.
 */
export type OrgTree = ReadonlyMap<OrgCode, readonly OrgUnit[]>

/** A tree of units, in any order; several of one code are its forms over time. */
export const treeOf = (units: Iterable<OrgUnit>): OrgTree => withUnits(new Map(), units)

/** The tree with these units added. */
export const withUnits = (tree: OrgTree, units: Iterable<OrgUnit>): OrgTree => {
  const next = new Map(tree)
  for (const unit of units) {
    const forms = (next.get(unit.code) ?? []).filter(({ validFrom }) => validFrom !== unit.validFrom)
    next.set(unit.code, [...forms, unit].toSorted(byStart))
  }
  return next
}

const byStart = (a: OrgUnit, b: OrgUnit): number => (a.validFrom < b.validFrom ? -1 : a.validFrom > b.validFrom ? 1 : 0)

/** The unit as it stood on a date; undefined before it began and from the day it had ended. */
export const unitOn = (tree: OrgTree, code: OrgCode | ProvinceCode, date: BusinessDate): OrgUnit | undefined => {
  const forms = tree.get(code as OrgCode) ?? []
  for (let i = forms.length - 1; i >= 0; i--) {
    const form = forms[i]!
    if (form.validFrom <= date) return form.validTo === undefined || date < form.validTo ? form : undefined
  }
  return undefined
}

/** The unit and those above it on a date, up to headquarters. A broken link ends the way. */
export const wayUp = (tree: OrgTree, code: OrgCode | ProvinceCode, date: BusinessDate): readonly OrgUnit[] => {
  const way: OrgUnit[] = []
  for (let unit = unitOn(tree, code, date); unit && way.length <= DEEPEST; unit = unit.parent === undefined ? undefined : unitOn(tree, unit.parent, date))
    way.push(unit)
  return way
}

const LEVELS: readonly OrgLevel[] = ['HQ', 'PROVINCE', 'CITY', 'COUNTY', 'STATION']
const DEEPEST = LEVELS.length
/** 0 for headquarters, more for what stands below. */
export const depth = (level: OrgLevel): number => LEVELS.indexOf(level)

/** Whether a unit is the other one or stands below it on that date. */
export const isWithin = (tree: OrgTree, code: OrgCode | ProvinceCode, ancestor: OrgCode | ProvinceCode, date: BusinessDate): boolean =>
  wayUp(tree, code, date).some((unit) => unit.code === (ancestor as OrgCode))

/** The provincial company to which a unit belonged on a date; undefined for headquarters and for what did not exist. */
export const provinceOf = (tree: OrgTree, code: OrgCode | ProvinceCode, date: BusinessDate): ProvinceCode | undefined => {
  const province = wayUp(tree, code, date).find(({ level }) => level === 'PROVINCE')
  // A province is registered only under a province code.
  return province && (province.code as string as ProvinceCode)
}

/** The provincial companies that existed on a date, in the order of their registration. */
export const provincesOn = (tree: OrgTree, date: BusinessDate): readonly OrgUnit[] => unitsOn(tree, date).filter(({ level }) => level === 'PROVINCE')

/** The units directly below one on a date. */
export const childrenOn = (tree: OrgTree, code: OrgCode | ProvinceCode, date: BusinessDate): readonly OrgUnit[] =>
  unitsOn(tree, date).filter(({ parent }) => parent === (code as OrgCode))

/** Every unit that existed on a date, each in the form it had. */
export const unitsOn = (tree: OrgTree, date: BusinessDate): readonly OrgUnit[] => {
  const found: OrgUnit[] = []
  for (const code of tree.keys()) {
    const unit = unitOn(tree, code, date)
    if (unit) found.push(unit)
  }
  return found
}
