import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { actorOf } from './identity.ts'
import { Problem } from './problem.ts'
import { wireJson } from './wire.ts'
import { type About, xlsx } from './xlsx.ts'

export type Format = 'json' | 'ndjson' | 'csv' | 'xlsx'
const MEDIA: readonly (readonly [Format, RegExp])[] = [
  ['json', /^(\*\/\*|application\/(json|\*))$/],
  ['ndjson', /^application\/(x-)?ndjson$/],
  ['csv', /^text\/(csv|\*)$/],
  ['xlsx', /^application\/vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet$/],
]
const TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

/** The format asked for by `Accept`: the first acceptable of the highest weight. Throws a Problem (406) when none is ours. */
export const formatOf = (request: FastifyRequest, offered: readonly Format[] = ['json', 'ndjson', 'csv', 'xlsx']): Format => {
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

/** A list as NDJSON, CSV (UTF-8 with a byte order mark, so that WPS and Excel read Chinese names) or a workbook, row by row as it is read. */
export const sendRows = (reply: FastifyReply, format: Exclude<Format, 'json'>, rows: Rows, columns?: readonly string[]): FastifyReply => {
  void reply.type(TYPES[format]).serializer((body: unknown) => String(body))
  if (format === 'ndjson') return reply.send(Readable.from(lines(rows)))
  if (format === 'csv') return reply.send(csv(rows, columns))
  void reply.header('content-disposition', `attachment; filename="${fileNameOf(reply.request.url)}.xlsx"`)
  return reply.send(Readable.from(xlsx(rows, columns, aboutOf(reply)), { objectMode: false }))
}

const fileNameOf = (url: string): string => /([\w-]+)\/?(?:\?.*)?$/.exec(url)?.[1] ?? 'list'

/** What a workbook says of itself: it leaves the system, and whoever opens it later must see what it is. */
const aboutOf = (reply: FastifyReply): About => {
  const { userId, orgCode } = actorOf(reply.request)
  const said = (name: string): string => String(reply.getHeader(name) ?? '—')
  return [
    ['查询', decoded(reply.request.url)],
    ['数据截至', said('epm-as-of')],
    ['截至位置', said('epm-position')],
    ['未计入事件', said('epm-lag')],
    ['导出人', `${userId} (${orgCode})`],
    ['单位', '金额：分；电量：千瓦时；容量：伏安'],
  ]
}

const decoded = (url: string): string => {
  try {
    return decodeURIComponent(url)
  } catch {
    return url
  }
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
