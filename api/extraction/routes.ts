import { z } from 'zod'
import type { ImportDeps } from '#application/extraction/import.ts'
import { extractionAggregate, extractionStream } from '#application/extraction/keep-part.ts'
import type { BatchView, ExtractionRecord, Key } from '#application/ports/source.ts'
import { PROVINCE_READERS, ROLES, sightOf } from '#application/shared/authorise.ts'
import { Source } from '#domain/extraction/fields.ts'
import { BusinessDate, businessDateOf, Instant } from '#domain/shared/dates.ts'
import { ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { Fen, Kwh } from '#domain/shared/quantities.ts'
import { readBy } from '../access.ts'
import { historyRoutes } from '../history/routes.ts'
import { actorOf } from '../identity.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, readFailures } from '../schemas.ts'
import { importRoute, Unmapped } from './import.ts'

export type ExtractionParts = ImportDeps & {
  readonly record: ExtractionRecord
  /** Largest file taken, in bytes as sent. */
  readonly fileBytes?: number
}

const FILE_BYTES = 512 * 1024 ** 2
const URL = '/v1/extractions/:province/:date/:source'
const OfExtraction = z.strictObject({ province: ProvinceCode, date: BusinessDate, source: Source })

const Batch = z
  .strictObject({
    ...OfExtraction.shape,
    run: z.int(),
    sha256: z.string(),
    fileName: z.string().nullable(),
    received: z.int(),
    stored: z.int(),
    amount: Fen.nullable(),
    electricity: Kwh.nullable(),
    quarantined: z.int(),
    unmapped: z.array(Unmapped),
    watermark: BusinessDate.nullable().describe('The latest day that the rows speak of'),
    by: UserId,
    at: Instant,
  })
  .meta({ id: 'Extraction' })

const onWire = ({ fileName, amount, electricity, watermark, unmapped, ...view }: BatchView): z.output<typeof Batch> => ({
  ...view,
  fileName: fileName ?? null,
  amount: amount ?? null,
  electricity: electricity ?? null,
  watermark: watermark ?? null,
  unmapped: unmapped.map(({ example, ...code }) => ({ ...code, ...(example !== undefined && { example }) })),
})

/** Data extraction (数据抽取): bring a file, see what stands, fetch what was set aside, replay what happened. */
export const extractionRoutes =
  (parts: ExtractionParts) =>
  async (app: App): Promise<void> => {
    importRoute(app, parts, parts.fileBytes ?? FILE_BYTES)
    listRoute(app, parts)
    quarantineRoutes(app, parts)
    app.get(
      URL,
      {
        config: readBy(PROVINCE_READERS, 'province', true),
        schema: {
          operationId: 'getExtraction',
          tags: ['extraction'],
          summary: 'The run whose rows stand',
          params: OfExtraction,
          response: { 200: Batch, ...readFailures() },
        },
      },
      async (request) => {
        const found = await parts.record.find(request.params)
        if (!found) throw new Problem('NOT_FOUND')
        return onWire(found)
      },
    )
    historyRoutes(app, parts.store, {
      url: URL,
      name: 'Extraction',
      params: OfExtraction,
      access: readBy(PROVINCE_READERS, 'province', true).access,
      aggregate: extractionAggregate,
      stream: extractionStream,
    })
  }

const listRoute = (app: App, { record, scope, clock }: ExtractionParts): void => {
  app.get(
    '/v1/extractions',
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'listExtractions',
        tags: ['extraction'],
        summary: 'What was extracted, newest date first',
        querystring: z.strictObject({
          province: ProvinceCode.optional(),
          source: Source.optional(),
          date: BusinessDate.optional(),
          after: z
            .string()
            .regex(/^\d{4}-\d{2}-\d{2}\/P\d{2}[A-Z]?\/[a-z-]+$/, '`next` of the page before')
            .optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: z.strictObject({ extractions: z.array(Batch), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request) => {
      const { province, source, date, after, limit } = request.query
      const sight = sightOf(actorOf(request), scope, businessDateOf(clock.now()))
      const own = sight.kind === 'all' ? undefined : sight.kind === 'province' ? [sight.province] : []
      const provinces = province === undefined ? own : own === undefined || own.includes(province) ? [province] : []
      const rows = await record.list({ provinces, source, date }, { after: after === undefined ? undefined : keyOf(after), limit })
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { extractions: rows.map(onWire), next: last ? `${last.date}/${last.province}/${last.source}` : null }
    },
  )
}

const keyOf = (text: string): Key => {
  const [date, province, source] = text.split('/')
  const { success, data } = OfExtraction.safeParse({ date, province, source })
  if (!success) throw new Problem('BAD_POSITION')
  return data
}

const QUARANTINE = ['line', 'field', 'code', 'reason', 'raw'] as const
const Lines = z.strictObject({
  lines: z.array(z.strictObject({ line: z.int(), field: z.string(), code: z.string(), reason: z.string(), raw: z.string() })),
  more: z.boolean().describe('There are more than the first 1000; fetch them as CSV or NDJSON'),
})

const quarantineRoutes = (app: App, { record }: ExtractionParts): void => {
  const description = 'As CSV or NDJSON all of them are streamed. `raw` is the line as it came; mend it and send the whole file again.'
  const answer = async (
    request: Parameters<typeof formatOf>[0],
    reply: Parameters<typeof sendRows>[0],
    province: ProvinceCode | undefined,
    date: BusinessDate,
    source: Source,
  ) => {
    const format = formatOf(request, ['json', 'ndjson', 'csv'])
    const groups = record.quarantine(province, date, source)
    if (format !== 'json') return sendRows(reply, format, flat(groups), QUARANTINE)
    for await (const lines of groups) return { lines: [...lines], more: lines.length >= 1000 }
    return { lines: [], more: false }
  }
  app.get(
    `${URL}/quarantine`,
    {
      config: readBy(PROVINCE_READERS, 'province', true),
      schema: {
        operationId: 'getQuarantine',
        tags: ['extraction'],
        summary: 'Lines set aside, with field, code and reason',
        description,
        params: OfExtraction,
        response: { 200: Lines, ...readFailures() },
      },
    },
    async (request, reply) => answer(request, reply, request.params.province, request.params.date, request.params.source),
  )
  app.get(
    '/v1/extractions/unattributed/:date/:source/quarantine',
    {
      config: readBy([...ROLES.headquarters, 'SYS'], 'nation'),
      schema: {
        operationId: 'getUnattributedQuarantine',
        tags: ['extraction'],
        summary: 'Lines that name no provincial company',
        description,
        params: OfExtraction.omit({ province: true }),
        response: { 200: Lines, ...readFailures() },
      },
    },
    async (request, reply) => answer(request, reply, undefined, request.params.date, request.params.source),
  )
}

async function* flat<T>(groups: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const group of groups) yield* group
}
