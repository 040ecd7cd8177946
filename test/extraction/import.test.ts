import { gzipSync } from 'node:zlib'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ImportDeps } from '#application/extraction/import.ts'
import type { Recorded } from '#application/ports/event-store.ts'
import { readEvent } from '#application/shared/load.ts'
import { type ExtractionEvent, extractionEvents } from '#domain/extraction/events.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { createExtractionRecord } from '#infrastructure/postgres/source-record.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { bring, bytesOf, connect, DATE, depsOn, eventsOf, resultsOf, rowsOf, tariffOf } from './support.ts'

let database: TestDatabase
let client: pg.Client
let deps: ImportDeps
beforeAll(async () => {
  database = await freshDatabase()
  client = await connect(database.url)
})
afterAll(async () => {
  await client.end()
  await database.drop()
})
beforeEach(async () => {
  await client.query('truncate source.customer, source.bill, source.payment, source.daily_kwh, source.batch, source.quarantine')
  deps = depsOn(database.url)
})

const KWH = 'province,cons_no,day,kwh\n'
const BILLS = 'province,cons_no,bill_id,bill_month,kind,receivable_yuan,electricity_kwh,issued_on,due_on\n'
const PAYMENTS = 'province,cons_no,payment_id,bill_month,kind,amount_yuan,paid_on,credited_on\n'
const CUSTOMERS =
  'province,cons_no,name,org_code,trade_standard,trade_code,hec_class,elect_type,voltage,contract_kva,running_kva,status,residential,power_off_on\n'
const kwhRows = () => rowsOf(client, 'select province, cons_no, day::text, kwh::text from source.daily_kwh order by 1, 2, 3')

describe('one day, once and again', () => {
  const first = `${KWH}P37,1,2026-03-01,100\nP37,2,2026-03-01,\nP37,1,2026-03-02,120\n`

  test('rows are kept, totals reconciled, the run told as events', async () => {
    const [result] = resultsOf(await bring(deps, 'daily-kwh', first, { fileName: 'kwh.csv' }))
    expect(result).toMatchObject({ province: 'P37', outcome: 'stored', run: 1, received: 3, stored: 3, electricity: 220n, quarantined: 0 })
    expect(await kwhRows()).toEqual([
      { province: 'P37', cons_no: '1', day: '2026-03-01', kwh: '100' },
      { province: 'P37', cons_no: '1', day: '2026-03-02', kwh: '120' },
      { province: 'P37', cons_no: '2', day: '2026-03-01', kwh: null },
    ])
    expect(await eventsOf(deps, 'P37', 'daily-kwh')).toEqual(['ExtractionStarted', 'ExtractionCompleted'])
  })

  test('the same bytes again change nothing and are no new fact; gzip is the same file', async () => {
    await bring(deps, 'daily-kwh', first)
    expect(resultsOf(await bring(deps, 'daily-kwh', first))).toMatchObject([{ outcome: 'unchanged', run: 1 }])
    expect(resultsOf(await bring(deps, 'daily-kwh', gzipSync(first)))).toMatchObject([{ outcome: 'unchanged', run: 1 }])
    expect(await eventsOf(deps, 'P37', 'daily-kwh')).toHaveLength(2)
  })

  test('other bytes are the next run and replace the day’s rows, and only that day’s', async () => {
    await bring(deps, 'daily-kwh', `${KWH}P37,1,2026-02-28,90\n`, { date: '2026-03-01' as typeof DATE })
    await bring(deps, 'daily-kwh', first)
    const [result] = resultsOf(await bring(deps, 'daily-kwh', `${KWH}P37,1,2026-03-02,121\n`))
    expect(result).toMatchObject({ outcome: 'stored', run: 2, stored: 1 })
    expect((await kwhRows()).map(({ day, kwh }) => [day, kwh])).toEqual([
      ['2026-02-28', '90'],
      ['2026-03-02', '121'],
    ])
  })

  test('going back to the first bytes is a third run', async () => {
    await bring(deps, 'daily-kwh', first)
    await bring(deps, 'daily-kwh', `${KWH}P37,1,2026-03-02,121\n`)
    expect(resultsOf(await bring(deps, 'daily-kwh', first))).toMatchObject([{ outcome: 'stored', run: 3 }])
    expect(await kwhRows()).toHaveLength(3)
  })

  test('two at once end as if one had come after the other', async () => {
    const other = `${KWH}P37,9,2026-03-02,7\n`
    const outcomes = await Promise.all([bring(deps, 'daily-kwh', first), bring(deps, 'daily-kwh', other), bring(deps, 'daily-kwh', first)])
    expect(outcomes.flatMap(resultsOf).every(({ outcome }) => outcome !== 'failed')).toBe(true)
    expect([3, 1]).toContain((await kwhRows()).length)
  })
})

