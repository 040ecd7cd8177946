import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { addMonths, BillMonth, BusinessDate, monthOf } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { type Asked, Basis, Filters, GroupBy, NO_SUMS } from './national-day/asking.ts'
import { type RefName, type Standing, type Told, tell } from './national-day/daily.ts'
import { Changes, Figures, KpiName, type Sums } from './national-day/kpis.ts'
import { changesOf, figuresOf, ranks } from './national-day/measure.ts'

export const DailyStatisticsQuery = z.object({
  date: BusinessDate,
  basis: Basis.default('corrected'),
  groupBy: GroupBy.default('province'),
  filters: Filters.default({}),
  /** The figure by which the rows are ranked, the greatest first unless said. */
  rankBy: KpiName.default('arrears'),
  order: z.enum(['descending', 'ascending']).default('descending'),
})
export type DailyStatisticsQuery = z.input<typeof DailyStatisticsQuery>

/** How a province's report of the day stands: in, in after the due time, let off, awaited, due but not in, not in at the cut-off, never heard of. */
const Status = z.enum(['ON_TIME', 'LATE', 'WAIVED', 'PENDING', 'OVERDUE', 'MISSING', 'UNKNOWN'])

/** What should come to the same by two ways; null when the day has no flows to tell it by. */
const Check = z.object({ opening: Fen, added: Fen, taken: Fen, closing: Fen, holds: z.boolean() }).nullable()

const Line = z.object({
  /** The latest day up to the date of which every figure here stands; earlier than the date when carried forward. */
  asOf: BusinessDate.nullable(),
  stale: z.boolean(),
  figures: Figures,
  previous: Figures.nullable(),
  changes: Changes,
  checks: z.object({
    /** 欠费 over all bills: yesterday's + new + entered - cleared - written off - departed. */
    allBills: Check,
    /** The same over bills up to last month, with those that rolled in on the 1st. */
    scope: Check,
    users: z.object({ before: z.int(), joined: z.int(), left: z.int(), after: z.int(), holds: z.boolean() }).nullable(),
  }),
})

export const DailyStatistics = z
  .object({
    date: BusinessDate,
    basis: Basis,
    groupBy: GroupBy,
    /** The month of the month scope, and whether its bills are closed (月结) by the date. */
    lastMonth: BillMonth,
    lastMonthFrozen: z.boolean(),
    /** Provinces by how their report of the date stands. */
    reporting: z.object({
      onTime: z.array(ProvinceCode),
      late: z.array(ProvinceCode),
      pending: z.array(ProvinceCode),
      missing: z.array(ProvinceCode),
      waived: z.array(ProvinceCode),
      corrected: z.array(z.object({ province: ProvinceCode, corrections: z.int() })),
      lastSealedAt: z.string().nullable(),
    }),
    rows: z.array(
      z.object({
        key: z.string(),
        status: Status.nullable(),
        version: z.int().nullable(),
        corrections: z.int().nullable(),
        rank: z.int().nullable(),
        ...Line.shape,
      }),
    ),
    /** From the sums of the rows, never a mean of their rates. */
    total: Line,
  })
  .meta({ id: 'DailyStatistics' })
export type DailyStatistics = z.output<typeof DailyStatistics>

/**
 * The daily statistics of high-risk users (高风险用户日统计) of a date. A province that has not reported shows the stocks of its last
 * reported day, marked stale; its flows are null and it never counts as reported. `scope`: provinces the caller may see, all when undefined.
 */
