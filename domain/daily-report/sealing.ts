import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { accept, type Decision, reject } from '#domain/shared/decider.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import type { DailyReportCommand } from './commands.ts'
import type { DailyReportEvent } from './events.ts'
import type { Excuse, Issue } from './fields.ts'
import type { DailyReportRejection } from './rejections.ts'
import type { Filling, Returned, Rows } from './state.ts'
import { mismatches, totalsOf } from './totals.ts'

/** SHA-256 of a text in hex, given by the caller. */
export type Digest = (canonical: string) => string

type Submit = Extract<DailyReportCommand, { type: 'SubmitReport' }>['data']

/** The seal of a version: one digest of its rows, in the order of customer numbers, whatever the order they came in. */
export const hashOf = (rows: Rows, digest: Digest): string => digest(canonicalJson([...rows.values()].toSorted((a, b) => (a.consNo < b.consNo ? -1 : 1))))

/**
 * 上报(封存). Every expected user has a row or an excuse; warnings are answered; declared totals are what the rows come to.
 * Rows of users who were not expected are welcome (somebody listed since the report was opened, say): they are part of
 * the totals and of the seal, and count for nothing in completeness. Excuses for users who are not missing are left out.
 */
export const submit = (data: Submit, report: Filling | Returned, digest: Digest): Decision<DailyReportEvent, DailyReportRejection> => {
  const missing = report.expectedUsers.filter((consNo) => !report.rows.has(consNo))
  const excused = excusesFor(missing, data.excused)
  const answered = new Set(excused.map(({ consNo }) => consNo))
  const unexcused = missing.filter((consNo) => !answered.has(consNo))
  if (unexcused.length > 0) return reject({ code: 'MISSING_ROWS', consNos: unexcused })
  if (report.rows.size === 0 && !data.nil) return reject({ code: 'NIL_NOT_DECLARED' })
  if (report.rows.size > 0 && data.nil) return reject({ code: 'NOT_NIL', rows: report.rows.size })
  const issues = unanswered(report)
  if (issues.length > 0) return reject({ code: 'UNANSWERED_WARNINGS', issues })
  const totals = totalsOf(report.rows.values())
  const wrong = mismatches(data.totals, totals)
  if (wrong.length > 0) return reject({ code: 'TOTALS_MISMATCH', mismatches: wrong })
  return accept({
    type: 'ReportSubmitted',
    data: {
      at: data.at,
      by: data.by,
      province: report.province,
      date: report.date,
      version: report.status === 'returned' ? report.version + 1 : 1,
      totals,
      rowCount: report.rows.size,
      hash: hashOf(report.rows, digest),
      onTime: data.at <= report.rules.dueAt,
      nil: data.nil,
      excused,
      warnedRows: report.warnings.size,
    },
  })
}

/** One excuse for each of the missing users, the first that was given. */
const excusesFor = (missing: readonly ConsNo[], given: readonly Excuse[]): Excuse[] => {
  const wanted = new Set(missing)
  return given.filter(({ consNo }) => wanted.delete(consNo))
}

const unanswered = (report: Filling | Returned): readonly Issue[] =>
  [...report.warnings].flatMap(([consNo, issues]) => (report.rows.get(consNo)?.comment === undefined ? issues : []))
