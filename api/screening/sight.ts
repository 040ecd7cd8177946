import type { FastifyRequest } from 'fastify'
import type { RunView } from '#application/ports/screening.ts'
import { type Sight, sightOf } from '#application/shared/authorise.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { actorOf } from '../identity.ts'
import { Problem } from '../problem.ts'
import type { ScreeningNeeds } from './needs.ts'

const sightIn = async (request: FastifyRequest, { working, clock }: ScreeningNeeds): Promise<Sight> => {
  await working.scope.refresh()
  return sightOf(actorOf(request), working.scope, businessDateOf(clock.now()))
}

/**
 * Runs as the people of a province see them: what headquarters tried over several provinces is its own, and of a run of the rules
 * in force over several provinces the province sees its part. Headquarters sees every run whole.
 */
export const asSeen = async (request: FastifyRequest, needs: ScreeningNeeds, province: ProvinceCode, runs: readonly RunView[]): Promise<readonly RunView[]> => {
  if ((await sightIn(request, needs)).kind === 'all') return runs
  const seen = runs.filter(({ provinces, purpose }) => provinces.length === 1 || purpose === 'screening')
  const wide = seen.filter(({ provinces }) => provinces.length > 1).map(({ runId }) => runId)
  if (wide.length === 0) return seen
  const counts = await needs.engine.countsIn(wide, province)
  return seen.map((run) => (run.provinces.length === 1 ? run : { ...run, provinces: [province], ...(counts.get(run.runId) ?? { customers: 0, named: 0 }) }))
}

type RunOfProvince = { readonly province: ProvinceCode; readonly runId: string }

/** A run that looked at this province, as the caller sees it; others do not exist to its people. Throws a Problem (404). */
export const runIn = async (request: FastifyRequest, needs: ScreeningNeeds, { province, runId }: RunOfProvince): Promise<RunView> => {
  const run = await needs.engine.find(runId)
  const [seen] = run?.provinces.includes(province) ? await asSeen(request, needs, province, [run]) : []
  if (!seen) throw new Problem('NOT_FOUND')
  return seen
}

/** The same of a run whose sums cannot be told for one of its provinces. */
export const wholeRunIn = async (request: FastifyRequest, needs: ScreeningNeeds, key: RunOfProvince): Promise<RunView> => {
  const [seen, run] = [await runIn(request, needs, key), await needs.engine.find(key.runId)]
  if (seen.provinces.length !== run?.provinces.length) throw new Problem('NOT_FOUND')
  return seen
}
