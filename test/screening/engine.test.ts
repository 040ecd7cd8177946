import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Result, RunOrder } from '#application/ports/screening.ts'
import { backTest, horizonOf } from '#application/screening/back-test.ts'
import { assess } from '#domain/screening/assess.ts'
import type { Content } from '#domain/screening/fields.ts'
import { province } from '#test/support/arbitraries/values.ts'
import { AS_OF, everything, FACTS, orderOf, ownEngine, shipped } from './support.ts'

const { engine, client } = await ownEngine()

const all = async (order: RunOrder): Promise<readonly (Result & { readonly points: readonly number[] })[]> => {
  const run = await engine.run(order)
  expect(run.status).toBe('done')
  const { rows } = await client.query<{ province: string; cons_no: string; points: number[] }>(
    `select r.province, cons_no, points from screening.result r join screening.run using (run_no) where run_id = $1 order by 1, 2`,
    [run.runId],
  )
  return Promise.all(
    rows.map(async ({ province: of, cons_no, points }) => ({ ...(await engine.result(run.runId, province(of), cons_no as Result['consNo']))!, points })),
  )
}

describe('a run', () => {
  test.each([
    ['the shipped rules', shipped.content],
    ['every measure there is', everything],
  ])('explains each score as it was given, for every customer: %s', async (_, content: Content) => {
    const order = orderOf(content)
    const results = await all(order)
    const seen = { levels: new Set<string | null>(), triggers: new Set<string>(), unknown: 0, rules: new Set<string>() }
    for (const result of results) {
      const place = (measure: string): number => order.scoring.measures.findIndex(({ name }) => name === measure)
      const told = assess(content, (measure) => result.inputs[place(measure)] ?? null)
      const where = `${result.province} ${result.consNo}`
      expect(told.score, where).toBe(result.score)
      expect(told.level ?? null, where).toBe(result.level)
      expect(told.triggers, where).toEqual(result.triggers)
      expect(
        told.hits.reduce((sum, { points }) => sum + points, 0),
        where,
      ).toBe(result.score)
      expect(
        result.points.reduce((sum, points) => sum + points, 0),
        where,
      ).toBe(result.score)
      seen.levels.add(result.level)
      for (const trigger of result.triggers) seen.triggers.add(trigger)
      for (const { ruleId } of told.hits) seen.rules.add(ruleId)
      if (result.inputs.includes(null)) seen.unknown++
    }
    expect(results.length).toBeGreaterThan(100)
    expect(seen.levels).toEqual(new Set([null, 'I', 'II', 'III']))
    expect(seen.triggers.size).toBeGreaterThan(1)
    expect(seen.unknown).toBeGreaterThan(0)
    expect(seen.rules.size).toBeGreaterThan(content.rules.length * 0.6)
  })

  test('sets open bills and the latest one against each kVA of the contract', async () => {
    const order = orderOf(everything)
    const input = ({ inputs }: Result, measure: string) => inputs[order.scoring.measures.findIndex(({ name }) => name === measure)] ?? null
    const { rows } = await client.query<{ province: string; cons_no: string; va: string }>(
      'select distinct on (province, cons_no) province, cons_no, contract_va as va from source.customer order by province, cons_no, extracted_on > $1, abs(extracted_on - $1::date)',
      [AS_OF],
    )
    const va = new Map(rows.map((row) => [`${row.province} ${row.cons_no}`, Number(row.va)]))
    let owing = 0
    for (const result of await all(order)) {
      const kva = va.get(`${result.province} ${result.consNo}`)! / 1000
      for (const [perKva, sum] of [
        ['owedPerKva', 'owedAmount'],
        ['billPerKva', 'billAmount'],
      ] as const) {
        const fen = input(result, sum)
        if (fen === null || kva === 0) expect(input(result, perKva)).toBeNull()
        else expect(Number(input(result, perKva))).toBe(Math.trunc(Number(fen) / kva))
      }
      if (input(result, 'owedPerKva')) owing++
    }
    expect(owing).toBeGreaterThan(20)
  })

  test('says nothing of electricity that no bill of the last month tells', async () => {
    const order = orderOf(everything)
    const place = order.scoring.measures.findIndex(({ name }) => name === 'electricityShare')
    const { rows } = await client.query<{ key: string }>(
      `select province || cons_no as key from source.bill where issued_on > $1::date - interval '1 month' and issued_on <= $1 and kind = '01'
       group by 1 having count(electricity_kwh) = 0`,
      [AS_OF],
    )
    const silent = new Set(rows.map(({ key }) => key))
    const told = (await all(order)).filter(({ province: of, consNo }) => silent.has(`${of}${consNo}`)).map(({ inputs }) => inputs[place])
    expect(told.length).toBeGreaterThan(5)
    expect(new Set(told)).toEqual(new Set([null]))
  })

  test('leaves residents out, and whoever extraction brought later without a bill by then', async () => {
    const results = await all(orderOf(shipped.content))
    const { rows } = await client.query<{ count: string }>(
      `select count(*) from source.customer c where not residential and (extracted_on <= $1 or exists (
         select from source.bill b where b.province = c.province and b.cons_no = c.cons_no and issued_on <= $1 and kind = '01'))`,
      [AS_OF],
    )
    expect(results.length).toBe(Number(rows[0]!.count))
  })

  test('asked for again is the run that stands; forgotten, it is gone', async () => {
    const order = orderOf(shipped.content)
    const first = await engine.run(order)
    expect(await engine.run(order)).toEqual(first)
    expect((await engine.list([province('P11')], 50)).some(({ runId }) => runId === first.runId)).toBe(true)
    await engine.forget(first.runId)
    expect(await engine.find(first.runId)).toBeUndefined()
    expect(await engine.named(first.runId, { provinces: undefined, level: undefined }, { after: undefined, limit: 5 })).toEqual([])
  })

  test('that fails keeps nothing but why, and may be tried again', async () => {
    const order = orderOf(shipped.content, {
      isListed: () => {
        throw new Error('the list is not to be had')
      },
    })
    await expect(engine.run(order)).rejects.toThrow('the list is not to be had')
    expect((await engine.find(order.runId))?.status).toBe('failed')
    expect((await engine.run({ ...order, isListed: () => false })).status).toBe('done')
  })

  test('pages through those named, the highest score first', async () => {
    const { runId, named } = await engine.run(orderOf(shipped.content))
    const pages: Result[] = []
    for (let after: Result | undefined; ; ) {
      const page = await engine.named(runId, { provinces: undefined, level: undefined }, { after, limit: 7 })
      pages.push(...page)
      after = page.at(-1)
      if (page.length < 7) break
    }
    expect(pages.length).toBe(named)
    expect(new Set(pages.map((one) => `${one.province} ${one.consNo}`)).size).toBe(named)
    expect(pages.map(({ score }) => score)).toEqual(pages.map(({ score }) => score).toSorted((a, b) => b - a))
    expect(
      (await engine.named(runId, { provinces: [province('P11')], level: 'I' }, { after: undefined, limit: 99 })).every(
        (one) => one.province === 'P11' && one.level === 'I',
      ),
    ).toBe(true)
  })
})

