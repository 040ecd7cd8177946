import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { type ConsNo, Text } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import type { Fen } from '#domain/shared/quantities.ts'
import { Grade, MAX_SUBJECTS, type NamedBill, OrderKind, type Subject } from './fields.ts'
import { gravity } from './subject.ts'

/** What of a user's sealed day a rule looks at: fen, days past due of the oldest open bill, fen, fen, 1 for III to 3 for I, times, members. */
const WarningMeasure = z.enum(['overdue', 'overdueDays', 'riseOfDay', 'riseOfWeek', 'level', 'brokenPromises', 'groupAtLevelI'])
type WarningMeasure = z.output<typeof WarningMeasure>

/** What headquarters reads; `{input}` stands for what was measured. */
const Sentence = Text.max(200).refine((text) => text.includes('{input}'), 'must name {input}')
const Band = z.strictObject({ from: z.int().min(1), grade: Grade })
/** Red before orange before yellow. */
export const isGraver = (a: Grade, b: Grade): boolean => gravity(a) < gravity(b)
const rises = (bands: readonly z.output<typeof Band>[]): boolean =>
  bands.every((band, index) => index === 0 || (band.from > bands[index - 1]!.from && isGraver(band.grade, bands[index - 1]!.grade)))

/** One rule: the grade of the last band that the measure reaches, for users who owe at least `leastOverdue` fen past due. */
export const WarningRule = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a rule id such as arrears-amount'),
  kind: OrderKind,
  measure: WarningMeasure,
  leastOverdue: z.int().min(0),
  bands: z.array(Band).min(1).max(3).refine(rises, 'thresholds and grades rise together'),
  text: z.strictObject({ zh: Sentence, en: Sentence }),
})
export type WarningRule = z.output<typeof WarningRule>

const unique = (rules: readonly WarningRule[]): boolean => new Set(rules.map(({ id }) => id)).size === rules.length

/** 预警规则 as they hold from a date, effective-dated data (domain brief 2.2 and 3.3, assumed values). */
export const WarningRules = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  rules: z.array(WarningRule).min(1).max(60).refine(unique, 'each rule has an id of its own'),
  /** The kind of order that is drafted when a graver warning meets an open order of a kind: a warning that got worse is supervised. */
  raisedTo: z.partialRecord(OrderKind, OrderKind),
  /** What an order asks of the province, by its kind. */
  requirement: z.record(OrderKind, z.strictObject({ zh: Text.max(500), en: Text.max(500) })),
})
export type WarningRules = z.output<typeof WarningRules>

/** A user's day as a sealed report has it; null where a report to compare with is missing. */
export type WarningFigures = {
  readonly consNo: ConsNo
  readonly name: string
  /** At which he is listed on that day. */
  readonly level: Level | null
  /** Bills open past their due date, with what is open. */
  readonly bills: readonly NamedBill[]
  readonly overdue: Fen
  readonly overdueDays: number
  readonly overdueDayBefore: Fen | null
  readonly overdueWeekBefore: Fen | null
  readonly brokenPromises: number
  /** Other members of his group that are listed at level I. */
  readonly groupAtLevelI: number
}

/** What one rule found in a user. */
export type WarningHit = { readonly rule: string; readonly kind: OrderKind; readonly grade: Grade; readonly text: { readonly zh: string; readonly en: string } }

/** A user to be warned of in one kind of order: the gravest grade of the rules that found him, and all of them. */
export type Warning = { readonly kind: OrderKind; readonly grade: Grade; readonly hits: readonly WarningHit[]; readonly figures: WarningFigures }

const RANK: Readonly<Record<Level, number>> = { I: 3, II: 2, III: 1 }

const MEASURED: Readonly<Record<WarningMeasure, (figures: WarningFigures) => bigint | null>> = {
  overdue: ({ overdue }) => overdue,
  overdueDays: ({ overdueDays }) => BigInt(overdueDays),
  riseOfDay: ({ overdue, overdueDayBefore }) => (overdueDayBefore === null ? null : overdue - overdueDayBefore),
  riseOfWeek: ({ overdue, overdueWeekBefore }) => (overdueWeekBefore === null ? null : overdue - overdueWeekBefore),
  level: ({ level }) => (level === null ? 0n : BigInt(RANK[level])),
  brokenPromises: ({ brokenPromises }) => BigInt(brokenPromises),
  groupAtLevelI: ({ groupAtLevelI }) => BigInt(groupAtLevelI),
}

