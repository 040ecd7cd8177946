import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assess, pointsOf } from '#domain/screening/assess.ts'
import type { ScreeningRuleSetCommand } from '#domain/screening/commands.ts'
import { faultOf, screeningRuleSet } from '#domain/screening/decider.ts'
import { screeningEvents } from '#domain/screening/events.ts'
import { type Content, RuleSet } from '#domain/screening/fields.ts'
import { binOf, edgesOf, fitAdditive, pooled } from '#domain/screening/fit.ts'
import { sayInput } from '#domain/screening/measures.ts'
import { captureAt, qualityOf, stepsOf } from '#domain/screening/quality.ts'
import { initial, ruleSetOn } from '#domain/screening/state.ts'
import { day, shanghai, user } from '#test/support/arbitraries/values.ts'
import { specFor, walk } from '#test/support/spec.ts'

const at = shanghai('2026-03-02', '09:00')
const writer = user('pv.tariff')
const lead = user('pv.lead')
const text = { zh: '输入 {input}', en: 'input {input}' }
const content: Content = {
  rules: [
    {
      id: 'age',
      measure: 'arrearsAge',
      below: 0,
      bins: [
        { from: 31, points: 20 },
        { from: 91, points: 40 },
      ],
      unknown: 0,
      text,
    },
    { id: 'trend', measure: 'billTrend', below: 5, bins: [{ from: 50, points: 0 }], unknown: 0, text },
  ],
  triggers: [{ id: 'stopped', measure: 'stopped', from: 1, text }],
  cutOffs: { I: 40, II: 30, III: 20 },
}
const other: Content = { ...content, cutOffs: { I: 41, II: 30, III: 20 } }
const { given } = specFor(screeningEvents, screeningRuleSet)

const draft = (what: Content = content, by = writer): ScreeningRuleSetCommand => ({ type: 'DraftRuleSet', data: { at, by, content: what } })
const drafted = { type: 'RuleSetDrafted', data: { at, by: writer, version: 2, content } } as const
const published = { type: 'RuleSetPublished', data: { at, by: lead, version: 2, effectiveFrom: day('2026-03-05'), content } } as const
const publish = (by = lead, effectiveFrom = '2026-03-05'): ScreeningRuleSetCommand => ({
  type: 'PublishRuleSet',
  data: { at, by, effectiveFrom: day(effectiveFrom) },
})
const change = (what: Content, by = writer): ScreeningRuleSetCommand => ({ type: 'ChangeRuleSet', data: { at, by, content: what } })
const revoke = (version: number, on = at): ScreeningRuleSetCommand => ({ type: 'RevokeRuleSet', data: { at: on, by: lead, version, reason: 'wrong' } })

