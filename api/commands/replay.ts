import { bulletinAggregate } from '#application/bulletin/use-cases.ts'
import { reportAggregate } from '#application/daily-report/report.ts'
import { extractionAggregate } from '#application/extraction/keep-part.ts'
import { groupLinkAggregate, groupRegisterAggregate, groupReleaseReplay, groupUserAggregate } from '#application/group-user/aggregates.ts'
import { highRiskUserAggregate } from '#application/high-risk-user/use-cases.ts'
import { industryListAggregate } from '#application/industry-list/use-cases.ts'
import { organisationAggregate, workCalendarAggregate } from '#application/organisation/use-cases.ts'
import { type HistoryEntry, historyOf, type Replayable, stateOf, type Until } from '#application/replay/replay.ts'
import { ruleSetAggregate } from '#application/screening/use-cases.ts'
import {
  orderNumbersAggregate,
  warningRunAggregate,
  warningSilencesAggregate,
  warningSubjectAggregate,
  warningWorkOrderAggregate,
} from '#application/warning-work-order/aggregates.ts'
import { businessDateOf, Instant, minuteOfDay } from '#domain/shared/dates.ts'
import { type Category, categoryOf, type StreamName } from '#domain/shared/stream-name.ts'
import type { Platform } from '../compose.ts'
import { UsageError } from './run.ts'
import { withPlatform } from './session.ts'
import { displayWidth } from './table.ts'

type Options = { readonly revision?: string; readonly at?: string; readonly state?: boolean; readonly json?: boolean }

const aggregatesOf = ({ working, reference }: Platform): Readonly<Record<Category, Replayable>> => ({
  Bulletin: bulletinAggregate,
  DailyReport: reportAggregate(working),
  Extraction: extractionAggregate,
  GroupLink: groupLinkAggregate,
  GroupRegister: groupRegisterAggregate,
  GroupRelease: groupReleaseReplay,
  GroupUser: groupUserAggregate,
  HighRiskUser: highRiskUserAggregate,
  IndustryList: industryListAggregate(reference.knowsTrade),
  Organisation: organisationAggregate,
  ScreeningRuleSet: ruleSetAggregate,
  OrderNumbers: orderNumbersAggregate,
  WarningRun: warningRunAggregate,
  WarningSilences: warningSilencesAggregate,
  WarningSubject: warningSubjectAggregate,
  WarningWorkOrder: warningWorkOrderAggregate,
  WorkCalendar: workCalendarAggregate,
})

export const runReplay = (name: string, options: Options): Promise<void> =>
  withPlatform(async (platform) => {
    const stream = name as StreamName
    const aggregate = aggregatesOf(platform)[categoryOf(stream) as Category]
    if (!aggregate) throw new UsageError(`"${name}" is not the name of a stream, such as DailyReport-P37_20260402 or IndustryList-national`)
    const until = readUntil(options)
    let told = 0
    for await (const entry of historyOf(platform.store, stream)) {
      if (isBeyond(entry, until)) break
      process.stdout.write(options.json ? `${text(entry)}\n` : timelineEntry(entry))
      told++
    }
    if (told === 0) throw new UsageError(`${name} has no events${until.at === undefined ? '' : ` up to ${until.at}`}`)
    if (options.state) {
      const { state, revision } = await stateOf(platform.store, aggregate, stream, until)
      process.stdout.write(`\nstate after revision ${revision}:\n${text(state, 2)}\n`)
    }
  })

const isBeyond = ({ revision, at }: HistoryEntry, until: Until): boolean =>
  (until.revision !== undefined && revision > until.revision) || (until.at !== undefined && at > until.at)

const readUntil = ({ revision, at }: Options): Until => {
  if (revision !== undefined && !/^\d+$/.test(revision)) throw new UsageError('--revision wants a number')
  const instant = at === undefined ? undefined : Instant.safeParse(at)
  if (instant && !instant.success) throw new UsageError(`--at wants ${instant.error.issues[0]?.message}`)
  return { ...(revision !== undefined && { revision: BigInt(revision) }), ...(instant?.data && { at: instant.data }) }
}

const pad = (value: number): string => String(value).padStart(2, '0')
const local = (at: Instant): string => `${businessDateOf(at)} ${pad(Math.floor(minuteOfDay(at) / 60))}:${pad(minuteOfDay(at) % 60)}`

/** One event as a person reads it: when (Shanghai), what, by whom, why; then the payload, shortened. */
const timelineEntry = ({ revision, at, type, schemaVersion, actor, reason, data, commandId }: HistoryEntry): string => {
  const head = `${String(revision).padStart(4)}  ${local(at)}  ${type}${schemaVersion > 1 ? ` v${schemaVersion}` : ''}  by ${actor.userId} (${actor.role}, ${actor.orgCode})  command ${commandId.slice(0, 8)}`
  const why = reason === undefined ? '' : `\n      reason: ${reason}`
  return `${head}${why}\n      ${shorten(summary(data))}\n`
}

const LONG = 150
const shorten = (line: string): string => {
  if (displayWidth(line) <= LONG) return line
  let kept = line.slice(0, LONG)
  while (displayWidth(kept) > LONG - 1) kept = kept.slice(0, -1)
  return `${kept}…`
}

/** Members of the payload; lists by their length, because 500 rows are not for reading here. */
const summary = (data: unknown): string =>
  Object.entries(data as Readonly<Record<string, unknown>>)
    .filter(([name]) => name !== 'at' && name !== 'by')
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? (value.length > 4 ? `[${value.length}]` : text(value)) : text(value)}`)
    .join(', ')

const text = (value: unknown, indent?: number): string =>
  JSON.stringify(
    value,
    (_, member: unknown) =>
      typeof member === 'bigint' ? String(member) : member instanceof Map ? Object.fromEntries(member) : member instanceof Set ? [...member] : member,
    indent,
  ).replace(/^"([^"\\]*)"$/, '$1')
