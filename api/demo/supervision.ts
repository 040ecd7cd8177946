import type { BusinessDate } from '#domain/shared/dates.ts'
import { type Column, formatTable, percent, tenThousandYuan } from '../commands/table.ts'
import type { Client } from './client.ts'

type Pair = { readonly numerator: string; readonly denominator: string } | null
type Cohort = {
  readonly orders: number
  readonly closed: number
  readonly overdueSign: number
  readonly overdueFeedback: number
  readonly warned: string
  readonly recovered: string
} & Readonly<Record<'signedOnTime' | 'answeredOnTime' | 'returned' | 'firstPass' | 'closure' | 'recoveredRate' | 'escalated', Pair>>
type Line = {
  readonly cohort: Cohort
  readonly stock: { readonly open: number; readonly overdue: number }
  readonly flow: { readonly closed: number; readonly escalated: number }
}
type Row = Line & { readonly key: string; readonly shortName: string | null; readonly score: number | null; readonly rank: number | null }
type Statistics = {
  readonly period: { readonly from: string; readonly to: string }
  readonly score: { readonly version: number; readonly weights: Readonly<Record<string, number>> } | null
  readonly rows: readonly Row[]
  readonly total: Line
}

const COLUMNS: readonly Column[] = [
  { title: '排名', align: 'right' },
  { title: '单位' },
  { title: '得分', align: 'right' },
  { title: '工单', align: 'right' },
  { title: '按时签收', align: 'right' },
  { title: '按时反馈', align: 'right' },
  { title: '退回', align: 'right' },
  { title: '一次通过', align: 'right' },
  { title: '办结率', align: 'right' },
  { title: '未办结', align: 'right' },
  { title: '逾期', align: 'right' },
  { title: '升级', align: 'right' },
  { title: '预警金额 万元', align: 'right' },
  { title: '督办回收 万元', align: 'right' },
]

const rate = (pair: Pair): string => percent(pair && { numerator: BigInt(pair.numerator), denominator: BigInt(pair.denominator) })
const times = (pair: Pair): string => pair?.numerator ?? '0'

const cells = ({ cohort, stock }: Line): readonly string[] => [
  String(cohort.orders),
  rate(cohort.signedOnTime),
  rate(cohort.answeredOnTime),
  times(cohort.returned),
  rate(cohort.firstPass),
  rate(cohort.closure),
  String(stock.open),
  String(stock.overdue),
  times(cohort.escalated),
  tenThousandYuan(BigInt(cohort.warned)),
  tenThousandYuan(BigInt(cohort.recovered)),
]

/** The daily statistics of supervision (预警督办日统计) at the end of a date, over the orders issued in the days before: provinces by their score, and the nation. */
export const supervisionTable = async (client: Client, date: BusinessDate, from: BusinessDate): Promise<string> => {
  const statistics = (await client('GET', `/v1/statistics/supervision?date=${date}&from=${from}&to=${date}`)).body as Statistics
  const { score, period, total } = statistics
  const rows = statistics.rows
    .toSorted((a, b) => (a.rank ?? 99) - (b.rank ?? 99) || (a.key < b.key ? -1 : 1))
    .map((row) => [String(row.rank ?? ''), row.shortName ?? row.key, row.score === null ? '—' : (row.score / 100).toFixed(2), ...cells(row)])
  const weights = Object.entries(score?.weights ?? {}).map(([name, percentage]) => `${name} ${percentage} %`)
  return `预警督办日统计  HQ daily statistics of supervision  ${date}  (orders issued ${period.from} to ${period.to}; made-up answers)\n\n${formatTable(COLUMNS, [...rows, null, ['', '全国合计', '', ...cells(total)]])}\n得分 score: ${weights.join(', ')}\n`
}