describe('a rule set', () => {
  test('is drafted, one at a time, counting on from the one that ships', () => {
    given().when(draft()).thenYields(drafted)
    given(drafted).when(draft()).thenRejected({ code: 'DRAFT_EXISTS', version: 2 })
    given()
      .when({ type: 'DraftRuleSet', data: { at, by: writer, content, basedOn: 7 } })
      .thenRejected({ code: 'UNKNOWN_VERSION', version: 7 })
  })

  test('is changed while it is a draft', () => {
    given(drafted)
      .when(change(other))
      .thenYields({ type: 'RuleSetChanged', data: { at, by: writer, version: 2, content: other } })
    given(drafted).when(change(content)).thenNothing()
    given(published).when(change(other)).thenRejected({ code: 'NO_OPEN_DRAFT' })
  })

  test('is published by somebody who wrote none of it, from today on', () => {
    given(drafted).when(publish()).thenYields(published)
    given(drafted).when(publish(writer)).thenRejected({ code: 'SELF_APPROVAL' })
    given(drafted, { type: 'RuleSetChanged', data: { at, by: lead, version: 2, content: other } })
      .when(publish())
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(drafted)
      .when(publish(lead, '2026-03-01'))
      .thenRejected({ code: 'EFFECTIVE_IN_PAST', effectiveFrom: day('2026-03-01'), today: day('2026-03-02') })
    given().when(publish()).thenRejected({ code: 'NO_OPEN_DRAFT' })
    const empty = { rules: [], triggers: [], cutOffs: content.cutOffs }
    given({ type: 'RuleSetDrafted', data: { at, by: writer, version: 2, content: empty } })
      .when(publish())
      .thenRejected({ code: 'EMPTY_RULE_SET' })
  })

  test('is given up, and its number is not used again', () => {
    const discarded = { type: 'RuleSetDiscarded', data: { at, by: writer, version: 2, reason: 'no' } } as const
    given(drafted)
      .when({ type: 'DiscardRuleSet', data: { at, by: writer, reason: 'no' } })
      .thenYields(discarded)
    given(drafted, discarded)
      .when(draft())
      .thenYields({ type: 'RuleSetDrafted', data: { at, by: writer, version: 3, content } })
  })

  test('is revoked only before it takes effect', () => {
    const revoked = { type: 'RuleSetRevoked', data: { at, by: lead, version: 2, reason: 'wrong' } } as const
    given(drafted, published).when(revoke(2)).thenYields(revoked)
    given(drafted, published, revoked).when(revoke(2)).thenNothing()
    given(drafted, published)
      .when(revoke(2, shanghai('2026-03-05', '00:00')))
      .thenRejected({ code: 'ALREADY_EFFECTIVE', version: 2, effectiveFrom: day('2026-03-05') })
    given(drafted, published).when(revoke(9)).thenRejected({ code: 'UNKNOWN_VERSION', version: 9 })
    const states = walk(screeningEvents, screeningRuleSet, [draft(), publish(), revoke(2)])
    expect(states.length).toBe(4)
    expect(ruleSetOn(states[2]!, day('2026-03-05'))?.version).toBe(2)
    expect(ruleSetOn(states[2]!, day('2026-03-04'))).toBeUndefined()
    expect(ruleSetOn(states[3]!, day('2026-03-05'))).toBeUndefined()
    expect(ruleSetOn(initial, day('2026-03-05'))).toBeUndefined()
  })

  test('holds together: names, bins, direction, sum and levels', () => {
    const [age, trend] = content.rules
    const wrong = (rules: Content['rules'], cutOffs = content.cutOffs) => faultOf({ ...content, rules, cutOffs })
    expect(faultOf(content)).toBeUndefined()
    expect(wrong([age!, { ...trend!, id: 'age' }])).toEqual({ code: 'DUPLICATE_RULE', rule: 'age' })
    expect(wrong([{ ...age!, id: 'stopped' }])).toEqual({ code: 'DUPLICATE_RULE', rule: 'stopped' })
    expect(
      wrong([
        {
          ...age!,
          bins: [
            { from: 9, points: 1 },
            { from: 9, points: 2 },
          ],
        },
      ]),
    ).toEqual({ code: 'BINS_UNORDERED', rule: 'age' })
    expect(wrong([{ ...age!, below: 21 }])).toEqual({ code: 'NOT_MONOTONE', rule: 'age' })
    expect(wrong([{ ...age!, measure: 'runningShare' }])).toEqual({ code: 'NOT_MONOTONE', rule: 'age' })
    expect(wrong([{ ...age!, unknown: 96 }, trend!])).toEqual({ code: 'POINTS_OVER_MAXIMUM', sum: 101, maximum: 100 })
    expect(wrong([age!], { I: 30, II: 30, III: 20 })).toEqual({ code: 'LEVELS_UNORDERED' })
    given()
      .when(draft({ ...content, cutOffs: { I: 3, II: 3, III: 3 } }))
      .thenRejected({ code: 'LEVELS_UNORDERED' })
    given(drafted)
      .when(change({ ...content, rules: [age!, age!] }))
      .thenRejected({ code: 'DUPLICATE_RULE', rule: 'age' })
  })

  test('ships with a release in a form that holds', () => {
    const shipped = RuleSet.parse(pick(JSON.parse(readFileSync(new URL('../../data/reference/screening-rules.json', import.meta.url), 'utf8'))))
    expect(faultOf(shipped.content)).toBeUndefined()
    const most = shipped.content.rules.reduce((sum, { below, bins }) => sum + Math.max(below, ...bins.map(({ points }) => points)), 0)
    expect(most).toBe(100)
  })
})

