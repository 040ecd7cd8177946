import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wireJson } from '#api/wire.ts'
import { xlsx } from '#api/xlsx.ts'
import { fen } from '#domain/shared/quantities.ts'
import { row } from '#test/support/arbitraries/daily-report.ts'
import { cons } from '#test/support/arbitraries/values.ts'
import { type World, world } from '#test/support/http.ts'
import { unzip } from '#test/support/unzip.ts'

const plainText = (xml: string): string =>
  xml
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/_x([0-9A-F]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** Cells by place: text as text, numbers as numbers. */
const cellsOf = (sheet: string): Record<string, unknown> => {
  const cells = [...sheet.matchAll(/<c r="([A-Z]+\d+)"( s="\d")?( t="(\w+)")?>(.*?)<\/c>/gs)]
  return Object.fromEntries(
    cells.map(([, place, , , type, inner = '']) => {
      const value = inner.replace(/^<is><t xml:space="preserve">|<\/t><\/is>$|<\/?v>/g, '')
      return [place, type === 'inlineStr' ? plainText(value) : type === 'b' ? value === '1' : Number(value)]
    }),
  )
}
const open = (archive: Buffer) => {
  const files = unzip(archive)
  const [data, about] = [files.get('xl/worksheets/sheet1.xml')!, files.get('xl/worksheets/sheet2.xml')!]
  return { files, data, about, cells: cellsOf(data), told: cellsOf(about) }
}
const all = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const one of source) found.push(one)
  return found
}
const written = async (...how: Parameters<typeof xlsx>) => Buffer.concat(await all(xlsx(...how)))

describe('a workbook', () => {
  test('has a frozen header, typed cells, and a sheet that says what it is', async () => {
    const rows = [
      { consNo: '0012345678', name: '某某钢铁', arrears: fen(123456n), users: 3, listed: true, note: null },
      { consNo: '0000000002', name: '', arrears: fen(-5n), users: 0, listed: false, note: { a: 1n } },
    ]
    const { files, data, cells, told } = open(await written(rows, undefined, [['查询', '/v1/x?a=1']]))
    expect([...files.keys()]).toEqual([
      ...['[Content_Types].xml', '_rels/.rels', 'xl/workbook.xml', 'xl/_rels/workbook.xml.rels', 'xl/styles.xml'],
      ...['xl/worksheets/sheet1.xml', 'xl/worksheets/sheet2.xml'],
    ])
    expect(data).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>')
    expect(cells).toEqual({
      ...{ A1: 'consNo', B1: 'name', C1: 'arrears', D1: 'users', E1: 'listed', F1: 'note' },
      ...{ A2: '0012345678', B2: '某某钢铁', C2: 123456, D2: 3, E2: true },
      ...{ A3: '0000000002', B3: '', C3: -5, D3: 0, E3: false, F3: '{"a":"1"}' },
    })
    expect(told).toEqual({ A1: '查询', B1: '/v1/x?a=1', A2: '行数', B2: 2 })
  })

  test('keeps every digit, and whatever text holds', async () => {
    const texts = ['=1+1', '@cmd', '<b>&amp;</b>', 'a\u0000b\u001fc\rd', '_x0041_', ' padded\n\ttwice ', '\ufffe', '"quoted"', '1e5']
    const numbers = [999_999_999_999_999n, -999_999_999_999_999n, 10n ** 15n, 2n ** 63n - 1n, 0.5, Number.MAX_SAFE_INTEGER]
    const { data, cells } = open(
      await written(
        [...texts, ...numbers].map((value) => ({ value })),
        ['value'],
        [],
      ),
    )
    expect(texts.map((_, i) => cells[`A${i + 2}`])).toEqual(texts)
    expect(numbers.map((_, i) => cells[`A${i + 2 + texts.length}`])).toEqual([
      ...[999_999_999_999_999, -999_999_999_999_999, '1000000000000000', '9223372036854775807', '0.5', '9007199254740991'],
    ])
    expect(data).not.toContain('<f>')
    expect(data.split('\n').length).toBe(3) // the declaration’s, and those of the text itself
  })

  test('of nothing has its header, and beyond Z columns go on', async () => {
    const names = Array.from({ length: 800 }, (_, i) => `c${i}`)
    const { cells, told } = open(await written([], names, []))
    expect([cells.Z1, cells.AA1, cells.AZ1, cells.ZZ1, cells.AAA1, cells.ADT1]).toEqual(['c25', 'c26', 'c51', 'c701', 'c702', 'c799'])
    expect(told.B1).toBe(0)
  })

  test('is written as its rows are read, and a failure of theirs is told', async () => {
    let read = 0
    async function* rows() {
      for (; read < 200_000; read++) yield { text: `${read} ${crc32(String(read))} ${crc32(`${read}!`)}` }
      throw new Error('the source broke')
    }
    const writing = xlsx(rows(), undefined, [])
    while (read === 0) await writing.next()
    expect(read).toBeLessThan(50_000)
    await expect(all(writing)).rejects.toThrow('the source broke')
  })

  test('that is no longer wanted stops reading', async () => {
    let [started, stopped] = [false, false]
    async function* rows() {
      try {
        started = true
        for (let i = 0; ; i++) yield { i, text: crc32(String(i)) }
      } finally {
        stopped = true
      }
    }
    const writing = xlsx(rows(), undefined, [])
    while (!started) await writing.next()
    await writing.return(undefined)
    await expect.poll(() => stopped).toBe(true)
  })

  test('refuses what a sheet would cut short', async () => {
    await expect(written([{ text: 'x'.repeat(32_768) }], undefined, [])).rejects.toThrow('ask for CSV')
  })
})

describe('a list asked for as a workbook', () => {
  let w: World
  beforeAll(async () => {
    w = await world()
    w.listed.set('P13S', [cons('1')])
  })
  afterAll(() => w.app.close())

  test('comes as one, with what was asked and by whom', async () => {
    const headers = await w.bearer('south', 'P13S', 'PV_TARIFF')
    const put = await w.app.inject({
      method: 'PUT',
      url: '/v1/daily-reports/P13S/2026-03-02/day',
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      payload: wireJson(row('1')),
    })
    expect(put.statusCode, put.body).toBe(200)
    const accept = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, text/csv;q=0.5'
    const answer = await w.app.inject({ url: '/v1/daily-reports/P13S/2026-03-02/rows', headers: { ...headers, accept } })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'content-disposition': 'attachment; filename="rows.xlsx"',
    })
    const { cells, told } = open(answer.rawPayload)
    expect([cells.A1, cells.A2, cells.J1, cells.J2]).toEqual(['consNo', '1', 'runningCapacity', expect.any(Number)])
    expect(told).toMatchObject({ B1: '/v1/daily-reports/P13S/2026-03-02/rows', A5: '导出人', B5: 'south (P13S)', A7: '行数', B7: 1 })
  })
})
