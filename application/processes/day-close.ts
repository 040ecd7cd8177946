import { opensAt, type ReportSchedule, scheduleOn } from '#domain/daily-report/schedule.ts'
import { addDays, type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { dailyReportStream } from '../daily-report/report.ts'
import type { DailyReportUseCases, ReportCommand } from '../daily-report/use-cases.ts'
import type { Asked } from '../shared/asked.ts'
import { HQ } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'

/** How a province's report of a day stands, as far as the clock is concerned. */
export type ReportStanding = {
  readonly province: ProvinceCode
  readonly opened: boolean
  /** Sealed or waived: the clock has nothing more to say. */
  readonly settled: boolean
  readonly dueAt: Instant | null
  readonly cutOffAt: Instant | null
}

export type DayCloseNeeds = {
  readonly execute: DailyReportUseCases['execute']
  readonly schedules: readonly ReportSchedule[]
  readonly standings: (date: BusinessDate, now: Instant) => Promise<readonly ReportStanding[]>
  /** The first date that is reported at all; days before it are not opened in retrospect. */
  readonly since: BusinessDate
}

const LOOK_BACK_DAYS = 7
const SYSTEM = { userId: 'day-close' as UserId, roles: ['SYS'], orgCode: HQ as OrgCode } satisfies Asked['actor']

/**
 * Day close (日终): opens each province's report when the schedule says so, and says late and missing when their instants have
 * passed. Command ids follow from report and step, so that any number of workers and restarts say each thing once.
 * Answers how many facts were recorded. `from` and `to` default to the last week up to yesterday.
 */
export const closeDays = async (
  needs: DayCloseNeeds,
  now: Instant,
  to: BusinessDate = addDays(businessDateOf(now), -1),
  from: BusinessDate = addDays(to, -LOOK_BACK_DAYS),
): Promise<number> => {
  let recorded = 0
  for (let date = from > needs.since ? from : needs.since; date <= to; date = addDays(date, 1)) {
    const schedule = scheduleOn(needs.schedules, date)
    if (!schedule || now < opensAt(schedule, date)) continue
    for (const standing of await needs.standings(date, now))
      for (const command of stepsOf(standing, now)) {
        const key = { province: standing.province, date }
        const commandId = derivedCommandId(dailyReportStream(key), command.type)
        const outcome = await needs.execute(key, command, { actor: SYSTEM, commandId, correlationId: commandId, at: now })
        if (outcome.kind === 'done') recorded += outcome.recorded
      }
  }
  return recorded
}

/** What the clock has to say about one report now. */
const stepsOf = ({ opened, settled, dueAt, cutOffAt }: ReportStanding, now: Instant): readonly ReportCommand[] => {
  if (settled) return []
  const steps: ReportCommand[] = opened ? [] : [{ type: 'OpenReport', data: { sourceMode: 'file' } }]
  if (dueAt !== null && now > dueAt) steps.push({ type: 'MarkLate', data: {} })
  if (cutOffAt !== null && now >= cutOffAt) steps.push({ type: 'MarkMissing', data: {} })
  return steps
}
