import { z } from 'zod'
import { addDays, addMonths, BusinessDate, firstDay, type Instant, instantAt, monthOf } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ReportRules } from './fields.ts'

/**
 * When a day's report is due. Minutes are counted from 00:00 of the day after the report's date, in Asia/Shanghai: 30 is
 * 00:30, 600 is 10:00, 1440 the end of that day. Days are counted from the report's date and last until their end.
 */
export const ReportSchedule = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  opensAtMinute: z.int().min(0),
  dueAtMinute: z.int().min(0),
  cutOffAtMinute: z.int().min(0),
  returnDays: z.int().min(0),
  freeCorrectionDays: z.int().min(0),
  /** The day of the next month from whose beginning the month is closed (月结). */
  monthCloseDay: z.int().min(1).max(28),
  largeChangeBasisPoints: z.int().min(0),
  /** A day's kWh that differs from the day before's by more than this share (in 1/10 000) is asked about. */
  kwhJumpBasisPoints: z.int().min(0),
})
export type ReportSchedule = z.output<typeof ReportSchedule>

/** The schedule in force for a report's date; undefined before the first. */
export const scheduleOn = (schedules: Iterable<ReportSchedule>, date: BusinessDate): ReportSchedule | undefined => inForceOn(schedules, date)

/** From here the system opens the day's report. */
export const opensAt = (schedule: ReportSchedule, date: BusinessDate): Instant => instantAt(addDays(date, 1), schedule.opensAtMinute)

/** The instants that bind the report of one date. */
export const rulesFor = (schedule: ReportSchedule, date: BusinessDate): ReportRules => ({
  scheduleVersion: schedule.version,
  dueAt: instantAt(addDays(date, 1), schedule.dueAtMinute),
  cutOffAt: instantAt(addDays(date, 1), schedule.cutOffAtMinute),
  returnableUntil: instantAt(addDays(date, schedule.returnDays), END_OF_DAY),
  freeCorrectionUntil: instantAt(addDays(date, schedule.freeCorrectionDays), END_OF_DAY),
  closesAt: instantAt(addDays(firstDay(addMonths(monthOf(date), 1)), schedule.monthCloseDay - 1), 0),
  largeChangeBasisPoints: schedule.largeChangeBasisPoints,
  kwhJumpBasisPoints: schedule.kwhJumpBasisPoints,
})

const END_OF_DAY = 1440
