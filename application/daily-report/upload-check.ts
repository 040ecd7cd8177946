import type { Issue, Row } from '#domain/daily-report/fields.ts'
import { checkRows, checks } from '#domain/daily-report/rows.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import { type Reporting, type ReportKey, rowsFor, rowsOutside, rulesOn } from './report.ts'

/** What was found in one row of the file: where it is, and which rule it breaks. */
export type RowFault = {
  readonly row: number
  readonly consNo?: string | undefined
  readonly field?: string | undefined
  readonly code: string
  readonly message: string
}
/** One row of the file: its value, or why it has none. `row` counts from 1; in CSV it is the first of the row's lines. */
export type ParsedRow = { readonly row: number; readonly value: Row } | { readonly row: number; readonly faults: readonly RowFault[] }

type Numbered = { readonly row: number; readonly value: Row }
type DayAsRead = { readonly rows: readonly Numbered[]; readonly faults: readonly RowFault[] }

/** At most so many rows are ever held (undefined beyond); what cannot be read is kept as its faults, and reading goes on to find the others. */
export const readDay = async (source: AsyncIterable<ParsedRow>, most: number): Promise<DayAsRead | undefined> => {
  const rows: Numbered[] = []
  const faults: RowFault[] = []
  let count = 0
  for await (const parsed of source) {
    if (++count > most) return undefined
    if ('value' in parsed) rows.push(parsed)
    else faults.push(...parsed.faults)
  }
  return { rows, faults }
}

const RULES = new Map(checks.map(({ code, rule }) => [code, rule]))

/** What the checks find in a day's rows beside those of the day before. */
export const findingsIn = ({ knowsTrade, schedules }: Reporting, key: ReportKey, rows: readonly Row[], before: ReadonlyMap<ConsNo, Row>): readonly Issue[] =>
  checkRows(rows, { date: key.date, previous: rowsFor(rows, before), knowsTrade, kwhJumpBasisPoints: rulesOn(schedules, key.date)?.kwhJumpBasisPoints })

/** Everything wrong with the day, by row of the file; and apart from it what only wants a comment. */
export const checkDay = (
  reporting: Reporting,
  key: ReportKey,
  { rows, faults }: DayAsRead,
  before: ReadonlyMap<ConsNo, Row>,
): { readonly faults: readonly RowFault[]; readonly warnings: readonly RowFault[] } => {
  const values = rows.map(({ value }) => value)
  const issues = [...rowsOutside(values, key, reporting.scope), ...findingsIn(reporting, key, values, before)]
  const found = located(issues, rows)
  const of = (severity: Issue['severity']) =>
    found.filter((one) => one.severity === severity).map(({ row, consNo, field, code, message }) => ({ row, consNo, field, code, message }))
  return { faults: [...faults, ...of('error')].toSorted((a, b) => a.row - b.row), warnings: of('warning') }
}

/** Puts findings to their rows. A customer who stands twice has his findings told in the order of his rows. */
const located = (issues: readonly Issue[], rows: readonly Numbered[]): readonly (RowFault & Pick<Issue, 'severity'>)[] => {
  const places = new Map<string, number[]>()
  for (const { row, value } of rows) places.set(value.consNo, [...(places.get(value.consNo) ?? []), row])
  const told = new Map<string, number>()
  return issues.map(({ severity, code, consNo, field, detail }) => {
    const at = places.get(consNo) ?? []
    const key = `${consNo}/${code}/${field}`
    const nth = told.get(key) ?? 0
    told.set(key, nth + 1)
    const facts = Object.entries(detail).map(([name, value]) => `${name} ${value}`)
    const message = [RULES.get(code) ?? 'The unit is not of this province on that date.', ...(facts.length > 0 ? [`(${facts.join(', ')})`] : [])].join(' ')
    return { severity, row: at[Math.min(nth, at.length - 1)] ?? 0, consNo, field, code, message }
  })
}
