import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { RowFault } from '#application/shared/bulk.ts'
import { faultsOf, Problem } from './problem.ts'
import type { App } from './schemas.ts'

const NDJSON = ['application/x-ndjson', 'application/ndjson']
const CSV = 'text/csv'
const LONGEST_LINE = 256 * 1024

/** What a route that takes rows says of itself beside its access. */
export const ROW_STREAMS = [NDJSON[0]!, CSV]

/** Lets bodies of rows through as they stream in, instead of reading them whole. */
export const takesRows = (app: App, bytes: number): void => {
  app.addContentTypeParser([...NDJSON, CSV], { bodyLimit: bytes }, (_request, payload, done) => done(null, payload))
}

/** The body of rows that a request sends; more than `most` bytes end it with a Problem (413), another content type with one of 415. */
export const rowBody = (request: FastifyRequest, most: number): { readonly csv: boolean; readonly body: AsyncIterable<Uint8Array> } => {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type === undefined || ![...NDJSON, CSV].includes(type)) throw new Problem('UNSUPPORTED_MEDIA_TYPE')
  return { csv: type === CSV, body: bounded(request.body as Readable, most) }
}

/** A value as a row of this schema, or everything that keeps it from being one. */
export const readRow = <S extends z.ZodType>(
  schema: S,
  row: number,
  json: Json,
): { readonly row: number; readonly value: z.output<S> } | { readonly row: number; readonly faults: readonly (RowFault & { readonly message: string })[] } => {
  if (!json.ok) return { row, faults: [{ row, code: 'BROKEN_LINE', message: json.message }] }
  const result = schema.safeParse(json.value)
  if (result.success) return { row, value: result.data }
  const given = (json.value as { readonly consNo?: unknown } | null)?.consNo
  const consNo = typeof given === 'string' && { consNo: given.slice(0, 32) }
  const faults = faultsOf(result.error.issues)
  return { row, faults: faults.map(({ pointer = '', code, message }) => ({ row, ...consNo, field: pointer.slice(1).replaceAll('/', '.'), code, message })) }
}

/** The bytes of a body as they come; more than `most` ends the request with a Problem (413), however they are framed. */
async function* bounded(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > most) throw new Problem('TOO_LARGE', { limit: `${most} bytes` })
    yield chunk
  }
}

/** The bytes as they come; a Problem (400) for what is no UTF-8, such as GBK as spreadsheets save it: read as UTF-8 its names would be lost. */
export async function* utf8Only(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const chunk of body) {
    decoded(decoder, chunk)
    yield chunk
  }
  decoded(decoder)
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
    throw new Problem('BAD_REQUEST', { detail: 'the body is not UTF-8 text: a spreadsheet saves it as "CSV UTF-8"' })
  }
}
