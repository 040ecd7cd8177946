import type { BusinessDate } from '#domain/shared/dates.ts'
import type { OrgCode } from '#domain/shared/identity.ts'

type Unit = { readonly unit: OrgCode }

/** Why a command on the organisation was refused; `unit` is the one at fault. */
export type OrganisationRejection =
  | ({ readonly code: 'UNKNOWN_UNIT' } & Unit)
  /** The code stands for another unit on a day of that period. */
  | ({ readonly code: 'OVERLAP'; readonly since: BusinessDate } & Unit)
  | ({ readonly code: 'DUPLICATE_UNIT' } & Unit)
  /** `validTo` is not after `validFrom`. */
  | ({ readonly code: 'EMPTY_PERIOD' } & Unit)
  | ({ readonly code: 'PARENT_REQUIRED' } & Unit)
  /** The parent does not exist on the unit's first day. */
  | ({ readonly code: 'UNKNOWN_PARENT'; readonly parent: OrgCode; readonly on: BusinessDate } & Unit)
  | ({ readonly code: 'CYCLE'; readonly parent: OrgCode } & Unit)
  /** A parent stands above its children: 总部, 省, 地市, 区县, 供电所; a level may be left out, never turned round. */
  | ({ readonly code: 'LEVEL_ORDER' } & Unit)
  | ({ readonly code: 'LEVEL_CHANGED' } & Unit)
  /** A province's code is a province code. */
  | ({ readonly code: 'BAD_PROVINCE_CODE' } & Unit)
  | ({ readonly code: 'CHILD_OUTLIVES_PARENT'; readonly parent: OrgCode; readonly parentEnds: BusinessDate } & Unit)
  | ({ readonly code: 'ALREADY_CLOSED'; readonly on: BusinessDate } & Unit)
  | ({ readonly code: 'UNKNOWN_SUCCESSOR'; readonly successor: OrgCode } & Unit)

/** Why a command on the working calendar was refused. */
export type WorkCalendarRejection =
  | { readonly code: 'VERSION_NOT_NEWER'; readonly year: number; readonly standing: number }
  | { readonly code: 'OUTSIDE_YEAR'; readonly dates: readonly BusinessDate[] }
  /** A make-up day (调休) is a Saturday or Sunday on which people work. */
  | { readonly code: 'MAKE_UP_ON_WEEKDAY'; readonly dates: readonly BusinessDate[] }
  /** Said twice, or as a holiday and a make-up day at once. */
  | { readonly code: 'DAY_TWICE'; readonly dates: readonly BusinessDate[] }
