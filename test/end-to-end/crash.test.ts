import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#api/compose.ts'
import { addDays, type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#infrastructure/postgres/embedded.ts'
import { type IdentityProvider, startIdentityProvider } from '#test/support/identity-provider.ts'
import { type Program, runCli, startProgram } from '#test/support/program.ts'

const PROVINCES = ['P11', 'P37', 'P54'] as const
const DAYS = 8
const USERS = 6
const yesterday = addDays(businessDateOf(systemClock.now()), -1)
const dates = Array.from({ length: DAYS }, (_, i) => addDays(yesterday, i - DAYS + 1))

let directory: string
let postgres: EmbeddedPostgres
let identity: IdentityProvider
let program: Program
const tokens = new Map<string, string>()

/** Both are started again on the same data, wherever they listen now. */
const start = async (): Promise<void> => {
  postgres = await startEmbeddedPostgres({ directory }) // flushes what it acknowledges
  program = await startProgram(environment())
}
const environment = () => ({ DATABASE_URL: postgres.url, OIDC_ISSUER: identity.issuer, REPORTING_SINCE: addDays(yesterday, 1) })

const call = (
  method: string,
  path: string,
  persona: string,
  { body, type = 'application/json', key }: { body?: string; type?: string; key?: string } = {},
): Promise<Response> =>
  fetch(`${program.address}${path}`, {
    method,
    headers: { authorization: `Bearer ${tokens.get(persona)}`, ...(body !== undefined && { 'content-type': type }), ...(key && { 'idempotency-key': key }) },
    ...(body !== undefined && { body }),
  })

const unitOf = (province: string): string => province
const consNos = (province: string): readonly string[] => Array.from({ length: USERS }, (_, i) => `${province}${String(i).padStart(6, '0')}`)
const profileOf = (province: string) => ({
  name: '甲子炼钢有限公司',
  orgCode: unitOf(province),
  standard: 'GB/T 4754-2017',
  tradeCode: '3120',
  contractCapacity: '315000',
  runningCapacity: '315000',
})

const listUsers = async (province: string): Promise<void> => {
  for (const consNo of consNos(province)) {
    const address = `/v1/high-risk-users/${province}/${consNo}`
    const nominated = await call('POST', `${address}/nomination`, `clerk-${province}`, {
      body: JSON.stringify({ profile: profileOf(province), proposedLevel: 'II', reason: 'two bills overdue' }),
    })
    expect(nominated.status, await nominated.text()).toBe(200)
    const listed = await call('POST', `${address}/listing`, `lead-${province}`, {
      body: JSON.stringify({ level: 'II', owner: `clerk-${province}`, listedOn: addDays(dates[0]!, -1), basis: ['arrears'] }),
    })
    expect(listed.status, await listed.text()).toBe(200)
  }
}

type Report = { readonly province: string; readonly date: BusinessDate }
const reports: readonly Report[] = dates.flatMap((date) => PROVINCES.map((province) => ({ province, date })))
const keyOf = ({ province, date }: Report): string => `day-${province}-${date}`
const addressOf = ({ province, date }: Report): string => `/v1/daily-reports/${province}/${date}`

const dayOf = ({ province, date }: Report): string =>
  consNos(province)
    .map((consNo, i) => {
      const day = 1000 + i
      return JSON.stringify({
        consNo,
        consName: '甲子炼钢有限公司',
        orgCode: unitOf(province),
        standard: 'GB/T 4754-2017',
        tradeCode: '3120',
        contractCapacity: '315000',
        runningCapacity: '315000',
        electricityDay: String(day),
        electricityMonthToDate: String(day * +date.slice(8)),
        receivedToday: '0',
        prepaidBalance: '0',
        inTransit: '0',
        powerOff: false,
        riskLevel: 'II',
        measures: [],
        bills: [],
      })
    })
    .join('\n')

/** Sends what was not acknowledged yet, four at a time; whatever the crash did to a request is not the end of it. */
const sendOpen = async (acknowledged: Map<string, unknown>, onAcknowledged: () => void): Promise<void> => {
  const open = reports.filter((report) => !acknowledged.has(keyOf(report)))
  const one = async (): Promise<void> => {
    for (let report = open.shift(); report !== undefined; report = open.shift()) {
      const response = await call('PUT', `${addressOf(report)}/day?seal=true`, `lead-${report.province}`, {
        body: dayOf(report),
        type: 'application/x-ndjson',
        key: keyOf(report),
      }).catch(() => undefined)
      const text = await response?.text().catch(() => undefined)
      if (response?.status === 200 && text !== undefined) {
        acknowledged.set(keyOf(report), (JSON.parse(text) as { readonly revision: number }).revision)
        onAcknowledged()
      } else if (response && response.status < 500) throw new Error(`${keyOf(report)}: ${response.status} ${text}`)
    }
  }
  await Promise.all([one(), one(), one(), one()])
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'epm-e2e-'))
  identity = await startIdentityProvider()
  for (const province of PROVINCES) {
    tokens.set(`clerk-${province}`, await identity.tokenFor(`clerk-${province}`, province, 'PV_TARIFF'))
    tokens.set(`lead-${province}`, await identity.tokenFor(`lead-${province}`, province, 'PV_TARIFF', 'PV_LEAD'))
  }
  tokens.set('audit', await identity.tokenFor('audit', 'HQ', 'HQ_AUDIT'))
  postgres = await startEmbeddedPostgres({ directory })
  const migrated = await runCli(['migrate'], { DATABASE_URL: postgres.url })
  expect(migrated.code, migrated.err).toBe(0)
  program = await startProgram(environment())
  await Promise.all(PROVINCES.map(listUsers))
})

