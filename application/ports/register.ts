import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'

/** Who is listed (在册) in a province at the end of a date: the users its daily report must hold. */
export type ListedUsers = (province: ProvinceCode, date: BusinessDate) => Promise<readonly ConsNo[]>
