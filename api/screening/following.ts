import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { RunView } from '#application/ports/screening.ts'
import { reviewListed } from '#application/screening/review.ts'
import { proposeCandidates } from '#application/screening/screen.ts'
import { readBy } from '../access.ts'
import { askedBy, CommandHeaders } from '../command-route.ts'
import { Problem } from '../problem.ts'
import { type App, commandFailures } from '../schemas.ts'
import type { ScreeningNeeds } from './needs.ts'
import { OfRun, RUNS } from './runs.ts'
import { runIn } from './sight.ts'

const Refused = z.record(z.string(), z.int()).describe('How many were refused, by why')

/** What follows from a run of the rules in force: candidates, and reviews of those who are listed. */
export const followingRoutes = (app: App, needs: ScreeningNeeds): void => {
  /** Never one that only tried something: a draft's number may be published with other rules. */
  const madeInForce = async (request: FastifyRequest, params: z.output<typeof OfRun>): Promise<RunView> => {
    const run = await runIn(request, needs, params)
    if (run.purpose !== 'screening' || run.status !== 'done')
      throw new Problem('VALIDATION_FAILED', {
        errors: [{ pointer: '/params/runId', code: 'NOT_A_SCREENING', message: 'something follows only from a finished run of the rules in force' }],
      })
    return { ...run, provinces: [params.province] }
  }
  app.post(
    `${RUNS}/:runId/proposals`,
    {
      config: readBy(['PV_TARIFF'], 'province'),
      schema: {
        operationId: 'proposeScreeningCandidates',
        tags: ['screening'],
        summary: 'Make candidates (候选) of those a run of the rules in force named; sent again, nothing is written twice',
        headers: CommandHeaders,
        params: OfRun,
        response: { 200: z.strictObject({ candidates: z.int(), repeated: z.int(), refused: Refused }), ...commandFailures() },
      },
    },
    async (request) => {
      const run = await madeInForce(request, request.params)
      const { commandId: _, pinned: __, ...asked } = askedBy(request)
      return proposeCandidates(needs, run, asked)
    },
  )
  app.post(
    `${RUNS}/:runId/level-reviews`,
    {
      config: readBy(['PV_TARIFF', 'PV_LEAD'], 'province'),
      schema: {
        operationId: 'reviewListedByScreening',
        tags: ['screening'],
        summary: 'Review the level (等级评审) of everybody on the list by what a run of the rules in force found; no level is changed by it',
        headers: CommandHeaders,
        params: OfRun,
        response: {
          200: z.strictObject({
            reviewed: z.int(),
            repeated: z.int(),
            unknown: z.int().describe('Listed users of whom the run knows nothing'),
            refused: Refused,
          }),
          ...commandFailures(),
        },
      },
    },
    async (request) => {
      const run = await madeInForce(request, request.params)
      const { commandId: _, pinned: __, ...asked } = askedBy(request)
      return reviewListed(needs, run, asked)
    },
  )
}
