import type { ParsedRow } from '#application/daily-report/upload-check.ts'
import { BillFigure, Row } from '#domain/daily-report/fields.ts'
import { csvCells } from '../csv-rows.ts'
import { jsonLines, readRow } from '../row-body.ts'

/** The user's columns, repeated on each of his lines. Names are those of the row's fields; nested ones joined. */
export const USER_COLUMNS = [
  'consNo',
  'consName',
  'orgCode',
  'standard',
  'tradeCode',
  'hecClass',
  'electType',
  'voltage',
  'contractCapacity',
  'runningCapacity',
  'electricityDay',
  'electricityMonthToDate',
  'receivedToday',
  'prepaidBalance',
  'inTransit',
  'powerOff',
  'powerOffDate',
  'instalmentPeriods',
  'instalmentPlanned',
  'instalmentReceived',
  'guaranteeAmount',
  'riskLevel',
  'measures',
  'remark',
  'comment',
] as const
/** The bill month's columns; all empty on the one line of a user without bills. */
export const BILL_COLUMNS = Object.keys(BillFigure.shape)
export const DAY_COLUMNS: readonly string[] = [...USER_COLUMNS, ...BILL_COLUMNS]

type Cell = string | number | bigint | boolean | null
/** The cells of a line by column, empty ones left out. */
type Line = Readonly<Record<string, string>>

/**
 * The rows of a day as CSV with a header: one line per user and bill month, a user's lines one after the other. `row` of a
 * finding is the user's first line, the header not counted. Lines of one user that disagree about the user are a fault.
 */
export async function* csvRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<ParsedRow> {
  let user: { readonly first: number; readonly lines: Line[] } | undefined
  for await (const { row, cells } of csvCells(body, DAY_COLUMNS, ['consNo', 'billMonth'])) {
    if (user && user.lines[0]?.consNo === cells.consNo) {
      user.lines.push(cells)
      continue
    }
    if (user) yield rowOf(user.first, user.lines)
    user = { first: row, lines: [cells] }
  }
  if (user) yield rowOf(user.first, user.lines)
}

/** The rows of a day as NDJSON: one row of the report a line, blank lines passed over. A broken line is that row's fault alone. */
export async function* ndjsonRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<ParsedRow> {
  for await (const { row, json } of jsonLines(body)) yield readRow(Row, row, json)
}

const rowOf = (row: number, lines: readonly Line[]): ParsedRow => {
  const [first] = lines
  if (!first) return { row, faults: [] }
  const differing = USER_COLUMNS.filter((name) => lines.some((line) => line[name] !== first[name]))
  if (differing.length > 0)
    return {
      row,
      faults: differing.map((field) => ({
        row,
        consNo: first.consNo ?? '',
        field,
        code: 'LINES_DISAGREE',
        message: 'the lines of one user say different things about the user',
      })),
    }
  const bills = lines
    .filter((line) => BILL_COLUMNS.some((name) => line[name]))
    .map((line) => Object.fromEntries(BILL_COLUMNS.flatMap((name) => (line[name] ? [[name, line[name]]] : []))))
  return readRow(Row, row, { ok: true, value: { ...userOf(first), bills } })
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, false: false, '1': true, '0': false }

/** A line's user columns in the row's JSON form; an empty cell is a field left out, but `electricityDay` is then null: not read. */
const userOf = (line: Line): Record<string, unknown> => {
  const { powerOff, measures = '', electricityDay, instalmentPeriods, instalmentPlanned, instalmentReceived, ...plain } = line
  const user: Record<string, unknown> = {
    electricityDay: electricityDay || null,
    measures: measures.split(/[;\s]+/).filter(Boolean),
    powerOff: FLAGS[(powerOff ?? '').toLowerCase()] ?? powerOff,
  }
  for (const name of USER_COLUMNS) if (plain[name]) user[name] = plain[name]
  if (instalmentPeriods || instalmentPlanned || instalmentReceived)
    user.instalment = { periods: Number(instalmentPeriods), planned: instalmentPlanned, received: instalmentReceived }
  return user
}

/** A row in the same form, one line per bill month: what is exported can be sent back. */
export const csvLinesOf = ({ bills, instalment, measures, ...user }: Row): readonly Readonly<Record<string, Cell>>[] => {
  const columns = {
    ...user,
    measures: measures.join(';'),
    instalmentPeriods: instalment?.periods,
    instalmentPlanned: instalment?.planned,
    instalmentReceived: instalment?.received,
  }
  const line = (bill: Partial<BillFigure>): Record<string, Cell> => {
    const all: Readonly<Record<string, Cell | undefined>> = { ...columns, ...bill }
    return Object.fromEntries(DAY_COLUMNS.map((name) => [name, all[name] ?? null]))
  }
  return bills.length === 0 ? [line({})] : bills.map(line)
}
