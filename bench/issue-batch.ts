import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Asked } from '#application/shared/asked.ts'
import { warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import type { Drafting } from '#application/warning-work-order/drafts.ts'
import { warningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import { Actor } from '#domain/shared/actor.ts'
import { type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode, type Uuid } from '#domain/shared/identity.ts'
import { fen } from '#domain/shared/quantities.ts'
import { SlaRules, WorkYear } from '#domain/warning-work-order/fields.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'

const PROVINCES = Array.from({ length: 27 }, (_, index) => ProvinceCode.parse(`P${index + 11}`))
const ORDERS_A_PROVINCE = 100
const SUBJECTS_AN_ORDER = 5
const DAY = '2026-03-02' as BusinessDate
const at = instantAt(DAY, 540)

const read = (name: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(`../data/reference/${name}.json`, import.meta.url), 'utf8'))
const slaRules = (read('sla-rules').rules as unknown[]).map((rules) => SlaRules.parse(rules))
const years = [WorkYear.parse(Object.fromEntries(Object.entries(read('work-calendar-2026')).filter(([name]) => name in WorkYear.shape)))]

const asked = (role: 'HQ_LEAD' | 'HQ_TARIFF'): Asked => {
  const commandId = randomUUID() as Uuid
  return { actor: Actor.parse({ userId: `hq.${role}`, roles: [role], orgCode: 'HQ' }), commandId, correlationId: commandId, at }
}

const draftings: readonly Drafting[] = PROVINCES.flatMap((province) =>
  Array.from({ length: ORDERS_A_PROVINCE }, (_, order) => ({
    ...{ province, kind: 'arrears-warning' as const, grade: 'orange' as const, origin: { kind: 'manual' as const }, text: 'collect' },
    subjects: Array.from({ length: SUBJECTS_AN_ORDER }, (_, subject) => ({
      ...{ consNo: ConsNo.parse(`${order}A${subject}`), name: 'Works', bills: [], arrears: fen(0n), asOf: DAY, reasons: [] },
    })),
  })),
)

const issueBatch = async ({ database }: Tools): Promise<Measured> => {
  const log = await openPostgresEventLog({ url: await database() })
  try {
    const orders = warningWorkOrderUseCases({
      store: log.store,
      clock: { now: () => at },
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
    const begun = performance.now()
    const drafted = await orders.draftMany(draftings, 'draft-nothing', asked('HQ_TARIFF'))
    if (drafted.kind !== 'drafted') throw new Error(`not drafted: ${drafted.kind}`)
    const orderNos = drafted.orders.map((order) => order!.orderNo)
    const started = performance.now()
    const answers = await orders.issueBatch(orderNos, asked('HQ_LEAD'))
    const seconds = (performance.now() - started) / 1000
    const issued = answers.filter(({ outcome }) => outcome.kind === 'done' && outcome.recorded === 1).length
    let streams = 0
    for (const orderNo of orderNos) for await (const page of log.store.readStream(warningWorkOrderStream(orderNo))) if (page.length === 2) streams++
    if (issued !== draftings.length || streams !== draftings.length) throw new Error(`${issued} issued, ${streams} on record, of ${draftings.length}`)
    const drafting = (started - begun) / 1000
    return { value: seconds, detail: `s; drafting them before, with ${SUBJECTS_AN_ORDER} customers each, took ${drafting.toFixed(1)} s` }
  } finally {
    await log.close()
  }
}

export const issueBenches: readonly Bench[] = [
  { name: `issue: seconds for a batch of ${PROVINCES.length} × ${ORDERS_A_PROVINCE} orders`, aim: { atMost: 5 }, run: issueBatch },
]
