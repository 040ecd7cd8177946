import type { Readable } from 'node:stream'
import { z } from 'zod'
import { groupLinkRoles } from '#application/group-user/aggregates.ts'
import type { LinkCommand } from '#application/group-user/links.ts'
import type { BulkType, LinkFault, LinkRow, LinksInBulk } from '#application/group-user/links-in-bulk.ts'
import type { Asked } from '#application/shared/asked.ts'
import { derivedCommandId } from '#application/shared/ids.ts'
import { Evidence, GroupNo, LinkBasis, LinkId } from '#domain/group-user/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, label, ProvinceCode, Text } from '#domain/shared/identity.ts'
import { askedBy, CommandHeaders } from '../command-route.ts'
import { csvCells } from '../csv-rows.ts'
import { bounded, type Json, jsonLines } from '../daily-report/day-lines.ts'
import { type Language, languageOf } from '../language.ts'
import { Fault, faultsOf, PROBLEMS, Problem, sendProblem } from '../problem.ts'
import { type App, commandFailures } from '../schemas.ts'
import { groupLinkRefusals } from './refusals.ts'

const NDJSON = ['application/x-ndjson', 'application/ndjson']
const CSV = 'text/csv'
const BYTES = 8_000_000

type Command = Extract<LinkCommand, { type: BulkType }>
type Cells = Readonly<Record<string, string>>
/** Where a row stands: in which province's file, sent by which command. */
type Of = { readonly province: ProvinceCode; readonly asked: Asked }
type Kind = {
  readonly type: BulkType
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly columns: readonly string[]
  readonly fromCells: (cells: Cells) => unknown
  readonly rowOf: (row: number, json: Json, of: Of) => LinkRow
}

const kind = <S extends z.ZodObject<{ consNo: typeof ConsNo }>>(
  spec: Omit<Kind, 'rowOf' | 'fromCells'> & { readonly fromCells?: Kind['fromCells'] },
  schema: S,
  commandOf: (value: z.output<S>, of: Of) => Command,
): Kind => ({
  ...spec,
  fromCells: spec.fromCells ?? ((cells) => cells),
  rowOf: (row, json, of) => {
    if (!json.ok) return { row, faults: [{ row, code: 'BROKEN_LINE', message: json.message }] }
    const result = schema.safeParse(json.value)
    return result.success
      ? { row, consNo: (result.data as { readonly consNo: ConsNo }).consNo, command: commandOf(result.data, of) }
      : { row, faults: faultsIn(row, json.value, result.error.issues) }
  },
})

const faultsIn = (row: number, value: unknown, issues: readonly z.core.$ZodIssue[]): readonly LinkFault[] => {
  const given = (value as { readonly consNo?: unknown } | null)?.consNo
  const consNo = typeof given === 'string' ? given.slice(0, 32) : undefined
  return faultsOf(issues).map(({ pointer = '', code, message }) => ({ row, consNo, field: pointer.slice(1).replaceAll('/', '.'), code, message }))
}

const PROPOSALS = kind(
  {
    type: 'ProposeLink',
    path: 'proposals',
    operationId: 'proposeGroupLinks',
    summary: 'Propose many links: all checked, or none kept',
    columns: ['consNo', 'groupNo', 'linkId', 'basis', 'shareBasisPoints', 'effectiveFrom', 'endedOn', 'reason', 'evidenceName', 'evidenceSha256'],
    fromCells: ({ evidenceName: name, evidenceSha256: sha256, shareBasisPoints: share, ...cells }) => ({
      ...cells,
      ...(share !== undefined && { shareBasisPoints: /^\d+$/.test(share) ? Number(share) : share }),
      ...((name !== undefined || sha256 !== undefined) && { evidence: [{ name, sha256 }] }),
    }),
  },
  z.strictObject({
    consNo: ConsNo,
    groupNo: GroupNo,
    linkId: LinkId.optional(),
    basis: LinkBasis,
    shareBasisPoints: z.int().min(0).max(10_000).optional(),
    effectiveFrom: BusinessDate,
    endedOn: BusinessDate.optional(),
    evidence: z.array(Evidence).max(20).default([]),
    reason: Text.optional(),
  }),
  ({ linkId, ...said }, { province, asked }) => {
    // The same file sent again names the same links.
    const named = linkId ?? (derivedCommandId(asked.commandId, `${said.consNo}/${said.groupNo}/${said.effectiveFrom}`) as string as LinkId)
    return { type: 'ProposeLink', data: { ...said, province, linkId: named } }
  },
)

