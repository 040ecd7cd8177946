import { z } from 'zod'
import type { DailyReportEvent } from '#domain/daily-report/events.ts'

/** One report as the completeness board knows it; the columns of its table. */
export const ReportRow = z.object({
  province: z.string(),
  date: z.string(),
  revision: z.bigint(),
  state: z.enum(['open', 'submitted', 'returned', 'corrected', 'missing', 'waived']),
  late: z.boolean(),
  source_mode: z.string().nullable(),
  list_version: z.int().nullable(),
  opened_at: z.string().nullable(),
  due_at: z.string().nullable(),
  cut_off_at: z.string().nullable(),
  first_submitted_at: z.string().nullable(),
  submitted_at: z.string().nullable(),
  /** Of the first sealing: a report that was in on time and sent back later was in on time. */
  on_time: z.boolean().nullable(),
  version: z.int(),
  nil: z.boolean(),
  row_count: z.int(),
  warned_rows: z.int(),
  /** Expected users with a row in the latest sealed version. */
  reported_users: z.int(),
  corrections: z.int(),
  returns: z.int(),
  /** The correction that waits for headquarters. */
  proposal: z.string().nullable(),
  waive_reason: z.string().nullable(),
  expected: z.array(z.string()),
  present: z.array(z.string()),
  warned: z.array(z.string()),
  excused: z.array(z.string()),
})
export type Report = Readonly<z.output<typeof ReportRow>>

export const unopened = ({ province, date }: { readonly province: string; readonly date: string }): Report => ({
  ...{ province, date, revision: -1n, state: 'open', late: false, source_mode: null, list_version: null, opened_at: null, due_at: null, cut_off_at: null },
  ...{ first_submitted_at: null, submitted_at: null, on_time: null, version: 0, nil: false, row_count: 0, warned_rows: 0, reported_users: 0 },
  ...{ corrections: 0, returns: 0, proposal: null, waive_reason: null, expected: [], present: [], warned: [], excused: [] },
})

/** What an event makes of a report on the board. */
export const evolveReport = (report: Report, { type, data }: DailyReportEvent): Report => {
  switch (type) {
    case 'ReportOpened': {
      const { at, expectedUsers, listVersion, sourceMode, rules } = data
      const times = { opened_at: at, due_at: rules.dueAt, cut_off_at: rules.cutOffAt }
      return { ...report, ...times, state: 'open', expected: [...expectedUsers], list_version: listVersion, source_mode: sourceMode }
    }
    case 'RowsPut': {
      const put = data.rows.map(({ consNo }) => consNo)
      const warned = data.warnings.map(({ consNo }) => consNo)
      return { ...report, present: joined(report.present, put), warned: joined(without(report.warned, put), warned) }
    }
    case 'RowRemoved':
      return { ...report, present: without(report.present, [data.consNo]), warned: without(report.warned, [data.consNo]) }
    case 'ReportLate':
      return { ...report, late: true }
    case 'ReportMissing':
      return { ...report, state: report.state === 'open' ? 'missing' : report.state }
    case 'ReportWaived':
      return { ...report, state: 'waived', waive_reason: data.reason }
    default:
      return evolveSealed(report, { type, data } as Sealing)
  }
}

type Sealing = Extract<DailyReportEvent, { type: 'ReportSubmitted' | 'ReportReturned' | 'CorrectionProposed' | 'CorrectionRejected' | 'ReportCorrected' }>

const evolveSealed = (report: Report, { type, data }: Sealing): Report => {
  switch (type) {
    case 'ReportSubmitted': {
      const first = report.first_submitted_at === null ? { first_submitted_at: data.at, on_time: data.onTime } : {}
      const { version, rowCount: row_count, warnedRows: warned_rows, nil } = data
      const excused = data.excused.map(({ consNo }) => consNo)
      return sealed({ ...report, ...first, state: 'submitted', submitted_at: data.at, version, row_count, warned_rows, nil, excused })
    }
    case 'ReportReturned':
      return { ...report, state: 'returned', returns: report.returns + 1, proposal: null }
    case 'CorrectionProposed':
      return { ...report, proposal: data.correctionId }
    case 'CorrectionRejected':
      return { ...report, proposal: null }
    case 'ReportCorrected': {
      const put = data.rows.map(({ consNo }) => consNo)
      const present = joined(without(report.present, data.removed), put)
      const warned = without(report.warned, [...put, ...data.removed])
      // A free correction leaves one that waits for headquarters waiting.
      const proposal = report.proposal === (data.correctionId ?? null) || data.proposedBy !== undefined ? null : report.proposal
      const { version, rowCount: row_count } = data
      return sealed({
        ...report,
        state: 'corrected',
        version,
        row_count,
        warned_rows: warned.length,
        corrections: report.corrections + 1,
        present,
        warned,
        proposal,
      })
    }
  }
}

const sealed = (report: Report): Report => {
  const present = new Set(report.present)
  return { ...report, reported_users: report.expected.filter((consNo) => present.has(consNo)).length }
}

const joined = (known: readonly string[], more: readonly string[]): string[] => [...new Set([...known, ...more])]
const without = (known: readonly string[], gone: readonly string[]): string[] => {
  const out = new Set(gone)
  return known.filter((consNo) => !out.has(consNo))
}
