import { accept, type Decision, reject } from '#domain/shared/decider.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import type { KnowsTrade } from '#domain/shared/trade.ts'
import type { DailyReportCommand } from './commands.ts'
import { diffOf } from './diff.ts'
import type { DailyReportEvent } from './events.ts'
import type { Issue } from './fields.ts'
import type { DailyReportRejection } from './rejections.ts'
import { checkRows } from './rows.ts'
import { type Digest, hashOf } from './sealing.ts'
import { type Rows, type Standing, sameRow, touched, withRows } from './state.ts'
import { arrearsOf, totalsOf } from './totals.ts'

type Data<T extends DailyReportCommand['type']> = Extract<DailyReportCommand, { type: T }>['data']
type Answer = Decision<DailyReportEvent, DailyReportRejection>
type Correction = Pick<Data<'CorrectReport'>, 'at' | 'by' | 'rows' | 'removed' | 'correctionId'> & { readonly reason: string }

const HEADQUARTERS: readonly string[] = ['HQ_LEAD', 'HQ_TARIFF']

/**
 * 更正. A small correction within the free period stands at once; a large or late one waits for headquarters, and only one
 * waits at a time, so that who approves sees it against what is in force. Small ones may still pass it by.
 */
export const correct = (data: Data<'CorrectReport'>, report: Standing, digest: Digest, knowsTrade: KnowsTrade): Answer => {
  const { reason } = data
  if (report.proposal?.correctionId === data.correctionId) return accept() // said again: it waits already
  if (report.decided.has(data.correctionId)) return reject({ code: 'DUPLICATE_CORRECTION', correctionId: data.correctionId })
  if (data.at >= report.rules.closesAt && !HEADQUARTERS.includes(data.role)) return reject({ code: 'PERIOD_CLOSED', since: report.rules.closesAt })
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  const refused = refusedRows(data, report, knowsTrade)
  if (refused) return reject(refused)
  const rows = withRows(report.rows, data.rows, data.removed)
  const diff = diffOf(report.rows, rows, touched(data))
  if (diff.length === 0) return reject({ code: 'NO_CHANGE' })
  const cause = causeToAsk(data, report, rows)
  if (cause === undefined) return accept(corrected({ ...data, reason }, report, digest))
  if (report.proposal) return reject({ code: 'CORRECTION_PENDING', correctionId: report.proposal.correctionId })
  const { at, by, correctionId, removed } = data
  const { province, date } = report
  return accept({ type: 'CorrectionProposed', data: { at, by, province, date, correctionId, rows: data.rows, removed, diff, reason, cause } })
}

/** Why the correction's own rows cannot stand, if so. */
const refusedRows = (data: Data<'CorrectReport'>, report: Standing, knowsTrade: KnowsTrade): DailyReportRejection | undefined => {
  const unknown = data.removed.filter((consNo) => !report.rows.has(consNo))
  if (unknown.length > 0) return { code: 'UNKNOWN_ROW', consNos: unknown }
  const { date, rules } = report
  const issues = [
    ...checkRows(data.rows, { date, previous: data.previous, knowsTrade, correction: true, kwhJumpBasisPoints: rules.kwhJumpBasisPoints }),
    ...putAndRemoved(data),
  ]
  if (issues.some(({ severity }) => severity === 'error')) return { code: 'VALIDATION_FAILED', issues }
  const silent = new Set(data.rows.filter(({ comment }) => comment === undefined).map(({ consNo }) => consNo))
  const unanswered = issues.filter(({ consNo }) => silent.has(consNo))
  return unanswered.length > 0 ? { code: 'UNANSWERED_WARNINGS', issues: unanswered } : undefined
}

const putAndRemoved = ({ rows, removed }: Data<'CorrectReport'>): readonly Issue[] => {
  const out = new Set(removed)
  return rows.filter(({ consNo }) => out.has(consNo)).map(({ consNo }) => ({ severity: 'error', code: 'PUT_AND_REMOVED', consNo, field: 'consNo', detail: {} }))
}

/**
 * Whether headquarters must be asked. Large is measured by what changes for each user, not by the net: arrears moved from
 * one user to another change the report though its total stays.
 */
const causeToAsk = (data: Data<'CorrectReport'>, { rows, rules }: Standing, next: Rows): 'LARGE_CHANGE' | 'AFTER_FREE_PERIOD' | undefined => {
  const changed = touched(data).reduce((sum, consNo) => sum + distance(arrearsOf(rows.get(consNo)), arrearsOf(next.get(consNo))), 0n)
  const total = [...rows.values()].reduce((sum, row) => sum + arrearsOf(row), 0n)
  if (changed * 10_000n > total * BigInt(rules.largeChangeBasisPoints)) return 'LARGE_CHANGE'
  return data.at > rules.freeCorrectionUntil ? 'AFTER_FREE_PERIOD' : undefined
}

const distance = (a: bigint, b: bigint): bigint => (a < b ? b - a : a - b)

/** The correction laid upon the version in force. */
const corrected = (correction: Correction, report: Standing, digest: Digest, proposedBy?: Correction['by']): DailyReportEvent => {
  const { at, by, correctionId, removed, reason } = correction
  const rows = withRows(report.rows, correction.rows, removed)
  return {
    type: 'ReportCorrected',
    data: {
      at,
      by,
      province: report.province,
      date: report.date,
      version: report.version + 1,
      rows: [...correction.rows],
      removed: [...removed],
      diff: [...diffOf(report.rows, rows, touched(correction))],
      reason,
      correctionId,
      ...(proposedBy !== undefined && { proposedBy }),
      totals: totalsOf(rows.values()),
      rowCount: rows.size,
      hash: hashOf(rows, digest),
    },
  }
}

/** Headquarters agrees: somebody else than who proposed, and only while the rows concerned are still those of the proposal. */
export const approve = ({ at, by, correctionId }: Data<'ApproveCorrection'>, report: Standing, digest: Digest): Answer => {
  const { proposal } = report
  if (report.decided.get(correctionId) === 'made') return accept()
  if (proposal?.correctionId !== correctionId) return reject({ code: 'UNKNOWN_CORRECTION', correctionId })
  if (proposal.proposedBy === by) return reject({ code: 'SELF_APPROVAL' })
  const stale: readonly ConsNo[] = touched(proposal).filter((consNo) => !sameRow(report.rows.get(consNo), proposal.base.get(consNo)))
  if (stale.length > 0) return reject({ code: 'STALE_REFERENCE', consNos: stale })
  const { rows, removed, reason, proposedBy } = proposal
  return accept(corrected({ at, by, correctionId, rows: [...rows], removed: [...removed], reason }, report, digest, proposedBy))
}

/** Headquarters declines, or who proposed takes it back. */
export const decline = ({ at, by, correctionId, reason }: Data<'RejectCorrection'>, report: Standing): Answer => {
  if (report.decided.get(correctionId) === 'rejected') return accept()
  if (report.proposal?.correctionId !== correctionId) return reject({ code: 'UNKNOWN_CORRECTION', correctionId })
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  const { province, date } = report
  return accept({ type: 'CorrectionRejected', data: { at, by, province, date, correctionId, reason } })
}
