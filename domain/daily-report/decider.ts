import { businessDateOf } from '#domain/shared/dates.ts'
import { accept, type Decider, type Decision, reject } from '#domain/shared/decider.ts'
import type { KnowsTrade } from '#domain/shared/trade.ts'
import type { DailyReportCommand } from './commands.ts'
import { approve, correct, decline } from './corrections.ts'
import type { DailyReportEvent } from './events.ts'
import type { DailyReportRejection } from './rejections.ts'
import { checkRows } from './rows.ts'
import { type Digest, submit } from './sealing.ts'
import { type DailyReport, evolve, type Filling, initial, isFillable, isStanding, type Returned, type Standing, sameRow } from './state.ts'
import { mismatches } from './totals.ts'

type Data<T extends DailyReportCommand['type']> = Extract<DailyReportCommand, { type: T }>['data']
type Answer = Decision<DailyReportEvent, DailyReportRejection>
type Given = { readonly digest: Digest; readonly knowsTrade: KnowsTrade }

/**
 * 省公司日报: a province's rows of one day, filled in chunks, sealed, sent back, corrected.
 * `digest` is SHA-256 in hex; `knowsTrade` answers from the classification.
 */
export const dailyReport = ({ digest, knowsTrade }: Given): Decider<DailyReportCommand, DailyReport, DailyReportEvent, DailyReportRejection> => ({
  initial,
  evolve,
  decide: (command, report) => {
    if (command.type === 'OpenReport') return openReport(command.data, report)
    if (command.type === 'WaiveReport') return waive(command.data, report)
    if (isFillable(report)) return whileFilling(command, report, { digest, knowsTrade })
    if (isStanding(report)) return onceSealed(command, report, { digest, knowsTrade })
    return refused(report)
  },
})

/** 填报中, 缺报 or 已退回. */
const whileFilling = (command: DailyReportCommand, report: Filling | Returned, { digest, knowsTrade }: Given): Answer => {
  switch (command.type) {
    case 'PutRows':
      return putRows(command.data, report, knowsTrade)
    case 'RemoveRow':
      return removeRow(command.data, report)
    case 'SubmitReport':
      return submit(command.data, report, digest)
    case 'MarkLate':
      return report.status === 'returned' ? refused(report) : markLate(command.data, report)
    case 'MarkMissing':
      return report.status === 'returned' ? refused(report) : markMissing(command.data, report)
    default:
      return refused(report)
  }
}

/** 已上报 or 已更正. */
const onceSealed = (command: DailyReportCommand, report: Standing, { digest, knowsTrade }: Given): Answer => {
  switch (command.type) {
    case 'SubmitReport':
      return report.status === 'submitted' && mismatches(command.data.totals, report.totals).length === 0 ? accept() : refused(report)
    case 'ReturnReport':
      return sendBack(command.data, report)
    case 'CorrectReport':
      return correct(command.data, report, digest, knowsTrade)
    case 'ApproveCorrection':
      return approve(command.data, report, digest)
    case 'RejectCorrection':
      return decline(command.data, report)
    default:
      return refused(report)
  }
}

const refused = ({ status }: DailyReport) => (status === 'absent' ? reject({ code: 'NOT_FOUND' } as const) : reject({ code: 'INVALID_STATE', status } as const))

/** One per province and date, once that day is over. */
const openReport = (data: Data<'OpenReport'>, report: DailyReport): Answer => {
  const today = businessDateOf(data.at)
  if (report.status === 'absent') return data.date >= today ? reject({ code: 'FUTURE_DATE', date: data.date, today }) : accept({ type: 'ReportOpened', data })
  if (report.status === 'waived') return refused(report)
  const same =
    report.listVersion === data.listVersion &&
    report.sourceMode === data.sourceMode &&
    report.expectedUsers.length === data.expectedUsers.length &&
    report.expectedUsers.every((consNo, index) => consNo === data.expectedUsers[index])
  return same ? accept() : reject({ code: 'ALREADY_OPENED' })
}

/** 填报: a chunk stands as a whole or not at all. Rows that stand already, word for word, are nothing new. */
const putRows = ({ at, by, chunkNo, rows, sourceHash, previous }: Data<'PutRows'>, report: Filling | Returned, knowsTrade: KnowsTrade): Answer => {
  const { province, date, rules } = report
  if (rows.every((row) => sameRow(report.rows.get(row.consNo), row))) return accept()
  const issues = checkRows(rows, { date, previous, knowsTrade, kwhJumpBasisPoints: rules.kwhJumpBasisPoints })
  if (issues.some(({ severity }) => severity === 'error')) return reject({ code: 'VALIDATION_FAILED', issues })
  return accept({ type: 'RowsPut', data: { at, by, province, date, chunkNo, rows, warnings: [...issues], sourceHash } })
}

const removeRow = ({ at, by, consNo, reason }: Data<'RemoveRow'>, report: Filling | Returned): Answer => {
  if (!report.rows.has(consNo)) return reject({ code: 'UNKNOWN_ROW', consNos: [consNo] })
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  return accept({ type: 'RowRemoved', data: { at, by, province: report.province, date: report.date, consNo, reason } })
}

/** 退回, within the days the schedule gives headquarters for it. */
const sendBack = ({ at, by, reasons }: Data<'ReturnReport'>, { province, date, rules }: Standing): Answer =>
  at > rules.returnableUntil
    ? reject({ code: 'PERIOD_CLOSED', since: rules.returnableUntil })
    : accept({ type: 'ReportReturned', data: { at, by, province, date, reasons } })

/** 迟报: the due instant has passed. A report sealed at that very instant is on time. */
const markLate = ({ at, by }: Data<'MarkLate'>, { province, date, rules, late }: Filling): Answer => {
  if (late) return accept()
  if (at <= rules.dueAt) return reject({ code: 'TOO_EARLY', notBefore: rules.dueAt })
  return accept({ type: 'ReportLate', data: { at, by, province, date, dueAt: rules.dueAt } })
}

/** 缺报: the cut-off has passed. It may still be filled and sealed. */
const markMissing = ({ at, by }: Data<'MarkMissing'>, { province, date, rules, status }: Filling): Answer => {
  if (status === 'missing') return accept()
  if (at <= rules.cutOffAt) return reject({ code: 'TOO_EARLY', notBefore: rules.cutOffAt })
  return accept({ type: 'ReportMissing', data: { at, by, province, date, cutOffAt: rules.cutOffAt } })
}

/** 免报, before the report is in: also for a day for which none was opened, and ahead of time. */
const waive = ({ at, by, province, date, reason }: Data<'WaiveReport'>, report: DailyReport): Answer => {
  if (report.status === 'waived') return accept()
  if (report.status === 'returned' || isStanding(report)) return refused(report)
  if (reason === undefined) return reject({ code: 'REASON_REQUIRED' })
  const key = report.status === 'absent' ? { province, date } : { province: report.province, date: report.date }
  return accept({ type: 'ReportWaived', data: { at, by, ...key, reason } })
}
