import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ConsNo, ProvinceCode, UserId, Uuid } from '#domain/shared/identity.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { hitsOf, type Warning, type WarningFigures, type WarningRules, warningsOf } from '#domain/warning-work-order/rules.ts'
import { silencing, type WarningSilences } from '#domain/warning-work-order/silences.ts'
import type { EventStore } from '../ports/event-store.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { handle } from '../shared/handle.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Request } from '../shared/request.ts'
import { WARNING_SILENCES, warningRunAggregate, warningSilencesAggregate } from './aggregates.ts'
import type { SealedReport } from './sealed-report.ts'
import type { Claimant } from './warnings-claiming.ts'
import { type DraftedRun, draftWarnings, type FollowedUp } from './warnings-drafting.ts'
import { type Superseding, supersede } from './warnings-superseding.ts'

/** What the rules of warnings work with. Figures, follow-ups and groups are as the read models have them. */
export type Warnings = Superseding & {
  readonly store: EventStore
  readonly warningRules: readonly WarningRules[]
  readonly figures: (
    report: SealedReport,
    leastOverdue: bigint,
  ) => Promise<{ readonly users: number; readonly figures: readonly Omit<WarningFigures, 'groupAtLevelI'>[] }>
  /** Of each customer the other members of his group at level I on that date. */
  readonly groupAtLevelI: (province: ProvinceCode, date: BusinessDate) => Promise<ReadonlyMap<ConsNo, number>>
  /** Customers of a province of whom something was warned before. */
  readonly claimants: (province: ProvinceCode) => Promise<readonly Claimant[]>
  /** Customers whose order was closed until a day after this one. */
  readonly followedUp: (province: ProvinceCode, date: BusinessDate) => Promise<readonly FollowedUp[]>
}

const ACTOR = { ...SYSTEM, userId: 'warnings' as UserId }
const runStream = ({ province, reportDate }: SealedReport) => streamName('WarningRun', province, reportDate.replaceAll('-', ''))

/** All that a run says is said in this request's name; its id follows from the report, so that a run begun twice is one. */
const requestOf = ({ province, reportDate, reportVersion }: SealedReport, at: Instant): Request => {
  const commandId: Uuid = derivedCommandId(`warnings/${province}/${reportDate}`, String(reportVersion))
  return { actor: ACTOR, role: 'SYS', commandId, correlationId: commandId, at }
}

/**
 * Judges a sealed report by the rules in force on its day (P2): takes back what earlier reports drafted and nobody issued, drafts
 * orders for headquarters' queue and puts on record what was not given. Each version of a report is judged once; a run that broke off is finished by asking again. Answers how many orders
 * were drafted; 'NO_RULES' for a day without rules.
 */
export const warn = async (needs: Warnings, report: SealedReport, at: Instant): Promise<number | 'NO_RULES'> => {
  const { state } = await load(needs.store, warningRunAggregate, runStream(report))
  if (state.versions.has(report.reportVersion)) return 0
  const rules = inForceOn(needs.warningRules, report.reportDate)
  if (!rules) return 'NO_RULES'
  const request = requestOf(report, at)
  const superseded = await supersede(needs, report, request)
  const [{ users, figures }, groups, claimants, followedUp, { state: silences }] = await Promise.all([
    needs.figures(report, leastOf(rules)),
    needs.groupAtLevelI(report.province, report.reportDate),
    needs.claimants(report.province),
    needs.followedUp(report.province, report.reportDate),
    load(needs.store, warningSilencesAggregate, WARNING_SILENCES),
  ])
  const warnings = figures.flatMap((one) => {
    const whole = { ...one, groupAtLevelI: groups.get(one.consNo) ?? 0 }
    return warningsOf(whole, hitsOf(rules, whole))
  })
  const drafted = await draftWarnings(needs.store, {
    report,
    rules,
    request,
    warnings,
    claimants,
    superseded,
    followedUp,
    silencing: (warning) => quiet(silences, report, warning, at),
  })
  await record(needs, report, rules, request, { users, warned: warnings.length, ...drafted })
  return drafted.orders.length
}

/** The least that a user owes past due of whom some rule may say something. */
const leastOf = ({ rules }: WarningRules): bigint => BigInt(Math.min(...rules.map(({ leastOverdue }) => leastOverdue)))

const quiet = (silences: WarningSilences, { province }: SealedReport, { kind, grade, hits, figures: { consNo } }: Warning, at: Instant) =>
  silencing(silences, at, { province, consNo, kind, grade, rules: hits.map(({ rule }) => rule) })

const record = async (
  { store }: Warnings,
  report: SealedReport,
  { version }: WarningRules,
  request: Request,
  { users, warned, suppressed, orders }: DraftedRun & { readonly users: number; readonly warned: number },
): Promise<void> => {
  const commandId = derivedCommandId(request.commandId, 'record')
  const data = { at: request.at, by: ACTOR.userId, ...report, rulesVersion: version, users, warned, suppressed, orders: [...orders] }
  await handle(store, warningRunAggregate, runStream(report), { type: 'RecordRun', data }, { ...request, commandId, causationId: request.commandId })
}
