import { afterAll, beforeAll, expect, test } from 'vitest'
import { backTest, horizonOf } from '#application/screening/back-test.ts'
import { calibrateFrom, LEARNT } from '#application/screening/calibrate.ts'
import { scoringOf } from '#application/screening/scoring.ts'
import { type Client, loadClients, readClients, UCI_DATE, UCI_FILE, UCI_PROVINCE } from '#bench/shared/uci.ts'
import { faultOf } from '#domain/screening/decider.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { day, province } from '#test/support/arbitraries/values.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { orderOf } from './support.ts'

const clients = readClients(UCI_FILE)
const databases: TestDatabase[] = []
const opened: ReturnType<typeof openScreeningEngine>[] = []
const engineOf = async (who: readonly Client[]) => {
  const database = await freshDatabase()
  databases.push(database)
  await loadClients(database.url, who)
  const one = openScreeningEngine(database.url)
  opened.push(one)
  return one.engine
}
const NOTHING = { rules: [], triggers: [], cutOffs: { I: 3, II: 2, III: 1 } }
const over = { asOf: day(UCI_DATE), provinces: [province(UCI_PROVINCE)], isListed: () => false }

let engine: Awaited<ReturnType<typeof engineOf>>
beforeAll(async () => {
  engine = await engineOf(clients.slice(0, 6000))
})
afterAll(async () => {
  for (const { close } of opened) await close()
  for (const { drop } of databases) await drop()
})

test('what becomes of a client changes nothing of what is seen of him before', async () => {
  const some = clients.slice(0, 400)
  const seen = await Promise.all(
    [true, false].map(async (bad) => {
      const judged = await engineOf(some.map((client) => ({ ...client, bad })))
      const run = await judged.run(orderOf(NOTHING, { ...over, scoring: scoringOf(NOTHING, LEARNT) }))
      const cases = await judged.cases(run.runId, horizonOf(run.asOf, 3), { from: 0, to: 100 }, 1000)
      expect(cases.every((one) => one.bad === bad)).toBe(true)
      return cases.map(({ inputs }) => inputs)
    }),
  )
  expect(seen[0]!.length).toBe(400)
  expect(seen[0]).toEqual(seen[1])
})

test('the months that a client is behind come out as they went in', async () => {
  const run = await engine.run(orderOf(NOTHING, { ...over, scoring: scoringOf(NOTHING, LEARNT) }))
  for (const client of clients.slice(0, 200)) {
    const result = await engine.result(run.runId, province(UCI_PROVINCE), client.id.padStart(10, '0') as never)
    expect(result?.inputs[0], client.id).toBe(BigInt(Math.min(6, Math.max(0, client.behind[0]!))))
  }
})

test('calibrated points hold as a rule set, are the same each time, and rank clients they were not fitted to', async () => {
  const horizon = horizonOf(over.asOf, 3)
  const order = orderOf(NOTHING, over)
  const learn = () => calibrateFrom(engine, { ...order, runId: crypto.randomUUID(), horizon, part: { from: 0, to: 60 }, triggers: [] })
  const [first, second] = [await learn(), await learn()]
  expect(second).toEqual(first)
  expect(faultOf(first.content!)).toBeUndefined()
  const run = await engine.run(orderOf(first.content!, { ...over, purpose: 'back-test' }))
  const judged = await backTest(engine, run.runId, horizon, { from: 60, to: 100 })
  expect(judged.customers).toBeGreaterThan(2000)
  expect(judged.auc).toBeGreaterThan(0.74)
  expect(judged.levels[0]!.lift).toBeGreaterThan(2)
  expect(await calibrateFrom(engine, { ...order, runId: crypto.randomUUID(), horizon, part: { from: 0, to: 0 }, triggers: [] })).toEqual({ cases: 0, bad: 0 })
})