describe('lines that do not hold', () => {
  const setAside = () => rowsOf(client, 'select line::int, field, code from source.quarantine order by line, field')

  test.each<[string, 'customers' | 'bills' | 'payments' | 'daily-kwh', string, string, string]>([
    ['no number', 'daily-kwh', `${KWH}P37,,2026-03-01,1`, 'cons_no', 'REQUIRED'],
    ['a number too long', 'daily-kwh', `${KWH}P37,12345678901234567,2026-03-01,1`, 'cons_no', 'BAD_VALUE'],
    ['a day that is none', 'daily-kwh', `${KWH}P37,1,2026-02-30,1`, 'day', 'BAD_VALUE'],
    ['a day to come', 'daily-kwh', `${KWH}P37,1,2026-03-03,1`, 'day', 'FUTURE_DATE'],
    ['half a kWh', 'daily-kwh', `${KWH}P37,1,2026-03-01,1.5`, 'kwh', 'BAD_VALUE'],
    ['negative kWh', 'daily-kwh', `${KWH}P37,1,2026-03-01,-1`, 'kwh', 'BAD_VALUE'],
    ['too few columns', 'daily-kwh', `${KWH}P37,1,2026-03-01`, '', 'WRONG_COLUMN_COUNT'],
    ['text that is no UTF-8', 'daily-kwh', `${KWH}P37,1\ufffd,2026-03-01,1`, '', 'BAD_VALUE'],
    ['a tenth of a fen', 'bills', `${BILLS}P37,1,b1,202602,01,1.001,,2026-03-01,2026-03-20`, 'receivable_yuan', 'BAD_VALUE'],
    ['month 13', 'bills', `${BILLS}P37,1,b1,202513,01,1.00,,2026-03-01,2026-03-20`, 'bill_month', 'BAD_VALUE'],
    ['due before issued', 'bills', `${BILLS}P37,1,b1,202602,01,1.00,,2026-03-01,2026-02-20`, 'due_on', 'INCONSISTENT'],
    ['issued before its month', 'bills', `${BILLS}P37,1,b1,202602,01,1.00,,2026-01-31,2026-02-20`, 'issued_on', 'INCONSISTENT'],
    ['no kind', 'bills', `${BILLS}P37,1,b1,202602,,1.00,,2026-03-01,2026-03-20`, 'kind', 'REQUIRED'],
    ['credited before paid', 'payments', `${PAYMENTS}P37,1,p1,202602,cash,1.00,2026-03-01,2026-02-28`, 'credited_on', 'INCONSISTENT'],
    ['a receipt for no bill', 'payments', `${PAYMENTS}P37,1,p1,,cash,1.00,2026-03-01,2026-03-01`, 'bill_month', 'REQUIRED'],
    ['an amount in words', 'payments', `${PAYMENTS}P37,1,p1,202602,cash,one,2026-03-01,2026-03-01`, 'amount_yuan', 'BAD_VALUE'],
    ['an edition that is none', 'customers', `${CUSTOMERS}P37,1,甲,C3701,GB/T 4754,3110,,,10kV,1,1,normal,0,`, 'trade_standard', 'BAD_VALUE'],
    ['capacity in words', 'customers', `${CUSTOMERS}P37,1,甲,C3701,GB/T 4754-2017,3110,,,10kV,x,1,normal,0,`, 'contract_kva', 'BAD_VALUE'],
    ['residential maybe', 'customers', `${CUSTOMERS}P37,1,甲,C3701,GB/T 4754-2017,3110,,,10kV,1,1,normal,2,`, 'residential', 'BAD_VALUE'],
  ])('%s', async (_, source, file, field, code) => {
    const good = {
      customers: 'P37,2,乙,C3701,GB/T 4754-2017,3110,,,10kV,315.000000,315,normal,0,',
      bills: 'P37,2,b2,202602,01,1.00,,2026-03-01,2026-03-20',
      payments: 'P37,2,p2,202602,cash,1.00,2026-03-01,2026-03-01',
      'daily-kwh': 'P37,2,2026-03-01,1',
    }
    const [result] = resultsOf(await bring(deps, source, `${file}\n${good[source]}\n`))
    expect(result).toMatchObject({ outcome: 'stored', received: 2, stored: 1, quarantined: 1 })
    expect(await setAside()).toEqual([{ line: 2, field, code }])
  })

  test('a line with several faults is told them all; its raw text is kept; mended and sent again it is gone from the quarantine', async () => {
    await bring(deps, 'bills', `${BILLS}P37,1,b1,202699,01,x,,2026-03-01,2026-03-20\nP37,2,b2,202602,01,1.00,,2026-03-01,2026-03-20\n`)
    expect(await setAside()).toEqual([
      { line: 2, field: 'bill_month', code: 'BAD_VALUE' },
      { line: 2, field: 'receivable_yuan', code: 'BAD_VALUE' },
    ])
    expect(await rowsOf(client, 'select distinct raw from source.quarantine')).toEqual([{ raw: 'P37,1,b1,202699,01,x,,2026-03-01,2026-03-20' }])
    await bring(deps, 'bills', `${BILLS}P37,1,b1,202602,01,9.00,,2026-03-01,2026-03-20\nP37,2,b2,202602,01,1.00,,2026-03-01,2026-03-20\n`)
    expect(await setAside()).toEqual([])
  })

  test('the second line of one key is set aside, and the totals still agree', async () => {
    const [result] = resultsOf(
      await bring(deps, 'bills', `${BILLS}P37,1,b1,202602,01,5.00,7,2026-03-01,2026-03-20\nP37,1,b1,202602,01,6.00,8,2026-03-01,2026-03-20\n`),
    )
    expect(result).toMatchObject({ outcome: 'stored', received: 2, stored: 1, quarantined: 1, amount: 500n, electricity: 7n })
    expect(await setAside()).toEqual([{ line: 3, field: 'bill_id', code: 'DUPLICATE_KEY' }])
  })

  test('when no line can be used the run fails and what was there still stands', async () => {
    await bring(deps, 'daily-kwh', `${KWH}P37,1,2026-03-01,1\n`)
    const [result] = resultsOf(await bring(deps, 'daily-kwh', `${KWH}P37,1,yesterday,1\n`))
    expect(result).toMatchObject({ outcome: 'failed', code: 'NOTHING_USABLE' })
    expect(await kwhRows()).toHaveLength(1)
    expect(await eventsOf(deps, 'P37', 'daily-kwh')).toEqual(['ExtractionStarted', 'ExtractionCompleted', 'ExtractionStarted', 'ExtractionFailed'])
  })

  test('codes that are not known are kept and named', async () => {
    const file = `${CUSTOMERS}P37,1,甲,C3701,GB/T 4754-2017,9999,99,蒸汽,10kV,1,1,normal,0,\nP37,2,乙,C1302,GB/T 4754-2011,3150,2,,10kV,1,1,odd,0,\nP37,3,丙,C3701,GB/T 4754-2017,9999,,,10kV,1,1,normal,0,\n`
    const [result] = resultsOf(await bring(deps, 'customers', file))
    expect(result).toMatchObject({ outcome: 'stored', stored: 3 })
    expect(result?.unmapped).toEqual([
      { field: 'trade_code', code: 'GB/T 4754-2017 9999', rows: 2, example: '1' },
      { field: 'hec_class', code: '99', rows: 1, example: '1' },
      { field: 'elect_type', code: '蒸汽', rows: 1, example: '1' },
      { field: 'org_code', code: 'C1302', rows: 1, example: '2' },
      { field: 'status', code: 'odd', rows: 1, example: '2' },
    ])
    const bills = resultsOf(await bring(deps, 'bills', `${BILLS}P37,1,b1,202602,05,1.00,,2026-03-01,2026-03-20\n`))
    expect(bills[0]?.unmapped).toEqual([{ field: 'kind', code: '05', rows: 1, example: '1' }])
  })
})

