import { z } from 'zod'
import type { Result, RunView } from '#application/ports/screening.ts'
import { backTest, GRACE_DAYS, horizonOf } from '#application/screening/back-test.ts'
import { explain, orderOf } from '#application/screening/screen.ts'
import { draftFor, ruleSetInForce } from '#application/screening/use-cases.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { Assessed, Purpose, type RuleSet } from '#domain/screening/fields.ts'

import type { Role } from '#domain/shared/actor.ts'
import { BusinessDate, businessDateOf, Instant } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { readBy } from '../access.ts'
import { CommandHeaders } from '../command-route.ts'
import { commandIdOf } from '../idempotency.ts'
import { actorOf } from '../identity.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, commandFailures, readFailures } from '../schemas.ts'
import type { ScreeningNeeds } from './needs.ts'

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

const Candidate = z
  .strictObject({ province: ProvinceCode, consNo: ConsNo, orgCode: OrgCode, ...Assessed.shape, level: Level.nullable() })
  .meta({ id: 'ScreeningCandidate', description: 'A customer as a run judged him; the points of the hits add up to the score' })
const candidateOf = (run: RunView, result: Result): z.output<typeof Candidate> => {
  const { province, consNo, orgCode, level } = result
  return { province, consNo, orgCode, ...explain(run, result), level }
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

/** A run that looked at this province; others do not exist to its people. */
export const runIn = async ({ engine }: ScreeningNeeds, { province, runId }: z.output<typeof OfRun>): Promise<RunView> => {
  const run = await engine.find(runId)
  if (!run?.provinces.includes(province)) throw new Problem('NOT_FOUND')
  return run
}

export const runRoutes = (app: App, needs: ScreeningNeeds): void => {
  const { engine, readList, clock } = needs
  const found = (params: z.output<typeof OfRun>) => runIn(needs, params)
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
    async (request) => ({ runs: (await engine.list([request.params.province], 100)).map(runOnWire) }),
  )
  app.get(
    `${RUNS}/:runId/candidates`,
    {
      config: readBy(PROVINCE_READERS, 'province'),
      schema: {
        operationId: 'listScreeningCandidates',
        tags: ['screening'],
        summary: 'Whom a run named, the highest score first, each with its reasons; all of them as NDJSON, CSV or XLSX',
        params: OfRun,
        querystring: z.strictObject({
          level: Level.optional(),
          after: z
            .string()
            .regex(/^\d{1,3}\/[0-9A-Za-z]{1,16}$/, '`next` of the page before')
            .optional(),
          limit: z.coerce.number().int().min(1).max(500).default(50),
        }),
        response: { 200: z.strictObject({ run: Run, candidates: z.array(Candidate), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const { province } = request.params
      const run = await found(request.params)
      const { level, after, limit } = request.query
      const filter = { provinces: [province], level }
      const format = formatOf(request)
      if (format !== 'json') return sendRows(reply, format, flat(needs, run, filter), COLUMNS) as never
      const [score, consNo] = after?.split('/') ?? []
      const last = consNo === undefined ? undefined : { score: Number(score), province, consNo: consNo as ConsNo }
      const rows = await engine.named(run.runId, filter, { after: last, limit })
      const end = rows.length === limit ? rows.at(-1) : undefined
      return { run: runOnWire(run), candidates: rows.map((row) => candidateOf(run, row)), next: end ? `${end.score}/${end.consNo}` : null }
    },
  )
  app.get(
    `${RUNS}/:runId/customers/:consNo`,
    {
      config: readBy(PROVINCE_READERS, 'province'),
      schema: {
        operationId: 'getScreeningResult',
        tags: ['screening'],
        summary: 'Why a customer of a run got his score, named or not',
        params: OfRun.extend({ consNo: ConsNo }),
        response: { 200: Candidate, ...readFailures() },
      },
    },
    async (request) => {
      const run = await found(request.params)
      const result = await engine.result(run.runId, request.params.province, request.params.consNo)
      if (!result) throw new Problem('NOT_FOUND')
      return candidateOf(run, result)
    },
  )
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
      const run = await found(request.params)
      const { levels, curve, ...sums } = await backTest(engine, run.runId, horizonOf(run.asOf, request.query.months, request.query.grace))
      return { ...sums, levels: [...levels], curve: [...curve] }
    },
  )
}

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

const COLUMNS = ['province', 'consNo', 'orgCode', 'level', 'score', 'triggers', 'reasonsZh', 'reasonsEn']

async function* flat({ engine }: ScreeningNeeds, run: RunView, filter: Parameters<ScreeningNeeds['engine']['named']>[1]): AsyncGenerator<object> {
  for (let after: Result | undefined; ; ) {
    const rows = await engine.named(run.runId, filter, { after, limit: 1000 })
    for (const row of rows) {
      const { hits, triggers, ...candidate } = candidateOf(run, row)
      yield {
        ...candidate,
        triggers: triggers.join(' '),
        reasonsZh: hits.map(({ text }) => text.zh).join('；'),
        reasonsEn: hits.map(({ text }) => text.en).join('; '),
      }
    }
    after = rows.at(-1)
    if (rows.length < 1000) return
  }
}
