import { z } from 'zod'
import { groupLinkRoles } from '#application/group-user/aggregates.ts'
import type { LinkCommand } from '#application/group-user/links.ts'
import type { BulkType, LinkRow, LinksInBulk } from '#application/group-user/links-in-bulk.ts'
import type { Asked } from '#application/shared/asked.ts'
import { derivedCommandId } from '#application/shared/ids.ts'
import { Evidence, GroupNo, LinkBasis, LinkId } from '#domain/group-user/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, label, ProvinceCode, Text } from '#domain/shared/identity.ts'
import { answerBulk, BULK_BYTES, bulkDone, bulkRows, type Cells } from '../bulk.ts'
import { askedBy, CommandHeaders } from '../command-route.ts'
import { type Json, ROW_STREAMS, readRow, takesRows } from '../row-body.ts'
import { type App, commandFailures } from '../schemas.ts'
import { groupLinkRefusals } from './refusals.ts'

type Command = Extract<LinkCommand, { type: BulkType }>
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
    const read = readRow(schema, row, json)
    return 'faults' in read ? read : { row, consNo: (read.value as { readonly consNo: ConsNo }).consNo, command: commandOf(read.value, of) }
  },
})

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

const Done = bulkDone('LinksInBulk', 'Facts written now')

const descriptionOf = (columns: readonly string[]): string => `Many rows in one request. Every row is decided first as it would be alone, rows of one customer
after each other: if any is refused, the answer is 422 with all faults by row and nothing is kept. Sent again with the same \`Idempotency-Key\` it is
completed and never written twice.

**NDJSON** (\`application/x-ndjson\`): an object a line. **CSV** (\`text/csv\`, UTF-8, with a header): ${columns.map((name) => `\`${name}\``).join(', ')}; empty for absent.`

/** Links in bulk: a file of proposals, what somebody else confirms, suggestions set aside. */
export const groupLinkBulk =
  (linksInBulk: LinksInBulk) =>
  async (app: App): Promise<void> => {
    takesRows(app, BULK_BYTES)
    for (const one of [PROPOSALS, CONFIRMATIONS, DISMISSALS]) bulkRoute(app, linksInBulk, one)
  }

const bulkRoute = (app: App, linksInBulk: LinksInBulk, { type, path, operationId, summary, columns, fromCells, rowOf }: Kind): void => {
  app.post(
    `/v1/group-links/:province/${path}`,
    {
      bodyLimit: BULK_BYTES,
      config: { access: { kind: 'command', roles: groupLinkRoles[type], scope: 'province' }, streams: ROW_STREAMS },
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
      const asked = askedBy(request)
      const { province } = request.params
      const rows = linkRows(bulkRows(request, columns, fromCells), rowOf, { province, asked })
      return answerBulk(request, reply, await linksInBulk(type, province, rows, asked), 'LINKS_INVALID', groupLinkRefusals)
    },
  )
}

async function* linkRows(values: ReturnType<typeof bulkRows>, rowOf: Kind['rowOf'], of: Of): AsyncGenerator<LinkRow> {
  for await (const { row, json } of values) yield rowOf(row, json, of)
}
