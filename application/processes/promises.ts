import type { BillStanding, CaseId } from '#domain/high-risk-user/fields.ts'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { type HighRiskUserUseCases, highRiskUserStream } from '../high-risk-user/use-cases.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { oneByOne } from '../shared/one-by-one.ts'
import { newlyRecorded } from '../shared/outcome.ts'

/** A promise to pay, and the sealed report that says enough to settle it. */
type ShownPromise = {
  readonly province: ProvinceCode
  readonly consNo: ConsNo
  readonly promiseId: CaseId
  readonly reportDate: BusinessDate
  readonly reportVersion: number
  readonly bills: readonly BillStanding[]
}

export type PromiseNeeds = {
  readonly execute: HighRiskUserUseCases['execute']
  /** Open promises that the sealed reports settle, at most so many. They stand in read models: where those stand is how far this process has come. */
  readonly shown: (limit: number) => Promise<readonly ShownPromise[]>
}

const AT_ONCE = 500
const ACTOR = { ...SYSTEM, userId: 'promises' as UserId }

/**
 * Payment seen (见款销诺): tells each promise what the sealed reports show of it, kept or broken. It remembers nothing itself:
 * what is open and what was reported is read anew each time, and the command's id follows from the promise, so that restarts,
 * several workers, redelivery and rebuilt read models settle each promise once. One record that cannot be read does not keep
 * the others waiting. Answers how many were settled.
 */
export const settlePromises = async ({ execute, shown }: PromiseNeeds, now: Instant): Promise<number> =>
  oneByOne(await shown(AT_ONCE), async ({ province, consNo, promiseId, reportDate, reportVersion, bills }) => {
    const key = { province, consNo }
    const commandId = derivedCommandId(`${highRiskUserStream(key)}/${promiseId}`, 'SettlePromise')
    const data = { promiseId, reportDate, reportVersion, bills: [...bills] }
    return newlyRecorded(await execute(key, { type: 'SettlePromise', data }, { actor: ACTOR, commandId, correlationId: commandId, at: now }))
  })