describe('several provinces in one file, and who may bring them', () => {
  const both = `${KWH}P37,1,2026-03-01,1\nP13N,1,2026-03-01,2\nP13S,1,2026-03-01,3\nP37,2,2026-03-01,4\nP44,1,2026-03-01,5\n,1,2026-03-01,6\n`

  test('the system brings all of them; what names no company is set aside apart', async () => {
    const outcome = await bring(deps, 'daily-kwh', both)
    expect(outcome).toMatchObject({ kind: 'imported', unattributed: 2 })
    expect(resultsOf(outcome).map(({ province, received }) => [province, received])).toEqual([
      ['P37', 2],
      ['P13N', 1],
      ['P13S', 1],
    ])
    expect(await eventsOf(deps, 'P13N', 'daily-kwh')).toHaveLength(2)
    expect(await rowsOf(client, 'select province, line::int, code from source.quarantine order by line')).toEqual([
      { province: '', line: 6, code: 'UNKNOWN_PROVINCE' },
      { province: '', line: 7, code: 'REQUIRED' },
    ])
  })

  test('a province keeps its own; the others’ lines are set aside', async () => {
    const outcome = await bring(deps, 'daily-kwh', both, { actor: tariffOf('P13N') })
    expect(resultsOf(outcome)).toMatchObject([{ province: 'P13N', outcome: 'stored', stored: 1, quarantined: 5 }])
    expect((await kwhRows()).map(({ province }) => province)).toEqual(['P13N'])
    expect(await eventsOf(deps, 'P37', 'daily-kwh')).toEqual([])
    expect(await rowsOf(client, 'select code, count(*)::int as n from source.quarantine group by code order by code')).toEqual([
      { code: 'FORBIDDEN_SCOPE', n: 3 },
      { code: 'REQUIRED', n: 1 },
      { code: 'UNKNOWN_PROVINCE', n: 1 },
    ])
  })

  test('one province’s change is no new run of another', async () => {
    await bring(deps, 'daily-kwh', both)
    const outcome = await bring(deps, 'daily-kwh', both.replace('P37,2,2026-03-01,4', 'P37,2,2026-03-01,5'))
    expect(resultsOf(outcome).map(({ province, outcome, run }) => [province, outcome, run])).toEqual([
      ['P37', 'stored', 2],
      ['P13N', 'unchanged', 1],
      ['P13S', 'unchanged', 1],
    ])
  })

  test('neither an administrator nor a city nor headquarters’ tariff staff', async () => {
    const as = (role: string, orgCode: string) => ({ ...tariffOf(orgCode), roles: [role] }) as ReturnType<typeof tariffOf>
    expect(await bring(deps, 'daily-kwh', both, { actor: as('ADMIN', 'P37') })).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_ROLE' })
    expect(await bring(deps, 'daily-kwh', both, { actor: as('HQ_TARIFF', 'HQ') })).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_ROLE' })
    expect(await bring(deps, 'daily-kwh', both, { actor: as('PV_TARIFF', 'C3701') })).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_SCOPE' })
    expect(await kwhRows()).toEqual([])
  })
})

