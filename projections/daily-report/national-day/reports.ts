import { z } from 'zod'
import { Row } from '#domain/daily-report/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import type { Given, Touch } from './given.ts'
import { type Open, Report, type Seal, takeIn, unknownReport } from './report.ts'
import { writeSeals } from './seal.ts'

const KEY = 'province text, stat_date date'
const COLUMNS = `${KEY}, revision bigint, status text, due_at timestamptz, cut_off_at timestamptz, closes_at timestamptz, expected text[],
  expected_count integer, excused_count integer, latest_version integer, published_version integer, first_sealed_at timestamptz,
  last_sealed_at timestamptz, on_time boolean, late boolean, missing boolean, waived boolean, returns integer, corrections integer`

/** Brings reports, their versions and the users' days up to date, and answers the days that may read differently now. */
export const applyReportEvents = async (events: Given['DailyReport'], db: ProjectionDb): Promise<readonly Touch[]> => {
  if (events.length === 0) return []
  const opens = await load(events, db)
  for (const event of events) {
    const open = opens.get(event.stream)
    if (!open || event.revision <= open.report.revision) continue
    takeIn(open, event)
    open.report = { ...open.report, revision: event.revision }
    open.seen = true
  }
  const seen = [...opens.values()].filter((open) => open.seen)
  if (seen.length === 0) return []
  await saveReports(seen, db)
  await saveDrafts(seen, db)
  await saveVersions(
    seen.flatMap(({ seals }) => seals),
    db,
  )
  // A report sealed twice within the batch is written in two rounds, each compared with the one before.
  for (let round = 0; ; round++) {
    const seals = seen.flatMap((open) => open.seals.slice(round, round + 1))
    if (seals.length === 0) break
    await writeSeals(seals, db)
  }
  return seen.map(({ report, seals }) => ({ province: report.province, from: report.stat_date, to: report.stat_date, sealed: seals.length > 0 }))
}

const load = async (events: Given['DailyReport'], db: ProjectionDb): Promise<Map<string, Open>> => {
  const opens = new Map<string, Open>()
  const named = new Map<string, Open>()
  for (const { stream, data } of events) {
    if (opens.has(stream)) continue
    const open: Open = { report: unknownReport(data.province, data.date), drafts: new Map(), seals: [], seen: false }
    opens.set(stream, open)
    named.set(`${data.province} ${data.date}`, open)
  }
  const keys = [...opens.values()].map(({ report }) => ({ province: report.province, stat_date: report.stat_date }))
  for (const report of await db.any(sql.type(Report)`select p.* from report p join ${rowset(keys, KEY)} using (province, stat_date)`)) {
    const open = named.get(`${report.province} ${report.stat_date}`)
    if (open) open.report = report
  }
  const submitted = events.flatMap(({ type, data }) => (type === 'ReportSubmitted' ? [{ province: data.province, stat_date: data.date }] : []))
  for (const { province, stat_date, cons_no, row, warned } of submitted.length === 0 ? [] : await drafts(submitted, db))
    named.get(`${province} ${stat_date}`)?.drafts.set(cons_no, { row, warned })
  return opens
}

const Stored = z.object({ province: ProvinceCode, stat_date: BusinessDate, cons_no: ConsNo, row: Row.nullable(), warned: z.boolean() })

const drafts = async (keys: readonly object[], db: ProjectionDb): Promise<readonly z.output<typeof Stored>[]> =>
  db.any(sql.type(Stored)`select d.* from draft d join ${rowset(keys, KEY)} using (province, stat_date)`)

const saveReports = async (seen: readonly Open[], db: ProjectionDb): Promise<void> => {
  const rows = seen.map(({ report }) => report)
  await db.query(run`delete from report p using ${rowset(rows, KEY)} where p.province = r.province and p.stat_date = r.stat_date`)
  await db.query(run`insert into report select * from ${rowset(rows, COLUMNS)}`)
  const provinces = [...new Set(rows.map(({ province }) => province))]
  await db.query(run`insert into reporter select * from unnest(${sql.array(provinces, 'text')}) on conflict do nothing`)
}

/** Rows wait here until their report is sealed. */
const saveDrafts = async (seen: readonly Open[], db: ProjectionDb): Promise<void> => {
  const sealed = seen.filter(({ seals }) => seals.some(({ kind }) => kind === 'submitted')).map(({ report }) => report)
  if (sealed.length > 0) await db.query(run`delete from draft d using ${rowset(sealed, KEY)} where d.province = r.province and d.stat_date = r.stat_date`)
  const rows = seen.flatMap(({ report, drafts }) =>
    [...drafts].map(([cons_no, { row, warned }]) => ({ province: report.province, stat_date: report.stat_date, cons_no, row, warned })),
  )
  if (rows.length === 0) return
  await db.query(run`
    insert into draft select province, stat_date, cons_no, row, warned
    from ${rowset(rows, `${KEY}, cons_no text, row json, warned boolean`)}
    on conflict (province, stat_date, cons_no) do update set row = excluded.row, warned = excluded.warned`)
}

const VERSION = `${KEY}, version integer, kind text, sealed_at timestamptz, row_count integer, users integer, electricity bigint, receivable bigint,
  received bigint, arrears bigint, penalty_receivable bigint, penalty_received bigint, reason text`

const saveVersions = async (seals: readonly Seal[], db: ProjectionDb): Promise<void> => {
  if (seals.length === 0) return
  const rows = seals.map(({ report, version, kind, at, rowCount, totals, reason }) => ({
    province: report.province,
    stat_date: report.stat_date,
    version,
    kind,
    sealed_at: at,
    row_count: rowCount,
    users: totals.users,
    electricity: totals.electricity,
    receivable: totals.receivable,
    received: totals.received,
    arrears: totals.arrears,
    penalty_receivable: totals.penaltyReceivable,
    penalty_received: totals.penaltyReceived,
    reason,
  }))
  await db.query(run`insert into report_version select * from ${rowset(rows, VERSION)} on conflict do nothing`)
}
