import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import pg from 'pg'
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams'
import { type Batch, type Incoming, type Intake, type Key, NotReconciled, type SourceStore, type Stored } from '#application/ports/source.ts'
import type { Source } from '#domain/extraction/fields.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import { fen, kwh } from '#domain/shared/quantities.ts'
import { copyText, type SourceTable, sourceTables } from './source-tables.ts'
import { inTransaction } from './transaction.ts'

/** From so many rows on the planner is told at once; below, autovacuum is soon enough. */
const ANALYZE_FROM = 10_000

/**
 * Where extraction puts its rows. Each file has a connection of its own and a temporary table that COPY fills: when the
 * connection goes, so does everything that was not stored.
 */
export const createSourceStore = (url: string): SourceStore => ({ open: (source) => openIntake(url, source) })

const openIntake = async (url: string, source: Source): Promise<Intake> => {
  const table = sourceTables[source]
  const client = new pg.Client({ connectionString: url, application_name: 'epm extraction', connectionTimeoutMillis: 10_000, keepAlive: true })
  client.on('error', () => undefined) // told by the next answer; without a listener it would end the process
  await client.connect()
  await client.query(
    `create temporary table incoming (line bigint, province text, problems text, raw text, ${table.columns.map(([name, , type]) => `${name} ${type}`).join(', ')})`,
  )
  const copy: CopyStreamQuery = client.query(
    copyFrom(`copy incoming (line, province, problems, raw, ${table.columns.map(([name]) => name).join(', ')}) from stdin`),
  )
  let broken: Error | undefined
  let stored = 0
  copy.on('error', (error: Error) => (broken ??= error))

  return {
    put: async (rows) => {
      if (broken) throw broken
      if (rows.length > 0 && !copy.write(rows.map((row) => lineOf(table, row)).join(''))) await once(copy, 'drain') // or throws what broke the copy
    },
    finish: async () => {
      copy.end()
      await finished(copy)
      await client.query('create index on incoming (province)')
      await client.query('analyze incoming')
    },
    alone: async (key, work) => {
      const name = [`extraction/${key.province}/${key.date}/${key.source}`]
      await client.query('select pg_advisory_lock(hashtextextended($1, 0))', name)
      try {
        return await work()
      } finally {
        await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', name)
      }
    },
    current: async ({ province, date, source }) => {
      const { rows } = await client.query<{ run: number; sha256: string }>(
        'select run, sha256 from source.batch where province = $1 and extracted_on = $2 and source = $3',
        [province, date, source],
      )
      return rows[0]
    },
    store: async (batch, agree) => {
      const sums = await inTransaction(client, () => replace(client, table, batch, agree))
      stored += sums.rows
      return sums
    },
    setAsideUnattributed: (date) => inTransaction(client, () => setAside(client, { province: '', date, source })),
    close: async () => {
      if (stored >= ANALYZE_FROM) await client.query(`analyze ${table.table}`)
      copy.destroy()
      await client.end()
    },
  }
}

const lineOf = ({ columns }: SourceTable, incoming: Incoming): string => {
  const head = `${incoming.line}\t${incoming.province ?? ''}`
  if ('problems' in incoming) return `${head}\t${copyText(JSON.stringify(incoming.problems))}\t${copyText(incoming.raw)}${'\t\\N'.repeat(columns.length)}\n`
  const row = incoming.row as Readonly<Record<string, string | bigint | boolean | undefined>>
  let line = `${head}\t\\N\t\\N`
  for (const [, field] of columns) line += `\t${copyText(row[field])}`
  return `${line}\n`
}

