import type { Readable } from 'node:stream'
import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { NominateMany, NominationFault, NominationRow } from '#application/high-risk-user/nominate-many.ts'
import { highRiskUserRoles } from '#application/high-risk-user/use-cases.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { Evidence, Profile } from '#domain/high-risk-user/fields.ts'
import { ConsNo, ProvinceCode, Text } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { type CandidateRow, candidates } from '#projections/high-risk-user/case.queries.ts'
import { readBy } from '../access.ts'
import { askedBy, CommandHeaders } from '../command-route.ts'
import { csvCells } from '../csv-rows.ts'
import { bounded, type Json, jsonLines } from '../daily-report/day-lines.ts'
import { type Language, languageOf } from '../language.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Fault, faultsOf, PROBLEMS, Problem, sendProblem } from '../problem.ts'
import { highRiskUserRefusals } from '../refusals.ts'
import { type App, commandFailures, readFailures } from '../schemas.ts'

const NDJSON = ['application/x-ndjson', 'application/ndjson']
const CSV = 'text/csv'
const BYTES = 8_000_000

const Nomination = z.strictObject({
  consNo: ConsNo,
  profile: Profile,
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

const Done = z
  .object({ rows: z.int(), recorded: z.int().describe('Nominations written now'), overtaken: z.array(Fault).describe('Rows that others decided meanwhile') })
  .meta({ id: 'Nominations' })

/** Nominations in bulk, and the candidates who wait for a decision in the same form. */
export const nominationRoutes =
  (nominateMany: NominateMany, pool: Pick<DatabasePool, 'any'>) =>
  async (app: App): Promise<void> => {
    app.addContentTypeParser([...NDJSON, CSV], { bodyLimit: BYTES }, (_request, payload, done) => done(null, payload))
    const params = z.strictObject({ province: ProvinceCode })
    app.post(
      '/v1/nominations/:province',
      {
        bodyLimit: BYTES,
        config: { access: { kind: 'command', roles: highRiskUserRoles.NominateCandidate, scope: 'province' }, streams: [NDJSON[0]!, CSV] },
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
        const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
        if (type === undefined || ![...NDJSON, CSV].includes(type)) throw new Problem('UNSUPPORTED_MEDIA_TYPE')
        const body = bounded(request.body as Readable, BYTES)
        const outcome = await nominateMany(request.params.province, type === CSV ? csvRows(body) : ndjsonRows(body), askedBy(request))
        const language = languageOf(request.headers['accept-language'])
        const told = (faults: readonly NominationFault[]) => faults.map((fault) => withWords(fault, language))
        if (outcome.kind === 'forbidden') throw new Problem(outcome.code)
        if (outcome.kind === 'too-large') throw new Problem('TOO_LARGE', { limit: `${outcome.most} rows` })
        if (outcome.kind === 'invalid')
          return sendProblem(request, reply, 'NOMINATIONS_INVALID', PROBLEMS.NOMINATIONS_INVALID, { errors: told(outcome.faults) })
        return reply.send({ rows: outcome.rows, recorded: outcome.recorded, overtaken: told(outcome.overtaken) })
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

const withWords = ({ row, consNo, field, code, message }: NominationFault, language: Language): Fault => {
  const known = { ...PROBLEMS, ...highRiskUserRefusals, DUPLICATE_ROW: { title: { 'zh-CN': '户号重复', en: 'The customer stands in the file twice' } } }
  const words = (known as Readonly<Record<string, { readonly title: Readonly<Record<Language, string>> }>>)[code]?.title[language]
  return { row, ...(consNo !== undefined && { consNo }), ...(field !== undefined && { field }), code, message: message ?? words ?? code }
}

async function* ndjsonRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<NominationRow> {
  for await (const { row, json } of jsonLines(body)) yield rowOf(row, json)
}

async function* csvRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<NominationRow> {
  for await (const { row, cells } of csvCells(body, COLUMNS)) yield rowOf(row, { ok: true, value: fromCells(cells) })
}

const fromCells = (cells: Readonly<Record<string, string>>): unknown => {
  const profile = Object.fromEntries(Object.entries(cells).filter(([name]) => PROFILE.includes(name)))
  const { consNo, proposedLevel, reason } = cells
  return { consNo, proposedLevel, ...(reason !== undefined && { reason }), profile }
}

const rowOf = (row: number, json: Json): NominationRow => {
  if (!json.ok) return { row, faults: [{ row, code: 'BROKEN_LINE', message: json.message }] }
  const result = Nomination.safeParse(json.value)
  if (result.success) return { row, value: result.data }
  const given = (json.value as { readonly consNo?: unknown } | null)?.consNo
  const consNo = typeof given === 'string' ? given.slice(0, 32) : undefined
  const faults = faultsOf(result.error.issues).map(({ pointer = '', code, message }) => ({
    row,
    consNo,
    field: pointer.slice(1).replaceAll('/', '.'),
    code,
    message,
  }))
  return { row, faults }
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
