import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { type HighRiskUserUseCases, highRiskUserStream } from '../high-risk-user/use-cases.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { oneByOne } from '../shared/one-by-one.ts'
import { newlyRecorded } from '../shared/outcome.ts'

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
export const markFirstReports = async ({ execute, shown }: FirstReportNeeds, now: Instant): Promise<number> =>
  oneByOne(await shown(AT_ONCE), async ({ province, consNo, listedOn, reportDate, reportVersion }) => {
    const key = { province, consNo }
    const commandId = derivedCommandId(`${highRiskUserStream(key)}/${listedOn}`, 'MarkReported')
    const asked = { actor: ACTOR, commandId, correlationId: commandId, at: now }
    return newlyRecorded(await execute(key, { type: 'MarkReported', data: { reportDate, reportVersion } }, asked))
  })
