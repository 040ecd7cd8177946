import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerWarnings, prefill } from '#application/daily-report/prefill.ts'
import type { Result } from '#application/ports/screening.ts'
import { scoringOf } from '#application/screening/scoring.ts'
import { Row } from '#domain/daily-report/fields.ts'
import { checkRows } from '#domain/daily-report/rows.ts'
import { arrearsOf } from '#domain/daily-report/totals.ts'
import { Uscc } from '#domain/group-user/fields.ts'
import { usccHolds } from '#domain/group-user/uscc.ts'
import { PenaltyRules } from '#domain/penalty/penalty.ts'
import { RuleSet } from '#domain/screening/fields.ts'
import { addDays, type BusinessDate, type Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { type ListedTrade, matcherOf } from '#domain/shared/trade.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { shippedRuleSet } from '#infrastructure/screening-rules.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { composeSample, EXTRACTED_ON, WINDOW } from '../../data/make-sample.ts'
import { bring, depsOn, reference, resultsOf, sampleText, trades } from './support.ts'

const file = (path: string): string => readFileSync(new URL(`../../data/${path}`, import.meta.url), 'utf8')
const manifest = JSON.parse(file('sample/sample.json')) as {
  readonly what: string
  readonly files: Readonly<Record<string, { readonly rows: number; readonly sha256: string }>>
}
const EVE = addDays(WINDOW.from, -1)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
/** Whom the shipped rules name on the eve of the season, as the demonstration has it: the list that ships is in force. */
const screened = async (url: string, provinces: readonly ProvinceCode[]): Promise<readonly Result[]> => {
  const { engine, close } = openScreeningEngine(url)
  const ruleSet = RuleSet.parse(shippedRuleSet())
  const matches = matcherOf(reference.industryListEntries as readonly ListedTrade[])
  const run = await engine.run({
    ...{ runId: randomUUID(), purpose: 'screening', asOf: EVE, provinces, ruleSetVersion: 1, industryListVersion: 1 },
    ...{ content: ruleSet.content, scoring: scoringOf(ruleSet.content), by: 'clerk' as UserId, at: '2025-12-30T01:00:00.000Z' as Instant },
    isListed: (standard, code) => matches({ standard, code }) !== undefined,
  })
  const named = await engine.named(run.runId, { provinces: undefined, level: undefined }, { after: undefined, limit: 1000 })
  await close()
  return named
}

test('the sample says what it is, and can be made again byte for byte', () => {
  expect(manifest.what).toMatch(/composite/)
  const again = composeSample()
  for (const [name, { rows, sha256: digest }] of Object.entries(manifest.files)) {
    const kept = name.startsWith('group') ? file(`sample/${name}`) : sampleText(name)
    expect([name, sha256(kept), sha256(again[name]?.text ?? ''), again[name]?.rows]).toEqual([name, digest, digest, rows])
  }
})

test('the shipped rules name some of the customers of each of 27 provinces, on every level, and leave more alone', async () => {
  const database = await freshDatabase()
  const deps = depsOn(database.url)
  for (const name of ['customers', 'bills', 'payments'] as const) await bring(deps, name, sampleText(`${name}.csv`), { date: EXTRACTED_ON })
  const provinces = reference.organisation.filter(({ level }) => level === 'PROVINCE').map(({ code }) => code as string as ProvinceCode)
  const named = await screened(database.url, provinces)
  await database.drop()
  const sizes = [...Map.groupBy(named, ({ province }) => province).values()].map((own) => own.length)
  expect([sizes.length, Math.min(...sizes), Math.max(...sizes), named.length]).toEqual([27, 10, 19, 374])
  expect(new Set(named.map(({ level }) => level))).toEqual(new Set(['I', 'II', 'III']))
  expect(manifest.files['customers.csv']?.rows).toBeGreaterThan(3 * named.length)
})

test('groups over provinces are made up, their codes check, and each customer is linked once', () => {
  const table = (name: string) =>
    file(`sample/${name}`)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','))
  const groups = table('groups.csv')
  const links = table('group-links.csv')
  expect(groups.map(([, name = '', uscc = '']) => [name.endsWith('（示例）'), usccHolds(Uscc.parse(uscc))])).toEqual(groups.map(() => [true, true]))
  expect(new Set(links.map(([, province, consNo]) => `${province}/${consNo}`)).size).toBe(links.length)
  const provinces = [...Map.groupBy(links, ([group]) => group).values()].map((own) => new Set(own.map(([, province]) => province)).size)
  expect([provinces.length, Math.min(...provinces), Math.max(...provinces)]).toEqual([6, 4, 16])
})

