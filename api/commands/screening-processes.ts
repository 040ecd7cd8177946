import { NEVER } from 'rxjs'
import { listReader } from '#application/industry-list/read.ts'
import { ruleSetInForce } from '#application/screening/use-cases.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { onList } from '#projections/high-risk-user/register.queries.ts'
import { register } from '#projections/high-risk-user/register.ts'
import { screeningFacts } from '#projections/screening/facts.ts'
import { waitFor } from '#projections/shared/wait.ts'
import type { Platform } from '../compose.ts'
import type { UseCases } from '../http.ts'
import type { Processes } from '../serve.ts'

/** What has to have everything before a new list is followed: who is listed, and what is known of customers. */
const MODELS = [register.name, screeningFacts.name]
const PATIENCE_MS = 10_000

/** What screening needs to follow a new industry list, and the clearing away of runs that are dead or old; with connections of its own. */
export const screeningProcesses = (platform: Platform, { highRiskUser, industryList }: UseCases): Pick<Processes, 'listScreening' | 'tidyRuns'> => {
  const { store, feed, pool, directory, reference, working, databaseUrl } = platform
  const { engine, close } = openScreeningEngine(databaseUrl)
  platform.onClose(close)
  const source = openSourceFigures(databaseUrl)
  platform.onClose(source.close)
  return {
    listScreening: {
      readList: listReader(store),
      engine,
      figures: source.figures,
      highRiskUser,
      industryList,
      ruleSetOn: (province, date) => ruleSetInForce(store, reference.ruleSet, province, date),
      provinces: (date) => directory.provincesOn(date).map(({ code }) => code as string as ProvinceCode),
      caughtUp: async () => {
        const head = await feed.head()
        return (
          head === undefined ||
          (await Promise.all(MODELS.map((name) => waitFor({ pool, feed, moved$: NEVER }, name, head, PATIENCE_MS)))).every(({ reached }) => reached)
        )
      },
      onList: (province) => onList(pool, province),
    },
    tidyRuns: async () => {
      const rules = inForceOn(reference.screeningRetention, businessDateOf(working.clock.now()))
      if (!rules) return 0
      const { dead, forgotten } = await engine.tidy(rules.keep)
      return dead + forgotten
    },
  }
}
