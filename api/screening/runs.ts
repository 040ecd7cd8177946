import { z } from 'zod'
import type { RunView } from '#application/ports/screening.ts'
import { orderOf } from '#application/screening/screen.ts'
import { draftFor, ruleSetInForce } from '#application/screening/use-cases.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { Purpose, type RuleSet } from '#domain/screening/fields.ts'

import type { Role } from '#domain/shared/actor.ts'
import { BusinessDate, businessDateOf, Instant } from '#domain/shared/dates.ts'
import { ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { readBy } from '../access.ts'
import { CommandHeaders } from '../command-route.ts'
import { commandIdOf } from '../idempotency.ts'
import { actorOf } from '../identity.ts'
import { Problem } from '../problem.ts'
import { type App, commandFailures, readFailures } from '../schemas.ts'
import type { ScreeningNeeds } from './needs.ts'
import { asSeen } from './sight.ts'

export const RUNS = '/v1/screening/runs/:province'
export const SCREENERS: readonly Role[] = ['PV_TARIFF', 'PV_LEAD', 'HQ_TARIFF', 'HQ_LEAD']
const OfProvince = z.strictObject({ province: ProvinceCode })
export const OfRun = OfProvince.extend({ runId: z.uuid() })

export const Run = z
  .strictObject({
    runId: z.uuid(),
    purpose: Purpose,
    status: z.enum(['running', 'done', 'failed']),
    asOf: BusinessDate,
    provinces: z.array(ProvinceCode),
    ruleSetVersion: z.int(),
    industryListVersion: z.int(),
    customers: z.int(),
    named: z.int(),
    by: UserId,
    startedAt: Instant,
    finishedAt: Instant.nullable(),
  })
  .meta({ id: 'ScreeningRun' })
export const runOnWire = ({ runId, purpose, status, asOf, provinces, customers, named, by, startedAt, finishedAt, ...run }: RunView): z.output<typeof Run> => {
  const { ruleSetVersion, industryListVersion } = run
  return { runId, purpose, status, asOf, provinces: [...provinces], ruleSetVersion, industryListVersion, customers, named, by, startedAt, finishedAt }
}

export const StartRun = z.strictObject({
  asOf: BusinessDate.describe('What was known at the end of this date'),
  rules: z.enum(['in-force', 'draft']).default('in-force').describe('draft: the own draft of the province, else the national one'),
})

/** The rules asked for: those in force today, or the draft of the province, or of the nation where it has none. */
export const rulesFor = async (
  { store, shipped, clock }: ScreeningNeeds,
  own: ProvinceCode | 'national',
  which: 'in-force' | 'draft',
): Promise<Pick<RuleSet, 'version' | 'content'>> => {
  if (which === 'in-force') return ruleSetInForce(store, shipped, own, businessDateOf(clock.now()))
  const draft = await draftFor(store, own, businessDateOf(clock.now()))
  if (draft) return draft
  throw new Problem('NOT_FOUND', { detail: 'no rule set is being drafted' })
}

export const notTooLate = ({ clock }: ScreeningNeeds, asOf: BusinessDate): void => {
  if (asOf > businessDateOf(clock.now()))
    throw new Problem('VALIDATION_FAILED', { errors: [{ pointer: '/asOf', code: 'FUTURE_DATE', message: 'that date is still to come' }] })
}

export const runRoutes = (app: App, needs: ScreeningNeeds): void => {
  const { engine, readList, clock } = needs
  app.post(
    RUNS,
    {
      config: readBy(SCREENERS, 'province'),
      schema: {
        operationId: 'startScreeningRun',
        tags: ['screening'],
        summary: 'Screen all customers of a province; answers when it is done',
        headers: CommandHeaders,
        params: OfProvince,
        body: StartRun,
        response: { 200: Run, ...commandFailures() },
      },
    },
    async (request) => {
      const { province } = request.params
      const { asOf, rules } = request.body
      notTooLate(needs, asOf)
      const actor = actorOf(request)
      const ruleSet = await rulesFor(needs, province, rules)
      const purpose = rules === 'draft' ? 'what-if' : 'screening'
      const order = await orderOf(readList, {
        runId: commandIdOf(request, actor),
        purpose,
        asOf,
        provinces: [province],
        ruleSet,
        by: actor.userId,
        at: clock.now(),
      })
      return runOnWire(await engine.run(order))
    },
  )
  app.get(
    RUNS,
    {
      config: readBy(PROVINCE_READERS, 'province'),
      schema: {
        operationId: 'listScreeningRuns',
        tags: ['screening'],
        summary: 'The last 100 runs over a province, newest first',
        params: OfProvince,
        response: { 200: z.strictObject({ runs: z.array(Run) }), ...readFailures() },
      },
    },
    async (request) => {
      const { province } = request.params
      return { runs: (await asSeen(request, needs, province, await engine.list([province], 100))).map(runOnWire) }
    },
  )
}
