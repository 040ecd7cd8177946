import type { ParsedRow, RowFault } from '#application/daily-report/upload-check.ts'
import { Row } from '#domain/daily-report/fields.ts'
import { faultsOf, Problem } from '../problem.ts'

const LONGEST_LINE = 256 * 1024

/** The bytes of a body as they come; more than `most` ends the request with a Problem (413), however they are framed. */
export async function* bounded(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > most) throw new Problem('TOO_LARGE', { limit: `${most} bytes` })
    yield chunk
  }
}

/** The rows of a day as NDJSON: one row of the report a line, blank lines passed over. A broken line is that row's fault alone. */
export async function* ndjsonRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<ParsedRow> {
  for await (const { row, json } of jsonLines(body)) yield parsedRow(row, json)
}

/** The values of NDJSON, numbered from 1, blank lines passed over; a line that is none says so. */
export async function* jsonLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<{ readonly row: number; readonly json: Json }> {
  let row = 0
  for await (const line of lines(body)) {
    if (line.trim() === '') continue
    row++
    yield { row, json: jsonOf(line) }
  }
}

export type Json = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string }

const jsonOf = (line: string): Json => {
  if (line.length > LONGEST_LINE) return { ok: false, message: `the line is longer than ${LONGEST_LINE} characters` }
  try {
    return { ok: true, value: JSON.parse(line) as unknown }
  } catch {
    return { ok: false, message: 'the line is not JSON' }
  }
}

/** Lines of UTF-8 text, with LF or CRLF; a line beyond the limit is passed on only so far as to be told from others. */
async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const chunk of body) {
    const parts = (rest + decoded(decoder, chunk)).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > 2 * LONGEST_LINE) rest = rest.slice(0, LONGEST_LINE + 1)
    yield* parts
  }
  yield rest + decoded(decoder)
}

const decoded = (decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string => {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
  } catch {
    throw new Problem('BAD_REQUEST', { detail: 'the body is not UTF-8 text' })
  }
}

/** A value as a row of the report, or everything that keeps it from being one. */
export const parsedRow = (row: number, json: Json): ParsedRow => {
  if (!json.ok) return { row, faults: [{ row, code: 'BROKEN_LINE', message: json.message }] }
  const result = Row.safeParse(json.value)
  return result.success ? { row, value: result.data } : { row, faults: rowFaults(row, json.value, faultsOf(result.error.issues)) }
}

const rowFaults = (
  row: number,
  value: unknown,
  faults: readonly { readonly pointer?: string | undefined; readonly code: string; readonly message: string }[],
): readonly RowFault[] => {
  const given = typeof value === 'object' && value !== null ? (value as { readonly consNo?: unknown }).consNo : undefined
  const consNo = typeof given === 'string' ? given.slice(0, 32) : undefined
  return faults.map(({ pointer = '', code, message }) => ({
    row,
    ...(consNo !== undefined && { consNo }),
    field: pointer.slice(1).replaceAll('/', '.'),
    code,
    message,
  }))
}
