import { z } from 'zod'
import { Fen, Kwh } from '#domain/shared/quantities.ts'
import type { Nature, SumName } from './columns.ts'

/** The sums of a day and scope; null where there is nothing that could be summed, as a flow of provinces that have not reported. */
export type Sums = Readonly<Record<SumName | 'electricity_to_date' | 'top_ten' | 'expected' | 'on_time' | 'due', bigint | null>>
type Value = bigint | null
type Pair = readonly [numerator: Value, denominator: Value]

type Quantity<U extends string = string> = { readonly unit: U; readonly nature: Nature; readonly of: (sums: Sums) => Value }
type Rate<U extends string = string> = { readonly unit: U; readonly nature: Nature; readonly of: (sums: Sums) => Pair }

const count = (nature: Nature, of: (sums: Sums) => Value) => ({ unit: 'count', nature, of }) as const
const money = (nature: Nature, of: (sums: Sums) => Value) => ({ unit: 'fen', nature, of }) as const
const energy = (nature: Nature, of: (sums: Sums) => Value) => ({ unit: 'kwh', nature, of }) as const
const rate = (nature: Nature, of: (sums: Sums) => Pair) => ({ unit: 'rate', nature, of }) as const
/** A ratio that is no share of a whole, such as a number of days: compared by its relative change, not in points. */
const quotient = (nature: Nature, of: (sums: Sums) => Pair) => ({ unit: 'quotient', nature, of }) as const

const less = (a: Value, b: Value): Value => (a === null || b === null ? null : a - b)
const and = (a: Value, b: Value): Value => (a === null || b === null ? null : a + b)

/** Every figure of the daily statistics (domain brief 4.1), by its unit, its nature and the sums it comes from. */
export const KPIS = {
  /** 用户数: listed at the end of the day. */
  users: count('members', (s) => s.users),
  usersNew: count('moves', (s) => s.users_new),
  usersDelisted: count('moves', (s) => s.users_delisted),
  usersRelisted: count('moves', (s) => s.users_relisted),
  usersClosed: count('moves', (s) => s.users_closed),

  rowsReported: count('flow', (s) => s.rows_reported),
  /** 电量 of the day; meters not read are left out, and `readingCoverage` says how many were read. */
  electricityDay: energy('flow', (s) => s.electricity_day),
  /** The days from the 1st to this one added up. */
  electricityMonthToDate: energy('flow', (s) => s.electricity_to_date),
  /** The same as each row gives it. */
  electricityMonthToDateReported: energy('flow', (s) => s.electricity_mtd),
  readingCoverage: rate('flow', (s) => [s.readings, s.rows_reported === null ? null : s.users]),

  /** 应收, 实收: bills of last month; of January to last month; of this month (当月已发行), apart. */
  receivableMonth: money('stock', (s) => s.receivable_month),
  receivedMonth: money('stock', (s) => s.received_month),
  receivableYear: money('stock', (s) => s.receivable_year),
  receivedYear: money('stock', (s) => s.received_year),
  receivableCurrentMonth: money('stock', (s) => s.receivable_current),
  receivedCurrentMonth: money('stock', (s) => s.received_current),
  /** 当日实收: receipts dated the day over all bills; never to be mixed with the received above. */
  receivedToday: money('flow', (s) => s.received_today),

  /** 欠费余额 over bills up to last month, of which 当年 and 陈欠; the current month apart. */
  arrears: money('stock', (s) => s.arrears),
  arrearsCurrentYear: money('stock', (s) => less(s.arrears, s.arrears_prior_year)),
  arrearsPriorYear: money('stock', (s) => s.arrears_prior_year),
  arrearsCurrentMonth: money('stock', (s) => s.open_current),
  arrearsAllBills: money('stock', (s) => and(s.arrears, s.open_current)),
  owingUsers: count('stock', (s) => s.owing_users),

  /** 电费回收率. */
  recoveryMonth: rate('stock', (s) => [less(s.receivable_month, s.open_month), s.receivable_month]),
  recoveryYear: rate('stock', (s) => [less(s.receivable_year, s.open_year), s.receivable_year]),
  /** 陈欠回收率 of what was open at New Year. */
  recoveryPriorYear: rate('stock', (s) => [less(s.frozen, s.frozen_open), s.frozen]),
  frozenPriorYear: money('stock', (s) => s.frozen),
  /** 户数回收率. */
  householdRecoveryMonth: rate('stock', (s) => [s.households_month_clear, s.households_month]),
  householdRecoveryYear: rate('stock', (s) => [s.households_year_clear, s.households_year]),

  /** 新增欠费, of which 冲正; 清欠 in cash; 核销. Users who came into or left the report are told apart. */
  newArrears: money('flow', (s) => s.new_arrears),
  newArrearsReversed: money('flow', (s) => s.reversed),
  newlyOwingUsers: count('flow', (s) => s.newly_owing_users),
  cleared: money('flow', (s) => s.cleared),
  writtenOff: money('flow', (s) => s.written_off),
  enteredWith: money('flow', (s) => s.entered),
  departedWith: money('flow', (s) => s.departed),
  rolledIn: money('flow', (s) => s.rolled_in),

  /** 账龄 by days past due; the buckets add up to the arrears. */
  agedNotDue: money('stock', (s) => s.aged_not_due),
  aged1To30: money('stock', (s) => s.aged_30),
  aged31To60: money('stock', (s) => s.aged_60),
  aged61To90: money('stock', (s) => s.aged_90),
  aged91To180: money('stock', (s) => s.aged_180),
  aged181To365: money('stock', (s) => s.aged_365),
  agedOver365: money('stock', (s) => s.aged_over_365),

  /** 百万以上欠费户: strictly more than 1 000 000 yuan. */
  overMillionUsers: count('stock', (s) => s.over_million_users),
  overMillionArrears: money('stock', (s) => s.over_million_arrears),
  topTenArrears: money('stock', (s) => s.top_ten),
  concentration: rate('stock', (s) => [s.top_ten, s.arrears]),

  penaltyAccrued: money('stock', (s) => s.penalty_accrued),
  penaltyReceived: money('stock', (s) => s.penalty_received),
  penaltyOpen: money('stock', (s) => s.penalty_open),

  prepaid: money('stock', (s) => s.prepaid),
  /** 预收覆盖 in days: what is prepaid over last month's mean daily tariff. */
  prepaidCoverDays: quotient('stock', (s) => [s.prepaid_days, s.receivable_month]),
  inTransit: money('stock', (s) => s.in_transit),
  guarantees: money('stock', (s) => s.guarantee),
  poweredOffUsers: count('stock', (s) => s.powered_off),
  /** 措施覆盖率 of level I users. */
  measuresCover: rate('stock', (s) => [s.level_one_measured, s.level_one]),

  /** 报送完整率, 及时率: of provinces and the nation only. */
  completeness: rate('flow', (s) => [s.expected === null ? null : (s.rows_expected ?? 0n), s.expected]),
  onTime: rate('flow', (s) => [s.on_time, s.due]),
  quality: rate('flow', (s) => [less(s.rows_reported, s.rows_warned), s.rows_reported]),
} as const satisfies Record<string, Quantity | Rate>

