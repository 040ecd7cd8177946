import type { z } from 'zod'
import type { Source } from '#domain/extraction/fields.ts'
import { type SourceRow, sourceColumns, sourceRows } from '#domain/extraction/rows.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import type { Incoming, Problem, ProblemCode, RawLine } from '../ports/source.ts'

/** Which provinces a caller may bring rows for. */
export type Reach = (province: ProvinceCode) => 'allowed' | 'foreign' | 'unknown'

export type BadHeader = { readonly missing: readonly string[]; readonly unknown: readonly string[]; readonly repeated: readonly string[] }
export type CheckLine = (line: RawLine) => Incoming

type Shape = Readonly<Record<string, string>>

/** The columns of a source's file. */
export const columnsOf = (source: Source): readonly string[] => Object.keys(sourceColumns[source])

/** A file's header decides the order of its columns; every column must be known, and every required one there. */
export const readHeader = (
  source: Source,
  header: readonly string[],
): { readonly ok: true; readonly fields: readonly string[] } | ({ readonly ok: false } & BadHeader) => {
  const shape: Shape = sourceColumns[source]
  const names = header.map((name) => name.trim().toLowerCase())
  const unknown = names.filter((name) => shape[name] === undefined)
  const repeated = names.filter((name, index) => names.indexOf(name) !== index)
  const missing = Object.keys(shape).filter((column) => !names.includes(column) && isRequired(source, shape[column] ?? ''))
  if (unknown.length + repeated.length + missing.length > 0) return { ok: false, missing, unknown, repeated }
  return { ok: true, fields: names.map((name) => shape[name] ?? '') }
}

const isRequired = (source: Source, field: string): boolean =>
  !(sourceRows[source].shape as Readonly<Record<string, z.ZodType>>)[field]?.safeParse(undefined).success

/**
 * Judges one line after another: a good one comes out as a row, a bad one with every problem it has. `home` is where a
 * bad line is kept when it names no province the caller may write: the caller's own province, if he has one.
 */
export const lineChecker = (source: Source, fields: readonly string[], date: BusinessDate, reach: Reach, home: ProvinceCode | undefined): CheckLine => {
  const schema: z.ZodType<SourceRow> = sourceRows[source]
  const columnOf = new Map(Object.entries(sourceColumns[source] as Shape).map(([column, field]) => [field, column]))
  const provinceAt = fields.indexOf('province')

  return ({ line, raw, fields: values }) => {
    const owner = ownerOf(values[provinceAt] ?? '', reach)
    if (!owner.ok) return { line, province: home, raw, problems: [owner.problem] }
    const { province } = owner
    const unreadable = unreadableLine(raw, values.length, fields.length)
    if (unreadable) return { line, province, raw, problems: [unreadable] }
    const record = recordOf(fields, values)
    const parsed = schema.safeParse(record)
    if (!parsed.success) return { line, province, raw, problems: problemsOf(parsed.error.issues, record, columnOf) }
    const late = futureDates(source, parsed.data, date)
    return late.length > 0 ? { line, province, raw, problems: late } : { line, province, row: parsed.data }
  }
}

const unreadableLine = (raw: string, columns: number, wanted: number): Problem | undefined => {
  if (columns !== wanted) return { field: '', code: 'WRONG_COLUMN_COUNT', reason: `${columns} columns where the header has ${wanted}` }
  return raw.includes('\ufffd') ? { field: '', code: 'BAD_VALUE', reason: 'not UTF-8 text' } : undefined
}

/** Empty is absent. */
const recordOf = (fields: readonly string[], values: readonly string[]): Readonly<Record<string, string>> => {
  const record: Record<string, string> = {}
  for (let i = 0; i < fields.length; i++) {
    const value = values[i] ?? ''
    if (value !== '') record[fields[i] ?? ''] = value
  }
  return record
}

type Owner = { readonly ok: true; readonly province: ProvinceCode } | { readonly ok: false; readonly problem: Problem }

const ownerOf = (text: string, reach: Reach): Owner => {
  if (text === '') return { ok: false, problem: { field: 'province', code: 'REQUIRED', reason: 'names no province' } }
  const { success, data } = ProvinceCode.safeParse(text)
  const answer = success ? reach(data) : 'unknown'
  if (success && answer === 'allowed') return { ok: true, province: data }
  return answer === 'foreign'
    ? { ok: false, problem: { field: 'province', code: 'FORBIDDEN_SCOPE', reason: 'another province than the sender may write' } }
    : { ok: false, problem: { field: 'province', code: 'UNKNOWN_PROVINCE', reason: 'not one of the provincial companies' } }
}

const problemsOf = (
  issues: readonly z.core.$ZodIssue[],
  record: Readonly<Record<string, string>>,
  columnOf: ReadonlyMap<string, string>,
): readonly Problem[] => {
  const problems = new Map<string, Problem>()
  for (const issue of issues) {
    const field = String(issue.path[0] ?? '')
    if (problems.has(field)) continue
    const stated = 'params' in issue ? (issue.params as { readonly code?: ProblemCode } | undefined)?.code : undefined
    const empty = record[field] === undefined
    const code = stated ?? (empty ? 'REQUIRED' : 'BAD_VALUE')
    problems.set(field, {
      field: columnOf.get(field) ?? field,
      code,
      reason: code === 'REQUIRED' && stated === undefined ? 'must not be empty' : issue.message,
    })
  }
  // What two fields say together is only judged when each holds by itself.
  const own = [...problems.values()].filter(({ code }) => code !== 'INCONSISTENT')
  return own.length > 0 ? own : [...problems.values()]
}

/** Dates of what has happened: none lies after the day that was extracted. A due date may, and so may the day money will be credited. */
const PAST: Readonly<Record<Source, Readonly<Record<string, string>>>> = {
  customers: { powerOffOn: 'power_off_on' },
  bills: { issuedOn: 'issued_on' },
  payments: { paidOn: 'paid_on' },
  'daily-kwh': { day: 'day' },
}

const futureDates = (source: Source, row: SourceRow, date: BusinessDate): readonly Problem[] =>
  Object.entries(PAST[source]).flatMap(([field, column]) => {
    const value = (row as Readonly<Record<string, unknown>>)[field]
    return typeof value === 'string' && value > date ? [{ field: column, code: 'FUTURE_DATE' as const, reason: `after the extracted day ${date}` }] : []
  })
