import { type DailyReportUseCases, dailyReportRoles } from '#application/daily-report/use-cases.ts'
import { DailyReportCommand } from '#domain/daily-report/commands.ts'
import { ConsNo, Uuid } from '#domain/shared/identity.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import { dailyReportRefusals } from '../refusals.ts'
import { type App, OfReport } from '../schemas.ts'

const URL = '/v1/daily-reports/:province/:date'
const MEGABYTE = 1_048_576

/** The commands on a province's daily report, one sub-resource each. */
export const dailyReportCommands =
  ({ execute }: DailyReportUseCases) =>
  async (app: App): Promise<void> => {
    const command = commandRoutes(app, 'daily-report', dailyReportRefusals)
    const common = { params: OfReport, scope: 'province' } as const
    command({
      ...common,
      url: `${URL}/opening`,
      operationId: 'openDailyReport',
      summary: 'Open the report: whoever is listed that day is expected',
      roles: dailyReportRoles.OpenReport,
      body: bodyOf(DailyReportCommand, 'OpenReport', 'province', 'date', 'expectedUsers', 'listVersion', 'rules'),
      run: (key, data, asked) => execute(key, { type: 'OpenReport', data }, asked),
    })
    command({
      ...common,
      method: 'PUT',
      url: `${URL}/rows`,
      operationId: 'putDailyReportRows',
      summary: 'Put a chunk of at most 500 rows; each replaces the user’s row',
      bodyLimit: 2 * MEGABYTE,
      roles: dailyReportRoles.PutRows,
      body: bodyOf(DailyReportCommand, 'PutRows', 'previous', 'sourceHash'),
      run: (key, data, asked) => execute(key, { type: 'PutRows', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/rows/:consNo/removal`,
      operationId: 'removeDailyReportRow',
      summary: 'Take a user’s row out',
      roles: dailyReportRoles.RemoveRow,
      params: OfReport.extend({ consNo: ConsNo }),
      body: bodyOf(DailyReportCommand, 'RemoveRow', 'consNo'),
      run: ({ consNo, ...key }, data, asked) => execute(key, { type: 'RemoveRow', data: { ...data, consNo } }, asked),
    })
    command({
      ...common,
      url: `${URL}/submission`,
      operationId: 'submitDailyReport',
      summary: 'Seal the report (上报)',
      description: 'Declared totals must be what the rows come to; left out, they are worked out. Users without a row need an excuse.',
      roles: dailyReportRoles.SubmitReport,
      body: bodyOf(DailyReportCommand, 'SubmitReport').partial({ totals: true }),
      run: (key, data, asked) => execute(key, { type: 'SubmitReport', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/return`,
      operationId: 'returnDailyReport',
      summary: 'Send a sealed report back (退回)',
      roles: dailyReportRoles.ReturnReport,
      body: bodyOf(DailyReportCommand, 'ReturnReport'),
      run: (key, data, asked) => execute(key, { type: 'ReturnReport', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/corrections`,
      operationId: 'correctDailyReport',
      summary: 'Correct sealed rows (更正)',
      description: 'A large or late correction waits for headquarters; its id is then the `correctionId` of the proposal, found in the report.',
      bodyLimit: 2 * MEGABYTE,
      roles: dailyReportRoles.CorrectReport,
      body: bodyOf(DailyReportCommand, 'CorrectReport', 'correctionId', 'role', 'previous'),
      run: (key, data, asked) => execute(key, { type: 'CorrectReport', data }, asked),
    })
    headquarters(app, { execute })
  }

const OfCorrection = OfReport.extend({ correctionId: Uuid })

/** What headquarters and the system decide about a province's report. */
const headquarters = (app: App, { execute }: DailyReportUseCases): void => {
  const command = commandRoutes(app, 'daily-report', dailyReportRefusals)
  const common = { params: OfReport, scope: 'province' } as const
  command({
    ...common,
    url: `${URL}/corrections/:correctionId/approval`,
    operationId: 'approveDailyReportCorrection',
    summary: 'Let a proposed correction stand',
    roles: dailyReportRoles.ApproveCorrection,
    params: OfCorrection,
    run: ({ correctionId, ...key }, _, asked) => execute(key, { type: 'ApproveCorrection', data: { correctionId } }, asked),
  })
  command({
    ...common,
    url: `${URL}/corrections/:correctionId/rejection`,
    operationId: 'rejectDailyReportCorrection',
    summary: 'Refuse a proposed correction',
    roles: dailyReportRoles.RejectCorrection,
    params: OfCorrection,
    body: bodyOf(DailyReportCommand, 'RejectCorrection', 'correctionId'),
    run: ({ correctionId, ...key }, data, asked) => execute(key, { type: 'RejectCorrection', data: { ...data, correctionId } }, asked),
  })
  command({
    ...common,
    url: `${URL}/waiver`,
    operationId: 'waiveDailyReport',
    summary: 'No report is wanted of that day (免报)',
    roles: dailyReportRoles.WaiveReport,
    body: bodyOf(DailyReportCommand, 'WaiveReport', 'province', 'date', 'rules'),
    run: (key, data, asked) => execute(key, { type: 'WaiveReport', data }, asked),
  })
  for (const [type, name, summary] of [
    ['MarkLate', 'late', 'The due instant has passed (迟报)'],
    ['MarkMissing', 'missing', 'The cut-off has passed (缺报)'],
  ] as const)
    command({
      ...common,
      url: `${URL}/${name}`,
      operationId: `${type[0]!.toLowerCase()}${type.slice(1)}DailyReport`,
      summary,
      roles: dailyReportRoles[type],
      run: (key, _, asked) => execute(key, { type, data: {} }, asked),
    })
}
