import type { DatabasePool } from 'slonik'
import { addDays, type BusinessDate, businessDateOf, daysBetween, epochOf, type Instant, instantAt, instantOfEpoch } from '#domain/shared/dates.ts'
import { fen } from '#domain/shared/quantities.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import { Cause, Grade, OrderKind, type OrderNo, Result } from '#domain/warning-work-order/fields.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { ensureGeneration } from '#infrastructure/postgres/read-model-generations.ts'
import { run } from '#projections/shared/sql.ts'
import { supervisionStatistics } from '#projections/warning-work-order/supervision.queries.ts'
import { supervision } from '#projections/warning-work-order/supervision.ts'
import { supervisionCauses } from '#projections/warning-work-order/supervision-causes.queries.ts'
import type { Bench, Tools } from './shared/bench.ts'
import { percentile, rate } from './shared/rounds.ts'

const PROVINCES = 'P11 P12 P13S P13N P14 P37 P31 P32 P33 P34 P35 P42 P43 P41 P36 P51 P50 P21 P22 P23 P15E P61 P62 P63 P64 P65 P54'.split(' ')
const ORDERS = 50_000
const FIRST = '2026-01-01' as BusinessDate
const LAST = '2026-12-31' as BusinessDate
const DAYS = daysBetween(FIRST, LAST) + 1
const HOUR = 3_600_000
const BATCH = 2_000

type Applied = Parameters<typeof supervision.apply>[0][number]
type Said = { [K in WarningWorkOrderEvent['type']]: readonly [type: K, hours: number, data: object] }[WarningWorkOrderEvent['type']]

/** One order's course, made up by arithmetic: most answer in time, a fifth is returned, a tenth never signs, some are withdrawn, paused, extended or opened again. */
const courseOf = (n: number, issued: Instant): readonly Said[] => {
  const later = (hours: number): Instant => instantOfEpoch(epochOf(issued) + hours * HOUR)
  const target = fen(BigInt(10_000 + (n % 977) * 1_000))
  const late = n % 7 === 3
  const answer = (cause: number) => ({
    ...{
      consNo: '1',
      cause: Cause.options[(n + cause) % Cause.options.length],
      measures: ['M01'],
      recovered: fen(100n),
      remaining: fen(BigInt(n % 5)),
      level: 'II',
    },
  })
  const submitted = (no: number, hours: number): Said => [
    'FeedbackSubmitted',
    hours,
    { no, answers: [answer(0), answer(2)], attachments: [], onTime: !late, reviewDueAt: later(hours + 48), provinceMinutes: 300 + (n % 1_500) },
  ]
  const events: Said[] = [
    [
      'OrderDrafted',
      -20,
      { kind: OrderKind.options[n % 3], grade: Grade.options[n % 4 === 0 ? 0 : 1 + (n % 2)], origin: { kind: 'manual' }, subjects: [], text: 'see to it' },
    ],
    ['OrderIssued', 0, { slaVersion: 1, signDueAt: later(5), feedbackDueAt: later(50), calendar: { years: {}, provisional: false }, target }],
  ]
  if (n % 10 === 9)
    return [
      ...events,
      ['OrderUrged', 8, { n: 1, channel: 'phone', text: 'please' }],
      ['OrderEscalated', 30, { level: 1, toRole: 'head', cause: 'sign-overdue' }],
    ]
  events.push(['OrderSigned', late ? 6 : 2, { onTime: !late }])
  if (n % 33 === 5) return [...events, ['OrderWithdrawn', 20, { reason: 'mistaken' }]]
  if (n % 11 === 4) events.push(['ExtensionGranted', 30, { newDueAt: later(100) }])
  events.push(submitted(1, late ? 60 : 40 + (n % 9)))
  if (n % 5 === 2) events.push(['FeedbackReturned', 70, { no: 1, reasons: [], newDueAt: later(120), reviewMinutes: 200 }], submitted(2, 110))
  events.push(['RecoveryCounted', 130, { reportDate: FIRST, reportVersion: 1, bills: [], recovered: fen(BigInt(target) / BigInt(1 + (n % 4))) }])
  events.push([
    'OrderClosed',
    150 + (n % 40),
    {
      ...{
        result: Result.options[n % 4],
        recovered: fen(100n),
        remaining: fen(0n),
        onTime: !late,
        handlingMinutes: 600 + ((n * 7919) % 3_000),
        reviewMinutes: 150 + (n % 500),
      },
    },
  ])
  return events
}