describe('no look-ahead', () => {
  test('whatever comes later changes nothing', async () => {
    const before = await all(orderOf(everything))
    await client.query('begin')
    try {
      for (const statement of LATER) expect((await client.query(statement)).rowCount, statement).toBeGreaterThan(0)
      await client.query('commit')
      const after = await all(orderOf(everything))
      expect(after).toEqual(before)
    } finally {
      await client.query('rollback')
    }
    const then = await all(orderOf(everything, { asOf: '2026-05-20' as typeof AS_OF }))
    expect(then).not.toEqual(before)
  })
})

/** Everything that could leak: later bills, payments, readings and facts gone or changed, and later versions of what was known. */
const LATER = [
  `update source.bill set receivable_fen = receivable_fen * 7 + 1, due_on = due_on + 90 where issued_on > date '${AS_OF}'`,
  `delete from source.payment where credited_on > date '${AS_OF}' and paid_on > date '${AS_OF}'`,
  `update source.payment set amount_fen = amount_fen * 9 where credited_on > date '${AS_OF}'`,
  `delete from source.daily_kwh where day > date '${AS_OF}'`,
  `insert into ${FACTS} select province, cons_no, 'stopped', 'late', date '2026-02-01', null, date '2026-04-02', 'test' from source.customer`,
  `insert into source.bill select province, cons_no, bill_id, date '2026-04-15', bill_month, kind, 999999999, 1, issued_on, due_on from source.bill where extracted_on <= date '${AS_OF}'`,
  `insert into source.payment select province, cons_no, payment_id, date '2026-04-16', bill_month, kind, 1, paid_on, paid_on from source.payment where extracted_on <= date '${AS_OF}'`,
  `insert into source.daily_kwh select province, cons_no, day, date '2026-04-17', 77 from source.daily_kwh where extracted_on <= date '${AS_OF}'`,
  `insert into source.customer select province, cons_no, date '2026-06-18', name, org_code, trade_standard, '5299', hec_class, elect_type, voltage, 1, 1, uscc, status, not residential, date '2026-01-01'
   from source.customer`,
  `insert into source.customer select province, '9' || cons_no, date '2026-06-18', name, org_code, trade_standard, trade_code, hec_class, elect_type, voltage, 1, 1, uscc, status, false, null
   from source.customer where cons_no < '0000000009' and extracted_on < date '2026-05-01'`,
]