const CONFIRMATIONS = kind(
  {
    type: 'ConfirmLink',
    path: 'confirmations',
    operationId: 'confirmGroupLinks',
    summary: 'Confirm many links; not by who proposed',
    columns: ['consNo', 'linkId'],
  },
  z.strictObject({ consNo: ConsNo, linkId: LinkId }),
  ({ linkId }) => ({ type: 'ConfirmLink', data: { linkId } }),
)

const DISMISSALS = kind(
  {
    type: 'DismissSuggestion',
    path: 'suggestion-dismissals',
    operationId: 'dismissGroupSuggestions',
    summary: 'Dismiss many suggested links',
    columns: ['consNo', 'groupNo', 'facts', 'reason'],
  },
  z.strictObject({ consNo: ConsNo, groupNo: GroupNo, facts: label(128).min(1), reason: Text }),
  (said, { province }) => ({ type: 'DismissSuggestion', data: { ...said, province } }),
)

const Done = z
  .object({ rows: z.int(), recorded: z.int().describe('Facts written now'), overtaken: z.array(Fault).describe('Rows that others decided meanwhile') })
  .meta({ id: 'LinksInBulk' })

const descriptionOf = (columns: readonly string[]): string => `Many rows in one request. Every row is decided first as it would be alone, rows of one customer
after each other: if any is refused, the answer is 422 with all faults by row and nothing is kept. Sent again with the same \`Idempotency-Key\` it is
completed and never written twice.

**NDJSON** (\`application/x-ndjson\`): an object a line. **CSV** (\`text/csv\`, UTF-8, with a header): ${columns.map((name) => `\`${name}\``).join(', ')}; empty for absent.`

/** Links in bulk: a file of proposals, what somebody else confirms, suggestions set aside. */
export const groupLinkBulk =
  (linksInBulk: LinksInBulk) =>
  async (app: App): Promise<void> => {
    app.addContentTypeParser([...NDJSON, CSV], { bodyLimit: BYTES }, (_request, payload, done) => done(null, payload))
    for (const one of [PROPOSALS, CONFIRMATIONS, DISMISSALS]) bulkRoute(app, linksInBulk, one)
  }

const bulkRoute = (app: App, linksInBulk: LinksInBulk, { type, path, operationId, summary, columns, fromCells, rowOf }: Kind): void => {
  app.post(
    `/v1/group-links/:province/${path}`,
    {
      bodyLimit: BYTES,
      config: { access: { kind: 'command', roles: groupLinkRoles[type], scope: 'province' }, streams: [NDJSON[0]!, CSV] },
      schema: {
        operationId,
        tags: ['group-user'],
        summary,
        description: descriptionOf(columns),
        headers: CommandHeaders,
        params: z.strictObject({ province: ProvinceCode }),
        response: { 200: Done, ...commandFailures() },
      },
    },
    async (request, reply) => {
      const media = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
      if (media === undefined || ![...NDJSON, CSV].includes(media)) throw new Problem('UNSUPPORTED_MEDIA_TYPE')
      const asked = askedBy(request)
      const { province } = request.params
      const body = bounded(request.body as Readable, BYTES)
      const rows = linkRows(media === CSV ? cellValues(body, columns, fromCells) : jsonLines(body), rowOf, { province, asked })
      const outcome = await linksInBulk(type, province, rows, asked)
      const told = (faults: readonly LinkFault[]) => faults.map((fault) => withWords(fault, languageOf(request.headers['accept-language'])))
      if (outcome.kind === 'forbidden') throw new Problem(outcome.code)
      if (outcome.kind === 'too-large') throw new Problem('TOO_LARGE', { limit: `${outcome.most} rows` })
      if (outcome.kind === 'invalid') return sendProblem(request, reply, 'LINKS_INVALID', PROBLEMS.LINKS_INVALID, { errors: told(outcome.faults) })
      return reply.send({ rows: outcome.rows, recorded: outcome.recorded, overtaken: told(outcome.overtaken) })
    },
  )
}

async function* cellValues(body: AsyncIterable<Uint8Array>, columns: readonly string[], fromCells: Kind['fromCells']) {
  for await (const { row, cells } of csvCells(body, columns)) yield { row, json: { ok: true, value: fromCells(cells) } as Json }
}

async function* linkRows(values: AsyncIterable<{ readonly row: number; readonly json: Json }>, rowOf: Kind['rowOf'], of: Of): AsyncGenerator<LinkRow> {
  for await (const { row, json } of values) yield rowOf(row, json, of)
}

const withWords = ({ row, consNo, field, code, message }: LinkFault, language: Language): Fault => {
  const known: Readonly<Record<string, { readonly title: Readonly<Record<Language, string>> }>> = { ...PROBLEMS, ...groupLinkRefusals }
  return { row, ...(consNo !== undefined && { consNo }), ...(field !== undefined && { field }), code, message: message ?? known[code]?.title[language] ?? code }
}
