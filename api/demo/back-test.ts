import { randomUUID } from 'node:crypto'
import { listReader } from '#application/industry-list/read.ts'
import { backTest, GRACE_DAYS, horizonOf } from '#application/screening/back-test.ts'
import { orderOf } from '#application/screening/screen.ts'
import { ruleSetInForce } from '#application/screening/use-cases.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { tellBackTest } from '../commands/screen.ts'
import type { Platform } from '../compose.ts'
import { eveOf, type Sample } from './sample.ts'

const MONTHS = 3

/** What the screening before the season had named of those who fell into arrears in it, as `epm screen --as-of … --backtest` tells it. */
export const tellSeasonsBackTest = async (
  { databaseUrl, store, reference, working }: Platform,
  sample: Sample,
  provinces: readonly ProvinceCode[],
): Promise<string> => {
  const asOf = eveOf(sample)
  const at = working.clock.now()
  const { engine, close } = openScreeningEngine(databaseUrl)
  try {
    const ruleSet = await ruleSetInForce(store, reference.ruleSet, 'national', businessDateOf(at))
    const runId = randomUUID()
    const run = await engine.run(await orderOf(listReader(store), { runId, purpose: 'back-test', asOf, provinces, ruleSet, by: SYSTEM.userId, at }))
    const told = tellBackTest(await backTest(engine, run.runId, horizonOf(asOf, MONTHS)), { months: MONTHS, grace: GRACE_DAYS })
    await engine.forget(run.runId)
    return `回测  Back-test of the screening of ${asOf} (epm screen --as-of ${asOf} --backtest)\n${told}`
  } finally {
    await close()
  }
}
