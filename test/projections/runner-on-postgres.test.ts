import { NEVER } from 'rxjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newEvents } from '#application/shared/handle.ts'
import type { Request } from '#application/shared/request.ts'
import { highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import { Instant } from '#domain/shared/dates.ts'
import { type ConsNo, type OrgCode, type ProvinceCode, type UserId, Uuid } from '#domain/shared/identity.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { openPostgresEventLog, type PostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { projections as catalogue } from '#projections/catalogue.ts'
import { getRegistered } from '#projections/high-risk-user/register.queries.ts'
import { waitFor } from '#projections/shared/wait.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { silent } from '#test/support/silent.ts'

/** Two programs on one database: one appends and serves, the other moves the read models. */
let serving: PostgresEventLog
let working: PostgresEventLog
let projections: Projections

const { database, pool } = await ownDatabase()
beforeAll(async () => {
  serving = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  working = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  projections = await startProjections({ feed: working.feed, pool, databaseUrl: database.url, projections: catalogue, logger: silent })
})
afterAll(async () => {
  await projections.stop()
  await working.close()
  await serving.close()
})

const at = Instant.parse('2026-03-02T01:00:00.000Z')
const request = (number: number): Request => {
  const id = Uuid.parse(`6f1f0f64-9d0a-4d0e-8a5b-${String(number).padStart(12, '0')}`)
  return { actor: { userId: 'wang' as UserId, roles: ['PV_TARIFF'], orgCode: 'P11' as OrgCode }, role: 'PV_TARIFF', commandId: id, correlationId: id, at }
}
const nominate = async (number: number) => {
  const consNo = String(number)
  const profile = { name: '宏盛钢铁', orgCode: 'P11', standard: 'GB/T 4754-2017', tradeCode: '3110', contractCapacity: 1n, runningCapacity: 1n }
  const event = { type: 'CandidateNominated', data: { at, by: 'wang', province: 'P11', consNo, profile, proposedLevel: 'II', reason: 'owes', evidence: [] } }
  const outcome = await serving.store.append({
    stream: streamName('HighRiskUser', 'P11', consNo),
    expected: 'absent',
    events: newEvents(highRiskUserEvents, [event], request(number)),
  })
  if (outcome.kind === 'conflict') throw new Error('conflict')
  return outcome.position
}

test('a user sees what he wrote, whichever program moves the read model, and is told as of when', async () => {
  for (let number = 1; number <= 20; number++) {
    const position = await nominate(number)
    const waited = await waitFor({ pool, feed: serving.feed, moved$: NEVER }, 'high-risk-user-register', position, 20_000)
    expect(waited.reached).toBe(true)
    const { user, asOf } = await getRegistered(pool, 'P11' as ProvinceCode, String(number) as ConsNo)
    expect(user).toMatchObject({ name: '宏盛钢铁', revision: 0n })
    expect(serving.feed.compare(asOf.position!, position)).toBeGreaterThanOrEqual(0)
    expect(asOf.at).toBe(at)
  }
})

test('every read model of the catalogue follows, is healthy, and can be rebuilt', async () => {
  const head = (await serving.feed.head())!
  for (const { name } of catalogue) {
    expect((await projections.waitFor(name, head, 20_000)).reached).toBe(true)
    const generation = await projections.rebuild(name)
    for (;;) {
      const next = (await projections.status()).find((one) => one.name === name && one.generation === generation)
      if (next?.serving) break
    }
  }
  const status = await projections.status()
  expect(status.map(({ name, serving: serves, generation, lagEvents, healthy, fault }) => ({ name, serves, generation, lagEvents, healthy, fault }))).toEqual(
    [...catalogue]
      .map(({ name }) => ({ name, serves: true, generation: 2, lagEvents: 0n, healthy: true, fault: null }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  )
})
