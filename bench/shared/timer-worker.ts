/** A worker of its own that fires the clocks of work orders until nothing is left, and says how many it fired. */
import { warningProcesses } from '#api/warning-work-order/processes.ts'
import type { Instant } from '#domain/shared/dates.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { openOrders } from './work-orders.ts'

const [url, now] = process.argv.slice(2)
const log = await openPostgresEventLog({ url: url! })
const pool = await createReadPool(url!, { maxConnections: 4 })
const { processing, close } = openOrders({ url: url!, log, pool })
const fire = warningProcesses(processing)['order timers']!
let fired = 0
for (;;) {
  const more = await fire(now as Instant)
  fired += more
  if (more === 0) break
}
process.stdout.write(String(fired))
await close()
await log.close()
await pool.end()
