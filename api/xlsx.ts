import { wireJson } from './wire.ts'
import { zipped } from './zip.ts'

type Rows = Iterable<object> | AsyncIterable<object>
/** What the second sheet says about the first; the number of rows is added. */
export type About = readonly (readonly [label: string, value: string])[]

/** Of a sheet, the header included. */
const MOST_ROWS = 1_048_576
const LONGEST_CELL = 32_767
/** A spreadsheet computes with 15 decimal digits; a longer number stays text, so that none of it is lost. */
const EXACT = 10n ** 15n
const BLOCK = 32_768
const STYLES = { header: 1, text: 2, whole: 3 } as const

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

const FIXED: Readonly<Record<string, string>> = {
  '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPE}.worksheet+xml"/><Override PartName="/xl/worksheets/sheet2.xml" ContentType="${TYPE}.worksheet+xml"/></Types>`,
  '_rels/.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="数据" sheetId="1" r:id="rId1"/><sheet name="说明" sheetId="2" r:id="rId2"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId3" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
  'xl/styles.xml': `<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="宋体"/></font><font><b/><sz val="11"/><name val="宋体"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="1" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`,
}

/**
 * A list as an Excel workbook, written as its rows are read: 数据 with a frozen header, and 说明 with what it is. Cells have a
 * type, so that no text is ever run as a formula; whole numbers are numbers as far as a spreadsheet keeps them exactly. Throws
 * RangeError for more rows or a longer text than a sheet takes.
 */
export const xlsx = (rows: Rows, columns: readonly string[] | undefined, about: About): AsyncGenerator<Buffer> => {
  const counted = { rows: 0 }
  return zipped([
    ...Object.entries(FIXED).map(([name, xml]) => ({ name, content: [HEAD, xml] })),
    { name: 'xl/worksheets/sheet1.xml', content: inBlocks(dataSheet(rows, columns, counted)) },
    { name: 'xl/worksheets/sheet2.xml', content: aboutSheet(about, counted) },
  ])
}

async function* dataSheet(rows: Rows, columns: readonly string[] | undefined, counted: { rows: number }): AsyncGenerator<string> {
  yield `${HEAD}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`
  let names = columns
  if (names) yield headerOf(names)
  for await (const row of rows as AsyncIterable<Readonly<Record<string, unknown>>>) {
    if (!names) {
      names = Object.keys(row)
      yield headerOf(names)
    }
    if (++counted.rows >= MOST_ROWS) throw new RangeError(`a sheet takes ${MOST_ROWS - 1} rows; ask for CSV`)
    yield line(
      counted.rows + 1,
      names.map((name) => row[name]),
    )
  }
  yield '</sheetData></worksheet>'
}

/** Written last, when the rows have been counted. */
function* aboutSheet(about: About, counted: { readonly rows: number }): Generator<string> {
  yield `${HEAD}<worksheet xmlns="${MAIN}"><cols><col min="1" max="1" width="14" customWidth="1"/><col min="2" max="2" width="90" customWidth="1"/></cols><sheetData>`
  for (const [place, pair] of [...about, ['行数', counted.rows] as const].entries()) yield line(place + 1, pair)
  yield '</sheetData></worksheet>'
}

const headerOf = (names: readonly string[]): string => rowOf(1, names, (name, place) => textCell(name, STYLES.header, place))
const line = (row: number, values: readonly unknown[]): string => rowOf(row, values, cell)
const rowOf = <V>(row: number, values: readonly V[], write: (value: V, place: string) => string): string =>
  `<row r="${row}">${values.map((value, column) => write(value, `${lettersOf(column)}${row}`)).join('')}</row>`

/** A, B, … Z, AA, AB, … */
const lettersOf = (column: number): string => (column < 26 ? '' : lettersOf(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + (column % 26))

const cell = (value: unknown, place: string): string => {
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return `<c r="${place}" t="b"><v>${value ? 1 : 0}</v></c>`
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) {
    const whole = BigInt(value)
    return whole < EXACT && whole > -EXACT ? `<c r="${place}" s="${STYLES.whole}"><v>${whole}</v></c>` : textCell(String(whole), STYLES.text, place)
  }
  return textCell(typeof value === 'string' ? value : wireJson(value), STYLES.text, place)
}

const textCell = (text: string, style: number, place: string): string => {
  if (text.length > LONGEST_CELL) throw new RangeError(`a cell takes ${LONGEST_CELL} characters; ask for CSV`)
  return `<c r="${place}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** What XML cannot carry is written `_x001F_`, as Excel does; a text that looks like that already is told apart. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replaceAll(/[^\P{Cc}\t\n]|[\ufffe\uffff]/gu, (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replaceAll(/[&<>]/g, (character) => ENTITIES[character] ?? '')

async function* inBlocks(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let block = ''
  for await (const part of parts) {
    block += part
    if (block.length < BLOCK) continue
    yield block
    block = ''
  }
  yield block
}
