import { type DailyReportEvent, dailyReportEvents } from '#domain/daily-report/events.ts'
import { type Projected, type ProjectionDb, projection } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { evolveReport, type Report, ReportRow, unopened } from './completeness.report.ts'

/**
 * Where each province's report of each day stands (报送情况): what was expected, what is in, when it was sealed, what was
 * corrected, and who is missing.
 */
export const completeness = projection({
  name: 'daily-report-completeness',
  version: 1,
  sources: { DailyReport: dailyReportEvents },
  onPoison: 'park-stream', // the other provinces' reports are still told
  restMs: 100,
  publishes: ['daily_report'],

  create: `
    create table daily_report (
      province text not null, date date not null, revision bigint not null, state text not null, late boolean not null,
      source_mode text, list_version int, opened_at timestamptz, due_at timestamptz, cut_off_at timestamptz,
      first_submitted_at timestamptz, submitted_at timestamptz, on_time boolean, version int not null, nil boolean not null,
      row_count int not null, warned_rows int not null, reported_users int not null,
      corrections int not null, returns int not null, proposal text, waive_reason text,
      expected text[] not null, present text[] not null, warned text[] not null, excused text[] not null,
      primary key (date, province)
    );`,

  apply: async (events, db) => {
    const reports = await load(db, events)
    const changed = new Map<string, Report>()
    for (const event of events) {
      const key = keyOf(event.data)
      const report = changed.get(key) ?? reports.get(key) ?? unopened(event.data)
      if (event.revision > report.revision) changed.set(key, { ...evolveReport(report, event), revision: event.revision })
    }
    if (changed.size > 0) await save(db, [...changed.values()])
  },
})

const keyOf = ({ province, date }: { readonly province: string; readonly date: string }): string => `${province} ${date}`

const load = async (db: ProjectionDb, events: readonly Projected<DailyReportEvent>[]): Promise<ReadonlyMap<string, Report>> => {
  const keys = new Map(events.map(({ data: { province, date } }) => [keyOf({ province, date }), { province, date }]))
  const rows = await db.any(sql.type(ReportRow)`
    select d.* from daily_report d join ${rowset([...keys.values()], 'province text, date date')} on d.province = r.province and d.date = r.date`)
  return new Map(rows.map((report) => [keyOf(report), report]))
}

const COLUMNS = `province text, date date, revision int8, state text, late boolean, source_mode text, list_version int, opened_at timestamptz, due_at timestamptz,
  cut_off_at timestamptz, first_submitted_at timestamptz, submitted_at timestamptz, on_time boolean, version int, nil boolean, row_count int, warned_rows int,
  reported_users int, corrections int, returns int, proposal text, waive_reason text, expected text[], present text[], warned text[], excused text[]`

const save = async (db: ProjectionDb, reports: readonly Report[]): Promise<void> => {
  await db.query(run`
    merge into daily_report d using ${rowset(reports, COLUMNS)} on d.date = r.date and d.province = r.province
    when matched then update set
      revision = r.revision, state = r.state, late = r.late, source_mode = r.source_mode, list_version = r.list_version, opened_at = r.opened_at,
      due_at = r.due_at, cut_off_at = r.cut_off_at, first_submitted_at = r.first_submitted_at, submitted_at = r.submitted_at, on_time = r.on_time,
      version = r.version, nil = r.nil, row_count = r.row_count, warned_rows = r.warned_rows, reported_users = r.reported_users, corrections = r.corrections,
      returns = r.returns, proposal = r.proposal, waive_reason = r.waive_reason, expected = r.expected, present = r.present, warned = r.warned, excused = r.excused
    when not matched then insert (
      province, date, revision, state, late, source_mode, list_version, opened_at, due_at, cut_off_at, first_submitted_at, submitted_at, on_time, version, nil,
      row_count, warned_rows, reported_users, corrections, returns, proposal, waive_reason, expected, present, warned, excused
    ) values (
      r.province, r.date, r.revision, r.state, r.late, r.source_mode, r.list_version, r.opened_at, r.due_at, r.cut_off_at, r.first_submitted_at, r.submitted_at,
      r.on_time, r.version, r.nil, r.row_count, r.warned_rows, r.reported_users, r.corrections, r.returns, r.proposal, r.waive_reason, r.expected, r.present,
      r.warned, r.excused
    )`)
}
