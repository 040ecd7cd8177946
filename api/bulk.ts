import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { BulkOutcome, RowFault } from '#application/shared/bulk.ts'
import { csvCells } from './csv-rows.ts'
import { languageOf } from './language.ts'
import { Fault, PROBLEMS, Problem, type ProblemCode, type Refusal, sendProblem } from './problem.ts'
import { type Json, jsonLines, rowBody } from './row-body.ts'

/** A request of many rows is of at most so many bytes. */
export const BULK_BYTES = 8_000_000

export type Cells = Readonly<Record<string, string>>
type Numbered = { readonly row: number; readonly json: Json }

/** The rows of a request, whichever way it sends them; the cells of a CSV line become the object that an NDJSON line is. */
export const bulkRows = (request: FastifyRequest, columns: readonly string[], fromCells: (cells: Cells) => unknown): AsyncIterable<Numbered> => {
  const { csv, body } = rowBody(request, BULK_BYTES)
  return csv ? csvValues(body, columns, fromCells) : jsonLines(body)
}

async function* csvValues(body: AsyncIterable<Uint8Array>, columns: readonly string[], fromCells: (cells: Cells) => unknown): AsyncGenerator<Numbered> {
  for await (const { row, cells } of csvCells(body, columns)) yield { row, json: { ok: true, value: fromCells(cells) } }
}

/** What is answered when all rows were written; `recorded` says what was. */
export const bulkDone = (id: string, recorded: string) =>
  z.object({ rows: z.int(), recorded: z.int().describe(recorded), overtaken: z.array(Fault).describe('Rows that others decided meanwhile') }).meta({ id })

/** Answers for many rows; a refusal of any is told under `code`, row by row, in the caller's words. */
export const answerBulk = (
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: BulkOutcome,
  code: ProblemCode,
  refusals: Readonly<Record<string, Pick<Refusal, 'title'>>>,
): FastifyReply => {
  const known: typeof refusals = { ...PROBLEMS, ...refusals }
  const language = languageOf(request.headers['accept-language'])
  const told = (faults: readonly RowFault[]): Fault[] =>
    faults.map(({ consNo, field, message, ...fault }) => ({
      ...fault,
      ...(consNo !== undefined && { consNo }),
      ...(field !== undefined && { field }),
      message: message ?? known[fault.code]?.title[language] ?? fault.code,
    }))
  if (outcome.kind === 'forbidden') throw new Problem(outcome.code)
  if (outcome.kind === 'too-large') throw new Problem('TOO_LARGE', { limit: `${outcome.most} rows` })
  if (outcome.kind === 'invalid') return sendProblem(request, reply, code, PROBLEMS[code], { errors: told(outcome.faults) })
  return reply.send({ rows: outcome.rows, recorded: outcome.recorded, overtaken: told(outcome.overtaken) })
}
