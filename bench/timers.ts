import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Feed } from '#application/ports/feed.ts'
import { newEvents } from '#application/shared/handle.ts'
import { warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import { type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode, UserId, type Uuid } from '#domain/shared/identity.ts'
import { fen } from '#domain/shared/quantities.ts'
import { type WarningWorkOrderEvent, warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import { OrderNo } from '#domain/warning-work-order/fields.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { workOrders } from '#projections/warning-work-order/orders.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'
import { silent } from './shared/work-orders.ts'

const ORDERS = 10_000
const WORKERS = 3
const DAY = '2026-09-15' as BusinessDate
const by = UserId.parse('bench')
const at = instantAt(DAY, 540)

const issued = (orderNo: OrderNo): readonly WarningWorkOrderEvent[] => {
  const key = { at, by, orderNo, province: ProvinceCode.parse('P11') }
  const subjects = [{ consNo: ConsNo.parse(orderNo.slice(9)), name: 'Works', bills: [], arrears: fen(0n), asOf: DAY, reasons: [] }]
  const calendar = { years: { 2026: 1 }, provisional: false }
  return [
    { type: 'OrderDrafted', data: { ...key, kind: 'supervision', grade: 'red', origin: { kind: 'manual' }, subjects, text: 'see to it' } },
    { type: 'OrderIssued', data: { ...key, slaVersion: 1, signDueAt: instantAt(DAY, 900), feedbackDueAt: instantAt(DAY, 1430), calendar, target: fen(0n) } },
  ]
}

/** How often each order was called overdue. */
const overdue = async (feed: Feed): Promise<ReadonlyMap<string, number>> => {
  const times = new Map<string, number>()
  for (let position = undefined as Awaited<ReturnType<Feed['head']>>; ; ) {
    const page = await feed.read(position, 5_000)
    for (const { stream, type } of page) if (type === 'SignOverdue') times.set(stream, (times.get(stream) ?? 0) + 1)
    position = page.at(-1)?.position
    if (page.length === 0) return times
  }
}

const storm = async ({ database, say }: Tools): Promise<Measured> => {
  const url = await database()
  const log = await openPostgresEventLog({ url })
  const pool = await createReadPool(url, { maxConnections: 6 })
  const running = await startProjections({ feed: log.feed, pool, databaseUrl: url, projections: [workOrders], logger: silent })
  try {
    const numbers = Array.from({ length: ORDERS }, (_, index) => OrderNo.parse(`20260915-${index + 1}`))
    for (let from = 0; from < ORDERS; from += 1_000)
      await log.store.appendMany(
        numbers.slice(from, from + 1_000).map((orderNo) => {
          const commandId = randomUUID() as Uuid
          const actor = { userId: by, roles: ['SYS' as const], orgCode: OrgCode.parse('HQ') }
          return {
            stream: warningWorkOrderStream(orderNo),
            expected: 'absent',
            events: newEvents(warningWorkOrderEvents, issued(orderNo), { actor, role: 'SYS', commandId, correlationId: commandId, at }),
          }
        }),
      )
    const head = await log.feed.head()
    if (head !== undefined) await running.waitFor('work-orders', head, 600_000)
    say(`  ${ORDERS} orders issued, all to be signed for by the same instant`)
    const script = fileURLToPath(new URL('shared/timer-worker.ts', import.meta.url))
    const started = performance.now()
    const fired = await Promise.all(
      Array.from({ length: WORKERS }, async () => Number((await promisify(execFile)(process.execPath, [script, url, instantAt(DAY, 901)])).stdout)),
    )
    const seconds = (performance.now() - started) / 1000
    const times = await overdue(log.feed)
    const once = [...times.values()].filter((count) => count === 1).length
    if (once !== ORDERS || times.size !== ORDERS) throw new Error(`${once} of ${ORDERS} fired once, ${times.size - once} more often`)
    return { value: seconds, detail: `s, ${ORDERS} fired once each, by the workers ${fired.join(', ')}` }
  } finally {
    await running.stop()
    await log.close()
    await pool.end()
  }
}

export const timerBenches: readonly Bench[] = [{ name: `timers: seconds for 10,000 due at once, ${WORKERS} workers`, aim: { atMost: 30 }, run: storm }]
