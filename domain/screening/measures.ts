import { z } from 'zod'

/** What a figure is counted in, which is how a sentence writes it. Every input is a whole number of this. */
type Unit = 'fen' | 'days' | 'months' | 'times' | 'percent' | 'kva' | 'yes' | 'fen-per-kva'
/** Measures of one family are computed by one statement over the source. */
export type Family = 'profile' | 'account' | 'readings' | 'facts'
type Shape = 'rising' | 'falling' | 'free'

/** A figure of one customer as of a date. `shape`: how risk runs with it, as the business sees it; `free` where it may go either way. */
type Measure = { readonly family: Family; readonly unit: Unit; readonly shape: Shape; readonly zh: string; readonly en: string }
const of = (family: Family, unit: Unit, shape: Shape, zh: string, en: string): Measure => ({ family, unit, shape, zh, en })

/** Everything that screening can measure. "Month" is a month back from the date, so that the last ends on the date itself. */
export const MEASURES = {
  industryListed: of('profile', 'yes', 'rising', '行业在清单内', 'the trade is on the industry list'),
  runningShare: of('profile', 'percent', 'falling', '运行容量占合同容量', 'running capacity as a share of contract capacity'),
  capacity: of('profile', 'kva', 'free', '合同容量', 'contract capacity'),
  powerOff: of('profile', 'yes', 'rising', '已停电', 'supply is cut'),
  overdueAmount: of('account', 'fen', 'rising', '逾期欠费', 'arrears past due'),
  owedAmount: of('account', 'fen', 'rising', '未结清电费', 'open bills, due or not'),
  arrearsAge: of('account', 'days', 'rising', '最早欠费账龄', 'age of the oldest open bill past due'),
  lateBills: of('account', 'times', 'rising', '近12个月逾期缴费', 'late bills in the last 12 months'),
  overdueMonths0: of('account', 'months', 'rising', '目前逾期月数', 'months behind now'),
  overdueMonths1: of('account', 'months', 'rising', '一个月前逾期月数', 'months behind a month ago'),
  overdueMonths2: of('account', 'months', 'rising', '两个月前逾期月数', 'months behind two months ago'),
  overdueMonths3: of('account', 'months', 'rising', '三个月前逾期月数', 'months behind three months ago'),
  overdueTimes: of('account', 'times', 'rising', '近6个月有逾期的月末次数', 'ends of the last 6 months with something overdue'),
  overdueMost: of('account', 'months', 'rising', '近6个月最长逾期月数', 'most months behind in the last 6 months'),
  paidShare0: of('account', 'percent', 'free', '本月缴费占上月账单', 'paid this month as a share of the bill before'),
  paidShare1: of('account', 'percent', 'free', '上月缴费占再上月账单', 'paid last month as a share of the bill before that'),
  unpaidMonths: of('account', 'times', 'rising', '近6个月未缴费月数', 'months without a payment among the last 6'),
  billAmount: of('account', 'fen', 'free', '最近一月账单', 'latest month billed'),
  billTrend: of('account', 'percent', 'free', '最近账单占近6个月平均', 'latest bill as a share of the 6-month mean'),
  billPerKva: of('account', 'fen-per-kva', 'free', '每千伏安账单', 'latest bill per kVA'),
  billPerKva6: of('account', 'fen-per-kva', 'free', '近6个月每千伏安账单', 'bills of 6 months per kVA'),
  owedPerKva: of('account', 'fen-per-kva', 'free', '每千伏安未结清电费', 'open bills per kVA'),
  emptyBills: of('account', 'times', 'free', '近6个月无账单月数', 'months without a bill among the last 6'),
  paid0: of('account', 'fen', 'falling', '本月缴费', 'paid this month'),
  paid1: of('account', 'fen', 'falling', '上月缴费', 'paid last month'),
  paid2: of('account', 'fen', 'falling', '前月缴费', 'paid the month before last'),
  paid6: of('account', 'fen', 'falling', '近6个月缴费', 'paid in the last 6 months'),
  acceptanceShare: of('account', 'percent', 'rising', '承兑汇票缴费占比', 'share paid by acceptance bill in 12 months'),
  electricityShare: of('account', 'percent', 'falling', '最近电量占前三月平均', 'latest billed electricity as a share of the mean of the three months before'),
  electricityYear: of('account', 'percent', 'falling', '最近电量占去年同月', 'latest billed electricity as a share of the same month last year'),
  readingShare: of('readings', 'percent', 'falling', '近30天日均电量占此前90天', 'mean daily kWh of 30 days as a share of the 90 days before'),
  creditAdverse: of('facts', 'times', 'rising', '信用不良记录', 'adverse credit records'),
  groupAtLevelI: of('facts', 'times', 'rising', '同集团重大风险成员', 'members of the same group at level I'),
  stopped: of('facts', 'times', 'rising', '停产', 'production stopped'),
  closedByOrder: of('facts', 'times', 'rising', '被责令关停', 'closed by order'),
  bankrupt: of('facts', 'times', 'rising', '破产或重整受理', 'bankruptcy or reorganisation accepted'),
  absconded: of('facts', 'times', 'rising', '失联', 'owner absconded'),
  brokenPromises: of('facts', 'times', 'rising', '违背还款承诺', 'promises to pay broken'),
  bouncedBills: of('facts', 'times', 'rising', '退票', 'bills bounced'),
} as const satisfies Readonly<Record<string, Measure>>

export type MeasureName = keyof typeof MEASURES
export const MEASURE_NAMES = Object.keys(MEASURES) as [MeasureName, ...MeasureName[]]
export const MeasureName = z.enum(MEASURE_NAMES)

/** An input as a reviewer reads it: 1,234.50 元, 45 天, 38 %. */
export const sayInput = (name: MeasureName, value: bigint, language: 'zh' | 'en'): string => {
  const { unit } = MEASURES[name]
  if (unit === 'yes') return value > 0n ? YES[language] : NO[language]
  return `${unit === 'fen' || unit === 'fen-per-kva' ? yuan(value) : whole(value)}${SUFFIX[unit][language]}`
}

const YES = { zh: '是', en: 'yes' }
const NO = { zh: '否', en: 'no' }
const SUFFIX: Readonly<Record<Exclude<Unit, 'yes'>, { readonly zh: string; readonly en: string }>> = {
  fen: { zh: ' 元', en: ' yuan' },
  'fen-per-kva': { zh: ' 元/kVA', en: ' yuan/kVA' },
  days: { zh: ' 天', en: ' days' },
  months: { zh: ' 个月', en: ' months' },
  times: { zh: ' 次', en: '' },
  percent: { zh: ' %', en: ' %' },
  kva: { zh: ' kVA', en: ' kVA' },
}

const whole = (value: bigint): string => `${value < 0n ? '-' : ''}${String(value < 0n ? -value : value).replace(/\B(?=(\d{3})+$)/g, ',')}`
const yuan = (fen: bigint): string => `${fen < 0n && fen > -100n ? '-' : ''}${whole(fen / 100n)}.${String((fen < 0n ? -fen : fen) % 100n).padStart(2, '0')}`
