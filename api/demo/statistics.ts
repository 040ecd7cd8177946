import type { BusinessDate } from '#domain/shared/dates.ts'
import { type Column, formatTable, percent, tenThousandKwh, tenThousandYuan } from '../commands/table.ts'
import type { Client } from './client.ts'

type Pair = { readonly numerator: string; readonly denominator: string } | null
type Figures = Readonly<Record<string, unknown>>
type Line = {
  readonly stale: boolean
  readonly asOf: string | null
  readonly figures: Figures
  readonly changes: Readonly<Record<string, { readonly day: unknown }>>
}
type Row = Line & { readonly key: string; readonly rank: number | null; readonly status: string | null; readonly version: number | null }
type Statistics = {
  readonly date: string
  readonly rows: readonly Row[]
  readonly total: Line
  readonly reporting: { readonly onTime: readonly string[]; readonly late: readonly string[]; readonly missing: readonly string[] }
}

const COLUMNS: readonly Column[] = [
  { title: '排名', align: 'right' },
  { title: '单位' },
  { title: '上报' },
  { title: '用户数', align: 'right' },
  { title: '日电量 万千瓦时', align: 'right' },
  { title: '日环比', align: 'right' },
  { title: '应收(本年) 万元', align: 'right' },
  { title: '回收率(本年)', align: 'right' },
  { title: '欠费余额 万元', align: 'right' },
  { title: '日环比', align: 'right' },
  { title: '新增欠费', align: 'right' },
  { title: '清欠', align: 'right' },
  { title: '百万户', align: 'right' },
  { title: '陈欠 万元', align: 'right' },
]
const STATUS: Readonly<Record<string, string>> = {
  ON_TIME: '按时',
  LATE: '迟报',
  WAIVED: '免报',
  PENDING: '待报',
  OVERDUE: '逾期',
  MISSING: '缺报',
  UNKNOWN: '未报',
}

const big = (value: unknown): bigint | null => (typeof value === 'string' || typeof value === 'number' ? BigInt(value) : null)
const pair = (value: unknown): { numerator: bigint; denominator: bigint } | null => {
  const ratio = value as Pair
  return ratio ? { numerator: BigInt(ratio.numerator), denominator: BigInt(ratio.denominator) } : null
}
const yuan = (value: unknown): string => told(big(value), tenThousandYuan)
const count = (value: unknown): string => (typeof value === 'number' ? String(value) : '—')
const energy = (value: unknown): string => told(big(value), tenThousandKwh)
const told = (value: bigint | null, how: (value: bigint) => string): string => (value === null ? '—' : how(value))
const change = (line: Line, name: string): string => {
  const text = percent(pair(line.changes[name]?.day))
  return text.startsWith('-') || text === '—' ? text : `+${text}`
}

const cells = (line: Line): readonly string[] => {
  const { figures } = line
  return [
    count(figures.users),
    energy(figures.electricityDay),
    change(line, 'electricityDay'),
    yuan(figures.receivableYear),
    percent(pair(figures.recoveryYear)),
    yuan(figures.arrears),
    change(line, 'arrears'),
    yuan(figures.newArrears),
    yuan(figures.cleared),
    count(figures.overMillionUsers),
    yuan(figures.arrearsPriorYear),
  ]
}

/** The daily statistics of a date as headquarters reads them: 27 companies by arrears, and the nation. */
export const statisticsTable = async (
  client: Client,
  date: BusinessDate,
  position: string | undefined,
  names: ReadonlyMap<string, string>,
): Promise<string> => {
  const statistics = (
    await client('GET', `/v1/statistics/daily?date=${date}${position === undefined ? '' : `&position=${position}`}`, { headers: { prefer: 'wait=30' } })
  ).body as Statistics
  const rows = statistics.rows
    .toSorted((a, b) => (a.rank ?? 99) - (b.rank ?? 99))
    .map((row) => [
      String(row.rank ?? ''),
      names.get(row.key) ?? row.key,
      `${STATUS[row.status ?? ''] ?? ''}${(row.version ?? 1) > 1 ? ` v${row.version}` : ''}${row.stale ? ` (${row.asOf})` : ''}`,
      ...cells(row),
    ])
  const { reporting, total } = statistics
  const { onTime, late, missing } = reporting
  const national = ['', '全国合计', `${onTime.length + late.length}/${statistics.rows.length}`, ...cells(total)]
  const named = (codes: readonly string[]): string => codes.map((code) => names.get(code) ?? code).join(' ') || '无'
  return `高风险用户日统计  HQ daily statistics of high-risk users  ${date}\n\n${formatTable(COLUMNS, [...rows, null, national])}\n按时 ${onTime.length} 家; 迟报: ${named(late)}; 缺报: ${named(missing)}\n`
}