describe('files that are none', () => {
  test('a header that is not the source’s', async () => {
    expect(await bring(deps, 'daily-kwh', 'province,cons_no,date,kwh,kwh\n')).toEqual({
      kind: 'bad-header',
      missing: ['day'],
      unknown: ['date'],
      repeated: ['kwh'],
    })
  })
  test('nothing at all', async () => expect(await bring(deps, 'daily-kwh', '')).toMatchObject({ kind: 'unreadable' }))
  test('a header alone brings nothing and changes nothing', async () => {
    expect(await bring(deps, 'daily-kwh', KWH)).toEqual({ kind: 'imported', results: [], unattributed: 0 })
  })
  test('what is no UTF-8, whose names would be lost', async () => {
    const gbk = Buffer.concat([Buffer.from('province,cons_no,date,kwh\nP11,'), Buffer.from('b9c9c8a8', 'hex')])
    expect(await bring(deps, 'daily-kwh', gbk)).toMatchObject({ kind: 'unreadable', reason: expect.stringContaining('UTF-8') })
  })

  test('half a gzip', async () => {
    const packed = gzipSync(KWH + Array.from({ length: 5000 }, (_, n) => `P37,${n},2026-03-01,${n * 7919}`).join('\n'))
    expect(await bring(deps, 'daily-kwh', packed.subarray(0, packed.length - 2000))).toMatchObject({ kind: 'unreadable' })
    expect(await kwhRows()).toEqual([])
  })
  test('an unclosed quote', async () => {
    expect(await bring(deps, 'daily-kwh', `${KWH}P37,"1,2026-03-01,1\n${'x'.repeat(100_000)}`)).toMatchObject({ kind: 'unreadable' })
  })
  test('quotes, Windows line ends and a byte order mark are read', async () => {
    const file = `\ufeff${CUSTOMERS.trim()}\r\nP37,1,"甲\t乙, ""丙""\\N",C3701,GB/T 4754-2017,3110,,,10kV,1,1,normal,0,\r\n`
    await bring(deps, 'customers', file)
    expect(await rowsOf(client, 'select name from source.customer')).toEqual([{ name: '甲\t乙, "丙"\\N' }])
  })
})