describe('what-if', () => {
  test('says who would come in and go out, which is what publishing then does', async () => {
    const stricter: Content = { ...shipped.content, cutOffs: { I: 60, II: 40, III: 20 } }
    const [now, would] = [await engine.run(orderOf(shipped.content)), await engine.run(orderOf(stricter, { purpose: 'what-if' }))]
    const counts = await engine.compare(now.runId, would.runId)
    const moves = (await Array.fromAsync(engine.moves(now.runId, would.runId, undefined))).flat()
    const published = await engine.run(orderOf(stricter, { ruleSetVersion: 3 }))
    expect(moves.length).toBeGreaterThan(0)
    expect(counts.reduce((sum, { customers, fromLevel, toLevel }) => sum + (fromLevel === toLevel ? 0 : customers), 0)).toBe(moves.length)
    expect(counts.reduce((sum, { customers, toLevel }) => sum + (toLevel === null ? 0 : customers), 0)).toBe(published.named)
    expect((await Array.fromAsync(engine.moves(would.runId, published.runId, undefined))).flat()).toEqual([])
    for (const move of moves) {
      const result = await engine.result(published.runId, move.province, move.consNo)
      expect(result).toMatchObject({ level: move.toLevel, score: move.toScore })
    }
    expect(await engine.compare(now.runId, randomUUID())).toEqual([])
  })
})

describe('the back-test', () => {
  test('counts everybody once, and those who fell into arrears within the months asked about', async () => {
    const run = await engine.run(orderOf(shipped.content, { asOf: '2025-12-31' as typeof AS_OF, purpose: 'back-test' }))
    const horizon = horizonOf(run.asOf, 3)
    const whole = await backTest(engine, run.runId, horizon)
    expect(whole.customers).toBe(run.customers)
    expect(whole.bad).toBeGreaterThan(5)
    expect(whole.bad).toBeLessThan(whole.customers)
    const halves = [await backTest(engine, run.runId, horizon, { from: 0, to: 50 }), await backTest(engine, run.runId, horizon, { from: 50, to: 100 })]
    expect(halves.reduce((sum, { customers }) => sum + customers, 0)).toBe(run.customers)
    expect(halves.reduce((sum, { bad }) => sum + bad, 0)).toBe(whole.bad)
    const round = [await backTest(engine, run.runId, horizon, { from: 70, to: 120 }), await backTest(engine, run.runId, horizon, { from: 20, to: 70 })]
    expect(
      round.reduce((sum, { customers }) => sum + customers, 0),
      'a part that goes over 100',
    ).toBe(run.customers)
    expect(Math.min(...round.map(({ customers }) => customers))).toBeGreaterThan(20)
    expect(whole.levels.at(-1)!.named).toBe(run.named)
    const captured = whole.curve.map((point) => point.captured!)
    expect(captured).toEqual(captured.toSorted((a, b) => a - b))
  })
})
