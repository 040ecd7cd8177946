import type { Directory } from '#application/organisation/directory.ts'
import { OrgUnit } from '#domain/organisation/fields.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { OrgCode } from '#domain/shared/identity.ts'

/** What a person reads instead of a unit's code; null for what is no unit, such as a category, or did not exist on the date. */
export const Names = { name: OrgUnit.shape.name.nullable(), shortName: OrgUnit.shape.shortName.nullable() }

/** The names that units had on a date. */
export const namesOn = (directory: Directory, date: BusinessDate) => (code: string | null) => {
  const unit = code === null ? undefined : directory.unitOn(code as OrgCode, date)
  return { name: unit?.name ?? null, shortName: unit?.shortName ?? null }
}

/** Of a group's key: only provinces have names. */
export const namesOfGroups = (directory: Directory, date: BusinessDate, groupBy: string | undefined) =>
  groupBy === 'province' ? namesOn(directory, date) : () => ({ name: null, shortName: null })
