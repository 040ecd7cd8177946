import type { BusinessDate } from '#domain/shared/dates.ts'
import { type OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { OrgUnit } from './fields.ts'
import type { OrganisationRejection } from './rejections.ts'
import { depth, isWithin, type OrgTree, unitOn } from './tree.ts'

/** Later than every date, for a unit without an end. */
const FOREVER = '9999-12-31' as BusinessDate
/** The first day on which the unit is no more; later than every date for one without an end. */
export const endOf = ({ validTo }: OrgUnit): BusinessDate => validTo ?? FOREVER

/** What is wrong with one unit by itself, if anything. */
export const unitAlone = (unit: OrgUnit): OrganisationRejection | undefined => {
  const { code, level, parent, validFrom, validTo } = unit
  if (validTo !== undefined && validTo <= validFrom) return { code: 'EMPTY_PERIOD', unit: code }
  if (level !== 'HQ' && parent === undefined) return { code: 'PARENT_REQUIRED', unit: code }
  if (level === 'PROVINCE' && !ProvinceCode.safeParse(code).success) return { code: 'BAD_PROVINCE_CODE', unit: code }
  return undefined
}

/** What is wrong with a unit's place in a tree that holds it already, if anything. */
export const placeInTree = (tree: OrgTree, unit: OrgUnit): OrganisationRejection | undefined => {
  const { code, level, parent, validFrom } = unit
  if (parent === undefined) return undefined
  const above = unitOn(tree, parent, validFrom)
  if (!above) return { code: 'UNKNOWN_PARENT', unit: code, parent, on: validFrom }
  if (isWithin(tree, parent, code, validFrom)) return { code: 'CYCLE', unit: code, parent }
  if (depth(above.level) >= depth(level)) return { code: 'LEVEL_ORDER', unit: code }
  const parentEnds = standsUntil(tree, parent, validFrom)
  const ends = formEnds(tree, unit)
  return parentEnds < ends ? { code: 'CHILD_OUTLIVES_PARENT', unit: code, parent, parentEnds } : undefined
}

/** The children of a unit that would stand when it is gone, in a tree in which it ends. */
export const orphans = (tree: OrgTree, parent: OrgCode): OrganisationRejection | undefined => {
  for (const forms of tree.values())
    for (const form of forms) {
      if (form.parent !== parent) continue
      const wrong = placeInTree(tree, form)
      if (wrong) return wrong
    }
  return undefined
}

/** Until when a unit stands without a gap, in whatever form, from a day on which it does. */
const standsUntil = (tree: OrgTree, code: OrgCode, from: BusinessDate): BusinessDate => {
  let until = from
  for (const form of tree.get(code) ?? []) if (form.validFrom <= until && formEnds(tree, form) > until) until = formEnds(tree, form)
  return until
}

/** Until when this form of a unit holds: its own end, or the beginning of the next form. */
export const formEnds = (tree: OrgTree, unit: OrgUnit): BusinessDate => {
  const next = (tree.get(unit.code) ?? []).find(({ validFrom }) => validFrom > unit.validFrom)
  return next && next.validFrom < endOf(unit) ? next.validFrom : endOf(unit)
}
