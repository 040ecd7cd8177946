import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { type HighRiskUserUseCases, highRiskUserStream } from '../high-risk-user/use-cases.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'

/** A user on the list of whom nothing says yet that he was reported, and the first sealed report since in which he stands. */
type FirstReport = {
  readonly province: ProvinceCode
  readonly consNo: ConsNo
  readonly listedOn: BusinessDate
  readonly reportDate: BusinessDate
  readonly reportVersion: number
}

export type FirstReportNeeds = {
  readonly execute: HighRiskUserUseCases['execute']
  /** At most so many. */
  readonly shown: (limit: number) => Promise<readonly FirstReport[]>
}

const AT_ONCE = 500
const ACTOR = { ...SYSTEM, userId: 'first-reports' as UserId }

/**
 * Reported to headquarters (上报总部): says of each listed user when a sealed report first held him. Like the settling of promises
 * it remembers nothing, and its commands' ids follow from the listing. Answers how many were said.
 */
export const markFirstReports = async ({ execute, shown }: FirstReportNeeds, now: Instant): Promise<number> => {
  let marked = 0
  const failures: unknown[] = []
  for (const { province, consNo, listedOn, reportDate, reportVersion } of await shown(AT_ONCE)) {
    const key = { province, consNo }
    const commandId = derivedCommandId(`${highRiskUserStream(key)}/${listedOn}`, 'MarkReported')
    try {
      const asked = { actor: ACTOR, commandId, correlationId: commandId, at: now }
      const outcome = await execute(key, { type: 'MarkReported', data: { reportDate, reportVersion } }, asked)
      if (outcome.kind === 'done' && !outcome.repeated) marked += outcome.recorded
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return marked
}
