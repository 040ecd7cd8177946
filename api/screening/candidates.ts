import { z } from 'zod'
import type { Result, RunView } from '#application/ports/screening.ts'
import { explain } from '#application/screening/screen.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { Assessed } from '#domain/screening/fields.ts'
import { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { readBy } from '../access.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, readFailures } from '../schemas.ts'
import type { ScreeningNeeds } from './needs.ts'
import { OfRun, RUNS, Run, runOnWire } from './runs.ts'
import { runIn } from './sight.ts'

const Candidate = z
  .strictObject({ province: ProvinceCode, consNo: ConsNo, orgCode: OrgCode, ...Assessed.shape, level: Level.nullable() })
  .meta({ id: 'ScreeningCandidate', description: 'A customer as a run judged him; the points of the hits add up to the score' })
const candidateOf = (run: RunView, result: Result): z.output<typeof Candidate> => {
  const { province, consNo, orgCode, level } = result
  return { province, consNo, orgCode, ...explain(run, result), level }
}

/** Whom a run named, and why anybody got his score. */
export const candidateRoutes = (app: App, needs: ScreeningNeeds): void => {
  const { engine } = needs
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
      const run = await runIn(request, needs, request.params)
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
      const run = await runIn(request, needs, request.params)
      const result = await engine.result(run.runId, request.params.province, request.params.consNo)
      if (!result) throw new Problem('NOT_FOUND')
      return candidateOf(run, result)
    },
  )
}

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
