import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'
import { wireJson } from './wire.ts'

export type Format = 'json' | 'ndjson' | 'csv'
const MEDIA: readonly (readonly [Format, RegExp])[] = [
  ['json', /^(\*\/\*|application\/(json|\*))$/],
  ['ndjson', /^application\/(x-)?ndjson$/],
  ['csv', /^text\/(csv|\*)$/],
]
const TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
}

/** The format asked for by `Accept`: the first acceptable of the highest weight. Throws a Problem (406) when none is ours. */
export const formatOf = (request: FastifyRequest, offered: readonly Format[] = ['json', 'ndjson', 'csv']): Format => {
  let best: { readonly format: Format; readonly weight: number } | undefined
  for (const part of (request.headers.accept ?? '*/*').slice(0, 500).split(',')) {
    const [range = '', ...parameters] = part.trim().toLowerCase().split(';')
    const format = MEDIA.find(([name, pattern]) => offered.includes(name) && pattern.test(range.trim()))?.[0]
    const q = parameters.map((parameter) => /^\s*q=(\d(?:\.\d+)?)/.exec(parameter)?.[1]).find(Boolean)
    const weight = q === undefined ? 1 : Number(q)
    if (format !== undefined && weight > (best?.weight ?? 0)) best = { format, weight }
  }
  if (!best) throw new Problem('NOT_ACCEPTABLE', { offered: offered.map((format) => TYPES[format]) })
  return best.format
}

/** A cell that a spreadsheet would run as a formula is led by an apostrophe; plain numbers stay numbers. */
const safeCell = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : unquoted(wireJson(value))
  return /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text
}

/** A lone bigint is text in JSON; in a cell it has no quotes. */
const unquoted = (json: string): string => json.replace(/^"(-?\d+)"$/, '$1')

type Rows = Iterable<object> | AsyncIterable<object>

/** A list as NDJSON or CSV (UTF-8 with a byte order mark, so that WPS and Excel read Chinese names), row by row as it is read. */
export const sendRows = (reply: FastifyReply, format: Exclude<Format, 'json'>, rows: Rows, columns?: readonly string[]): FastifyReply => {
  void reply.type(TYPES[format]).serializer((body: unknown) => String(body))
  return reply.send(format === 'ndjson' ? Readable.from(lines(rows)) : csv(rows, columns))
}

async function* lines(rows: Rows): AsyncGenerator<string> {
  for await (const row of rows) yield `${wireJson(row)}\n`
}

const csv = (rows: Rows, columns: readonly string[] | undefined): Readable => {
  const writer = stringify({ bom: true, header: true, ...(columns && { columns: [...columns] }), record_delimiter: '\r\n' })
  const source = Readable.from(cells(rows))
  source.on('error', (error) => writer.destroy(error))
  return source.pipe(writer)
}

async function* cells(rows: Rows): AsyncGenerator<Record<string, string>> {
  for await (const row of rows) yield Object.fromEntries(Object.entries(row).map(([name, value]) => [name, safeCell(value)]))
}
