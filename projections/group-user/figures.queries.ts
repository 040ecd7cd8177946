import { z } from 'zod'
import { divideHalfUp, Fen, fen, Kwh, kwh, Va, va } from '#domain/shared/quantities.ts'
import type { Sums } from './electricity/columns.ts'

const Whole = z.bigint().meta({ type: 'string', pattern: '^-?\\d+$' })
export const Ratio = z.object({ numerator: Whole, denominator: Whole }).meta({ description: 'A ratio as its two sums; never a float' })
export type Ratio = z.output<typeof Ratio>

/** A group's figures of a date (集团综合用电), each the sum of its members'. */
export const GroupFigures = z
  .object({
    members: z.int(),
    unknownMembers: z.int().describe('Of whom extraction has brought nothing: they are in no other figure'),
    contractCapacity: Va,
    runningCapacity: Va,
    electricityDay: Kwh,
    readingCoverage: Ratio.nullable().describe('Members whose meter was read that day'),
    electricityMonthToDate: Kwh,
    electricityYearToDate: Kwh,
    receivableMonth: Fen.describe('应收 of last month’s bills'),
    receivedMonth: Fen,
    recoveryMonth: Ratio.nullable().describe('电费回收率 of last month’s bills'),
    receivableYear: Fen.describe('Bills of January to last month; none in January'),
    receivedYear: Fen,
    recoveryYear: Ratio.nullable(),
    receivableCurrentMonth: Fen.describe('当月已发行'),
    receivedCurrentMonth: Fen,
    arrears: Fen.describe('欠费余额 of bills up to last month'),
    arrearsCurrentYear: Fen,
    arrearsPriorYear: Fen.describe('陈欠'),
    arrearsCurrentMonth: Fen.describe('Open of this month’s bills, not in the arrears'),
    owingMembers: z.int(),
    agedNotDue: Fen.describe('账龄 by days past due; the buckets add up to the arrears'),
    aged30: Fen,
    aged60: Fen,
    aged90: Fen,
    aged180: Fen,
    aged365: Fen,
    agedOver365: Fen,
    prepaid: Fen.describe('预收, beside the arrears and not netted'),
    inTransit: Fen,
    receivedToday: Fen,
  })
  .meta({ id: 'GroupFigures' })
export type GroupFigures = z.output<typeof GroupFigures>

const ratio = (numerator: bigint, denominator: bigint): Ratio | null => (denominator === 0n ? null : { numerator, denominator })

export const figuresOf = (sums: Sums): GroupFigures => ({
  members: Number(sums.members),
  unknownMembers: Number(sums.unknown_members),
  contractCapacity: va(sums.contract_va),
  runningCapacity: va(sums.running_va),
  electricityDay: kwh(sums.kwh_day),
  readingCoverage: ratio(sums.readings, sums.members),
  electricityMonthToDate: kwh(sums.kwh_month),
  electricityYearToDate: kwh(sums.kwh_year),
  receivableMonth: fen(sums.receivable_month),
  receivedMonth: fen(sums.received_month),
  recoveryMonth: ratio(sums.receivable_month - sums.open_month, sums.receivable_month),
  receivableYear: fen(sums.receivable_year),
  receivedYear: fen(sums.received_year),
  recoveryYear: ratio(sums.receivable_year - sums.open_year, sums.receivable_year),
  receivableCurrentMonth: fen(sums.receivable_current),
  receivedCurrentMonth: fen(sums.received_current),
  arrears: fen(sums.arrears),
  arrearsCurrentYear: fen(sums.arrears - sums.arrears_prior_year),
  arrearsPriorYear: fen(sums.arrears_prior_year),
  arrearsCurrentMonth: fen(sums.open_current),
  owingMembers: Number(sums.owing_members),
  agedNotDue: fen(sums.aged_not_due),
  aged30: fen(sums.aged_30),
  aged60: fen(sums.aged_60),
  aged90: fen(sums.aged_90),
  aged180: fen(sums.aged_180),
  aged365: fen(sums.aged_365),
  agedOver365: fen(sums.aged_over_365),
  prepaid: fen(sums.prepaid),
  inTransit: fen(sums.in_transit),
  receivedToday: fen(sums.received_today),
})

/** Figures that are told against those of another date. */
const COMPARED = [
  ...(['members', 'contractCapacity', 'runningCapacity', 'electricityDay', 'electricityMonthToDate', 'electricityYearToDate'] as const),
  ...([
    'receivableMonth',
    'receivedMonth',
    'receivableYear',
    'receivedYear',
    'arrears',
    'arrearsPriorYear',
    'owingMembers',
    'prepaid',
    'receivedToday',
  ] as const),
] as const
const RATES = ['recoveryMonth', 'recoveryYear'] as const

const Against = z.object({ day: Ratio.nullable(), month: Ratio.nullable(), year: Ratio.nullable() })
const Points = z.object({ day: z.int().nullable(), month: z.int().nullable(), year: z.int().nullable() })
/**
 * Against the day before (日环比), the same day of last month (月环比, clamped to its end) and of last year (同比): the difference by the base, null where the base is 0.
 * Rates in ten-thousandths of a whole (hundredths of a percentage point).
 */
export const GroupChanges = z
  .object({
    ...(Object.fromEntries(COMPARED.map((name) => [name, Against])) as Record<(typeof COMPARED)[number], typeof Against>),
    ...(Object.fromEntries(RATES.map((name) => [name, Points])) as Record<(typeof RATES)[number], typeof Points>),
  })
  .meta({ id: 'GroupChanges' })
export type GroupChanges = z.output<typeof GroupChanges>

export type Bases = { readonly day: GroupFigures; readonly month: GroupFigures; readonly year: GroupFigures }

export const changesOf = (now: GroupFigures, bases: Bases): GroupChanges => {
  const changes: Record<string, unknown> = {}
  for (const name of COMPARED) changes[name] = against(bases, (base) => ratio(BigInt(now[name]) - BigInt(base[name]), BigInt(base[name])))
  for (const name of RATES) changes[name] = against(bases, (base) => points(now[name], base[name]))
  return changes as GroupChanges
}

const against = <T>({ day, month, year }: Bases, compare: (base: GroupFigures) => T) => ({ day: compare(day), month: compare(month), year: compare(year) })

const points = (a: Ratio | null, b: Ratio | null): number | null =>
  a === null || b === null ? null : Number(divideHalfUp((a.numerator * b.denominator - b.numerator * a.denominator) * 10_000n, a.denominator * b.denominator))
