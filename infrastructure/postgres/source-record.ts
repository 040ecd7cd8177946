import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { BatchView, ExtractionRecord, Key, QuarantinedLine } from '#application/ports/source.ts'
import { Source } from '#domain/extraction/fields.ts'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { fen, kwh } from '#domain/shared/quantities.ts'
import { sql, where } from '#projections/shared/sql.ts'

const Unmapped = z.object({ field: z.string(), code: z.string(), rows: z.number(), example: ConsNo.optional() })
const BatchRow = z.object({
  province: ProvinceCode,
  date: BusinessDate,
  source: Source,
  run: z.number(),
  sha256: z.string(),
  file_name: z.string().nullable(),
  received: z.bigint(),
  stored: z.bigint(),
  amount: z.bigint().nullable(),
  electricity: z.bigint().nullable(),
  quarantined: z.bigint(),
  unmapped: z.array(Unmapped),
  watermark: BusinessDate.nullable(),
  stored_by: UserId,
  stored_at: Instant,
})
const LineRow = z.object({ line: z.bigint(), field: z.string(), code: z.string(), reason: z.string(), raw: z.string() })

const COLUMNS = sql.fragment`province, extracted_on as date, source, run, sha256, file_name, received_rows as received, stored_rows as stored,
  stored_amount_fen as amount, stored_kwh as electricity, quarantined_rows as quarantined, unmapped, watermark, stored_by, stored_at`
const PAGE = 1000

/** Reads what extraction has brought, and what it set aside. */
export const createExtractionRecord = (pool: DatabasePool): ExtractionRecord => ({
  list: async ({ provinces, source, date }, { after, limit }) => {
    const rows = await pool.any(sql.type(BatchRow)`
      select ${COLUMNS} from source.batch
      ${where([
        provinces && sql.fragment`province = any(${sql.array([...provinces], 'text')})`,
        source && sql.fragment`source = ${source}`,
        date && sql.fragment`extracted_on = ${date}::text::date`,
        after && sql.fragment`(extracted_on, province, source) < (${after.date}::text::date, ${after.province}, ${after.source})`,
      ])}
      order by extracted_on desc, province desc, source desc limit ${limit}`)
    return rows.map(viewOf)
  },
  find: async ({ province, date, source }) => {
    const row = await pool.maybeOne(
      sql.type(BatchRow)`select ${COLUMNS} from source.batch where province = ${province} and extracted_on = ${date}::text::date and source = ${source}`,
    )
    return row ? viewOf(row) : undefined
  },
  lastDays: async () => {
    const rows = await pool.any(sql.type(z.object({ province: ProvinceCode, day: BusinessDate }))`
      select province, min(last) as day
      from (select province, source, max(extracted_on) as last from source.batch where source in ('bills', 'payments', 'daily-kwh') group by 1, 2) s
      group by province having count(*) filter (where source <> 'daily-kwh') = 2`)
    return new Map(rows.map(({ province, day }) => [province, day]))
  },
  quarantine: (province, date, source) => quarantinePages(pool, province ?? '', date, source),
})

async function* quarantinePages(pool: DatabasePool, province: string, date: Key['date'], source: Source): AsyncGenerator<readonly QuarantinedLine[]> {
  let last: { readonly line: bigint; readonly field: string } = { line: 0n, field: '' }
  for (;;) {
    const rows = await pool.any(sql.type(LineRow)`
      select line, field, code, reason, raw from source.quarantine
      where province = ${province} and extracted_on = ${date}::text::date and source = ${source} and (line, field) > (${last.line}, ${last.field})
      order by line, field limit ${PAGE}`)
    const end = rows.at(-1)
    if (!end) return
    last = end
    // Codes are written by the importer's own list.
    yield rows.map(({ line, ...problem }) => ({ ...problem, line: Number(line) }) as QuarantinedLine)
  }
}

const viewOf = (row: z.output<typeof BatchRow>): BatchView => ({
  province: row.province,
  date: row.date,
  source: row.source,
  run: row.run,
  sha256: row.sha256,
  fileName: row.file_name ?? undefined,
  received: Number(row.received),
  stored: Number(row.stored),
  amount: row.amount === null ? undefined : fen(row.amount),
  electricity: row.electricity === null ? undefined : kwh(row.electricity),
  quarantined: Number(row.quarantined),
  unmapped: row.unmapped,
  watermark: row.watermark ?? undefined,
  by: row.stored_by,
  at: row.stored_at,
})
