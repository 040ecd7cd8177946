import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { NominateMany, NominationRow } from '#application/high-risk-user/nominate-many.ts'
import { highRiskUserRoles } from '#application/high-risk-user/use-cases.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { GivenProfile } from '#domain/high-risk-user/commands.ts'
import { Evidence, Profile } from '#domain/high-risk-user/fields.ts'
import { ConsNo, ProvinceCode, Text } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { type CandidateRow, candidates } from '#projections/high-risk-user/case.queries.ts'
import { readBy } from '../access.ts'
import { answerBulk, BULK_BYTES, bulkDone, bulkRows, type Cells } from '../bulk.ts'
import { askedBy, CommandHeaders } from '../command-route.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { highRiskUserRefusals } from '../refusals.ts'
import { ROW_STREAMS, readRow, takesRows } from '../row-body.ts'
import { type App, commandFailures, readFailures } from '../schemas.ts'

const Nomination = z.strictObject({
  consNo: ConsNo,
  profile: GivenProfile,
  proposedLevel: Level,
  reason: Text.optional(),
  evidence: z.array(Evidence).max(20).default([]),
})
const PROFILE = Object.keys(Profile.shape)
const COLUMNS = ['consNo', 'proposedLevel', 'reason', ...PROFILE]

const DESCRIPTION = `Many nominations in one request. Every row is checked and decided first, as it would be alone: if any is refused, the answer is 422
with all faults by row and nothing is kept. Sent again with the same \`Idempotency-Key\` it is completed and never written twice.

**NDJSON** (\`application/x-ndjson\`): \`consNo\`, \`profile\`, \`proposedLevel\`, \`reason\`, \`evidence\` a line. **CSV** (\`text/csv\`, UTF-8, with a header):
${COLUMNS.map((name) => `\`${name}\``).join(', ')}; empty for absent. What is exported here can be sent back.`

const Done = bulkDone('Nominations', 'Nominations written now')
const REFUSALS = { ...highRiskUserRefusals, DUPLICATE_ROW: { title: { 'zh-CN': '户号重复', en: 'The customer stands in the file twice' } } }

/** Nominations in bulk, and the candidates who wait for a decision in the same form. */
export const nominationRoutes =
  (nominateMany: NominateMany, pool: Pick<DatabasePool, 'any'>) =>
  async (app: App): Promise<void> => {
    takesRows(app, BULK_BYTES)
    const params = z.strictObject({ province: ProvinceCode })
    app.post(
      '/v1/nominations/:province',
      {
        bodyLimit: BULK_BYTES,
        config: { access: { kind: 'command', roles: highRiskUserRoles.NominateCandidate, scope: 'province' }, streams: ROW_STREAMS },
        schema: {
          operationId: 'nominateCandidates',
          tags: ['high-risk-user'],
          summary: 'Nominate many candidates: all checked, or none kept',
          description: DESCRIPTION,
          headers: CommandHeaders,
          params,
          response: { 200: Done, ...commandFailures() },
        },
      },
      async (request, reply) => {
        const outcome = await nominateMany(request.params.province, nominations(bulkRows(request, COLUMNS, fromCells)), askedBy(request))
        return answerBulk(request, reply, outcome, 'NOMINATIONS_INVALID', REFUSALS)
      },
    )
    app.get(
      '/v1/nominations/:province',
      {
        config: readBy(PROVINCE_READERS, 'province'),
        schema: {
          operationId: 'exportCandidates',
          tags: ['high-risk-user'],
          summary: 'All candidates of a province who wait for a decision, as they are imported',
          description: 'NDJSON or CSV by `Accept`, streamed.',
          params,
          response: { 200: z.string().describe('NDJSON or CSV'), ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request, ['ndjson', 'csv'])
        if (format !== 'ndjson' && format !== 'csv') throw new Problem('NOT_ACCEPTABLE')
        const rows = candidates(pool, request.params.province)
        return sendRows(reply, format, format === 'csv' ? flat(rows) : nested(rows), COLUMNS) as never
      },
    )
  }

async function* nominations(rows: ReturnType<typeof bulkRows>): AsyncGenerator<NominationRow> {
  for await (const { row, json } of rows) yield readRow(Nomination, row, json)
}

const fromCells = (cells: Cells): unknown => {
  const profile = Object.fromEntries(Object.entries(cells).filter(([name]) => PROFILE.includes(name)))
  const { consNo, proposedLevel, reason } = cells
  return { consNo, proposedLevel, ...(reason !== undefined && { reason }), profile }
}

async function* flat(rows: AsyncIterable<CandidateRow>): AsyncGenerator<object> {
  for await (const row of rows) yield row
}

async function* nested(rows: AsyncIterable<CandidateRow>): AsyncGenerator<object> {
  for await (const { consNo, proposedLevel, reason, ...profile } of rows) {
    const known = Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== null))
    yield { consNo, proposedLevel, ...(reason !== null && { reason }), profile: known, evidence: [] }
  }
}
