import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll } from 'vitest'
import type { RunOrder } from '#application/ports/screening.ts'
import { scoringOf } from '#application/screening/scoring.ts'
import { type Content, RuleSet } from '#domain/screening/fields.ts'
import { MEASURE_NAMES } from '#domain/screening/measures.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { shippedRuleSet } from '#infrastructure/screening-rules.ts'
import { screeningFacts } from '#projections/screening/facts.ts'
import { day, instant, province, user } from '#test/support/arbitraries/values.ts'
import { freshDatabase } from '#test/support/postgres.ts'
import { tablesOf } from '#test/support/projections.ts'

export const shipped = RuleSet.parse(shippedRuleSet())
export const AS_OF = day('2026-03-31')

/** One rule a measure, so that every one of them is seen. */
export const everything: Content = {
  rules: MEASURE_NAMES.map((measure, index) => ({
    id: `r${index}`,
    measure,
    below: 0,
    bins: [
      { from: 1, points: 1 },
      { from: 40, points: 2 },
    ],
    unknown: 1,
    text: { zh: '{input}', en: '{input}' },
  })),
  triggers: shipped.content.triggers,
  cutOffs: { I: 52, II: 45, III: 38 },
}

export const orderOf = (content: Content, over: Partial<RunOrder> = {}): RunOrder => ({
  runId: randomUUID(),
  purpose: 'screening',
  asOf: AS_OF,
  provinces: [province('P11'), province('P13S')],
  ruleSetVersion: 2,
  industryListVersion: 1,
  content,
  scoring: scoringOf(content),
  by: user('pv.tariff'),
  at: instant('2026-04-01T01:00:00.000Z'),
  isListed: (_, code) => code.startsWith('31'),
  ...over,
})

/** Where recorded facts stand once `fill` has made the read model's tables. */
export const FACTS = `rm_screening_facts_v${screeningFacts.version}_1.recorded_fact`

/** Some hundred customers of two provinces with fifteen months of bills, payments, readings and facts, dealt out by a hash in the server. */
export const fill = async (url: string, seed: number): Promise<void> => {
  const pool = await createReadPool(url)
  await tablesOf(pool, screeningFacts)
  await pool.end()
  const client = new pg.Client(url)
  await client.connect()
  await client.query(
    readFileSync(new URL('fill.sql', import.meta.url), 'utf8')
      .replaceAll(':seed', String(Math.trunc(seed)))
      .replaceAll(':facts', FACTS),
  )
  await client.end()
}

/** Bills and payments of a database of its own, the engine over them, and a connection beside it; they end with the tests of the file. */
export const ownEngine = async () => {
  const database = await freshDatabase()
  await fill(database.url, 1)
  const { engine, close } = openScreeningEngine(database.url)
  const client = new pg.Client(database.url)
  await client.connect()
  afterAll(async () => {
    await client.end()
    await close()
    await database.drop()
  })
  return { database, engine, client }
}