const replace = async (client: pg.Client, table: SourceTable, batch: Batch, agree: (stored: Stored) => boolean): Promise<Stored> => {
  const { province, date, source } = batch
  const duplicates = await setDuplicatesAside(client, table, province)
  await client.query(
    `delete from ${table.table} where province = $1 and extracted_on = $2
      and exists (select from source.batch where province = $1 and extracted_on = $2 and source = $3)`,
    [province, date, source],
  )
  const names = table.columns.map(([name]) => name)
  const { rows } = await client.query<{ rows: string; amount: string | null; electricity: string | null; watermark: string | null }>(
    `with kept as (
       insert into ${table.table} (province, extracted_on, ${names.join(', ')})
       select province, $2, ${names.join(', ')} from incoming where province = $1 and problems is null order by ${table.key.join(', ')}
       returning ${table.amount ?? 'null::bigint'} as amount, ${table.electricity ?? 'null::bigint'} as electricity, ${table.happened ?? 'null::date'} as happened)
     select count(*) as rows, sum(amount)::text as amount, sum(electricity)::text as electricity, max(happened)::text as watermark from kept`,
    [province, date],
  )
  const kept = rows[0]!
  const stored: Stored = {
    rows: Number(kept.rows),
    amount: table.amount === undefined ? undefined : fen(BigInt(kept.amount ?? 0)),
    electricity: table.electricity === undefined ? undefined : kwh(BigInt(kept.electricity ?? 0)),
    quarantined: await setAside(client, batch),
    duplicates,
  }
  if (!agree(stored))
    throw new NotReconciled(`stored ${stored.rows} rows${stored.amount === undefined ? '' : ` and ${stored.amount} fen`}, which is not what came in`)
  await remember(client, batch, stored, kept.watermark)
  return stored
}

/** The first line of a key stands; the others are shown as we understood them. */
const setDuplicatesAside = async (client: pg.Client, table: SourceTable, province: string): Promise<Stored['duplicates']> => {
  const problem = JSON.stringify([{ field: table.key.at(-1), code: 'DUPLICATE_KEY', reason: `the same ${table.key.join(', ')} stands in an earlier line` }])
  const { rows } = await client.query<{ rows: string; amount: string; electricity: string }>(
    `with copies as (
       select line, row_number() over (partition by ${table.key.join(', ')} order by line) as nth from incoming where province = $1 and problems is null),
     moved as (
       update incoming i set problems = $2, raw = concat_ws(',', i.province, ${table.columns.map(([name]) => `coalesce(i.${name}::text, '')`).join(', ')})
       from copies c where c.line = i.line and c.nth > 1
       returning ${table.amount ? `i.${table.amount}` : 'null::bigint'} as amount, ${table.electricity ? `i.${table.electricity}` : 'null::bigint'} as electricity)
     select count(*) as rows, coalesce(sum(amount), 0)::text as amount, coalesce(sum(electricity), 0)::text as electricity from moved`,
    [province, problem],
  )
  const { rows: count = '0', amount = '0', electricity = '0' } = rows[0] ?? {}
  return { rows: Number(count), amount: fen(BigInt(amount)), electricity: kwh(BigInt(electricity)) }
}

/** Replaces the quarantine of this key by this file's; answers how many lines it holds. */
const setAside = async (
  client: pg.Client,
  { province, date, source }: Omit<Key, 'province'> & { readonly province: string; readonly date: BusinessDate },
): Promise<number> => {
  await client.query('delete from source.quarantine where province = $1 and extracted_on = $2 and source = $3', [province, date, source])
  const { rows } = await client.query<{ lines: string }>(
    `with put as (
       insert into source.quarantine (province, extracted_on, source, line, field, code, reason, raw)
       select i.province, $2, $3, i.line, p ->> 'field', p ->> 'code', p ->> 'reason', i.raw
       from incoming i, jsonb_array_elements(i.problems::jsonb) p where i.province = $1 and i.problems is not null
       returning line)
     select count(distinct line) as lines from put`,
    [province, date, source],
  )
  return Number(rows[0]?.lines ?? 0)
}

const remember = async (client: pg.Client, batch: Batch, stored: Stored, watermark: string | null): Promise<void> => {
  await client.query(
    `insert into source.batch as b (province, extracted_on, source, run, sha256, file_name, received_rows, stored_rows, stored_amount_fen, stored_kwh,
       quarantined_rows, unmapped, watermark, stored_by, stored_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     on conflict (province, extracted_on, source) do update set run = excluded.run, sha256 = excluded.sha256, file_name = excluded.file_name,
       received_rows = excluded.received_rows, stored_rows = excluded.stored_rows, stored_amount_fen = excluded.stored_amount_fen,
       stored_kwh = excluded.stored_kwh, quarantined_rows = excluded.quarantined_rows, unmapped = excluded.unmapped,
       watermark = excluded.watermark, stored_by = excluded.stored_by, stored_at = excluded.stored_at`,
    [
      batch.province,
      batch.date,
      batch.source,
      batch.run,
      batch.sha256,
      batch.fileName ?? null,
      batch.received,
      stored.rows,
      stored.amount ?? null,
      stored.electricity ?? null,
      stored.quarantined,
      JSON.stringify(batch.unmapped),
      watermark,
      batch.by,
      batch.at,
    ],
  )
}
