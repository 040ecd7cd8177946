import { z } from 'zod'
import type { UploadDay, UploadOutcome } from '#application/daily-report/upload-day.ts'
import { dailyReportRoles } from '#application/daily-report/use-cases.ts'
import { SourceMode } from '#domain/daily-report/fields.ts'
import { answerOutcome, askedBy, CommandHeaders } from '../command-route.ts'
import { etagOf } from '../conditional.ts'
import { Fault, PROBLEMS, Problem, sendProblem } from '../problem.ts'
import { dailyReportRefusals } from '../refusals.ts'
import { ROW_STREAMS, rowBody, takesRows } from '../row-body.ts'
import { type App, commandFailures, OfReport, Receipt } from '../schemas.ts'
import { BILL_COLUMNS, csvRows, ndjsonRows, USER_COLUMNS } from './day-rows.ts'

const DESCRIPTION = `The whole day of a province in one streamed request; it **replaces** the day: rows that differ are put, rows not in it are
removed, rows that stand already are left alone. The report is opened if need be and sealed with \`seal=true\`.

Every row is checked first. If any is wrong the answer is 422 with all faults by row, and nothing is kept, not even the opening.
Warnings do not block, but to be sealed a row with a warning needs a \`comment\`. Sent again with the same \`Idempotency-Key\` after a
broken connection, the day is completed from where it stopped and never written twice.

**NDJSON** (\`application/x-ndjson\`): one row of the report a line, as in \`GET …/rows\`.

**CSV** (\`text/csv\`, UTF-8, with a header): one line per user and bill month, a user's lines one after the other, the user's columns
repeated. A user without bills has one line with the bill columns empty. An empty \`electricityDay\` means that the meter was not read.
\`measures\` are separated by \`;\`, \`powerOff\` is \`true\` or \`false\`.
User: ${USER_COLUMNS.map((name) => `\`${name}\``).join(', ')}. Bill: ${BILL_COLUMNS.map((name) => `\`${name}\``).join(', ')}.

For ${dailyReportRoles.PutRows.join(', ')}; sealing for ${dailyReportRoles.SubmitReport.join(', ')}.`

const flag = z.enum(['true', 'false']).default('false')
const DayReceipt = Receipt.extend({ rows: z.int(), sealed: z.boolean(), warnings: z.array(Fault) }).meta({ id: 'DayReceipt' })
type DayReceipt = z.output<typeof DayReceipt>

/** PUT a province's day. `bytes` bounds the body however it is framed. */
export const dayUpload =
  (uploadDay: UploadDay, bytes: number) =>
  async (app: App): Promise<void> => {
    takesRows(app, bytes)
    app.put(
      '/v1/daily-reports/:province/:date/day',
      {
        bodyLimit: bytes,
        config: { access: { kind: 'command', roles: dailyReportRoles.PutRows, scope: 'province' }, streams: ROW_STREAMS },
        schema: {
          operationId: 'putDailyReportDay',
          tags: ['daily-report'],
          summary: 'Send a whole day: checked, stored and sealed, or not kept at all',
          description: DESCRIPTION,
          headers: CommandHeaders,
          params: OfReport,
          querystring: z.strictObject({ seal: flag, nil: flag.describe('Declares that there is nothing to report'), sourceMode: SourceMode.default('file') }),
          response: { 200: DayReceipt, ...commandFailures() },
        },
      },
      async (request, reply) => {
        const { csv, body } = rowBody(request, bytes)
        const { seal, nil, sourceMode } = request.query
        const rows = csv ? csvRows(body) : ndjsonRows(body)
        const outcome = await uploadDay(request.params, { rows, seal: seal === 'true', nil: nil === 'true', sourceMode }, askedBy(request))
        if (outcome.kind === 'done') {
          if (outcome.repeated) void reply.header('idempotency-replayed', 'true')
          return reply.header('etag', etagOf(outcome.revision)).send(receiptOf(outcome))
        }
        if (outcome.kind === 'invalid')
          return sendProblem(request, reply, 'ROWS_INVALID', PROBLEMS.ROWS_INVALID, {
            rows: new Set(outcome.faults.map(({ row }) => row)).size,
            errors: outcome.faults,
          })
        if (outcome.kind === 'too-large') throw new Problem('TOO_LARGE', { limit: `${outcome.most} rows` })
        return answerOutcome(request, reply, outcome, dailyReportRefusals)
      },
    )
  }

const receiptOf = ({ revision, position, repeated, rows, sealed, warnings }: Extract<UploadOutcome, { kind: 'done' }>): DayReceipt => ({
  revision: Number(revision),
  position,
  repeated,
  rows,
  sealed,
  warnings: [...warnings],
})
