import { z } from 'zod'
import type { ReadReport, ReportView } from '#application/daily-report/read.ts'
import type { ReportKey } from '#application/daily-report/report.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { Issue, ReportRules, Row, Totals } from '#domain/daily-report/fields.ts'
import { ConsNo } from '#domain/shared/identity.ts'
import { readBy } from '../access.ts'
import { etagOf } from '../conditional.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, OfReport, readFailures } from '../schemas.ts'
import { csvLinesOf, DAY_COLUMNS } from './day-rows.ts'

/** The rows that the extracted data give for a day, and the users of whom there are none. */
export type Prefill = (key: ReportKey) => Promise<{
  readonly rows: readonly Row[]
  readonly unknown: readonly ConsNo[]
  /** What the checks will ask about when the rows are sent as they are. */
  readonly warnings: readonly Issue[]
}>

const URL = '/v1/daily-reports/:province/:date'
const Report = z
  .strictObject({
    ...OfReport.shape,
    revision: z.int(),
    position: z.string(),
    status: z.string().describe('open, missing (缺报), submitted, returned, corrected, waived'),
    version: z.int().nullable(),
    late: z.boolean(),
    rules: ReportRules.nullable(),
    rowCount: z.int(),
    expected: z.int(),
    missing: z.array(ConsNo),
    unexpected: z.array(ConsNo),
    warnings: z.array(Issue),
    totals: Totals,
    proposal: z.strictObject({ correctionId: z.string(), proposedBy: z.string(), reason: z.string(), users: z.array(ConsNo) }).nullable(),
  })
  .meta({ id: 'DailyReport' })

const reportOf = (
  key: ReportKey,
  { rows, version, rules, proposal, revision, missing, unexpected, warnings, ...view }: ReportView,
): z.output<typeof Report> => ({
  ...key,
  ...view,
  revision: Number(revision),
  version: version ?? null,
  rules: rules ?? null,
  rowCount: rows.size,
  missing: [...missing],
  unexpected: [...unexpected],
  warnings: [...warnings],
  proposal: proposal ? { ...proposal, users: [...proposal.users] } : null,
})

/** A report as its stream has it now, its rows, and what the extracted data would put into it. */
export const dailyReportQueries =
  ({ readReport, prefill }: { readonly readReport: ReadReport; readonly prefill: Prefill }) =>
  async (app: App): Promise<void> => {
    const found = async (key: ReportKey): Promise<ReportView> => {
      const view = await readReport(key)
      if (!view) throw new Problem('NOT_FOUND')
      return view
    }
    const config = readBy(PROVINCE_READERS, 'province')
    app.get(
      URL,
      {
        config,
        schema: {
          operationId: 'getDailyReport',
          tags: ['daily-report'],
          summary: 'The report as it stands',
          params: OfReport,
          response: { 200: Report, ...readFailures() },
        },
      },
      async (request, reply) => {
        const view = await found(request.params)
        return reply.header('etag', etagOf(view.revision)).send(reportOf(request.params, view))
      },
    )
    app.get(
      `${URL}/rows`,
      {
        config,
        schema: {
          operationId: 'listDailyReportRows',
          tags: ['daily-report'],
          summary: 'The rows that stand in the report',
          description: 'JSON, NDJSON, CSV or XLSX by `Accept`; NDJSON and CSV in the very form in which a day is sent.',
          params: OfReport,
          response: { 200: z.strictObject({ revision: z.int(), rows: z.array(Row) }), ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request)
        const { revision, rows } = await found(request.params)
        void reply.header('etag', etagOf(revision))
        if (format === 'ndjson') return sendRows(reply, format, rows.values()) as never
        if (format !== 'json') return sendRows(reply, format, [...rows.values()].flatMap(csvLinesOf), DAY_COLUMNS) as never
        return reply.send({ revision: Number(revision), rows: [...rows.values()] })
      },
    )
    app.get(
      `${URL}/rows/:consNo`,
      {
        config,
        schema: {
          operationId: 'getDailyReportRow',
          tags: ['daily-report'],
          summary: 'One user’s row',
          params: OfReport.extend({ consNo: ConsNo }),
          response: { 200: Row, ...readFailures() },
        },
      },
      async (request, reply) => {
        const { consNo, ...key } = request.params
        const { revision, rows } = await found(key)
        const row = rows.get(consNo)
        if (!row) throw new Problem('NOT_FOUND')
        return reply.header('etag', etagOf(revision)).send(row)
      },
    )
    app.get(
      `${URL}/prefill`,
      {
        config,
        schema: {
          operationId: 'prefillDailyReport',
          tags: ['daily-report'],
          summary: 'The day’s rows as the extracted data have them',
          description:
            'To be looked through and sent with `PUT …/day`; NDJSON and CSV come in that form. Users without extracted data are in `unknown` (JSON) and in the header `Epm-Unknown-Users` (their number). Rows named in `warnings` (JSON) need a `comment` before they can be sealed.',
          params: OfReport,
          response: { 200: z.strictObject({ rows: z.array(Row), unknown: z.array(ConsNo), warnings: z.array(Issue) }), ...readFailures() },
        },
      },
      async (request, reply) => {
        const format = formatOf(request)
        const { rows, unknown, warnings } = await prefill(request.params)
        void reply.header('epm-unknown-users', String(unknown.length))
        if (format === 'ndjson') return sendRows(reply, format, rows) as never
        if (format !== 'json') return sendRows(reply, format, rows.flatMap(csvLinesOf), DAY_COLUMNS) as never
        return reply.send({ rows: [...rows], unknown: [...unknown], warnings: [...warnings] })
      },
    )
  }
