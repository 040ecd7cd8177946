import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import { dailyReport } from '#domain/daily-report/decider.ts'
import { type DailyReportEvent, dailyReportEvents } from '#domain/daily-report/events.ts'
import type { Issue, Row } from '#domain/daily-report/fields.ts'
import { hashOf } from '#domain/daily-report/sealing.ts'
import { totalsOf } from '#domain/daily-report/totals.ts'
import { at, by, digest, key, row, rules } from './arbitraries/daily-report.ts'
import { cons, trade, user, uuid } from './arbitraries/values.ts'
import { specFor } from './spec.ts'

export const decider = dailyReport({ digest, knowsTrade: (_, code) => code !== '9799' })
export const { given } = specFor(dailyReportEvents, decider)

export const signed = { at, by }
const sourceHash = digest('chunk')
export const lead = user('hq.lead')
export const seal = (...rows: Row[]) => hashOf(new Map(rows.map((one) => [one.consNo, one])), digest)

export type Event<T extends DailyReportEvent['type']> = Extract<DailyReportEvent, { type: T }>
export type Command<T extends DailyReportCommand['type']> = Extract<DailyReportCommand, { type: T }>

export const opened = (...expected: string[]): Event<'ReportOpened'> => ({
  type: 'ReportOpened',
  data: { ...signed, ...key, expectedUsers: expected.map(cons), listVersion: 4, sourceMode: 'pushed', rules },
})
export const open = (...expected: string[]): Command<'OpenReport'> => ({ type: 'OpenReport', data: opened(...expected).data })
export const put = (...rows: Row[]): Command<'PutRows'> => ({ type: 'PutRows', data: { ...signed, chunkNo: 0, rows, sourceHash, previous: [] } })
export const rowsPut = (rows: Row[], warnings: Issue[] = []): Event<'RowsPut'> => ({
  type: 'RowsPut',
  data: { ...signed, ...key, chunkNo: 0, rows, warnings, sourceHash },
})
export const submit = (rows: Row[], over: Partial<Command<'SubmitReport'>['data']> = {}): Command<'SubmitReport'> => ({
  type: 'SubmitReport',
  data: { ...signed, totals: totalsOf(rows), nil: false, excused: [], ...over },
})
export const submitted = (rows: Row[], over: Partial<Event<'ReportSubmitted'>['data']> = {}): Event<'ReportSubmitted'> => ({
  type: 'ReportSubmitted',
  data: {
    ...{ ...signed, ...key, version: 1, totals: totalsOf(rows), rowCount: rows.length, hash: seal(...rows) },
    ...{ onTime: true, nil: false, excused: [], warnedRows: 0, ...over },
  },
})
export const returned: Event<'ReportReturned'> = { type: 'ReportReturned', data: { ...signed, ...key, reasons: [{ text: 'look again' }] } }
export const correct = (rows: Row[], over: Partial<Command<'CorrectReport'>['data']> = {}): Command<'CorrectReport'> => ({
  type: 'CorrectReport',
  data: { ...signed, rows, removed: [], reason: 'payment slip found', correctionId: uuid(1), role: 'PV_LEAD', previous: [], ...over },
})
export const late: Event<'ReportLate'> = { type: 'ReportLate', data: { ...signed, ...key, dueAt: rules.dueAt } }
export const missing: Event<'ReportMissing'> = { type: 'ReportMissing', data: { ...signed, ...key, cutOffAt: rules.cutOffAt } }
export const waived: Event<'ReportWaived'> = { type: 'ReportWaived', data: { ...signed, ...key, reason: 'earthquake' } }

export const one = row('1')
export const two = row('2')
export const odd = row('3', { tradeCode: trade('9799') })
export const oddIssue: Issue = {
  severity: 'warning',
  code: 'UNMAPPED_CODE',
  consNo: cons('3'),
  field: 'tradeCode',
  detail: { standard: 'GB/T 4754-2017', code: '9799' },
}
export const answeredOdd = { ...odd, comment: 'trade code new this year' }