describe('what breaks off', () => {
  const big = KWH + Array.from({ length: 12_000 }, (_, n) => `P37,${n},2026-03-01,${n}`).join('\n')

  test('a stream that ends in an error leaves nothing, and the file can be sent again', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      let seen = 0
      for await (const chunk of bytesOf(big)) {
        if (++seen === 5) throw new Error('the connection went away')
        yield chunk
      }
    }
    await expect(bring(deps, 'daily-kwh', broken())).rejects.toThrow('the connection went away')
    expect(await kwhRows()).toEqual([])
    expect(await rowsOf(client, 'select * from source.batch')).toEqual([])
    expect(await eventsOf(deps, 'P37', 'daily-kwh')).toEqual([])
    expect(resultsOf(await bring(deps, 'daily-kwh', big))).toMatchObject([{ outcome: 'stored', run: 1, stored: 12_000 }])
  })

  test('a connection that the server cuts leaves nothing either', async () => {
    async function* cut(): AsyncGenerator<Uint8Array> {
      let seen = 0
      for await (const chunk of bytesOf(big, 16 * 1024)) {
        if (++seen === 6)
          await client.query(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'epm extraction' and datname = current_database()",
          )
        yield chunk
      }
    }
    await expect(bring(deps, 'daily-kwh', cut())).rejects.toThrow()
    expect(await kwhRows()).toEqual([])
    expect(resultsOf(await bring(deps, 'daily-kwh', big))).toMatchObject([{ outcome: 'stored', run: 1, stored: 12_000 }])
  })

  test('a run that died between its rows and its completion is closed as failed and done anew', async () => {
    const dying: ImportDeps = {
      ...deps,
      store: {
        ...deps.store,
        append: (append) => {
          if (append.events.some(({ type }) => type === 'ExtractionCompleted')) throw new Error('killed')
          return deps.store.append(append)
        },
      },
    }
    await expect(bring(dying, 'daily-kwh', big)).rejects.toThrow('killed')
    expect(await eventsOf(deps, 'P37', 'daily-kwh')).toEqual(['ExtractionStarted'])
    expect(resultsOf(await bring(deps, 'daily-kwh', big))).toMatchObject([{ outcome: 'stored', run: 2, stored: 12_000 }])
    expect(await eventsOf(deps, 'P37', 'daily-kwh')).toEqual(['ExtractionStarted', 'ExtractionFailed', 'ExtractionStarted', 'ExtractionCompleted'])
    expect(await kwhRows()).toHaveLength(12_000)
  })

  test('what does not reconcile is not kept', async () => {
    await bring(deps, 'daily-kwh', `${KWH}P37,1,2026-03-01,1\n`)
    await client.query('create rule lose as on insert to source.daily_kwh_p37 where new.kwh = 666 do instead nothing')
    await client.query(`create function lose() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger lose before insert on source.daily_kwh_p37 for each row when (new.kwh = 666) execute function lose()`)
    const [result] = resultsOf(await bring(deps, 'daily-kwh', `${KWH}P37,1,2026-03-01,666\nP37,2,2026-03-01,1\n`))
    await client.query('drop rule lose on source.daily_kwh_p37; drop function lose cascade')
    expect(result).toMatchObject({ outcome: 'failed', code: 'ROWS_NOT_RECONCILED' })
    expect((await kwhRows()).map(({ kwh }) => kwh)).toEqual(['1'])
    expect(await eventsOf(deps, 'P37', 'daily-kwh')).toEqual(['ExtractionStarted', 'ExtractionCompleted', 'ExtractionStarted', 'ExtractionFailed'])
  })

  test('progress is told while it reads and while it stores', async () => {
    const stages: string[] = []
    await bring(deps, 'daily-kwh', big, { onProgress: ({ stage, lines, bytes }) => void stages.push(`${stage} ${lines > 0} ${bytes > 0}`) })
    expect(new Set(stages)).toEqual(new Set(['reading true true', 'storing true true']))
  })
})

