import type { Position } from '../ports/event-store.ts'
import type { Asked } from '../shared/asked.ts'
import { ofProvince } from '../shared/authorise.ts'
import { type Loaded, load } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import { admit, isDenied } from '../shared/perform.ts'
import { appendRun } from '../shared/plan.ts'
import { dailyReportStream, type ReportAggregate, type Reporting, type ReportKey, type ReportRefusal, reportAggregate, rowsOfDayBefore } from './report.ts'
import { checkDay, type ParsedRow, type RowFault, readDay } from './upload-check.ts'
import { type Day, planDay } from './upload-plan.ts'
import { dailyReportRoles } from './use-cases.ts'

type Upload = {
  readonly rows: AsyncIterable<ParsedRow>
  readonly seal: boolean
  readonly nil?: boolean
  readonly sourceMode: 'file' | 'pushed' | 'manual' | 'replicated'
}

export type UploadOutcome =
  | {
      readonly kind: 'done'
      readonly revision: bigint
      readonly position: Position
      readonly repeated: boolean
      readonly rows: number
      readonly sealed: boolean
      readonly warnings: readonly RowFault[]
    }
  | { readonly kind: 'invalid'; readonly faults: readonly RowFault[] }
  | { readonly kind: 'too-large'; readonly most: number }
  | Exclude<Outcome<ReportRefusal>, { readonly kind: 'done' }>

export type UploadDay = (key: ReportKey, upload: Upload, asked: Asked) => Promise<UploadOutcome>

/**
 * A province's whole day in one request. An upload *replaces* the day: rows that differ are put, rows that are not in it are
 * removed, and rows that stand already are left alone. Everything is checked, and every event decided, before anything is
 * written, so that a file with one bad row leaves no trace. Sent again after a crash it writes what is still missing; sent again
 * after it was done it is answered as before, for the last of its events carries the request's own command id.
 */
export const uploadDay =
  (reporting: Reporting, limits: { readonly rows: number }): UploadDay =>
  async (key, upload, asked) => {
    const subject = ofProvince(key.province)
    const filling = await admit(reporting, dailyReportRoles.PutRows, subject, asked)
    if (isDenied(filling)) return { kind: 'forbidden', code: filling.code }
    const sealing = upload.seal ? await admit(reporting, dailyReportRoles.SubmitReport, subject, { ...asked, at: filling.at }) : filling
    if (isDenied(sealing)) return { kind: 'forbidden', code: sealing.code }
    const read = await readDay(upload.rows, limits.rows)
    if (read === undefined) return { kind: 'too-large', most: limits.rows }
    const aggregate = reportAggregate(reporting)
    const before = await rowsOfDayBefore(reporting.store, aggregate, key)
    const { faults, warnings } = checkDay(reporting, key, read, before)
    if (faults.length > 0) return { kind: 'invalid', faults }
    const rows = read.rows.map(({ value }) => value)
    const outcome = await write(reporting, aggregate, key, {
      rows,
      before,
      seal: upload.seal,
      nil: upload.nil ?? false,
      sourceMode: upload.sourceMode,
      filling,
      sealing,
    })
    return outcome.kind === 'done' ? { ...outcome, rows: rows.length, sealed: upload.seal, warnings } : outcome
  }

const ATTEMPTS = 4

/** Plans on what stands and writes the plan; when somebody else was faster, plans again unless the caller pinned a revision. */
const write = async (reporting: Reporting, aggregate: ReportAggregate, key: ReportKey, day: Day): Promise<Outcome<ReportRefusal>> => {
  const stream = dailyReportStream(key)
  const { commandId, pinned } = day.filling
  for (let attempt = 1; ; attempt++) {
    const seen = await load(reporting.store, aggregate, stream, commandId)
    if (seen.answered) return { kind: 'done', ...seen.answered, repeated: true, recorded: 0 }
    if (pinned !== undefined && pinned !== seen.revision) return { kind: 'conflict', actual: seen.revision, pinned: true }
    const plan = await planDay(reporting, aggregate, key, day, seen.state, seen.revision)
    if (!plan.ok) return { kind: 'rejected', rejection: plan.rejection }
    const outcome = (await appendRun(reporting.store, stream, seen.revision, plan.events)) ?? asItStood(seen)
    if (outcome.kind === 'appended') return { ...outcome, kind: 'done', recorded: plan.events.length }
    if (outcome.kind === 'unchanged' || pinned !== undefined || attempt >= ATTEMPTS)
      return outcome.kind === 'conflict' ? { ...outcome, pinned: pinned !== undefined } : outcome
  }
}

/** Nothing had to be written: the answer is where the stream stands. */
const asItStood = ({ revision, position }: Loaded<unknown>) =>
  revision === 'absent' || position === undefined
    ? ({ kind: 'unchanged', revision } as const)
    : ({ kind: 'appended', revision, position, repeated: false } as const)
