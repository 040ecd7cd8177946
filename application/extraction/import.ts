import type { Source } from '#domain/extraction/fields.ts'
import type { Actor, Role } from '#domain/shared/actor.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { type Digesting, type Incoming, type Intake, type RawLine, type ReadLines, type SourceStore, UnreadableFile } from '../ports/source.ts'
import type { Asked } from '../shared/asked.ts'
import { authorise, HQ, ofProvince } from '../shared/authorise.ts'
import type { Working } from '../shared/perform.ts'
import { type BadHeader, type CheckLine, lineChecker, type Reach, readHeader } from './check-line.ts'
import { type ImportResult, keepPart } from './keep-part.ts'
import { count, type KnownCodes, newTally, type Tally } from './tally.ts'

export type ImportDeps = Working & {
  readonly sources: SourceStore
  readonly readLines: ReadLines
  readonly digest: () => Digesting
  /** The provincial companies of a date; others' rows are set aside. */
  readonly provinces: (date: BusinessDate) => ReadonlySet<ProvinceCode>
  readonly known: KnownCodes
}

type ImportProgress = {
  readonly stage: 'reading' | 'storing'
  readonly bytes: number
  readonly lines: number
  readonly quarantined: number
  /** While storing: how many provinces are done, of how many. */
  readonly provinces?: { readonly done: number; readonly of: number }
}

export type ImportAsked = {
  readonly source: Source
  /** The business date that was extracted: rows brought for it before are replaced. */
  readonly date: BusinessDate
  readonly stream: AsyncIterable<Uint8Array>
  readonly fileName?: string
  readonly request: Asked
  readonly onProgress?: (progress: ImportProgress) => void
}

export type ImportOutcome =
  /** `unattributed` lines name no province that the sender may write; they are set aside apart. */
  | { readonly kind: 'imported'; readonly results: readonly ImportResult[]; readonly unattributed: number }
  | { readonly kind: 'forbidden'; readonly code: 'FORBIDDEN_ROLE' | 'FORBIDDEN_SCOPE' }
  | ({ readonly kind: 'bad-header' } & BadHeader)
  | { readonly kind: 'unreadable'; readonly reason: string }

/** Who may bring a file: the system, and a province's tariff staff for their own province. */
export const IMPORTERS = ['SYS', 'PV_TARIFF'] as const

/**
 * Brings one file of one source and date (数据抽取). The file is streamed once; it may hold several provinces, and each
 * province's part stands for itself: its own run, events and totals. The same bytes again change nothing; other bytes are
 * the next run and replace the rows. Broken lines are set aside with field, code and reason, unknown codes kept and named.
 * When the stream breaks off, nothing of it is kept. Throws what no caller can answer (the database, the log).
 */
export const importFile = async (deps: ImportDeps, asked: ImportAsked): Promise<ImportOutcome> => {
  const { actor } = asked.request
  const role = IMPORTERS.find((role) => actor.roles.includes(role))
  if (role === undefined) return { kind: 'forbidden', code: 'FORBIDDEN_ROLE' }
  await deps.scope.refresh()
  const home = actor.orgCode === HQ ? undefined : deps.scope.provinceOf(actor.orgCode, asked.date)
  if (actor.orgCode !== HQ && (home === undefined || !mayBring(deps, actor, home, asked.date))) return { kind: 'forbidden', code: 'FORBIDDEN_SCOPE' }
  const intake = await deps.sources.open(asked.source)
  try {
    const read = await readAll(deps, asked, intake, home)
    if (!read.ok) return read.refusal
    return await keepAll(deps, asked, role, intake, read)
  } catch (error) {
    if (error instanceof UnreadableFile) return { kind: 'unreadable', reason: error.message }
    throw error
  } finally {
    await intake.close()
  }
}

const mayBring = (deps: ImportDeps, actor: Actor, province: ProvinceCode, date: BusinessDate): boolean =>
  authorise(actor, IMPORTERS, ofProvince(province), deps.scope, date).ok

type Seen = { bytes: number; lines: number; quarantined: number }
type ReadOut =
  | { readonly ok: true; readonly tallies: ReadonlyMap<ProvinceCode, Tally>; readonly seen: Seen }
  | { readonly ok: false; readonly refusal: ImportOutcome }

const readAll = async (deps: ImportDeps, asked: ImportAsked, intake: Intake, home: ProvinceCode | undefined): Promise<ReadOut> => {
  const tallies = new Map<ProvinceCode, Tally>()
  const seen: Seen = { bytes: 0, lines: 0, quarantined: 0 }
  const takeIn = receiver(deps, asked, tallies, seen)
  let check: CheckLine | undefined
  let header = ''
  for await (const lines of deps.readLines(asked.stream, (bytes) => (seen.bytes = bytes))) {
    let rest: readonly RawLine[] = lines
    if (!check) {
      const [first, ...others] = lines
      const read = readHeader(asked.source, first?.fields ?? [])
      if (!read.ok) return { ok: false, refusal: { kind: 'bad-header', missing: read.missing, unknown: read.unknown, repeated: read.repeated } }
      check = lineChecker(asked.source, read.fields, asked.date, reachOf(deps, asked), home)
      header = first?.raw ?? ''
      rest = others
    }
    const judge = check
    await intake.put(rest.map((line) => takeIn(line, judge(line), header)))
    asked.onProgress?.({ stage: 'reading', ...seen })
  }
  if (!check) return { ok: false, refusal: { kind: 'unreadable', reason: 'the file is empty' } }
  await intake.finish()
  return { ok: true, tallies, seen }
}

const reachOf = (deps: ImportDeps, { date, request }: ImportAsked): Reach => {
  const provinces = deps.provinces(date)
  const answers = new Map<ProvinceCode, ReturnType<Reach>>()
  const ask: Reach = (province) => (!provinces.has(province) ? 'unknown' : mayBring(deps, request.actor, province, date) ? 'allowed' : 'foreign')
  return (province) => {
    const answer = answers.get(province) ?? ask(province)
    answers.set(province, answer)
    return answer
  }
}

/** Counts a judged line into its province. The digest covers the header too: the same line under other names is another file. */
const receiver =
  (deps: ImportDeps, { source, date }: ImportAsked, tallies: Map<ProvinceCode, Tally>, seen: Seen) =>
  ({ raw }: RawLine, incoming: Incoming, header: string): Incoming => {
    seen.lines++
    if ('problems' in incoming) seen.quarantined++
    if (incoming.province === undefined) return incoming
    let tally = tallies.get(incoming.province)
    if (!tally) {
      tally = newTally(deps.digest())
      tally.digest.update(`${header}\n`)
      tallies.set(incoming.province, tally)
    }
    tally.received++
    tally.digest.update(`${raw}\n`)
    if ('row' in incoming) count(tally, source, incoming.row, deps.known, date)
    else tally.quarantined++
    return incoming
  }

const keepAll = async (
  deps: ImportDeps,
  asked: ImportAsked,
  role: Role,
  intake: Intake,
  { tallies, seen }: Extract<ReadOut, { ok: true }>,
): Promise<ImportOutcome> => {
  const results: ImportResult[] = []
  for (const [province, tally] of tallies) {
    results.push(await keepPart(deps, { ...asked, province, role }, intake, tally))
    asked.onProgress?.({ stage: 'storing', ...seen, provinces: { done: results.length, of: tallies.size } })
  }
  return { kind: 'imported', results, unattributed: await intake.setAsideUnattributed(asked.date) }
}
