import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'

/** A province's report of a day, sealed, in one of its versions. */
export type SealedReport = { readonly province: ProvinceCode; readonly reportDate: BusinessDate; readonly reportVersion: number }
