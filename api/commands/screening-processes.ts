import { reviewDue } from '#application/high-risk-user/bring.ts'
import { listReader } from '#application/industry-list/read.ts'
import { type LevelReviewNeeds, reviewLevels } from '#application/processes/level-reviews.ts'
import { type ListScreeningNeeds, screenByNewList } from '#application/processes/list-screening.ts'
import { ruleSetInForce } from '#application/screening/use-cases.ts'
import { type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { userCase } from '#projections/high-risk-user/case.ts'
import { onList } from '#projections/high-risk-user/register.queries.ts'
import { register } from '#projections/high-risk-user/register.ts'
import { reviewDays, reviewedOn } from '#projections/high-risk-user/worklist.queries.ts'
import { screeningFacts } from '#projections/screening/facts.ts'
import type { Platform } from '../compose.ts'
import type { UseCases } from '../http.ts'
import { caughtUp, type Ticks } from './processes.ts'

/** What has to have everything before a new list is followed: who is listed, and what is known of customers. */
const FOLLOWING = [register.name, screeningFacts.name]
/** What has to have everything before levels are reviewed: when they were last, and what is known of customers. */
const REVIEWING = [userCase.name, screeningFacts.name]
/** What screening needs to follow a new industry list and to review levels, and the clearing away of runs that are dead or old; with connections of its own. */
export const screeningProcesses = (platform: Platform, { highRiskUser, industryList }: UseCases): Ticks => {
  const { store, pool, directory, reference, working, databaseUrl, extractions } = platform
  const { engine, close } = openScreeningEngine(databaseUrl)
  platform.onClose(close)
  const source = openSourceFigures(databaseUrl)
  platform.onClose(source.close)
  const common = {
    readList: listReader(store),
    engine,
    highRiskUser,
    ruleSetOn: (province: ProvinceCode, date: BusinessDate) => ruleSetInForce(store, reference.ruleSet, province, date),
  }
  const following: ListScreeningNeeds = {
    ...common,
    followingRules: reference.listScreening,
    figures: source.figures,
    industryList,
    provinces: (date) => directory.provincesOn(date).map(({ code }) => code as string as ProvinceCode),
    caughtUp: caughtUp(platform, ...FOLLOWING),
    onList: (province) => onList(pool, province),
  }
  const reviewing: LevelReviewNeeds = {
    ...common,
    lastDays: extractions.lastDays,
    reviewDays: () => reviewDays(pool),
    usersOf: (days) => reviewedOn(pool, days),
    due: reviewDue(working.casework),
    caughtUp: caughtUp(platform, ...REVIEWING),
  }
  return {
    'screening by a new industry list': (now) => screenByNewList(following, now),
    'level reviews': (now) => reviewLevels(reviewing, now),
    'screening runs': async () => {
      const rules = inForceOn(reference.screeningRetention, businessDateOf(working.clock.now()))
      if (!rules) return 0
      const { dead, forgotten } = await engine.tidy(rules.keep)
      return dead + forgotten
    },
  }
}
