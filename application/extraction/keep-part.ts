import type { ExtractionCommand } from '#domain/extraction/commands.ts'
import { extraction } from '#domain/extraction/decider.ts'
import { type ExtractionEvent, extractionEvents } from '#domain/extraction/events.ts'
import { type Source, sourceInStreamName } from '#domain/extraction/fields.ts'
import type { ExtractionRejection } from '#domain/extraction/rejections.ts'
import type { Role } from '#domain/shared/actor.ts'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { Fen, Kwh } from '#domain/shared/quantities.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import type { EventStore, Position } from '../ports/event-store.ts'
import { type Batch, type Intake, type Key, NotReconciled, type Stored, type Unmapped } from '../ports/source.ts'
import { type Asked, sign, type Unsigned } from '../shared/asked.ts'
import { handle } from '../shared/handle.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { readEvent } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import type { Working } from '../shared/perform.ts'
import type { Request } from '../shared/request.ts'
import { type Tally, unmappedOf } from './tally.ts'

/** The extraction's life as an aggregate, for commands and for replay. */
export const extractionAggregate = { catalogue: extractionEvents, decider: extraction }

/** The stream of one province's extraction of a date and source. */
export const extractionStream = ({ province, date, source }: Key): StreamName =>
  streamName('Extraction', province, date.replaceAll('-', ''), sourceInStreamName(source))

/** What became of one province's part of a file. */
export type ImportResult = {
  readonly province: ProvinceCode
  readonly run: number
  readonly sha256: string
  readonly received: number
  readonly quarantined: number
  readonly unmapped: readonly Unmapped[]
} & (
  | {
      readonly outcome: 'stored'
      readonly stored: number
      readonly amount: Fen | undefined
      readonly electricity: Kwh | undefined
      readonly position: Position | undefined
    }
  /** The same bytes stand already. */
  | { readonly outcome: 'unchanged' }
  /** Nothing was changed: the rows of an earlier run, if any, still stand. */
  | {
      readonly outcome: 'failed'
      readonly code: 'NOTHING_USABLE' | 'ROWS_NOT_RECONCILED' | 'CONFLICT' | 'FORBIDDEN' | ExtractionRejection['code']
      readonly reason: string
    }
)

export type Part = {
  readonly province: ProvinceCode
  readonly date: BusinessDate
  readonly source: Source
  readonly fileName?: string
  readonly request: Asked
  readonly role: Role
}

/**
 * Keeps one province's part: started, stored in one transaction, completed. Under a lock, so that an extraction found
 * running is one that was interrupted: it is closed as failed and the work is done anew.
 */
export const keepPart = (deps: Pick<Working, 'store' | 'clock'>, part: Part, intake: Intake, tally: Tally): Promise<ImportResult> =>
  intake.alone({ province: part.province, date: part.date, source: part.source }, () => keepAlone(deps, part, intake, tally))

const keepAlone = async ({ store, clock }: Pick<Working, 'store' | 'clock'>, part: Part, intake: Intake, tally: Tally): Promise<ImportResult> => {
  const { province, date, source } = part
  const sha256 = tally.digest.hex()
  const common = { province, sha256, received: tally.received, quarantined: tally.quarantined, unmapped: unmappedOf(tally) }
  const stream = extractionStream(part)
  const before = await soFar(store, stream)
  const current = await intake.current({ province, date, source })
  if (current?.sha256 === sha256 && before.completed === sha256 && !before.running) return { ...common, run: current.run, outcome: 'unchanged' }
  const ask = asking({ store, clock }, stream, part, `${sha256}/after-${before.run}`)
  if (before.running) await ask('interrupted', { type: 'FailExtraction', data: { reason: 'interrupted before it was completed' } })
  const run = before.run + 1
  const fail = (code: Extract<ImportResult, { outcome: 'failed' }>['code'], reason: string): ImportResult => ({
    ...common,
    run,
    outcome: 'failed',
    code,
    reason,
  })
  const started = await ask('start', {
    type: 'StartExtraction',
    data: { province, date, source, ...(part.fileName !== undefined && { fileName: part.fileName }) },
  })
  if (started.kind !== 'done') return fail(...refusal(started))
  const giveUp = async (code: 'NOTHING_USABLE' | 'ROWS_NOT_RECONCILED', reason: string): Promise<ImportResult> => {
    await ask('fail', { type: 'FailExtraction', data: { reason } })
    return fail(code, reason)
  }
  if (tally.accepted === 0) return giveUp('NOTHING_USABLE', `none of ${tally.received} lines could be used`)
  let stored: Stored
  try {
    stored = await intake.store(batchOf(part, run, sha256, tally, part.request.at ?? clock.now()), (sums) => agrees(tally, sums))
  } catch (error) {
    if (!(error instanceof NotReconciled)) throw error
    return giveUp('ROWS_NOT_RECONCILED', error.message)
  }
  const completed = await ask('complete', completion(source, tally, stored, common.unmapped, sha256))
  if (completed.kind !== 'done') return fail(...refusal(completed))
  const { rows, amount, electricity, quarantined } = stored
  return { ...common, quarantined, run, outcome: 'stored', stored: rows, amount, electricity, position: completed.position }
}

