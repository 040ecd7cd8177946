import type { Readable } from 'node:stream'
import { z } from 'zod'
import { columnsOf } from '#application/extraction/check-line.ts'
import { IMPORTERS, type ImportDeps, type ImportOutcome, importFile } from '#application/extraction/import.ts'
import type { ImportResult } from '#application/extraction/keep-part.ts'
import { Source } from '#domain/extraction/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { Fen, Kwh } from '#domain/shared/quantities.ts'
import { readBy } from '../access.ts'
import { askedBy, CommandHeaders } from '../command-route.ts'
import { PROBLEMS, Problem, type Refusal, sendProblem } from '../problem.ts'
import { type App, commandFailures } from '../schemas.ts'

const MEDIA = ['text/csv', 'application/gzip', 'application/x-gzip']

const REFUSALS = {
  BAD_HEADER: { status: 422, title: { 'zh-CN': '表头与数据源不符', en: 'The header is not that of the source' } },
  UNREADABLE_FILE: { status: 422, title: { 'zh-CN': '文件无法读取，未保存任何数据', en: 'The file cannot be read; nothing was kept' } },
  NOTHING_KEPT: { status: 422, title: { 'zh-CN': '没有可用的数据行，原有数据保持不变', en: 'No line could be used; what was there still stands' } },
} as const satisfies Readonly<Record<string, Refusal>>

export const Unmapped = z.strictObject({ field: z.string(), code: z.string(), rows: z.int(), example: z.string().optional() })

const Part = z.strictObject({
  province: ProvinceCode,
  outcome: z.enum(['stored', 'unchanged', 'failed']),
  run: z.int().describe('The run whose rows stand; for a failed one, the run that failed'),
  sha256: z.string().describe('Of the header and the lines of this province'),
  received: z.int(),
  stored: z.int().nullable(),
  amount: Fen.nullable(),
  electricity: Kwh.nullable(),
  quarantined: z.int(),
  unmapped: z.array(Unmapped),
  position: z.string().nullable(),
  code: z.string().nullable().describe('Why it failed'),
  reason: z.string().nullable(),
})
const ImportReceipt = z
  .strictObject({
    source: Source,
    date: BusinessDate,
    results: z.array(Part),
    unattributed: z.int().describe('Lines that name no province you may write; set aside'),
  })
  .meta({ id: 'ImportReceipt' })

const columns = Source.options
  .map(
    (source) =>
      `- \`${source}\`: ${columnsOf(source)
        .map((name) => `\`${name}\``)
        .join(', ')}`,
  )
  .join('\n')

const DESCRIPTION = `CSV with a header (UTF-8), plain or gzip, streamed. One file may hold several provinces; each province's part stands for
itself. The same bytes for the same date again change nothing (\`unchanged\`); other bytes are the next run and replace that date's rows.
Lines that do not hold are set aside with field, code and reason and can be downloaded; codes that are not known are kept and named.

${columns}

Amounts are yuan (\`1234.56\`), capacities kVA, dates \`2026-01-31\`, months \`202601\`; empty is absent.

For ${IMPORTERS.join(', ')}; a province only for itself.`

const partOf = (result: ImportResult): z.output<typeof Part> => {
  const { province, run, sha256, received, quarantined, outcome } = result
  const stored = outcome === 'stored' ? result : undefined
  const failed = outcome === 'failed' ? result : undefined
  return {
    province,
    outcome,
    run,
    sha256,
    received,
    stored: stored?.stored ?? null,
    amount: stored?.amount ?? null,
    electricity: stored?.electricity ?? null,
    quarantined,
    unmapped: result.unmapped.map(({ example, ...code }) => ({ ...code, ...(example !== undefined && { example }) })),
    position: stored?.position ?? null,
    code: failed?.code ?? null,
    reason: failed?.reason ?? null,
  }
}

/** POST a file of one source and date. `bytes` bounds the body as it is sent. */
export const importRoute = (app: App, deps: ImportDeps, bytes: number): void => {
  app.addContentTypeParser(MEDIA, { bodyLimit: bytes }, (_request, payload, done) => done(null, payload))
  app.post(
    '/v1/extractions/:source',
    {
      bodyLimit: bytes,
      // Whose the lines are stands in the file: the use case judges each.
      config: { ...readBy(IMPORTERS, 'own'), streams: [MEDIA[0]!, MEDIA[1]!] },
      schema: {
        operationId: 'importFile',
        tags: ['extraction'],
        summary: 'Bring customers, bills, payments or daily kWh by file',
        description: DESCRIPTION,
        headers: CommandHeaders,
        params: z.strictObject({ source: Source }),
        querystring: z.strictObject({
          date: BusinessDate.describe('The business date that was extracted'),
          fileName: z.string().trim().min(1).max(200).optional(),
        }),
        response: { 200: ImportReceipt, ...commandFailures() },
      },
    },
    async (request, reply) => {
      const { source } = request.params
      const { date, fileName } = request.query
      const body = request.body as Readable | undefined
      if (!body) throw new Problem('BAD_REQUEST', { detail: 'the file is the body of the request' })
      const outcome = await importFile(deps, {
        source,
        date,
        stream: within(body, bytes),
        request: askedBy(request),
        ...(fileName !== undefined && { fileName }),
      })
      const refusal = refusalOf(outcome)
      if (refusal) return sendProblem(request, reply, refusal.code, refusal.as, refusal.context)
      const { results, unattributed } = outcome as Extract<ImportOutcome, { kind: 'imported' }>
      return reply.send({ source, date, results: results.map(partOf), unattributed })
    },
  )
}

const refusalOf = (outcome: ImportOutcome): { readonly code: string; readonly as: Refusal; readonly context: Record<string, unknown> } | undefined => {
  switch (outcome.kind) {
    case 'forbidden':
      return { code: outcome.code, as: PROBLEMS[outcome.code], context: {} }
    case 'bad-header': {
      const { missing, unknown, repeated } = outcome
      return { code: 'BAD_HEADER', as: REFUSALS.BAD_HEADER, context: { missing, unknown, repeated } }
    }
    case 'unreadable':
      return { code: 'UNREADABLE_FILE', as: REFUSALS.UNREADABLE_FILE, context: { detail: outcome.reason } }
    case 'imported':
      return outcome.results.some(({ outcome }) => outcome !== 'failed')
        ? undefined
        : { code: 'NOTHING_KEPT', as: REFUSALS.NOTHING_KEPT, context: { results: outcome.results.map(partOf), unattributed: outcome.unattributed } }
  }
}

/** A body without a declared length is bounded as it comes. */
async function* within(body: Readable, limit: number): AsyncGenerator<Uint8Array> {
  let seen = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    seen += chunk.length
    if (seen > limit) throw new Problem('TOO_LARGE', { limit: `${limit} bytes` })
    yield chunk
  }
}