test('reference data holds: 27 companies, the two of Hebei apart, no unit of a company out of scope, calendars of two years', () => {
  const provinces = reference.organisation.filter(({ level }) => level === 'PROVINCE')
  expect(provinces).toHaveLength(27)
  const below = (parent: string) => reference.organisation.filter((unit) => unit.parent === parent).map(({ shortName }) => shortName)
  expect(new Set(below('P13N'))).toEqual(new Set(['唐山', '秦皇岛', '张家口', '承德', '廊坊']))
  expect(below('P13S')).toContain('石家庄')
  expect(below('P15E')).toHaveLength(4)
  const names = reference.organisation.map(({ name }) => name).join()
  expect(names).not.toMatch(/呼和浩特|广州|昆明|贵阳|南宁|海口/)
  const codes = new Set(reference.organisation.map(({ code }) => code))
  expect(codes.size).toBe(reference.organisation.length)
  expect(reference.organisation.every(({ parent, level }) => (parent === undefined ? level === 'HQ' : codes.has(parent)))).toBe(true)
  expect(trades.knows('GB/T 4754-2017', 'C3140') && trades.knows('GB/T 4754-2011', '3150') && !trades.knows('GB/T 4754-2017', '3150')).toBe(true)
  expect(trades.nameOf('GB/T 4754-2011', '3130')).not.toBe(trades.nameOf('GB/T 4754-2017', '3130'))
  expect((reference.calendars as readonly { readonly year: number }[]).map(({ year }) => year)).toEqual([2025, 2026])
})

describe('one province over the 93 days', () => {
  let database: TestDatabase
  let source: ReturnType<typeof openSourceFigures>
  const province = 'P13N' as ProvinceCode
  beforeAll(async () => {
    database = await freshDatabase()
    const deps = depsOn(database.url)
    for (const name of ['customers', 'bills', 'payments', 'daily-kwh'] as const) {
      const [result] = resultsOf(await bring(deps, name, sampleText(`${name}.csv`, province), { date: EXTRACTED_ON }))
      expect(result).toMatchObject({ outcome: 'stored', quarantined: 0, unmapped: [] })
    }
    source = openSourceFigures(database.url, 1)
  })
  afterAll(async () => {
    await source.close()
    await database.drop()
  })

  test('prefilled rows have no errors and few warnings, each with an answer; debts rise and fall', async () => {
    const penaltyRules = reference.penaltyRules.map((rules) => PenaltyRules.parse(rules))
    const users = (await screened(database.url, [province])).map(({ consNo, level }) => ({ consNo, level: level as Level }))
    let previous: readonly Row[] = []
    let rowCount = 0
    let warnings = 0
    const seen = { rise: 0, fall: 0, inTransit: 0, penalty: 0, priorYear: 0 }
    for (let date = WINDOW.from; date <= WINDOW.to; date = addDays(date, 1)) {
      const { rows, unknown } = await prefill({ figures: source.figures, penaltyRules }, { province, date: date as BusinessDate, users })
      expect(unknown).toEqual([])
      const issues = checkRows(rows, { date, previous, knowsTrade: trades.knows, kwhJumpBasisPoints: 8_000 })
      expect(issues.filter(({ severity }) => severity === 'error')).toEqual([])
      const answered = answerWarnings(rows, issues)
      expect(issues.every(({ consNo }) => answered.find((row) => row.consNo === consNo)?.comment !== undefined)).toBe(true)
      warnings += issues.length
      rowCount += rows.length
      const before = new Map(previous.map((row) => [row.consNo, row]))
      for (const row of rows) {
        const yesterday = before.get(row.consNo)
        if (yesterday && arrearsOf(row) > arrearsOf(yesterday)) seen.rise++
        if (yesterday && arrearsOf(row) < arrearsOf(yesterday)) seen.fall++
        if (row.inTransit > 0n) seen.inTransit++
        if (row.bills.some(({ penaltyReceivable }) => penaltyReceivable > 0n)) seen.penalty++
        if (row.bills.some(({ billMonth, arrears }) => arrears > 0n && billMonth < '202601')) seen.priorYear++
      }
      // The event's own schema takes every row: text out, quantities in.
      if (date === WINDOW.to) for (const row of answered) expect(Row.parse(Row.encode(row))).toEqual(row)
      previous = rows
    }
    expect(rowCount).toBe(93 * users.length)
    expect(warnings / rowCount).toBeLessThan(0.15)
    expect(Object.values(seen).every((count) => count > 10)).toBe(true)
  })
})
