import { createHash, randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import pg from 'pg'
import { bodyOf } from '#api/command-schema.ts'
import { demoIdentity } from '#api/demo-identity.ts'
import { buildHttp, useCasesOf } from '#api/http.ts'
import { wireJson } from '#api/wire.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { OrgUnit } from '#domain/organisation/fields.ts'
import { addDays, BusinessDate, type Instant, instantAt } from '#domain/shared/dates.ts'
import { type ConsNo, ProvinceCode, Uuid } from '#domain/shared/identity.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { register } from '#projections/high-risk-user/register.ts'
import type { Projection } from '#projections/shared/projection.ts'
import { casework } from '#test/support/arbitraries/high-risk-user.ts'
import { filesInMemory, noNotices, orderSources, supervisionScores } from '#test/support/supervision.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'
import { type Load, load } from './shared/http-load.ts'
import { amount, contest, median } from './shared/rounds.ts'

const CALLERS = 32
const ROUND_MS = 2_000
/** Connections for reading: as many for us as for the bare route. */
const READERS = 10
const ROWS = 2_000
const BILLS = 8
const DATE = BusinessDate.parse('2026-08-03')
const province = ProvinceCode.parse('P13S')

const unit = (code: string, level: string, parent?: string): OrgUnit =>
  OrgUnit.parse({ code, level, ...(parent && { parent }), name: code, shortName: code, validFrom: '2020-01-01' })
const schedule = {
  version: 1,
  effectiveFrom: BusinessDate.parse('2020-01-01'),
  opensAtMinute: 30,
  dueAtMinute: 600,
  cutOffAtMinute: 1440,
  returnDays: 3,
  freeCorrectionDays: 3,
  monthCloseDay: 6,
  largeChangeBasisPoints: 500,
  kwhJumpBasisPoints: 8_000,
}
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

type Side = {
  readonly port: number
  readonly bearer: string
  /** Headquarters reading. */
  readonly hqBearer: string
  readonly url: string
  readonly pool: Awaited<ReturnType<typeof createReadPool>>
  readonly close: () => Promise<void>
  at: Instant
}

/** The whole server as it is run, on a port, on a log and read models of a real server that flushes what it acknowledges. */
export const serve = async (tools: Tools, models: readonly Projection[] = []): Promise<Side> => {
  const url = await tools.database()
  const log = await openPostgresEventLog({ url })
  const pool = await createReadPool(url, { maxConnections: READERS })
  const clock = { now: () => side.at }
  const side = { at: instantAt(addDays(DATE, 1), 480) } as { at: Instant } & Side
  const directory = await openDirectory(log.store, clock)
  const working = {
    ...{ store: log.store, clock, scope: directory, schedules: [schedule], listingRules: [], casework, knowsTrade: () => true, listVersionOn: async () => 1 },
    listedUsers: async () => Array.from({ length: ROWS }, (_, i) => consNo(i)),
    digest: (text: string) => createHash('sha256').update(text).digest('hex'),
    groups: { openLinks: async () => [], unfinished: async () => [], strays: async () => [] },
    customers: async () => new Set<never>(),
    ...orderSources(log.store, clock),
  }
  const useCases = useCasesOf(working, { rows: 20_000 })
  const id = Uuid.parse(randomUUID())
  const units = [unit('HQ', 'HQ'), unit('P13S', 'PROVINCE', 'HQ'), unit('13401', 'CITY', 'P13S')]
  await useCases.organisation.execute({ type: 'RegisterUnits', data: { units } }, { actor: SYSTEM, commandId: id, correlationId: id })
  const running = await startProjections({ feed: log.feed, pool, databaseUrl: url, projections: models, logger: silent })
  const demo = await demoIdentity([province])
  const app = await buildHttp({
    ...{ identify: demo.identify, working, useCases, feed: log.feed, pool, waitFor: running.waitFor, uploadBytes: 64_000_000 },
    prefill: async () => ({ rows: [], unknown: [], warnings: [] }),
    ...{ notices: noNotices, attachments: filesInMemory(), supervisionScores },
    operations: { status: running.status, rebuild: async () => false, release: async () => false },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  return Object.assign(side, {
    port: typeof address === 'object' && address ? address.port : 0,
    bearer: `Bearer ${await demo.tokenFor('pv-lead-P13S')}`,
    hqBearer: `Bearer ${await demo.tokenFor('hq-view')}`,
    url,
    pool,
    close: async () => {
      await app.close()
      await running.stop()
      await pool.end()
      await log.close()
    },
  })
}

const consNo = (number: number): ConsNo => String(number).padStart(10, '0') as ConsNo
export const request = (method: string, path: string, bearer: string, body?: string): string => {
  const head = [`${method} ${path} HTTP/1.1`, 'Host: here', `Authorization: ${bearer}`]
  if (body === undefined) return `${[...head].join('\r\n')}\r\n\r\n`
  return `${[...head, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`
}

const NOMINATION = JSON.stringify({
  profile: {
    name: '河北某某钢铁有限公司',
    orgCode: '13401',
    standard: 'GB/T 4754-2017',
    tradeCode: '3120',
    electType: '大工业用电',
    voltage: 'AC00101',
    contractCapacity: '20000000',
    runningCapacity: '16000000',
  },
  proposedLevel: 'II',
  reason: '近12个月三次逾期',
})

/** What a handler without a log, a domain or authorisation would do: check the body, insert one row, answer. */
const rawServer = async (url: string, connections: number) => {
  const pool = new pg.Pool({ connectionString: url, max: connections })
  await pool.query(
    'create table raw_event (position bigint generated always as identity primary key, stream text not null, id uuid not null, data jsonb not null)',
  )
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler)
  const body = bodyOf(HighRiskUserCommand, 'NominateCandidate', 'province', 'consNo', 'orgProvince')
  app.post('/raw/:consNo', { schema: { body } }, async (asked) => {
    const { consNo } = asked.params as { consNo: string }
    const { rows } = await pool.query<{ position: string }>('insert into raw_event (stream, id, data) values ($1, $2, $3) returning position', [
      consNo,
      randomUUID(),
      wireJson(asked.body),
    ])
    return { position: rows[0]?.position }
  })
  app.get('/raw/:consNo', async (asked) => {
    const { consNo } = asked.params as { consNo: string }
    const { rows } = await pool.query('select * from read_model.high_risk_user where province = $1 and cons_no = $2', ['P13S', consNo])
    return rows[0]
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  const close = async (): Promise<void> => {
    await app.close()
    await pool.end()
  }
  return { port: typeof address === 'object' && address ? address.port : 0, close }
}

/** Rates of two servers under the same load; any answer that is not a success ends the bench. */
const versus = async (ours: Omit<Load, 'from' | 'callers' | 'milliseconds'>, theirs: typeof ours): Promise<Measured> => {
  const p99: number[] = []
  let next = 1
  const side = (which: typeof ours, kept?: number[]) => async (): Promise<number> => {
    const loaded = await load({ ...which, callers: CALLERS, milliseconds: ROUND_MS, from: next })
    next = loaded.next
    if (loaded.failed > 0) throw new Error(`${loaded.failed} requests failed`)
    kept?.push(loaded.p99)
    return loaded.perSecond
  }
  const measured = await contest({ ours: side(ours, p99), theirs: side(theirs), unit: 'requests/s' })
  return { ...measured, detail: `${measured.detail}, p99 ${median(p99).toFixed(1)} ms` }
}

const postCommand = async (tools: Tools): Promise<Measured> => {
  const side = await serve(tools)
  const raw = await rawServer(side.url, CALLERS)
  try {
    return await versus(
      { port: side.port, request: request('POST', '/v1/high-risk-users/P13S/{n}/nomination', side.bearer, NOMINATION) },
      { port: raw.port, request: request('POST', '/raw/{n}', side.bearer, NOMINATION) },
    )
  } finally {
    await raw.close()
    await side.close()
  }
}

const getOne = async (tools: Tools): Promise<Measured> => {
  const side = await serve(tools, [register])
  const raw = await rawServer(side.url, READERS)
  try {
    const made = await load({
      port: side.port,
      callers: 8,
      milliseconds: 1_000,
      from: 1,
      request: request('POST', '/v1/high-risk-users/P13S/{n}/nomination', side.bearer, NOMINATION),
    })
    if (made.failed > 0) throw new Error('the users could not be made')
    const path = `/v1/high-risk-users/P13S/${consNo(7)}`
    for (let status = 404; status === 404; ) status = (await fetch(`http://127.0.0.1:${side.port}${path}`, { headers: { authorization: side.bearer } })).status
    return await versus(
      { port: side.port, request: request('GET', path, side.bearer) },
      { port: raw.port, request: request('GET', `/raw/${consNo(7)}`, side.bearer) },
    )
  } finally {
    await raw.close()
    await side.close()
  }
}

const bill = (month: number, n: number) => ({
  ...{
    billMonth: `2026${String(month).padStart(2, '0')}`,
    dueDate: `2026-${String(month).padStart(2, '0')}-25`,
    receivable: String(1_000_000 + n * 7),
    received: '400000',
    writtenOff: '0',
  },
  ...{ arrears: String(600_000 + n * 7), penaltyReceivable: '1200', penaltyReceived: '0', settleFlag: '02' },
})
const dayOf = (offset: number): string =>
  Array.from({ length: ROWS }, (_, n) =>
    JSON.stringify({
      ...{
        consNo: consNo(n),
        consName: `某某钢铁有限公司第${n}分厂`,
        orgCode: '13401',
        standard: 'GB/T 4754-2017',
        tradeCode: '3120',
        electType: '大工业用电',
        voltage: 'AC00101',
      },
      ...{
        contractCapacity: '20000000',
        runningCapacity: '16000000',
        electricityDay: String(20_000 + n),
        electricityMonthToDate: String(60_000 + n + offset * 25_000),
      },
      ...{ receivedToday: '0', prepaidBalance: '0', inTransit: '0', powerOff: false, riskLevel: 'II', measures: ['M01', 'M03'] },
      bills: Array.from({ length: BILLS }, (_, i) => bill(i + 1, n)),
    }),
  ).join('\n')

/** Day after day, so that each but the first is checked against a day before; the median counts. */
const wholeDay = async (tools: Tools): Promise<Measured> => {
  const side = await serve(tools)
  const seconds: number[] = []
  let bytes = 0
  try {
    for (let day = 0; day < 7; day++) {
      const date = addDays(DATE, day)
      side.at = instantAt(addDays(date, 1), 480)
      const body = dayOf(day)
      bytes = Buffer.byteLength(body)
      const start = performance.now()
      const answer = await fetch(`http://127.0.0.1:${side.port}/v1/daily-reports/P13S/${date}/day?seal=true`, {
        method: 'PUT',
        body,
        headers: { authorization: side.bearer, 'content-type': 'application/x-ndjson' },
      })
      const receipt = (await answer.json()) as { rows?: number; sealed?: boolean }
      if (receipt.rows !== ROWS || receipt.sealed !== true) throw new Error(`day ${date}: ${JSON.stringify(receipt).slice(0, 500)}`)
      if (day > 0) seconds.push((performance.now() - start) / 1000)
    }
  } finally {
    await side.close()
  }
  return {
    value: median(seconds),
    detail: `${amount(ROWS)} rows with ${BILLS} bills each, ${amount(bytes / 1024)} kB; slowest ${Math.max(...seconds).toFixed(2)} s of ${seconds.length} days`,
  }
}

export const httpBenches: readonly Bench[] = [
  { name: 'http: seconds for a day of 2,000 rows, checked, appended, sealed', aim: { atMost: 2 }, run: wholeDay },
  { name: 'http: POST command, 32 callers / handler with one raw insert', aim: { atLeast: 1.2 }, run: postCommand },
  { name: 'http: GET one user, 32 callers / bare route', aim: { atLeast: 0.7 }, run: getOne },
]
