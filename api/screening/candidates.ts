import { z } from 'zod'
import type { Result, RunView } from '#application/ports/screening.ts'
import { explain } from '#application/screening/screen.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { UserStatus } from '#domain/high-risk-user/fields.ts'
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
  .strictObject({
    province: ProvinceCode,
    consNo: ConsNo,
    orgCode: OrgCode,
    ...Assessed.shape,
    level: Level.nullable(),
    status: UserStatus.nullable().describe('As the register has him now, null when it does not; who has left the list comes back to it by relisting'),
  })
  .meta({ id: 'ScreeningCandidate', description: 'A customer as a run judged him; the points of the hits add up to the score' })
/** Results of one province as they are told, each with where the register has the customer now. */
const candidatesOf = async (
  { statuses }: ScreeningNeeds,
  run: RunView,
  province: ProvinceCode,
  results: readonly Result[],
): Promise<z.output<typeof Candidate>[]> => {
  const known = await statuses(
    province,
    results.map(({ consNo }) => consNo),
  )
  return results.map((result) => {
    const { consNo, orgCode, level } = result
    return { province, consNo, orgCode, ...explain(run, result), level, status: known.get(consNo) ?? null }
  })
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
      const format = formatOf(request)
      if (format !== 'json') return sendRows(reply, format, flat(needs, run, province, level), COLUMNS) as never
      const [score, consNo] = after?.split('/') ?? []
      const last = consNo === undefined ? undefined : { score: Number(score), province, consNo: consNo as ConsNo }
      const rows = await engine.named(run.runId, { provinces: [province], level }, { after: last, limit })
      const end = rows.length === limit ? rows.at(-1) : undefined
      return { run: runOnWire(run), candidates: await candidatesOf(needs, run, province, rows), next: end ? `${end.score}/${end.consNo}` : null }
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
      const { province, consNo } = request.params
      const result = await engine.result(run.runId, province, consNo)
      const [told] = result ? await candidatesOf(needs, run, province, [result]) : []
      if (!told) throw new Problem('NOT_FOUND')
      return told
    },
  )
}

const COLUMNS = ['province', 'consNo', 'orgCode', 'level', 'score', 'status', 'triggers', 'reasonsZh', 'reasonsEn']

async function* flat(needs: ScreeningNeeds, run: RunView, province: ProvinceCode, level: Level | undefined): AsyncGenerator<object> {
  for (let after: Result | undefined; ; ) {
    const rows = await needs.engine.named(run.runId, { provinces: [province], level }, { after, limit: 1000 })
    for (const { hits, triggers, ...candidate } of await candidatesOf(needs, run, province, rows)) {
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
