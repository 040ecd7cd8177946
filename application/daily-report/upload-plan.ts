import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import type { DailyReportEvent } from '#domain/daily-report/events.ts'
import type { Issue, Row } from '#domain/daily-report/fields.ts'
import type { DailyReport } from '#domain/daily-report/state.ts'
import { totalsOf } from '#domain/daily-report/totals.ts'
import { canonicalJson } from '#domain/shared/canonical-json.ts'
import type { ConsNo, Uuid } from '#domain/shared/identity.ts'
import type { ExpectedRevision, NewEvent } from '../ports/event-store.ts'
import { sign, type Unsigned } from '../shared/asked.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { newEvents } from '../shared/handle.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { bytesOf } from '../shared/plan.ts'
import type { Request } from '../shared/request.ts'
import { type ReportAggregate, type Reporting, type ReportKey, type ReportRefusal, rowsFor } from './report.ts'
import { opening } from './use-cases.ts'

const CHUNK_ROWS = 500
/** An event of rows stays below this, warnings included. */
const EVENT_BYTES = 512 * 1024
/** The rows' share of it, so that halving is the exception. */
const CHUNK_BYTES = 400 * 1024

export type Day = {
  readonly rows: readonly Row[]
  readonly before: ReadonlyMap<ConsNo, Row>
  readonly seal: boolean
  readonly nil: boolean
  readonly sourceMode: 'file' | 'pushed' | 'manual' | 'replicated'
  /** The request as admitted to fill, and as admitted to seal. */
  readonly filling: Request
  readonly sealing: Request
}
type Decided = { readonly events: readonly DailyReportEvent[]; readonly request: Request }
type Plan = { readonly ok: true; readonly events: readonly NewEvent[] } | { readonly ok: false; readonly rejection: ReportRefusal }
type Planning = { state: DailyReport; readonly decided: Decided[]; rejection: ReportRefusal | undefined }

/**
 * Every event that makes the report what the upload says, decided one command after the other on the state each leaves, and
 * none written. Ids follow from the request's command and from the revision planned on; the last command is the request itself.
 */
export const planDay = async (
  reporting: Reporting,
  aggregate: ReportAggregate,
  key: ReportKey,
  day: Day,
  state: DailyReport,
  revision: ExpectedRevision,
): Promise<Plan> => {
  const plan: Planning = { state, decided: [], rejection: undefined }
  const { commandId } = day.filling
  const step = (name: string, request: Request): Request => ({
    ...request,
    commandId: derivedCommandId(commandId, `${revision}/${name}`),
    causationId: commandId,
  })
  const say = (command: Unsigned<DailyReportCommand>, request: Request): boolean => decideNext(aggregate, plan, command, request)
  if (state.status === 'absent') {
    const open = await opening(reporting, key, day.sourceMode)
    if ('code' in open) return { ok: false, rejection: open }
    // Opening is the system's doing; that it happened now was caused by the upload.
    say(open, step('open', { ...day.filling, actor: SYSTEM, role: 'SYS' }))
  }
  putRows(reporting, aggregate, plan, day, (no) => step(`rows/${no}`, day.filling))
  const kept = new Set(day.rows.map(({ consNo }) => consNo))
  const left = 'rows' in plan.state ? [...plan.state.rows.keys()].filter((consNo) => !kept.has(consNo)) : []
  for (const consNo of left) say({ type: 'RemoveRow', data: { consNo, reason: NOT_IN_UPLOAD } }, step(`remove/${consNo}`, day.filling))
  if (day.seal)
    say(
      { type: 'SubmitReport', data: { totals: totalsOf('rows' in plan.state ? plan.state.rows.values() : []), nil: day.nil, excused: [] } },
      step('seal', day.sealing),
    )
  if (plan.rejection) return { ok: false, rejection: plan.rejection }
  return { ok: true, events: asRecorded(aggregate, plan.decided, commandId) }
}

const NOT_IN_UPLOAD = 'not in the day as uploaded'

/** Decides one more command; after a refusal nothing more is decided. */
const decideNext = ({ decider }: ReportAggregate, plan: Planning, command: Unsigned<DailyReportCommand>, request: Request): boolean => {
  if (plan.rejection) return false
  const decision = decider.decide(sign<DailyReportCommand>(command, request), plan.state)
  if (!decision.ok) {
    plan.rejection = decision.rejection
    return false
  }
  for (const event of decision.events) plan.state = decider.evolve(plan.state, event)
  if (decision.events.length > 0) plan.decided.push({ events: decision.events, request })
  return true
}

/** A row with its one form as text, which is made once and serves to compare, to measure and to hash. */
type Written = { readonly row: Row; readonly text: string; readonly bytes: number }

/** Rows that stand already, word for word, are left alone. */
const putRows = (reporting: Reporting, aggregate: ReportAggregate, plan: Planning, day: Day, requestOf: (chunkNo: number) => Request): void => {
  const standing = 'rows' in plan.state ? plan.state.rows : new Map<ConsNo, Row>()
  let chunkNo = 0
  const put = (chunk: readonly Written[]): void => {
    const rows = chunk.map(({ row }) => row)
    const sourceHash = reporting.digest(`[${chunk.map(({ text }) => text).join(',')}]`)
    const command: Unsigned<DailyReportCommand> = { type: 'PutRows', data: { chunkNo, rows, sourceHash, previous: rowsFor(rows, day.before) } }
    const [state, length] = [plan.state, plan.decided.length]
    if (!decideNext(aggregate, plan, command, requestOf(chunkNo))) return
    const event = plan.decided.length > length ? plan.decided.at(-1)?.events.at(-1) : undefined
    if (event?.type === 'RowsPut' && chunk.length > 1 && bytesWith(chunk, event.data.warnings) > EVENT_BYTES) {
      plan.state = state
      plan.decided.length = length
      put(chunk.slice(0, chunk.length >> 1))
      put(chunk.slice(chunk.length >> 1))
      return
    }
    chunkNo++
  }
  for (const chunk of chunksOf(changed(day.rows, standing))) put(chunk)
}

/** The event's size to within its few plain members. */
const bytesWith = (chunk: readonly Written[], warnings: readonly Issue[]): number =>
  chunk.reduce((sum, { bytes }) => sum + bytes + 1, 1024) + (warnings.length === 0 ? 0 : bytesOf(canonicalJson(warnings)))

function* changed(rows: readonly Row[], standing: ReadonlyMap<ConsNo, Row>): Generator<Written> {
  for (const row of rows) {
    const text = canonicalJson(row)
    const before = standing.get(row.consNo)
    if (before === undefined || canonicalJson(before) !== text) yield { row, text, bytes: bytesOf(text) }
  }
}

function* chunksOf(rows: Iterable<Written>): Generator<readonly Written[]> {
  let chunk: Written[] = []
  let bytes = 0
  for (const row of rows) {
    if (chunk.length >= CHUNK_ROWS || (chunk.length > 0 && bytes + row.bytes + 1 > CHUNK_BYTES)) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(row)
    bytes += row.bytes + 1
  }
  if (chunk.length > 0) yield chunk
}

/** The last command of the run is the request's own, so that finding it in the stream means that all of it is there. */
const asRecorded = ({ catalogue }: ReportAggregate, decided: readonly Decided[], commandId: Uuid): readonly NewEvent[] =>
  decided.flatMap(({ events, request }, i) => {
    if (i + 1 < decided.length) return newEvents(catalogue, events, request)
    const { causationId: _, ...own } = request
    return newEvents(catalogue, events, { ...own, commandId })
  })
