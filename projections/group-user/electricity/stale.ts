import type { DatabasePoolConnection, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { run, sql } from '#projections/shared/sql.ts'
import { EVER } from '../directory/tables.sql.ts'

const Batch = z.object({ province: z.string(), extracted_on: z.string(), source: z.string(), run: z.int() })
type Batch = z.output<typeof Batch>

/** Marks the months that extractions since the last look have overtaken. What an extraction touches begins with the first day its rows, or those they replace, speak of. */
export const markStale = async (db: DatabasePoolConnection): Promise<void> => {
  const batches = await db.any(sql.type(Batch)`
    select b.province, b.extracted_on, b.source, b.run from source.batch b
    left join group_figure.batch k using (province, extracted_on, source) where k.run is distinct from b.run order by 1, 2, 3`)
  for (const [province, own] of Map.groupBy(batches, (batch) => batch.province)) {
    const since = await earliest(db, own)
    await db.transaction(async (db) => {
      if (since !== null)
        await db.query(run`
          update group_figure.kept k set stale = true
          where k.on_date >= ${since}::date and not k.stale and exists (
            select from group_figure.sheet s
            where s.group_no = k.group_no and s.month_end = k.on_date and s.province = ${province})`)
      for (const batch of own)
        await db.query(run`
          insert into group_figure.batch (province, extracted_on, source, run) values (${province}, ${batch.extracted_on}::date, ${batch.source}, ${batch.run})
          on conflict (province, extracted_on, source) do update set run = excluded.run`)
    })
  }
}

const Since = z.object({ since: z.string().nullable() })

const earliest = async (db: DatabasePoolConnection, batches: readonly Batch[]): Promise<string | null> => {
  let first: string | null = null
  for (const batch of batches) {
    // of a run that was done again nobody knows what the one before had
    const since = batch.run > 1 ? EVER : (await db.one(sql.type(Since)`${touchedSince(batch)}`)).since
    if (since !== null && (first === null || since < first)) first = since
  }
  return first
}

const LINKED = sql.fragment`exists (select from read_model.group_membership m where m.province = n.province and m.cons_no = n.cons_no)`

const touchedSince = ({ province, extracted_on, source }: Batch): FragmentSqlToken => {
  const ours = sql.fragment`n.province = ${province} and n.extracted_on = ${extracted_on}::date and ${LINKED}`
  switch (source) {
    case 'bills':
      return sql.fragment`select min(o.issued_on) as since from source.bill n join source.bill o using (province, cons_no, bill_id) where ${ours}`
    case 'payments':
      return sql.fragment`select min(o.paid_on) as since from source.payment n join source.payment o using (province, cons_no, payment_id) where ${ours}`
    case 'daily-kwh':
      return sql.fragment`select min(n.day) as since from source.daily_kwh n where ${ours}`
    default:
      // the first thing known of a customer is taken for what he was before
      return sql.fragment`select min(case when o.cons_no is null then ${EVER}::date else n.extracted_on end) as since
        from source.customer n left join lateral (
          select o.cons_no from source.customer o where o.province = n.province and o.cons_no = n.cons_no and o.extracted_on < n.extracted_on limit 1) o on true
        where ${ours}`
  }
}