export type KpiName = keyof typeof KPIS
export const KPI_NAMES = Object.keys(KPIS) as readonly KpiName[]
export const KpiName = z.enum(KPI_NAMES as [KpiName, ...KpiName[]])

const Whole = z
  .codec(z.string().regex(/^-?\d+$/), z.bigint(), { decode: (digits) => BigInt(digits), encode: (value) => value.toString() })
  .meta({ type: 'string', pattern: '^-?\\d+$' })
/** Two sums, divided only where a person looks. */
export const Ratio = z.object({ numerator: Whole, denominator: Whole }).meta({ description: 'A ratio as its two sums; never a float' })
export type Ratio = z.output<typeof Ratio>

const VALUES = { count: z.int().nullable(), fen: Fen.nullable(), kwh: Kwh.nullable(), rate: Ratio.nullable(), quotient: Ratio.nullable() } as const
type ValueOf<N extends KpiName> = (typeof VALUES)[(typeof KPIS)[N]['unit']]
const shape = <T>(of: (name: KpiName) => z.ZodType): T => Object.fromEntries(KPI_NAMES.map((name) => [name, of(name)])) as T

/** Every figure; null where it cannot be told. */
export const Figures = z.object(shape<{ [N in KpiName]: ValueOf<N> }>((name) => VALUES[KPIS[name].unit])).meta({ id: 'HighRiskFigures' })
export type Figures = z.output<typeof Figures>

const periods = <S extends z.ZodType>(change: S) => z.object({ day: change, month: change, year: change })
/** 日环比, 月环比, 同比 as change over base; null when the base is 0 or missing. */
const Relative = periods(Ratio.nullable())
/** Of rates: the difference in hundredths of a percentage point (百分点). */
const Points = periods(z.int().nullable())
const CHANGES = { count: Relative, fen: Relative, kwh: Relative, quotient: Relative, rate: Points } as const

export const Changes = z
  .object(shape<{ [N in KpiName]: (typeof CHANGES)[(typeof KPIS)[N]['unit']] }>((name) => CHANGES[KPIS[name].unit]))
  .meta({ id: 'HighRiskChanges' })
export type Changes = z.output<typeof Changes>
