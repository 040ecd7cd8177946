import { randomInt, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { highRiskUserAggregate, highRiskUserStream } from '#application/high-risk-user/use-cases.ts'
import type { Position } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import { handle } from '#application/shared/handle.ts'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { OrgCode, Uuid } from '#domain/shared/identity.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { register } from '#projections/high-risk-user/register.ts'
import { checkpoints, reconcile } from '#projections/shared/reconcile.ts'
import { sql } from '#projections/shared/sql.ts'
import { anyCommand, at, clerk, key, lead, profile, today } from '#test/support/arbitraries/high-risk-user.ts'
import { cons } from '#test/support/arbitraries/values.ts'
import { freshDatabase } from '#test/support/postgres.ts'
import type { OpenedLog } from './event-store.ts'

const CUSTOMERS = 5
const COMMANDS = 120

type Sent = { readonly customer: number; readonly commandId: Uuid; readonly command: HighRiskUserCommand }

/** Commands from the listing on, the same for every log they are sent to; some of them twice. */
const plan = (): readonly Sent[] => {
  const listing = (customer: number): readonly HighRiskUserCommand[] => [
    {
      type: 'NominateCandidate',
      data: { at, by: clerk, ...key, consNo: cons(''), profile, proposedLevel: 'II', reason: `customer ${customer}`, evidence: [], orgProvince: key.province },
    },
    { type: 'ConfirmListing', data: { at, by: lead, level: 'II', owner: clerk, listedOn: today, basis: ['arrears'] } },
  ]
  const others = fc.sample(anyCommand, COMMANDS)
  const all = [
    ...Array.from({ length: CUSTOMERS }, (_, customer) => listing(customer).map((command) => ({ customer, command }))).flat(),
    ...others.map((command) => ({ customer: randomInt(CUSTOMERS), command })),
  ].map((sent) => ({ ...sent, commandId: randomUUID() as Uuid }))
  return all.flatMap((sent, index) => (index % 9 === 0 ? [sent, sent] : [sent]))
}

/** Only what follows a place: on a server that keeps what others wrote, a read model begins there. */
const from = (feed: Feed, start: Position | undefined): Feed => ({
  ...feed,
  read: (after, limit) => feed.read(after ?? start, limit),
  countAfter: (after) => feed.countAfter(after ?? start),
})

/**
 * Commands through the one command path, their events through the runner into rows: an engine gives the same answers and the
 * same rows as PostgreSQL, apart from positions, and the read model passed as many events as the log has.
 */
export const describeEndToEnd = (name: string, open: () => Promise<OpenedLog>): void => {
  describe(`commands and read models on ${name}`, () => {
    test('end as they do on PostgreSQL', async () => {
      const commands = plan()
      const base = randomInt(10 ** 8, 10 ** 9)
      const run = async (log: OpenedLog) => {
        const start = await log.feed.head()
        const feed = from(log.feed, start)
        const database = await freshDatabase()
        const pool = await createReadPool(database.url)
        const projections = await startProjections({ feed, pool, databaseUrl: database.url, projections: [register], logger: pino({ level: 'silent' }) })
        const answers: unknown[] = []
        for (const { customer, commandId, command } of commands) {
          const consNo = cons(`${base}${customer}`)
          const said = (command.type === 'NominateCandidate' ? { ...command, data: { ...command.data, consNo } } : command) as HighRiskUserCommand
          const actor = { userId: command.data.by, roles: ['PV_TARIFF' as const], orgCode: 'P13S' as OrgCode }
          const request = { actor, role: 'PV_TARIFF' as const, commandId, correlationId: commandId, at }
          const outcome = await handle(log.store, highRiskUserAggregate, highRiskUserStream({ province: key.province, consNo }), said, request)
          answers.push('position' in outcome ? { ...outcome, position: undefined } : outcome)
        }
        const head = await log.feed.head()
        await projections.waitFor(register.name, head!, 30_000)
        const rows = await pool.any(sql.unsafe`select to_jsonb(u) as row from read_model.high_risk_user u order by cons_no`)
        const levels = await pool.any(sql.unsafe`select to_jsonb(l) as row from read_model.high_risk_user_level l order by cons_no, revision`)
        const counted = await reconcile(feed, await checkpoints(pool))
        await projections.stop()
        await pool.end()
        await log.close()
        await database.drop()
        return { answers, rows, levels, agrees: counted.checkpoints.map(({ agrees, counted: events }) => ({ agrees, events })) }
      }
      const postgres = async (): Promise<OpenedLog> => {
        const database = await freshDatabase()
        const log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
        return {
          ...log,
          close: async () => {
            await log.close()
            await database.drop()
          },
        }
      }
      const expected = await run(await postgres())
      expect(await run(await open())).toEqual(expected)
      expect(expected.rows.length).toBeGreaterThan(1)
      expect(expected.agrees).toEqual([{ agrees: true, events: expect.any(BigInt) }])
      expect(expected.answers.filter((answer) => (answer as { readonly repeated?: boolean }).repeated).length).toBeGreaterThan(0)
    })
  })
}
