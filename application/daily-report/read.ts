import type { Issue, ReportRules, Row, Totals } from '#domain/daily-report/fields.ts'
import { totalsOf } from '#domain/daily-report/totals.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import type { EventStore, Position } from '../ports/event-store.ts'
import { load } from '../shared/load.ts'
import { dailyReportStream, type ReportAggregate, type ReportKey } from './report.ts'

/** A report as its stream has it now: for who fills it in, and for who checks it. */
export type ReportView = {
  readonly revision: bigint
  readonly position: Position
  readonly status: string
  readonly version: number | undefined
  readonly late: boolean
  readonly rules: ReportRules | undefined
  readonly expected: number
  readonly missing: readonly ConsNo[]
  readonly unexpected: readonly ConsNo[]
  readonly warnings: readonly Issue[]
  /** Of the rows as they stand; of a sealed report those of its version. */
  readonly totals: Totals
  readonly proposal: Proposed | undefined
  readonly rows: ReadonlyMap<ConsNo, Row>
}
type Proposed = { readonly correctionId: string; readonly proposedBy: string; readonly reason: string; readonly users: readonly ConsNo[] }
export type ReadReport = (key: ReportKey) => Promise<ReportView | undefined>

/** Reads a report from the log itself, so that who has just written sees it. Undefined when nothing was ever said about the day. */
export const readReport =
  (store: EventStore, aggregate: ReportAggregate): ReadReport =>
  async (key) => {
    const { state, revision, position } = await load(store, aggregate, dailyReportStream(key))
    if (revision === 'absent' || position === undefined) return undefined
    if (!('rows' in state)) return { ...NOTHING, revision, position, status: state.status }
    const expected = new Set(state.expectedUsers)
    const proposal = 'proposal' in state ? state.proposal : undefined
    return {
      revision,
      position,
      status: state.status,
      version: 'version' in state ? state.version : undefined,
      late: state.late,
      rules: state.rules,
      expected: expected.size,
      missing: state.expectedUsers.filter((consNo) => !state.rows.has(consNo)),
      unexpected: [...state.rows.keys()].filter((consNo) => !expected.has(consNo)),
      warnings: [...state.warnings.values()].flat(),
      totals: totalsOf(state.rows.values()),
      proposal: proposal && {
        correctionId: proposal.correctionId,
        proposedBy: proposal.proposedBy,
        reason: proposal.reason,
        users: [...new Set([...proposal.rows.map(({ consNo }) => consNo), ...proposal.removed])],
      },
      rows: state.rows,
    }
  }

const NOTHING = {
  version: undefined,
  late: false,
  rules: undefined,
  expected: 0,
  missing: [],
  unexpected: [],
  warnings: [],
  totals: totalsOf([]),
  proposal: undefined,
  rows: new Map(),
}