export const dailyStatistics = async (pool: DatabasePool, query: DailyStatisticsQuery, scope?: readonly ProvinceCode[]): Promise<DailyStatistics> => {
  const { date, basis, groupBy, filters, rankBy, order } = DailyStatisticsQuery.parse(query)
  const asked: Asked = { basis, filters, scope }
  const told = await tell(pool, date, groupBy, asked)
  const today = told.standings.filter(({ ref }) => ref === 'day')
  const lines = told.keys.map((key) => lineOf(told, key, groupBy === 'province' ? key : undefined))
  const places = ranks(
    lines.map(({ figures }) => figures),
    rankBy,
    order === 'descending',
  )
  const of = (...statuses: readonly z.output<typeof Status>[]) => today.filter((each) => statuses.includes(statusOf(each))).map(({ province }) => province)
  return {
    date,
    basis,
    groupBy,
    lastMonth: addMonths(monthOf(date), -1),
    lastMonthFrozen: told.lastMonthFrozen,
    reporting: {
      onTime: of('ON_TIME'),
      late: of('LATE'),
      pending: of('PENDING', 'OVERDUE'),
      missing: of('MISSING', 'UNKNOWN'),
      waived: of('WAIVED'),
      corrected: today.flatMap(({ province, corrections }) => (corrections ? [{ province, corrections }] : [])),
      lastSealedAt: today.reduce<string | null>(
        (last, { last_sealed_at }) => (last_sealed_at && (!last || last_sealed_at > last) ? last_sealed_at : last),
        null,
      ),
    },
    rows: lines.map((line, index) => {
      const key = told.keys[index]!
      const own = groupBy === 'province' ? today.find(({ province }) => province === key) : undefined
      return {
        key,
        status: own ? statusOf(own) : null,
        version: own?.version ?? null,
        corrections: own?.corrections ?? null,
        rank: places[index] ?? null,
        ...line,
      }
    }),
    total: lineOf(told),
  }
}

const statusOf = ({ on_date, sealed, on_time, waived, missing, late, begun }: Standing): z.output<typeof Status> => {
  if (sealed === on_date) return on_time ? 'ON_TIME' : 'LATE'
  if (waived) return 'WAIVED'
  if (missing) return 'MISSING'
  if (late) return 'OVERDUE'
  return begun ? 'PENDING' : 'UNKNOWN'
}

/** Of a day before anything was known; most lines have none of last year. */
const NO_FIGURES = figuresOf(NO_SUMS)

/** One line of the table: of a group, or of all when no key is given. `province` when the group is one. */
const lineOf = (told: Told, key?: string, province?: string): z.output<typeof Line> => {
  const sums = (ref: RefName): Sums => (key === undefined ? told.total(ref) : told.at(ref, key))
  const concerned = (ref: RefName) => told.standings.filter((each) => each.ref === ref && (province === undefined || each.province === province))
  const reported = (ref: RefName): boolean => concerned(ref).some(({ sealed, on_date }) => sealed === on_date)
  const dated = (ref: RefName, of: Sums = sums(ref)) => ({
    figures: of.users === null && of.arrears === null ? NO_FIGURES : figuresOf(of),
    reported: reported(ref),
  })
  const sealed = concerned('day').map((each) => each.sealed)
  const day = sums('day')
  const figures = figuresOf(day)
  const before = dated('before')
  return {
    asOf: sealed.reduce((oldest, each) => (each && (!oldest || each < oldest) ? each : oldest), null),
    stale: concerned('day').some((each) => each.sealed !== each.on_date),
    figures,
    previous: before.figures === NO_FIGURES ? null : before.figures,
    changes: changesOf({
      day: { figures, reported: reported('day') },
      before,
      sameDayLastMonth: dated('month'),
      lastYear: dated('year'),
      fullMonth: figuresOf(told.fullMonth(key)),
      monthBefore: figuresOf(told.monthBefore(key)),
    }),
    checks: checksOf(day),
  }
}

const checksOf = (s: Sums): z.output<typeof Line>['checks'] => ({
  allBills: check(s.opening, [s.new_arrears, s.entered], [s.cleared, s.written_off, s.departed], s.closing),
  scope: check(s.scope_opening, [s.scope_new, s.scope_entered, s.rolled_in], [s.scope_cleared, s.scope_written_off, s.scope_departed], s.scope_closing),
  users: usersCheck(s),
})

const plus = (values: readonly (bigint | null)[]): bigint => values.reduce<bigint>((total, value) => total + (value ?? 0n), 0n)

const check = (
  opening: bigint | null,
  added: readonly (bigint | null)[],
  taken: readonly (bigint | null)[],
  closing: bigint | null,
): z.output<typeof Check> => {
  if (opening === null || closing === null) return null
  const [more, less] = [plus(added), plus(taken)]
  return { opening: opening as Fen, added: more as Fen, taken: less as Fen, closing: closing as Fen, holds: opening + more - less === closing }
}

const usersCheck = (s: Sums): z.output<typeof Line>['checks']['users'] => {
  if (s.users_before === null || s.users_after === null) return null
  const joined = plus([s.users_new, s.users_relisted])
  const left = plus([s.users_delisted, s.users_closed])
  return {
    before: Number(s.users_before),
    joined: Number(joined),
    left: Number(left),
    after: Number(s.users_after),
    holds: s.users_before + joined - left === s.users_after,
  }
}
