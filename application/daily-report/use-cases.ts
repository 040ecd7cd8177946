import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import type { Row, Totals } from '#domain/daily-report/fields.ts'
import { totalsOf } from '#domain/daily-report/totals.ts'
import type { Role } from '#domain/shared/actor.ts'
import { canonicalJson } from '#domain/shared/canonical-json.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import { type Asked, sign, type Unsigned } from '../shared/asked.ts'
import { ofProvince } from '../shared/authorise.ts'
import { handle } from '../shared/handle.ts'
import type { Outcome } from '../shared/outcome.ts'
import { admit, isDenied, withReason } from '../shared/perform.ts'
import type { Request } from '../shared/request.ts'
import {
  dailyReportStream,
  type ReportAggregate,
  type Reporting,
  type ReportKey,
  type ReportRefusal,
  reportAggregate,
  rowsFor,
  rowsOfDayBefore,
  rowsOutside,
  rulesOf,
} from './report.ts'

export const dailyReportRoles: Readonly<Record<DailyReportCommand['type'], readonly Role[]>> = {
  OpenReport: ['SYS'],
  PutRows: ['PV_TARIFF', 'SYS'],
  RemoveRow: ['PV_TARIFF', 'SYS'],
  SubmitReport: ['PV_LEAD'],
  ReturnReport: ['HQ_TARIFF'],
  CorrectReport: ['PV_LEAD', 'HQ_LEAD'],
  ApproveCorrection: ['HQ_LEAD'],
  RejectCorrection: ['HQ_LEAD'],
  MarkLate: ['SYS'],
  MarkMissing: ['SYS'],
  WaiveReport: ['HQ_LEAD'],
}

type Data<T extends DailyReportCommand['type']> = Omit<Extract<DailyReportCommand, { readonly type: T }>['data'], 'at' | 'by'>
/** What a caller says of a report; the rest of the command is brought here: expectations, rules, yesterday's rows, digests. */
export type ReportCommand =
  | { readonly type: 'OpenReport'; readonly data: Pick<Data<'OpenReport'>, 'sourceMode'> }
  | { readonly type: 'PutRows'; readonly data: Pick<Data<'PutRows'>, 'chunkNo' | 'rows'> }
  | { readonly type: 'RemoveRow'; readonly data: Data<'RemoveRow'> }
  /** Totals that are left out are not checked but worked out. */
  | { readonly type: 'SubmitReport'; readonly data: Omit<Data<'SubmitReport'>, 'totals'> & { readonly totals?: Totals | undefined } }
  | { readonly type: 'ReturnReport'; readonly data: Data<'ReturnReport'> }
  | { readonly type: 'CorrectReport'; readonly data: { readonly rows: Row[]; readonly removed: ConsNo[]; readonly reason?: string | undefined } }
  | { readonly type: 'ApproveCorrection'; readonly data: Data<'ApproveCorrection'> }
  | { readonly type: 'RejectCorrection'; readonly data: Data<'RejectCorrection'> }
  | { readonly type: 'MarkLate' | 'MarkMissing'; readonly data: Record<never, never> }
  | { readonly type: 'WaiveReport'; readonly data: Pick<Data<'WaiveReport'>, 'reason'> }

export type DailyReportUseCases = {
  readonly execute: (key: ReportKey, command: ReportCommand, asked: Asked) => Promise<Outcome<ReportRefusal>>
}

/** The day's report of a province (省公司日报), command by command. */
export const dailyReportUseCases = (reporting: Reporting): DailyReportUseCases => {
  const aggregate = reportAggregate(reporting)
  return {
    execute: async (key, command, asked) => {
      const admitted = await admit(reporting, dailyReportRoles[command.type], ofProvince(key.province), asked)
      if (isDenied(admitted)) return { kind: 'forbidden', code: admitted.code }
      const completed = await complete(reporting, aggregate, key, command, admitted)
      if ('code' in completed) return { kind: 'rejected', rejection: completed }
      const request = withReason(admitted, command.data)
      const deciding = command.type === 'SubmitReport' && command.data.totals === undefined ? withOwnTotals(aggregate) : aggregate
      return handle(reporting.store, deciding, dailyReportStream(key), sign<DailyReportCommand>(completed, request), request)
    },
  }
}

/** Totals that nobody declared are those of the rows that stand when the decision is made. */
const withOwnTotals = ({ catalogue, decider }: ReportAggregate): ReportAggregate => ({
  catalogue,
  decider: {
    ...decider,
    decide: (command, report) =>
      decider.decide(
        command.type === 'SubmitReport' ? { ...command, data: { ...command.data, totals: totalsOf('rows' in report ? report.rows.values() : []) } } : command,
        report,
      ),
  },
})

const NO_TOTALS = totalsOf([])

/** The command as the domain decides it. */
const complete = async (
  reporting: Reporting,
  aggregate: ReportAggregate,
  key: ReportKey,
  command: ReportCommand,
  { role, commandId }: Request,
): Promise<Unsigned<DailyReportCommand> | ReportRefusal> => {
  switch (command.type) {
    case 'OpenReport':
      return opening(reporting, key, command.data.sourceMode)
    case 'PutRows': {
      const { rows, chunkNo } = command.data
      const outside = rowsOutside(rows, key, reporting.scope)
      if (outside.length > 0) return { code: 'VALIDATION_FAILED', issues: outside }
      const previous = rowsFor(rows, await rowsOfDayBefore(reporting.store, aggregate, key))
      return { type: 'PutRows', data: { chunkNo, rows, sourceHash: reporting.digest(canonicalJson(rows)), previous } }
    }
    case 'SubmitReport':
      return { type: 'SubmitReport', data: { ...command.data, totals: command.data.totals ?? NO_TOTALS } }
    case 'CorrectReport': {
      const { rows, removed, reason } = command.data
      const outside = rowsOutside(rows, key, reporting.scope)
      if (outside.length > 0) return { code: 'VALIDATION_FAILED', issues: outside }
      const previous = rowsFor(rows, await rowsOfDayBefore(reporting.store, aggregate, key))
      return { type: 'CorrectReport', data: { rows, removed, correctionId: commandId, role, previous, ...(reason !== undefined && { reason }) } }
    }
    case 'WaiveReport': {
      const rules = rulesOf(reporting, key)
      return 'code' in rules ? rules : { type: 'WaiveReport', data: { ...key, rules, ...command.data } }
    }
    default:
      return command
  }
}

/** Opens the report with whoever is listed at the end of the day, by the list and the schedule in force then. */
export const opening = async (
  reporting: Reporting,
  { province, date }: ReportKey,
  sourceMode: Data<'OpenReport'>['sourceMode'],
): Promise<(Unsigned<DailyReportCommand> & { readonly type: 'OpenReport' }) | ReportRefusal> => {
  const rules = rulesOf(reporting, { province, date })
  if ('code' in rules) return rules
  const [expectedUsers, listVersion] = await Promise.all([reporting.listedUsers(province, date), reporting.listVersionOn(date)])
  return { type: 'OpenReport', data: { province, date, expectedUsers: [...expectedUsers], listVersion, sourceMode, rules } }
}
