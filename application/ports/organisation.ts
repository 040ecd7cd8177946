import type { BusinessDate } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'

/** The organisation as scope needs it: units by their links on a date, never by prefix. */
export type OrgScope = {
  /** True when the unit is `ancestor` itself or below it on that date. */
  readonly isWithin: (unit: OrgCode | ProvinceCode, ancestor: OrgCode, date: BusinessDate) => boolean
  /** The province to which a unit belongs on that date; undefined for headquarters and unknown units. */
  readonly provinceOf: (unit: OrgCode, date: BusinessDate) => ProvinceCode | undefined
}