const batchOf = ({ province, date, source, fileName, request }: Part, run: number, sha256: string, tally: Tally, at: Instant): Batch => ({
  province,
  date,
  source,
  run,
  sha256,
  fileName,
  received: tally.received,
  unmapped: unmappedOf(tally),
  by: request.actor.userId,
  at,
})

/** Every accepted row is stored or was the second of its key, to the last fen and kWh. */
const agrees = (tally: Tally, { rows, amount, electricity, duplicates }: Stored): boolean =>
  rows + duplicates.rows === tally.accepted &&
  (amount === undefined || amount + duplicates.amount === tally.amount) &&
  (electricity === undefined || electricity + duplicates.electricity === tally.electricity)

const completion = (source: Source, tally: Tally, stored: Stored, unmapped: readonly Unmapped[], sha256: string): Unsigned<ExtractionCommand> => {
  const totals = (rows: number, amount: Fen | undefined, electricity: Kwh | undefined) => ({
    rows,
    ...(amount !== undefined && { amount }),
    ...(electricity !== undefined && { electricity }),
  })
  const hasMoney = source === 'bills' || source === 'payments'
  const hasEnergy = source === 'bills' || source === 'daily-kwh'
  return {
    type: 'CompleteExtraction',
    data: {
      received: totals(tally.received, hasMoney ? tally.amount : undefined, hasEnergy ? tally.electricity : undefined),
      stored: totals(stored.rows, stored.amount, stored.electricity),
      quarantined: stored.quarantined,
      unmapped: unmapped.map(({ example, ...code }) => ({ ...code, ...(example !== undefined && { example }) })),
      sha256,
    },
  }
}

/** Commands of one run: their ids follow from the request and the run, so an unknown outcome is asked again, never doubled. */
const asking =
  ({ store, clock }: Pick<Working, 'store' | 'clock'>, stream: StreamName, { request, role }: Part, run: string) =>
  (step: string, command: Unsigned<ExtractionCommand>): Promise<Outcome<ExtractionRejection>> => {
    const { pinned: _, ...rest } = request // a file is no stream: what the caller saw of one does not bind it
    const own: Request = {
      ...rest,
      role,
      at: request.at ?? clock.now(),
      commandId: derivedCommandId(request.commandId, `${stream}/${run}/${step}`),
      causationId: request.commandId,
    }
    return handle(store, extractionAggregate, stream, sign<ExtractionCommand>(command, own), own)
  }

const refusal = (outcome: Outcome<ExtractionRejection>): [Extract<ImportResult, { outcome: 'failed' }>['code'], string] => {
  if (outcome.kind === 'rejected') return [outcome.rejection.code, `refused: ${outcome.rejection.code}`]
  if (outcome.kind === 'forbidden') return ['FORBIDDEN', outcome.code]
  return ['CONFLICT', 'somebody else wrote the same extraction']
}

type SoFar = { readonly run: number; readonly running: boolean; readonly completed: string | undefined }

const soFar = async (store: EventStore, stream: StreamName): Promise<SoFar> => {
  let state: SoFar = { run: 0, running: false, completed: undefined }
  for await (const page of store.readStream(stream))
    for (const recorded of page) {
      const { event } = readEvent<ExtractionEvent>(extractionEvents, recorded)
      if (event.type === 'ExtractionStarted') state = { run: event.data.run, running: true, completed: state.completed }
      else state = { run: event.data.run, running: false, completed: event.type === 'ExtractionCompleted' ? event.data.sha256 : state.completed }
    }
  return state
}