const pick = ({ version, effectiveFrom, content: what }: Record<string, unknown>) => ({ version, effectiveFrom, content: what })

describe('an assessment', () => {
  test('adds up its reasons, whatever was measured', () => {
    fc.assert(
      fc.property(fc.option(fc.bigInt(-10n, 400n), { nil: null }), fc.option(fc.bigInt(0n, 900n), { nil: null }), fc.bigInt(0n, 2n), (age, trend, stopped) => {
        const inputs = { arrearsAge: age, billTrend: trend, stopped } as Readonly<Record<string, bigint | null>>
        const found = assess(content, (measure) => inputs[measure] ?? null)
        expect(found.hits.reduce((sum, { points }) => sum + points, 0)).toBe(found.score)
        expect(found.score).toBe(content.rules.reduce((sum, rule) => sum + pointsOf(rule, inputs[rule.measure] ?? null), 0))
        expect(found.triggers.length > 0 ? found.level : 'any').toBe(found.triggers.length > 0 ? 'I' : 'any')
        for (const { inputs: seen, text: said } of found.hits) for (const value of Object.values(seen)) expect(`${said.zh} ${value}`).toBeTruthy()
      }),
    )
  })

  test('says the input in both languages', () => {
    const found = assess(content, (measure) => (measure === 'arrearsAge' ? 1_234n : null))
    expect(found).toEqual({
      score: 40,
      level: 'I',
      triggers: [],
      hits: [{ ruleId: 'age', inputs: { arrearsAge: '1234' }, points: 40, text: { zh: '输入 1,234 天', en: 'input 1,234 days' } }],
    })
    expect(sayInput('overdueAmount', -123_456_705n, 'en')).toBe('-1,234,567.05 yuan')
    expect(sayInput('industryListed', 1n, 'zh')).toBe('是')
  })
})

describe('the fit', () => {
  test('pools what would run against the business, and leaves what is not known outside the order', () => {
    expect([...pooled(Float64Array.of(1, 3, 2, 9), Float64Array.of(1, 1, 1, 1), 'rising')]).toEqual([1, 2.5, 2.5, 9])
    expect([...pooled(Float64Array.of(1, 3, 0), Float64Array.of(1, 1, 1), 'falling')].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([2, 2, 0])
    expect([...pooled(Float64Array.of(3, 1, 2), Float64Array.of(1, 1, 1), 'free')]).toEqual([3, 1, 2])
  })

  test('finds a risk that rises with one measure, and puts equal cases into equal bins', () => {
    const cases = Array.from({ length: 4000 }, (_, n) => ({ inputs: [n % 10, n % 7], bad: n % 10 >= 7 }))
    const edges = edgesOf(
      cases.map(({ inputs }) => inputs[0]!),
      8,
    )
    expect(binOf(edges, 9)).toBe(edges.length)
    const [first, second] = fitAdditive(
      [
        { edges, shape: 'rising' },
        { edges: [3], shape: 'free' },
      ],
      cases,
    )
    expect(first!.bins.at(-1)! - first!.bins[0]!).toBeGreaterThan(2)
    expect(Math.abs(second!.bins[1]! - second!.bins[0]!)).toBeLessThan(0.5)
    expect(first!.bins).toEqual(first!.bins.toSorted((a, b) => a - b))
  })

  test('is judged by rank, equal scores counting half', () => {
    const steps = stepsOf([
      { score: 9, bad: true },
      { score: 5, bad: true },
      { score: 5, bad: false },
      { score: 1, bad: false },
    ])
    expect(qualityOf(steps)).toEqual({ customers: 4, bad: 2, auc: 0.875 })
    expect(captureAt(steps, 0.5)).toBe(0.75)
    expect(captureAt([], 0.5)).toBeUndefined()
    expect(qualityOf([]).auc).toBeUndefined()
  })
})
