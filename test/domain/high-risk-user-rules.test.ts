import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { CaseRules, CutOffRules, MeasureCatalogue } from '#domain/high-risk-user/fields.ts'
import { levelReviewDue } from '#domain/high-risk-user/reviews.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { Level } from '#domain/shared/level.ts'
import { day } from '#test/support/arbitraries/values.ts'

const shipped = async (name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(new URL(`../../data/reference/${name}`, import.meta.url), 'utf8')) as Record<string, unknown>

test('the catalogue of measures that is shipped has M01 to M13, one that duns, one that cuts, one that holds', async () => {
  const { catalogues } = await shipped('measures.json')
  const catalogue = inForceOn(z.array(MeasureCatalogue).parse(catalogues), day('2026-03-02'))
  expect(catalogue?.measures.map(({ code }) => code)).toEqual(Array.from({ length: 13 }, (_, i) => `M${String(i + 1).padStart(2, '0')}`))
  for (const role of ['dunning', 'cut', 'hold'] as const) expect(catalogue?.measures.filter((one) => one.role === role)).toHaveLength(1)
})

test('the rules of cutting that are shipped: 30 days overdue, days of notice by who he is, as the law stood on the date', async () => {
  const { rules } = await shipped('cut-off-rules.json')
  const all = z.array(CutOffRules).parse(rules)
  const on = (date: string) => inForceOn(all, day(date))
  expect([on('2024-05-31')?.version, on('2024-06-01')?.version, on('1996-10-07')]).toEqual([1, 2, undefined])
  expect(on('2020-01-01')).toMatchObject({ overdueDays: 30, classes: { other: { noticeDays: 3, finalNoticeMinutes: 30, restoreHours: 72 } } })
  expect(on('2026-03-02')).toMatchObject({ classes: { important: { authorityNotice: true, safetyPlan: true }, residential: { noticeDays: 7 } } })
})

test('the rules of case work that are shipped: holds of 90 days, a plan in 2 working days, reviews by level', async () => {
  const { rules } = await shipped('case-rules.json')
  const found = inForceOn(z.array(CaseRules).parse(rules), day('2026-03-02'))!
  expect(found).toMatchObject({ maxHoldDays: 90, planWorkingDays: 2, guaranteeAlertDays: 60 })
  const due = (level: Level, since: string) => levelReviewDue(found, level, day(since))
  expect([due('I', '2026-02-28'), due('II', '2026-12-28')]).toEqual(['2026-03-01', '2027-01-04'])
  expect([due('III', '2026-01-31'), due('III', '2027-12-31'), due('III', '2028-01-30')]).toEqual(['2026-02-28', '2028-01-31', '2028-02-29'])
})
