import { readFileSync } from 'node:fs'
import { NEVER } from 'rxjs'
import type { DatabasePool } from 'slonik'
import type { WarningProcessing } from '#api/warning-work-order/processes.ts'
import { warningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import { type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { SlaRules, WorkYear } from '#domain/warning-work-order/fields.ts'
import { WarningRules } from '#domain/warning-work-order/rules.ts'
import { openAlone } from '#infrastructure/postgres/alone.ts'
import type { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { waitFor } from '#projections/shared/wait.ts'

export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const read = (name: string): { readonly rules?: unknown[] } => JSON.parse(readFileSync(new URL(`../../data/reference/${name}.json`, import.meta.url), 'utf8'))
const slaRules = (read('sla-rules').rules ?? []).map((rules) => SlaRules.parse(rules))
const warningRules = (read('warning-rules').rules ?? []).map((rules) => WarningRules.parse(rules))
const years = [WorkYear.parse(Object.fromEntries(Object.entries(read('work-calendar-2026')).filter(([name]) => name in WorkYear.shape)))]

/** Work orders and what their processes need, as a worker has them; read models are moved by somebody else. */
export const openOrders = ({
  url,
  log,
  pool,
}: {
  readonly url: string
  readonly log: Awaited<ReturnType<typeof openPostgresEventLog>>
  readonly pool: DatabasePool
}) => {
  const { alone, close } = openAlone(url)
  const orders = warningWorkOrderUseCases({
    store: log.store,
    clock: { now: (): Instant => instantOfEpoch(Date.now()) },
    scope: {
      isWithin: (unit, ancestor) => (unit as string) === ancestor,
      provinceOf: (unit) => unit as string as ProvinceCode,
      refresh: async () => undefined,
    },
    slaRules,
    years: async () => years,
    strangers: async () => [],
    billed: async () => [],
  })
  const processing: WarningProcessing = {
    ...{ store: log.store, pool, orders, warningRules, slaRules, years: async () => years, alone },
    caughtUp: (model) => async () => {
      const head = await log.feed.head()
      return head === undefined || (await waitFor({ pool, feed: log.feed, moved$: NEVER }, model, head, 60_000)).reached
    },
  }
  return { processing, close }
}