/** A year's orders in the order of the log. */
const history = (): readonly Applied[] => {
  const events: Applied[] = []
  for (let n = 0; n < ORDERS; n++) {
    const day = addDays(FIRST, Math.floor((n * DAYS) / ORDERS))
    const issued = instantAt(day, 520 + (n % 500))
    const key = { orderNo: `${day.replaceAll('-', '')}-${n + 1}` as OrderNo, province: PROVINCES[n % PROVINCES.length], by: 'bench' }
    const stream = streamName('WarningWorkOrder', day.replaceAll('-', ''), String(n + 1))
    for (const [revision, [type, hours, data]] of courseOf(n, issued).entries()) {
      const at = instantOfEpoch(epochOf(issued) + hours * HOUR)
      if (businessDateOf(at) <= LAST) events.push({ type, data: { ...data, ...key, at }, stream, revision: BigInt(revision) } as unknown as Applied)
    }
  }
  return events.toSorted((a, b) => (atOf(a) < atOf(b) ? -1 : atOf(a) > atOf(b) ? 1 : 0))
}
const atOf = (event: Applied): string => (event as unknown as WarningWorkOrderEvent).data.at

type Filled = { readonly pool: DatabasePool; readonly perSecond: number; readonly events: number }
const fill = async ({ database, say }: Tools): Promise<Filled> => {
  const url = await database()
  await ensureGeneration(url, supervision)
  const pool = await createReadPool(url, { statementMs: 600_000 })
  const events = history()
  const started = performance.now()
  for (let from = 0; from < events.length; from += BATCH)
    await pool.transaction(async (db) => {
      await db.query(run`select set_config('search_path', 'rm_supervision_v1_1, public', true), set_config('synchronous_commit', 'off', true),
        set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true)`)
      await supervision.apply(events.slice(from, from + BATCH), db)
    })
  const perSecond = Math.round((events.length * 1000) / (performance.now() - started))
  // Where it stands, as the runner would have said it: what is told of a moment is kept by it.
  await pool.query(
    run`update read_model.projection set position = ${String(events.length)}, last_event_at = ${atOf(events.at(-1)!)} where name = ${supervision.name}`,
  )
  await pool.query(run`vacuum analyze`)
  say(`supervision: ${ORDERS} orders of a year in ${events.length} events, ${perSecond} events/s into the statistics`)
  return { pool, perSecond, events: events.length }
}
let filled: Promise<Filled> | undefined
const filledOnce = (tools: Tools): Promise<Filled> => (filled ??= fill(tools))

const YEAR = { from: FIRST, to: LAST }
const SCORE = { version: 1, effectiveFrom: FIRST, weights: { onTime: 30, firstPass: 20, recovered: 30, closure: 20 } }

/** What the page asks: any of a year's days by province, grade or kind, against the whole year's orders or the month's; now and then the causes. */
const ask = async (pool: DatabasePool, n: number): Promise<unknown> => {
  const date = addDays(LAST, -(n % 120))
  const period = n % 2 === 0 ? { period: YEAR } : {}
  const groupBy = n % 5 === 3 ? 'grade' : n % 5 === 4 ? 'kind' : 'province'
  if (n % 8 === 7) return supervisionCauses(pool, { date, ...period, groupBy })
  return supervisionStatistics(pool, { date, groupBy, ...period, filters: n % 16 === 5 ? { grades: ['red'] } : {} }, [SCORE])
}

const page = async (tools: Tools) => {
  const { pool } = await filledOnce(tools)
  const first = performance.now()
  await ask(pool, 0)
  const cold = performance.now() - first
  const took: number[] = []
  let n = 0
  const timed = async (): Promise<void> => {
    const started = performance.now()
    await ask(pool, n++)
    took.push(performance.now() - started)
  }
  await rate(32, 3_000, timed)
  took.length = 0
  const pages = await rate(32, 8_000, timed)
  return {
    value: Number(percentile(took, 0.95).toFixed(1)),
    detail: `ms, 32 clients, ${ORDERS} orders, half over the year and half over the month, medians kept after the first ask (${cold.toFixed(0)} ms); p50 ${percentile(took, 0.5).toFixed(1)} ms, ${Math.round(pages)} pages/s`,
  }
}

const applied = async (tools: Tools) => {
  const { perSecond, events } = await filledOnce(tools)
  return { value: perSecond, detail: `events/s of ${events}, each written into every sum it is part of` }
}

export const supervisionBenches: readonly Bench[] = [
  { name: 'supervision: page over a year of 50,000 orders at 32 clients, p95', aim: { atMost: 50 }, run: page },
  { name: 'supervision: events a second into the statistics', aim: { atLeast: 2_000 }, run: applied },
]
