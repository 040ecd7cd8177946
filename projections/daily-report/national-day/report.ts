import { z } from 'zod'
import type { DailyReportEvent } from '#domain/daily-report/events.ts'
import type { Row, Totals } from '#domain/daily-report/fields.ts'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'

/** A user's row as last put, or null when it was removed. */
type Draft = { readonly row: Row | null; readonly warned: boolean }
type Drafts = Map<ConsNo, Draft>

/** A province's report of a date, as its row in `report` keeps it. */
export const Report = z.object({
  province: ProvinceCode,
  stat_date: BusinessDate,
  revision: z.bigint(),
  status: z.enum(['EXPECTED', 'OPEN', 'SUBMITTED', 'RETURNED', 'CORRECTED', 'WAIVED']),
  due_at: Instant.nullable(),
  cut_off_at: Instant.nullable(),
  closes_at: Instant.nullable(),
  expected: z.array(ConsNo),
  expected_count: z.int(),
  excused_count: z.int(),
  latest_version: z.int().nullable(),
  published_version: z.int().nullable(),
  first_sealed_at: Instant.nullable(),
  last_sealed_at: Instant.nullable(),
  on_time: z.boolean().nullable(),
  late: z.boolean(),
  missing: z.boolean(),
  waived: z.boolean(),
  returns: z.int(),
  corrections: z.int(),
})
export type Report = z.output<typeof Report>

export const unknownReport = (province: ProvinceCode, date: BusinessDate): Report => ({
  province,
  stat_date: date,
  revision: -1n,
  status: 'EXPECTED',
  due_at: null,
  cut_off_at: null,
  closes_at: null,
  expected: [],
  expected_count: 0,
  excused_count: 0,
  latest_version: null,
  published_version: null,
  first_sealed_at: null,
  last_sealed_at: null,
  on_time: null,
  late: false,
  missing: false,
  waived: false,
  returns: 0,
  corrections: 0,
})

/** A version came to stand: the rows that were put, changed or removed since the version before. */
export type Seal = {
  readonly report: Report
  readonly version: number
  readonly kind: 'submitted' | 'corrected'
  readonly at: Instant
  readonly rowCount: number
  readonly totals: Totals
  readonly reason: string | undefined
  readonly rows: Drafts
}

/** A report on its way through a batch: what it was, the rows not yet sealed, and what was sealed. */
export type Open = { report: Report; drafts: Drafts; readonly seals: Seal[]; seen: boolean }

/** Takes one event in. The first version of a report is compared with nothing; later ones with the version before. */
export const takeIn = (open: Open, { type, data }: DailyReportEvent): void => {
  const { report } = open
  switch (type) {
    case 'ReportOpened':
      open.report = {
        ...report,
        status: 'OPEN',
        due_at: data.rules.dueAt,
        cut_off_at: data.rules.cutOffAt,
        closes_at: data.rules.closesAt,
        expected: data.expectedUsers,
        expected_count: data.expectedUsers.length,
      }
      return
    case 'RowsPut': {
      const warned = new Set(data.warnings.map(({ consNo }) => consNo))
      for (const row of data.rows) open.drafts.set(row.consNo, { row, warned: warned.has(row.consNo) })
      return
    }
    case 'RowRemoved':
      open.drafts.set(data.consNo, { row: null, warned: false })
      return
    case 'ReportSubmitted':
      seal(open, { version: data.version, kind: 'submitted', at: data.at, rowCount: data.rowCount, totals: data.totals, reason: undefined, rows: open.drafts })
      open.drafts = new Map()
      open.report = { ...open.report, status: 'SUBMITTED', excused_count: data.excused.length, on_time: report.on_time ?? data.onTime }
      return
    case 'ReportCorrected': {
      const rows: Drafts = new Map()
      for (const consNo of data.removed) rows.set(consNo, { row: null, warned: false })
      for (const row of data.rows) rows.set(row.consNo, { row, warned: row.comment !== undefined })
      seal(open, { version: data.version, kind: 'corrected', at: data.at, rowCount: data.rowCount, totals: data.totals, reason: data.reason, rows })
      open.report = { ...open.report, status: 'CORRECTED', corrections: report.corrections + 1 }
      return
    }
    case 'ReportReturned':
      open.report = { ...report, status: 'RETURNED', returns: report.returns + 1 }
      return
    case 'ReportLate':
      open.report = { ...report, late: true }
      return
    case 'ReportMissing':
      open.report = { ...report, missing: true }
      return
    case 'ReportWaived':
      open.report = { ...report, status: 'WAIVED', waived: true }
      return
    default:
      return
  }
}

/**
 * Published is what stood at the hard cut-off, or, when nothing did, the first version sealed afterwards. Without a known
 * cut-off the first version is the published one.
 */
const seal = (open: Open, { version, at, ...rest }: Omit<Seal, 'report'>): void => {
  const { report } = open
  const inTime = report.cut_off_at !== null && at <= report.cut_off_at
  open.report = {
    ...report,
    latest_version: version,
    published_version: inTime ? version : (report.published_version ?? version),
    first_sealed_at: report.first_sealed_at ?? at,
    last_sealed_at: at,
  }
  open.seals.push({ report, version, at, ...rest })
}
