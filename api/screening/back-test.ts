import { z } from 'zod'
import { backTest, GRACE_DAYS, horizonOf, tooEarly } from '#application/screening/back-test.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { Level } from '#domain/shared/level.ts'
import { readBy } from '../access.ts'
import { Problem } from '../problem.ts'
import { type App, readFailures } from '../schemas.ts'
import type { ScreeningNeeds } from './needs.ts'
import { OfRun, RUNS } from './runs.ts'
import { wholeRunIn } from './sight.ts'

const Share = z.number().nullable()
const BackTested = z
  .strictObject({
    customers: z.int(),
    bad: z.int(),
    auc: Share,
    levels: z.array(z.strictObject({ level: Level, named: z.int(), found: z.int(), precision: Share, recall: Share, lift: Share })),
    curve: z.array(z.strictObject({ share: z.number(), captured: Share })),
  })
  .meta({ id: 'ScreeningBackTest' })

export const backTestRoute = (app: App, needs: ScreeningNeeds): void => {
  app.get(
    `${RUNS}/:runId/back-test`,
    {
      config: readBy(PROVINCE_READERS, 'province'),
      schema: {
        operationId: 'getScreeningBackTest',
        tags: ['screening'],
        summary: 'How many of those who fell into arrears afterwards a run had named',
        params: OfRun,
        querystring: z.strictObject({
          months: z.coerce.number().int().min(1).max(24).default(3),
          grace: z.coerce.number().int().min(0).max(400).default(GRACE_DAYS).describe('A bill open longer than so many days after it was due is arrears'),
        }),
        response: { 200: BackTested, ...readFailures() },
      },
    },
    async (request) => {
      const run = await wholeRunIn(request, needs, request.params)
      const horizon = horizonOf(run.asOf, request.query.months, request.query.grace)
      const early = tooEarly(run.provinces, horizon, await needs.lastDays(), businessDateOf(needs.clock.now()))
      if (early) throw new Problem('HORIZON_NOT_OVER', early)
      const { levels, curve, ...sums } = await backTest(needs.engine, run.runId, horizon)
      return { ...sums, levels: [...levels], curve: [...curve] }
    },
  )
}
