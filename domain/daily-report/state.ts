import { canonicalJson } from '#domain/shared/canonical-json.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, UserId, Uuid } from '#domain/shared/identity.ts'
import type { DailyReportEvent } from './events.ts'
import type { Issue, ReportRules, Row, Totals } from './fields.ts'

export type Rows = ReadonlyMap<ConsNo, Row>

type Opened = {
  readonly province: ProvinceCode
  readonly date: BusinessDate
  readonly expectedUsers: readonly ConsNo[]
  readonly listVersion: number
  readonly sourceMode: string
  readonly rules: ReportRules
  readonly late: boolean
  readonly rows: Rows
  /** Of each user the warnings of the row that stands. */
  readonly warnings: ReadonlyMap<ConsNo, readonly Issue[]>
}

type Sealed = { readonly version: number; readonly totals: Totals; readonly hash: string }

/** A correction that waits for headquarters, with the rows it was made against. */
type Proposal = {
  readonly correctionId: Uuid
  readonly proposedBy: UserId
  readonly rows: readonly Row[]
  readonly removed: readonly ConsNo[]
  readonly reason: string
  readonly base: ReadonlyMap<ConsNo, Row | undefined>
}
type Corrections = { readonly proposal?: Proposal; readonly decided: ReadonlyMap<Uuid, 'made' | 'rejected'> }

/** 填报中, and 缺报: past the cut-off, and still to be filled. */
export type Filling = Opened & { readonly status: 'open' | 'missing' }
/** 已退回: sent back after it was sealed; rows may be put again. */
export type Returned = Opened & Sealed & Corrections & { readonly status: 'returned' }
/** 已上报 or 已更正: the figures of `version` are the province's. */
export type Standing = Opened & Sealed & Corrections & { readonly status: 'submitted' | 'corrected' }

/** The day's report of one province, with the rows that stand in it. */
export type DailyReport = { readonly status: 'absent' } | { readonly status: 'waived' } | Filling | Returned | Standing

export const initial: DailyReport = { status: 'absent' }

/** Rows may be put: opened and not sealed, missed, or sent back. */
export const isFillable = (report: DailyReport): report is Filling | Returned =>
  report.status === 'open' || report.status === 'missing' || report.status === 'returned'
/** Sealed and not sent back: its figures count. */
export const isStanding = (report: DailyReport): report is Standing => report.status === 'submitted' || report.status === 'corrected'
const isOpened = (report: DailyReport): report is Filling | Returned | Standing => isFillable(report) || isStanding(report)

/** A report as its events tell of it. */
export const evolve = (report: DailyReport, { type, data }: DailyReportEvent): DailyReport => {
  if (type === 'ReportOpened') {
    const { at: _at, by: _by, ...opened } = data
    return { ...opened, status: 'open', late: false, rows: new Map(), warnings: new Map() }
  }
  if (type === 'ReportWaived') return { status: 'waived' }
  if (!isOpened(report)) return report
  switch (type) {
    case 'RowsPut':
      return { ...report, rows: withRows(report.rows, data.rows, []), warnings: withWarnings(report.warnings, data.rows, data.warnings) }
    case 'RowRemoved':
      return { ...report, rows: withRows(report.rows, [], [data.consNo]), warnings: without(report.warnings, data.consNo) }
    case 'ReportSubmitted': {
      const { version, totals, hash } = data
      return { ...report, status: 'submitted', version, totals, hash, decided: isFirst(report) ? new Map() : report.decided }
    }
    case 'ReportLate':
      return { ...report, late: true }
    case 'ReportMissing':
      return report.status === 'open' ? { ...report, status: 'missing' } : report
    default:
      return isFillable(report) ? report : evolveStanding(report, { type, data } as StandingEvent)
  }
}

const isFirst = (report: Filling | Returned | Standing): report is Filling => report.status === 'open' || report.status === 'missing'

type StandingEvent = Extract<DailyReportEvent, { type: 'ReportReturned' | 'CorrectionProposed' | 'CorrectionRejected' | 'ReportCorrected' }>

const evolveStanding = ({ proposal, ...report }: Standing, { type, data }: StandingEvent): DailyReport => {
  switch (type) {
    case 'ReportReturned':
      // What was proposed against a version that went back is void.
      return { ...report, status: 'returned' }
    case 'CorrectionProposed': {
      const { correctionId, by: proposedBy, rows, removed, reason } = data
      const base = new Map(touched(data).map((consNo) => [consNo, report.rows.get(consNo)]))
      return { ...report, proposal: { correctionId, proposedBy, rows, removed, reason, base } }
    }
    case 'CorrectionRejected':
      return { ...report, decided: new Map([...report.decided, [data.correctionId, 'rejected']]) }
    case 'ReportCorrected': {
      const { version, totals, hash, correctionId } = data
      const decided = correctionId === undefined ? report.decided : new Map([...report.decided, [correctionId, 'made'] as const])
      const rows = withRows(report.rows, data.rows, data.removed)
      const waits = proposal !== undefined && proposal.correctionId !== correctionId
      const warnings = touched(data).reduce(without, report.warnings)
      return { ...report, ...(waits && { proposal }), status: 'corrected', version, totals, hash, decided, rows, warnings }
    }
  }
}

/** The users whom a correction concerns. */
export const touched = (correction: { readonly rows: readonly Row[]; readonly removed: readonly ConsNo[] }): readonly ConsNo[] => [
  ...correction.rows.map(({ consNo }) => consNo),
  ...correction.removed,
]

/** The rows with some replaced and some taken out. */
export const withRows = (rows: Rows, put: readonly Row[], removed: readonly ConsNo[]): Rows => {
  const next = new Map(rows)
  for (const row of put) next.set(row.consNo, row)
  for (const consNo of removed) next.delete(consNo)
  return next
}

const withWarnings = (
  warnings: ReadonlyMap<ConsNo, readonly Issue[]>,
  rows: readonly Row[],
  found: readonly Issue[],
): ReadonlyMap<ConsNo, readonly Issue[]> => {
  const next = new Map(warnings)
  for (const { consNo } of rows) next.delete(consNo)
  for (const issue of found) next.set(issue.consNo, [...(next.get(issue.consNo) ?? []), issue])
  return next
}

const without = <V>(map: ReadonlyMap<ConsNo, V>, consNo: ConsNo): ReadonlyMap<ConsNo, V> => {
  const next = new Map(map)
  next.delete(consNo)
  return next
}

/** Whether two rows say the same. */
export const sameRow = (a: Row | undefined, b: Row | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b))
