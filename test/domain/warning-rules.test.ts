import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fen } from '#domain/shared/quantities.ts'
import { type Grade, MAX_SUBJECTS, type OrderKind } from '#domain/warning-work-order/fields.ts'
import { grouped, hitsOf, isGraver, subjectOf, type WarningFigures, WarningRules, warningsOf } from '#domain/warning-work-order/rules.ts'
import { cons, day } from '#test/support/arbitraries/values.ts'

const shipped = WarningRules.parse(JSON.parse(readFileSync(new URL('../../data/reference/warning-rules.json', import.meta.url), 'utf8')).rules[0])
const quiet: WarningFigures = {
  consNo: cons('1'),
  name: 'Works 1',
  level: null,
  bills: [],
  overdue: fen(0n),
  overdueDays: 0,
  overdueDayBefore: fen(0n),
  overdueWeekBefore: fen(0n),
  brokenPromises: 0,
  groupAtLevelI: 0,
}
const found = (over: Partial<WarningFigures>) => hitsOf(shipped, { ...quiet, ...over }).map(({ rule, kind, grade }) => `${rule}: ${kind} ${grade}`)
const settled = (overdue: bigint) => ({ overdue: fen(overdue), overdueDayBefore: fen(overdue), overdueWeekBefore: fen(overdue) })

describe('the shipped rules', () => {
  test('find nothing in a user who owes nothing past due, whatever else is said of him', () => {
    expect(found({ level: 'I', brokenPromises: 5, groupAtLevelI: 5 })).toEqual([])
  })
  test.each([
    ['19 999 999 fen are too little', settled(19_999_999n), []],
    ['200 thousand yuan', settled(20_000_000n), ['arrears-amount: arrears-warning yellow']],
    ['one million yuan exactly', settled(100_000_000n), ['arrears-amount: arrears-warning orange']],
    ['more than one million', settled(100_000_001n), ['arrears-amount: arrears-warning red']],
    ['30 days past due', { ...settled(1_000_000n), overdueDays: 30 }, []],
    ['31 days past due', { ...settled(1_000_000n), overdueDays: 31 }, ['arrears-age: arrears-warning yellow']],
    ['91 days past due', { ...settled(1_000_000n), overdueDays: 91 }, ['arrears-age: arrears-warning red']],
    ['91 days past due of a trifle', { ...settled(999_999n), overdueDays: 91 }, []],
    ['level II', { ...settled(1_000_000n), level: 'II' }, ['risk-level: arrears-warning yellow']],
    ['level III', { ...settled(1_000_000n), level: 'III' }, []],
    ['one broken promise', { ...settled(1n), brokenPromises: 1 }, ['broken-promise: supervision orange']],
    ['two broken promises', { ...settled(1n), brokenPromises: 2 }, ['broken-promise: supervision red']],
    ['a member of his group at level I', { ...settled(1n), groupAtLevelI: 1 }, ['group-contagion: verify yellow']],
  ] as const)('%s', (_, over, hits) => {
    expect(found(over as Partial<WarningFigures>)).toEqual(hits)
  })
  test('measure a rise against the day and the week before, and say nothing where a report to compare with is missing', () => {
    const overdue = fen(19_000_000n)
    expect(found({ overdue, overdueDayBefore: fen(-1_000_000n), overdueWeekBefore: null })).toEqual(['arrears-rise-day: arrears-warning yellow'])
    expect(found({ overdue, overdueDayBefore: null, overdueWeekBefore: fen(-11_000_000n) })).toEqual(['arrears-rise-week: arrears-warning yellow'])
    expect(found({ overdue, overdueDayBefore: null, overdueWeekBefore: null })).toEqual([])
  })
  test('say in both languages what was measured', () => {
    expect(hitsOf(shipped, { ...quiet, ...settled(123_456_789n), overdueDays: 40, level: 'I' }).map(({ text }) => text)).toEqual([
      { zh: '逾期欠费 1,234,567.89 元', en: 'Arrears past due of 1,234,567.89 yuan' },
      { zh: '最早一笔欠费已逾期 40 天', en: 'The oldest open bill is 40 days past due' },
      { zh: '风险等级 I 的用户有逾期欠费', en: 'A user at level I owes past due' },
    ])
  })
})

test('a rule set holds together: thresholds and grades rise, an id is one rule’s', () => {
  const [first] = shipped.rules
  const of = (bands: object[]) => WarningRules.safeParse({ ...shipped, rules: [{ ...first, bands }] }).success
  expect(
    of([
      { from: 1, grade: 'yellow' },
      { from: 2, grade: 'red' },
    ]),
  ).toBe(true)
  expect(
    of([
      { from: 2, grade: 'yellow' },
      { from: 1, grade: 'red' },
    ]),
  ).toBe(false)
  expect(
    of([
      { from: 1, grade: 'red' },
      { from: 2, grade: 'yellow' },
    ]),
  ).toBe(false)
  expect(WarningRules.safeParse({ ...shipped, rules: [first, first] }).success).toBe(false)
})

test('a user is warned of once a kind, in the gravest grade of all that was found', () => {
  const figures = { ...quiet, ...settled(20_000_000n), overdueDays: 70, brokenPromises: 1 }
  const warnings = warningsOf(figures, hitsOf(shipped, figures))
  expect(warnings.map(({ kind, grade, hits }) => [kind, grade, hits.length])).toEqual([
    ['arrears-warning', 'orange', 2],
    ['supervision', 'orange', 1],
  ])
  expect(subjectOf(warnings[0]!, day('2026-03-02'))).toMatchObject({
    consNo: '1',
    arrears: 20_000_000n,
    asOf: '2026-03-02',
    reasons: [{ rule: 'arrears-amount' }, { rule: 'arrears-age' }],
  })
})

test('warnings of a province go into one order a kind and grade, the gravest first, each user once, none too large', () => {
  const anyWarning = fc.record({
    kind: fc.constantFrom<OrderKind>('arrears-warning', 'supervision', 'verify'),
    grade: fc.constantFrom<Grade>('red', 'orange', 'yellow'),
    no: fc.integer({ min: 1, max: 900 }),
  })
  fc.assert(
    fc.property(fc.uniqueArray(anyWarning, { selector: ({ kind, no }) => `${kind} ${no}`, size: 'max', maxLength: 700 }), (all) => {
      const warnings = all.map(({ kind, grade, no }) => ({ kind, grade, hits: [], figures: { ...quiet, consNo: cons(String(no).padStart(4, '0')) } }))
      const groups = grouped(warnings)
      expect(new Set(groups.flatMap(({ warnings: own }) => own))).toEqual(new Set(warnings))
      for (const { kind, grade, warnings: own } of groups) {
        expect(own.length).toBeLessThanOrEqual(MAX_SUBJECTS)
        expect(own.every((one) => one.kind === kind && one.grade === grade)).toBe(true)
      }
      for (const [index, { grade }] of groups.entries()) if (index > 0) expect(isGraver(grade, groups[index - 1]!.grade)).toBe(false)
      expect(grouped(warnings.toReversed())).toEqual(groups)
    }),
    { numRuns: 40 },
  )
  const many = Array.from({ length: 401 }, (_, index) => ({
    kind: 'verify' as const,
    grade: 'red' as const,
    hits: [],
    figures: { ...quiet, consNo: cons(String(index)) },
  }))
  expect(grouped(many).map(({ part, warnings }) => [part, warnings.length])).toEqual([
    [1, 200],
    [2, 200],
    [3, 1],
  ])
})