/** What the rules find in a user's day, in the rules' order. */
export const hitsOf = ({ rules }: WarningRules, figures: WarningFigures): readonly WarningHit[] =>
  rules.flatMap(({ id, kind, measure, leastOverdue, bands, text }) => {
    const input = figures.overdue < BigInt(leastOverdue) ? null : MEASURED[measure](figures)
    const band = input === null ? undefined : bands.findLast(({ from }) => input >= BigInt(from))
    if (input === null || !band) return []
    return [{ rule: id, kind, grade: band.grade, text: { zh: say(text.zh, measure, input, 'zh'), en: say(text.en, measure, input, 'en') } }]
  })

const say = (template: string, measure: WarningMeasure, input: bigint, language: 'zh' | 'en'): string =>
  template.replaceAll('{input}', WORDS[measure](input, language))

type Words = (input: bigint, language: 'zh' | 'en') => string
const yuan: Words = (input, language) => {
  const fen = String(input % 100n).padStart(2, '0')
  return `${String(input / 100n).replaceAll(/\B(?=(\d{3})+$)/g, ',')}.${fen} ${language === 'zh' ? '元' : 'yuan'}`
}
const counted =
  (zh: string, en: string): Words =>
  (input, language) =>
    language === 'zh' ? `${input} ${zh}` : `${input} ${input === 1n ? en : `${en}s`}`
const LEVELS = ['', 'III', 'II', 'I']
const WORDS: Readonly<Record<WarningMeasure, Words>> = {
  overdue: yuan,
  overdueDays: counted('天', 'day'),
  riseOfDay: yuan,
  riseOfWeek: yuan,
  level: (input) => LEVELS[Number(input)] ?? '',
  brokenPromises: counted('次', 'time'),
  groupAtLevelI: counted('户', 'member'),
}

/** Hits of one user as warnings, one a kind. */
export const warningsOf = (figures: WarningFigures, hits: readonly WarningHit[]): readonly Warning[] =>
  [...Map.groupBy(hits, ({ kind }) => kind)].map(([kind, own]) => ({ kind, grade: gravest(own), hits: own, figures }))

/** The gravest grade of what was found; yellow is the least. */
export const gravest = (hits: readonly { readonly grade: Grade }[]): Grade =>
  hits.reduce<Grade>((worst, { grade }) => (isGraver(grade, worst) ? grade : worst), 'yellow')

/** A warned user as an order names him. */
export const subjectOf = ({ figures, hits }: Warning, asOf: BusinessDate): Subject => ({
  consNo: figures.consNo,
  name: figures.name,
  ...(figures.level !== null && { level: figures.level }),
  bills: [...figures.bills],
  arrears: figures.overdue,
  asOf,
  reasons: hits.map(({ rule, text }) => ({ rule, text })),
})

/** The warnings of one order of a province. */
export type WarningGroup = { readonly kind: OrderKind; readonly grade: Grade; readonly part: number; readonly warnings: readonly Warning[] }

/** One order a kind and grade, the gravest first, in parts of at most what an order may name; by customer number, so that the parts are always the same. */
export const grouped = (warnings: readonly Warning[]): readonly WarningGroup[] =>
  [...Map.groupBy(warnings, ({ kind, grade }) => `${gravity(grade)} ${kind}`)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, own]) => {
      const [first] = own
      if (!first) return []
      const ordered = own.toSorted((a, b) => (a.figures.consNo < b.figures.consNo ? -1 : 1))
      return Array.from({ length: Math.ceil(ordered.length / MAX_SUBJECTS) }, (_, part) => ({
        kind: first.kind,
        grade: first.grade,
        part: part + 1,
        warnings: ordered.slice(part * MAX_SUBJECTS, (part + 1) * MAX_SUBJECTS),
      }))
    })