test('the record lists what stands, pages through it and through the quarantine', async () => {
  const pool = await createReadPool(database.url)
  try {
    const record = createExtractionRecord(pool)
    await bring(deps, 'daily-kwh', `${KWH}P37,1,2026-03-01,1\nP14,1,2026-03-01,1\n`)
    await bring(deps, 'bills', `${BILLS}P37,1,b1,202602,01,12.34,5,2026-03-01,2026-03-20\n${'P37,1,b1,202602,01,x,5,2026-03-01,2026-03-20\n'.repeat(1500)}`, {
      fileName: 'b.csv',
    })
    const all = await record.list({ provinces: undefined, source: undefined, date: undefined }, { after: undefined, limit: 2 })
    expect(all.map(({ province, source }) => [province, source])).toEqual([
      ['P37', 'daily-kwh'],
      ['P37', 'bills'],
    ])
    expect(await record.list({ provinces: undefined, source: undefined, date: undefined }, { after: all[1], limit: 2 })).toMatchObject([{ province: 'P14' }])
    expect(await record.list({ provinces: ['P14' as ProvinceCode], source: 'bills', date: DATE }, { after: undefined, limit: 2 })).toEqual([])
    expect(await record.find({ province: 'P37' as ProvinceCode, date: DATE, source: 'bills' })).toMatchObject({
      run: 1,
      stored: 1,
      amount: 1234n,
      electricity: 5n,
      quarantined: 1500,
      received: 1501,
      watermark: '2026-03-01',
      fileName: 'b.csv',
      by: 'extraction',
    })
    let lines = 0
    for await (const group of record.quarantine('P37' as ProvinceCode, DATE, 'bills')) lines += group.length
    expect(lines).toBe(1500)
  } finally {
    await pool.end()
  }
})

test('through the real log: who brought it, in which role, and what came to what', async () => {
  const log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  try {
    const real = { ...deps, store: log.store }
    await bring(real, 'bills', `${BILLS}P37,1,b1,202602,01,12.34,5,2026-03-01,2026-03-20\nP37,1,b2,202602,99,x,5,2026-03-01,2026-03-20\n`, {
      actor: tariffOf('P37'),
      fileName: 'b.csv',
    })
    const recorded: Recorded[] = []
    for await (const page of log.store.readStream('Extraction-P37_20260302_bills' as StreamName)) recorded.push(...page)
    const events = recorded.map((one) => readEvent<ExtractionEvent>(extractionEvents, one))
    expect(events.map(({ metadata }) => [metadata.actor, metadata.businessDate])).toEqual(
      Array(2).fill([{ userId: 'tariff.P37', role: 'PV_TARIFF', orgCode: 'P37' }, '2026-11-24']),
    )
    expect(events.map(({ event }) => event)).toMatchObject([
      { type: 'ExtractionStarted', data: { province: 'P37', date: DATE, source: 'bills', run: 1, fileName: 'b.csv' } },
      {
        type: 'ExtractionCompleted',
        data: {
          run: 1,
          received: { rows: 2, amount: 1234n, electricity: 5n },
          stored: { rows: 1, amount: 1234n, electricity: 5n },
          quarantined: 1,
          unmapped: [],
        },
      },
    ])
  } finally {
    await log.close()
  }
})