afterAll(async () => {
  await program?.kill('SIGTERM')
  await postgres?.stop()
  await identity?.close()
  await rm(directory, { recursive: true, force: true })
})

test('server and database are killed in the middle of a day of reports: nothing acknowledged is lost, nothing is there twice', async () => {
  const acknowledged = new Map<string, unknown>()
  const killServer = async (): Promise<void> => program.kill('SIGKILL')
  const killDatabase = async (): Promise<void> => {
    process.kill(postgres.pid, 'SIGKILL')
    await program.kill('SIGKILL')
  }
  for (const [after, kill] of [
    [5, killServer],
    [11, killDatabase],
    [17, killServer],
  ] as const) {
    let killing: Promise<void> | undefined
    await sendOpen(acknowledged, () => {
      if (acknowledged.size >= after) killing ??= kill()
    })
    expect(killing, 'the crash came while reports were under way').toBeDefined()
    await killing
    await start()
  }
  await sendOpen(acknowledged, () => undefined)
  expect(acknowledged.size).toBe(reports.length)

  for (const report of reports) {
    const { events } = (await (await call('GET', `${addressOf(report)}/history?limit=500`, 'audit')).json()) as {
      readonly events: readonly { readonly type: string; readonly revision: number; readonly id: string }[]
    }
    expect(
      events.filter(({ type }) => type === 'ReportSubmitted'),
      keyOf(report),
    ).toHaveLength(1)
    expect(events.at(-1)).toMatchObject({ type: 'ReportSubmitted', revision: acknowledged.get(keyOf(report)) })
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    const { rows } = (await (await call('GET', `${addressOf(report)}/rows`, 'audit')).json()) as { readonly rows: readonly { readonly consNo: string }[] }
    expect(rows.map(({ consNo }) => consNo).toSorted()).toEqual(consNos(report.province))
    const again = await call('PUT', `${addressOf(report)}/day?seal=true`, `lead-${report.province}`, {
      body: dayOf(report),
      type: 'application/x-ndjson',
      key: keyOf(report),
    })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(((await again.json()) as { readonly revision: number }).revision).toBe(acknowledged.get(keyOf(report)))
  }

  const client = new pg.Client(postgres.url)
  await client.connect()
  try {
    const { rows } = await client.query<{ total: string; streams: string; last: string }>(
      "select count(*) total, count(distinct stream) streams, max(position) last from log.event where stream like 'DailyReport-%'",
    )
    expect(Number(rows[0]?.streams)).toBe(reports.length)
  } finally {
    await client.end()
  }
})
