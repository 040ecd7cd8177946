import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { dailyReportStream, reportAggregate } from '#application/daily-report/report.ts'
import { highRiskUserAggregate, highRiskUserStream } from '#application/high-risk-user/use-cases.ts'
import { type EventStore, LogUnavailable, OutcomeUnknown } from '#application/ports/event-store.ts'
import { closeDays, type DayCloseNeeds, type ReportStanding } from '#application/processes/day-close.ts'
import { handle } from '#application/shared/handle.ts'
import type { Request } from '#application/shared/request.ts'
import type { DailyReportCommand } from '#domain/daily-report/commands.ts'
import { opensAt, rulesFor } from '#domain/daily-report/schedule.ts'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { Actor, Role } from '#domain/shared/actor.ts'
import { addDays, instantOfEpoch } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, Uuid } from '#domain/shared/identity.ts'
import { date, schedule } from '#test/support/arbitraries/daily-report.ts'
import { anyCommand, at, clerk, key, lead, profile, today } from '#test/support/arbitraries/high-risk-user.ts'
import type { Random } from './random.ts'
import type { Tables } from './read-model.ts'
import { sleep } from './time.ts'

/** How a command ended for whoever sent it, and whether any of its attempts stayed without an answer. */
export type Sent = { readonly commandId: Uuid; readonly kind: string; readonly recorded: number; readonly everUnknown: boolean }

const CUSTOMERS = ['0000000001', '0000000002', '0000000003'] as ConsNo[]
const PROVINCES = ['P11', 'P13S', 'P31'] as ProvinceCode[]
const MOST_TRIES = 8

const by = (actor: Pick<Actor, 'userId' | 'orgCode'>, role: Role, commandId: Uuid, now: () => number): Request => ({
  actor: { userId: actor.userId, roles: [role], orgCode: actor.orgCode } as Actor,
  role,
  commandId,
  correlationId: commandId,
  at: instantOfEpoch(now()),
})

/** The first commands list each customer, or the others would find nobody. */
export const LISTINGS = 2 * CUSTOMERS.length

/** Commands of people, made by the seed. */
export const commandsOf = (seed: number, count: number): readonly HighRiskUserCommand[] => {
  const said = { at, by: clerk }
  const listings = Array.from(
    { length: LISTINGS },
    (_, index): HighRiskUserCommand =>
      index < CUSTOMERS.length
        ? { type: 'NominateCandidate', data: { ...said, ...key, profile, proposedLevel: 'II', reason: 'arrears', evidence: [], orgProvince: key.province } }
        : { type: 'ConfirmListing', data: { at, by: lead, level: 'II', owner: clerk, listedOn: today, basis: ['arrears'] } },
  )
  const others = fc.sample(fc.oneof(anyCommand, anyAmendment), { seed, numRuns: count - LISTINGS })
  return [...listings, ...others]
}

/** Always finds something to change. */
const anyAmendment = fc.nat(999).map(
  (kilovolts): HighRiskUserCommand => ({
    type: 'AmendProfile',
    data: { at, by: clerk, changes: { voltage: `${kilovolts}kV` }, source: 'marketing system', orgProvince: null },
  }),
)

/** Sends a command until it is known how it ended, as a careful caller does: the same id each time. Gives up in the end. */
export const send = async (store: EventStore, command: HighRiskUserCommand, customer: number, commandId: Uuid, now: () => number): Promise<Sent> => {
  const consNo = CUSTOMERS[customer % CUSTOMERS.length]!
  const stream = highRiskUserStream({ province: key.province, consNo })
  const said = (command.type === 'NominateCandidate' ? { ...command, data: { ...command.data, consNo } } : command) as HighRiskUserCommand
  let everUnknown = false
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    try {
      const outcome = await handle(
        store,
        highRiskUserAggregate,
        stream,
        said,
        by({ userId: command.data.by, orgCode: 'P13S' as Actor['orgCode'] }, 'PV_TARIFF', commandId, now),
      )
      return { commandId, kind: outcome.kind, recorded: outcome.kind === 'done' ? outcome.recorded : 0, everUnknown }
    } catch (error) {
      if (!(error instanceof OutcomeUnknown || error instanceof LogUnavailable)) throw error
      everUnknown ||= error instanceof OutcomeUnknown
      await sleep(100 * 2 ** attempt)
    }
  }
  return { commandId, kind: 'unknown', recorded: 0, everUnknown: true }
}

const reports = reportAggregate({ digest: (text) => createHash('sha256').update(text).digest('hex'), knowsTrade: () => true })
const rules = rulesFor(schedule, date)

/** The timer process as it runs in a worker: what it knows of the reports comes from a read model that may lag behind. */
export const closeOnce = async (store: EventStore, tables: Tables, random: Random, now: () => number): Promise<number> => {
  const needs: DayCloseNeeds = {
    schedules: [schedule],
    since: date,
    standings: async () => PROVINCES.map((province) => standing(tables, province)),
    execute: async (report, command, asked) => {
      const request: Request = { ...by(asked.actor, 'SYS', asked.commandId, now), at: asked.at ?? instantOfEpoch(now()) }
      const signed = { at: request.at, by: asked.actor.userId }
      const full =
        command.type === 'OpenReport'
          ? { type: command.type, data: { ...signed, ...report, expectedUsers: CUSTOMERS, listVersion: 1, sourceMode: command.data.sourceMode, rules } }
          : { type: command.type, data: { ...signed, ...command.data } }
      return handle(store, reports, dailyReportStream(report), full as DailyReportCommand, request)
    },
  }
  await sleep(random.below(500))
  try {
    return await closeDays(needs, instantOfEpoch(now()), date, addDays(date, -1))
  } catch (error) {
    if (error instanceof OutcomeUnknown || error instanceof LogUnavailable) return 0 // the next time it looks, it goes on
    throw error
  }
}

const standing = ({ rows }: Tables, province: ProvinceCode): ReportStanding => {
  const opened = rows.has(dailyReportStream({ province, date }))
  return { province, opened, settled: false, dueAt: opened ? rules.dueAt : null, cutOffAt: opened ? rules.cutOffAt : null }
}

/** The instants at which the process looks: while a report opens, is due, is cut off, and after. */
export const WATCHES = [opensAt(schedule, date), rules.dueAt, rules.cutOffAt].map((instant) => Date.parse(instant) + 60_000)
