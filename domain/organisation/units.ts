import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { accept, type Decision, reject } from '#domain/shared/decider.ts'
import type { OrganisationCommand } from './commands.ts'
import type { OrganisationEvent } from './events.ts'
import type { OrgUnit } from './fields.ts'
import { endOf, formEnds, orphans, placeInTree, unitAlone } from './invariants.ts'
import type { OrganisationRejection } from './rejections.ts'
import { type OrgTree, unitOn, withUnits } from './tree.ts'

type Data<T extends OrganisationCommand['type']> = Extract<OrganisationCommand, { type: T }>['data']
type Answer = Decision<OrganisationEvent, OrganisationRejection>

/** Units come in any order, parents and children together. Those that stand already, word for word, are nothing new. */
export const register = ({ at, by, units }: Data<'RegisterUnits'>, tree: OrgTree): Answer => {
  const fresh = units.filter((unit) => !(tree.get(unit.code) ?? []).some((form) => sameUnit(form, unit)))
  if (fresh.length === 0) return accept()
  const met = new Set<string>()
  for (const unit of fresh) {
    const standing = (tree.get(unit.code) ?? []).find((form) => form.validFrom < endOf(unit) && unit.validFrom < formEnds(tree, form))
    if (standing) return reject({ code: 'OVERLAP', unit: unit.code, since: standing.validFrom })
    if (met.has(unit.code)) return reject({ code: 'DUPLICATE_UNIT', unit: unit.code })
    met.add(unit.code)
  }
  const next = withUnits(tree, fresh)
  for (const unit of fresh) {
    const wrong = unitAlone(unit) ?? placeInTree(next, unit)
    if (wrong) return reject(wrong)
  }
  return accept({ type: 'UnitsRegistered', data: { at, by, units: fresh } })
}

/** Another name or parent from `validFrom` on. The level stays; the end, when none is given, stays too. */
export const change = ({ at, by, unit: wanted, reason }: Data<'ChangeUnit'>, tree: OrgTree): Answer => {
  const standing = unitOn(tree, wanted.code, wanted.validFrom)
  const last = tree.get(wanted.code)?.at(-1)
  if (!standing || !last) return reject({ code: 'UNKNOWN_UNIT', unit: wanted.code })
  const unit: OrgUnit = wanted.validTo === undefined && standing.validTo !== undefined ? { ...wanted, validTo: standing.validTo } : wanted
  if (sameUnit({ ...standing, validFrom: unit.validFrom }, unit)) return accept()
  if (wanted.validFrom <= last.validFrom) return reject({ code: 'OVERLAP', unit: unit.code, since: last.validFrom })
  if (unit.level !== standing.level) return reject({ code: 'LEVEL_CHANGED', unit: unit.code })
  const next = withUnits(tree, [unit])
  const wrong = unitAlone(unit) ?? placeInTree(next, unit) ?? orphans(next, unit.code)
  return wrong ? reject(wrong) : accept({ type: 'UnitChanged', data: { at, by, unit, reason } })
}

/** `on` is the first day without the unit. What stands below it goes first, or moves. */
export const close = ({ at, by, code, on, successor, reason }: Data<'CloseUnit'>, tree: OrgTree): Answer => {
  const last = tree.get(code)?.at(-1)
  if (!last) return reject({ code: 'UNKNOWN_UNIT', unit: code })
  if (last.validTo === on) return accept()
  if (last.validTo !== undefined) return reject({ code: 'ALREADY_CLOSED', unit: code, on: last.validTo })
  if (on <= last.validFrom) return reject({ code: 'EMPTY_PERIOD', unit: code })
  const next = withUnits(tree, [{ ...last, validTo: on }])
  if (successor !== undefined && !unitOn(next, successor, on)) return reject({ code: 'UNKNOWN_SUCCESSOR', unit: code, successor })
  const wrong = orphans(next, code)
  if (wrong) return reject(wrong)
  return accept({ type: 'UnitClosed', data: { at, by, code, on, ...(successor !== undefined && { successor }), reason } })
}

const sameUnit = (a: OrgUnit, b: OrgUnit): boolean => canonicalJson(a) === canonicalJson(b)
