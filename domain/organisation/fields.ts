import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { Name, OrgCode } from '#domain/shared/identity.ts'

/** 总部, 省公司, 地市供电公司, 区县供电公司, 供电所. */
export const OrgLevel = z.enum(['HQ', 'PROVINCE', 'CITY', 'COUNTY', 'STATION'])
export type OrgLevel = z.output<typeof OrgLevel>

/**
 * One unit as it stands from `validFrom` until the day before `validTo`. Units merge and rename: a past day's
 * statistics use that day's tree. Parents are links, never prefixes: two companies share the digits 13.
 */
export const OrgUnit = z.strictObject({
  code: OrgCode,
  level: OrgLevel,
  parent: OrgCode.optional(),
  name: Name,
  shortName: Name,
  englishName: Name.optional(),
  /** GB/T 2260 digits. */
  gb: z
    .string()
    .regex(/^\d{2,6}$/)
    .optional(),
  /** The marketing systems' five-digit number, where known. */
  sgOrgNo: z
    .string()
    .regex(/^\d{5,9}$/)
    .optional(),
  validFrom: BusinessDate,
  validTo: BusinessDate.optional(),
})
export type OrgUnit = z.output<typeof OrgUnit>

/** A year of the working calendar: weekends off, plus these holidays, less these make-up days (调休). */
export const CalendarYear = z.strictObject({
  year: z.int().min(2000).max(2100),
  version: z.int().min(1),
  holidays: z.array(BusinessDate),
  makeUpDays: z.array(BusinessDate),
  source: Name,
})
export type CalendarYear = z.output<typeof CalendarYear>
