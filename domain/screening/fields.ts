import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { Text } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { MeasureName } from './measures.ts'

export const MAX_SCORE = 100

/** The name of a rule within its set. */
export const RuleId = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a rule id such as late-payments')
const Points = z.int().min(0).max(MAX_SCORE)
/** An input in the measure's own unit, as a plain number: within what JSON keeps exactly. */
const Threshold = z.int()

/** What a reviewer reads. `{input}` stands for the input, `{points}` for the points. */
const Sentence = z.strictObject({
  zh: Text.max(200).refine((text) => text.includes('{input}'), 'must name {input}'),
  en: Text.max(200).refine((text) => text.includes('{input}'), 'must name {input}'),
})

/** Points of one measure: `below` under the first bin, then those of the last bin whose `from` is reached; `unknown` where nothing can be measured. */
export const Rule = z.strictObject({
  id: RuleId,
  measure: MeasureName,
  below: Points.default(0),
  bins: z
    .array(z.strictObject({ from: Threshold, points: Points }))
    .min(1)
    .max(30),
  unknown: Points.default(0),
  text: Sentence,
})
export type Rule = z.output<typeof Rule>

/** 硬性触发: reaching it makes a candidate of level I whatever the points are; the reviewer decides. */
export const Trigger = z.strictObject({ id: RuleId, measure: MeasureName, from: Threshold, text: Sentence })
export type Trigger = z.output<typeof Trigger>

/** The least score of each level; below III nobody is named. */
export const CutOffs = z.strictObject({ I: Points.min(1), II: Points.min(1), III: Points.min(1) })

/** What a rule set says; the whole of it is data. */
export const Content = z.strictObject({ rules: z.array(Rule).max(60), triggers: z.array(Trigger).max(30), cutOffs: CutOffs })
export type Content = z.output<typeof Content>

export const VersionNo = z.int().min(1).max(100_000)

/** A rule set as it ships, or as it was published. */
export const RuleSet = z.strictObject({ version: z.int().min(0), effectiveFrom: BusinessDate, content: Content })
export type RuleSet = z.output<typeof RuleSet>

/** One reason for a score: the rule, what it saw, what it gave, and the sentence. A hard trigger gives no points. */
export const Hit = z.strictObject({
  ruleId: RuleId,
  inputs: z.record(z.string(), z.string()),
  points: Points,
  text: z.strictObject({ zh: z.string(), en: z.string() }),
})
export type Hit = z.output<typeof Hit>

export const Assessed = z.strictObject({ score: Points, level: Level.optional(), triggers: z.array(RuleId), hits: z.array(Hit) })
export type Assessed = z.output<typeof Assessed>

/** What a run is made for. */
export const Purpose = z.enum(['screening', 'review', 'what-if', 'back-test', 'calibration'])
export type Purpose = z.output<typeof Purpose>
