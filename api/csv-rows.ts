import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { Problem } from './problem.ts'
import { utf8Only } from './row-body.ts'

/**
 * The lines of a CSV body with a header, numbered from 1 without it: their cells by column, empty ones left out. Throws a
 * Problem for a header that names a column twice, one that is none of `columns`, or not all of `needed`, for a line with more in it
 * than the header has columns (its cells may have slipped), and for what is no CSV or no UTF-8.
 */
export async function* csvCells(
  body: AsyncIterable<Uint8Array>,
  columns: readonly string[],
  needed: readonly string[] = [],
): AsyncGenerator<{ readonly row: number; readonly cells: Readonly<Record<string, string>> }> {
  const parser = parse({
    bom: true,
    columns: (given: readonly string[]) => headerOf(given, columns, needed),
    relax_column_count: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: 64 * 1024,
  })
  const source = Readable.from(utf8Only(body))
  source.on('error', (error) => parser.destroy(error))
  let row = 0
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<Line>) {
      row++
      if (isTooLong(info)) throw new Problem('VALIDATION_FAILED', { errors: [{ row, ...TOO_LONG }] })
      yield { row, cells: filled(record) }
    }
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('BAD_REQUEST', { detail: `CSV after line ${row}: ${error instanceof Error ? error.message : 'unreadable'}` })
  }
}

type Line = {
  readonly record: Readonly<Record<string, string>>
  readonly info: { readonly columns: readonly unknown[]; readonly error?: { readonly record: readonly string[] } | undefined }
}
const TOO_LONG = { code: 'TOO_MANY_CELLS', message: 'the line has more cells than the header has columns: a comma within a cell wants quotes around the cell' }

/** Spreadsheets end lines with empty cells; those say nothing. */
const isTooLong = ({ columns, error }: Line['info']): boolean => error?.record.slice(columns.length).some((cell) => cell !== '') ?? false

const headerOf = (given: readonly string[], columns: readonly string[], needed: readonly string[]): string[] => {
  const names = given.map((name) => name.trim())
  const unknown = names
    .filter((name, i) => !columns.includes(name) || names.indexOf(name) !== i)
    .slice(0, 50)
    .map((name) => ({ field: name.slice(0, 64), code: 'UNKNOWN_COLUMN', message: 'the header names a column twice or one that such a row does not have' }))
  const missing = needed
    .filter((name) => !names.includes(name))
    .map((name) => ({ field: name, code: 'MISSING_COLUMN', message: 'the header lacks this column' }))
  const errors = [...unknown, ...missing]
  if (errors.length > 0) throw new Problem('VALIDATION_FAILED', { errors })
  return names
}

const filled = (line: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(line).flatMap(([name, cell]) => (cell === '' ? [] : [[name, plain(cell)]])))

/** Spreadsheets lead a cell with an apostrophe where it would be a formula; our exports do the same. */
const plain = (cell: string): string => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell)
