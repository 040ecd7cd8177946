import { z } from 'zod'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { AdverseKind, CaseId, ContactChannel, HoldKind, ReviewFinding, Screening, UserStatus, WithdrawalCause } from '#domain/high-risk-user/fields.ts'
import { BillMonth, BusinessDate, businessDateOf, Instant } from '#domain/shared/dates.ts'
import { OrgCode, UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { masked } from '#domain/shared/personal.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { altered, Measure, type MeasureEvent, measuresAfter } from './measures.ts'

const Promised = z.object({
  promiseId: CaseId,
  bills: z.array(BillMonth),
  amount: Fen,
  dueOn: BusinessDate,
  state: z.enum(['open', 'kept', 'broken']),
  received: Fen.nullable(),
  shortfall: Fen.nullable(),
  /** What had come in on its bills when it was made. */
  receivedBefore: Fen,
  madeAt: Instant,
})
const Contact = z.object({
  contactId: CaseId,
  at: Instant,
  by: UserId,
  channel: ContactChannel,
  /** Masked before they are kept here. */
  person: z.string().nullable(),
  phone: z.string().nullable(),
  outcome: z.string(),
  nextOn: BusinessDate.nullable(),
})
const Hold = z.object({ kind: HoldKind, from: BusinessDate, until: BusinessDate, reason: z.string(), releasedOn: BusinessDate.nullable() })
const Fact = z.object({
  ...{ factId: CaseId, kind: AdverseKind, on: BusinessDate, source: z.string(), by: UserId },
  /** It no longer counts from that day on. */
  withdrawn: z.object({ on: BusinessDate, cause: WithdrawalCause, reason: z.string() }).nullable().default(null),
})
const Review = z.object({
  on: BusinessDate,
  ruleSetVersion: z.int(),
  computedLevel: Level.nullable(),
  score: z.int(),
  hardTriggers: z.array(z.string()),
})

/** Everything that is being done about a user, as his page shows it. */
export const UserCase = z.object({
  status: UserStatus,
  /** Since when he stands so, in business days. */
  statusSince: BusinessDate,
  level: Level.nullable(),
  levelSince: BusinessDate.nullable(),
  owner: UserId.nullable(),
  name: z.string(),
  orgCode: OrgCode,
  recheckAfter: BusinessDate.nullable(),
  /** Why he was dismissed last, and over which open hard triggers: headquarters looks at those. */
  dismissal: z.object({ by: UserId, reason: z.string(), openHardTriggers: z.array(z.string()) }).nullable(),
  overrideExpiresOn: BusinessDate.nullable(),
  /** What was said when a person nominated him last. */
  nomination: z.object({ by: UserId, reason: z.string().nullable(), proposedLevel: Level }).nullable(),
  screening: Screening.nullable(),
  review: Review.nullable(),
  /** A review proposed over a new industry list that nobody has answered yet; `on`: the day it was proposed. */
  proposal: ReviewFinding.extend({ on: BusinessDate }).nullable().default(null),
  measures: z.array(Measure),
  promises: z.array(Promised),
  /** The latest ones, the last first. */
  contacts: z.array(Contact),
  holds: z.array(Hold),
  facts: z.array(Fact),
})
export type UserCase = z.output<typeof UserCase>

const MOST_CONTACTS = 200

type Named = Extract<HighRiskUserEvent, { type: 'CandidateNominated' | 'CandidateScreened' }>['data']

const begun = ({ at, profile }: Named): UserCase => ({
  ...{ status: 'candidate', statusSince: businessDateOf(at), level: null, levelSince: null, owner: null, name: profile.name, orgCode: profile.orgCode },
  ...{
    recheckAfter: null,
    dismissal: null,
    overrideExpiresOn: null,
    nomination: null,
    screening: null,
    review: null,
    proposal: null,
    measures: [],
    promises: [],
    contacts: [],
    holds: [],
    facts: [],
  },
})

/** The case after an event; undefined before the first that names the customer. */
export const caseAfter = (before: UserCase | undefined, event: HighRiskUserEvent): UserCase | undefined => {
  if (event.type === 'CandidateNominated' || event.type === 'CandidateScreened') {
    const { at, profile } = event.data
    const now = { ...(before ?? begun(event.data)), name: profile.name, orgCode: profile.orgCode, recheckAfter: null }
    const screening = event.type === 'CandidateScreened' ? Screening.parse(pick(event.data, Screening)) : now.screening
    const nomination = event.type === 'CandidateNominated' ? nominationIn(event.data) : now.nomination
    return { ...now, nomination, status: 'candidate', statusSince: before?.status === 'candidate' ? before.statusSince : businessDateOf(at), screening }
  }
  return before && standingAfter(before, event)
}

const nominationIn = ({ by, reason, proposedLevel }: Extract<HighRiskUserEvent, { type: 'CandidateNominated' }>['data']) => ({
  by,
  reason: reason ?? null,
  proposedLevel,
})

/** Of an event's data what a schema names. */
const pick = (data: object, { shape }: z.ZodObject): unknown => Object.fromEntries(Object.keys(shape).map((name) => [name, data[name as keyof typeof data]]))

const standingAfter = (user: UserCase, event: Exclude<HighRiskUserEvent, { type: 'CandidateNominated' | 'CandidateScreened' }>): UserCase => {
  const { type, data } = event
  const today = businessDateOf(data.at)
  switch (type) {
    case 'CandidateDismissed': {
      const { by, reason, recheckAfter, openHardTriggers = [] } = data
      return { ...user, status: 'dismissed', statusSince: today, recheckAfter, dismissal: { by, reason, openHardTriggers } }
    }
    case 'UserListed':
      return { ...user, ...listedAs(data.level, data.listedOn, today), owner: data.owner, name: data.profile.name, orgCode: data.profile.orgCode }
    case 'UserRelisted':
      return { ...user, ...listedAs(data.level, data.on, today) }
    case 'RiskLevelChanged':
      return { ...user, level: data.to, levelSince: data.on, overrideExpiresOn: data.override?.expiresOn ?? null, proposal: null }
    case 'ProfileAmended':
      return { ...user, name: data.profile.name, orgCode: data.profile.orgCode }
    case 'OwnerTransferred':
      return { ...user, owner: data.to }
    case 'DelistProposed':
      return { ...user, status: 'delist-pending', statusSince: today, proposal: null }
    case 'DelistRejected':
      return { ...user, status: 'listed', statusSince: today }
    case 'UserDelisted':
      return { ...user, status: 'delisted', statusSince: today }
    case 'RecordClosed':
      return { ...user, status: 'closed', statusSince: today, proposal: null }
    case 'UserReportedToHq':
      return user
    default:
      return workAfter(user, event as WorkEvent, today)
  }
}

const listedAs = (level: Level, levelSince: BusinessDate, statusSince: BusinessDate) => ({
  ...{ status: 'listed' as const, statusSince, level, levelSince, overrideExpiresOn: null, proposal: null },
})

type Standing =
  | 'CandidateNominated'
  | 'CandidateScreened'
  | 'CandidateDismissed'
  | 'UserListed'
  | 'UserRelisted'
  | 'RiskLevelChanged'
  | 'ProfileAmended'
  | 'OwnerTransferred'
  | 'DelistProposed'
  | 'DelistRejected'
  | 'UserDelisted'
  | 'RecordClosed'
  | 'UserReportedToHq'
type WorkEvent = Exclude<HighRiskUserEvent, { type: Standing }>

const workAfter = (user: UserCase, event: WorkEvent, today: BusinessDate): UserCase => {
  const { type, data } = event
  switch (type) {
    case 'LevelReviewed': {
      const { on, ruleSetVersion, computedLevel, score, hardTriggers } = data
      return { ...user, review: { on, ruleSetVersion, computedLevel, score, hardTriggers }, proposal: null }
    }
    case 'PromiseMade': {
      const { promiseId, bills, amount, dueOn, receivedBefore, at: madeAt } = data
      const promise = { promiseId, bills, amount, dueOn, state: 'open' as const, received: null, shortfall: null, receivedBefore, madeAt }
      return { ...user, promises: [...user.promises, promise] }
    }
    case 'PromiseKept':
      return { ...user, promises: altered(user.promises, 'promiseId', data.promiseId, { state: 'kept', received: data.received }) }
    case 'PromiseBroken':
      return { ...user, promises: altered(user.promises, 'promiseId', data.promiseId, { state: 'broken', shortfall: data.shortfall }) }
    case 'ContactLogged': {
      const { contactId, at, by, channel, person, phone, outcome, nextOn = null } = data
      const contact = { contactId, at, by, channel, person: maskedOrNull(person), phone: maskedOrNull(phone), outcome, nextOn }
      return { ...user, contacts: [contact, ...user.contacts].slice(0, MOST_CONTACTS) }
    }
    case 'HoldPlaced':
      return { ...user, holds: [...user.holds, { kind: data.kind, from: today, until: data.until, reason: data.reason, releasedOn: null }] }
    case 'HoldReleased':
      return { ...user, holds: user.holds.map((hold, i) => (i === user.holds.length - 1 ? { ...hold, releasedOn: today } : hold)) }
    case 'AdverseFactRecorded': {
      const { factId, kind, on, source, by } = data
      return { ...user, facts: [...user.facts, { factId, kind, on, source, by, withdrawn: null }] }
    }
    case 'AdverseFactWithdrawn': {
      const { factId, cause, reason } = data
      return { ...user, facts: altered(user.facts, 'factId', factId, { withdrawn: { on: today, cause, reason } }) }
    }
    case 'ReviewProposed':
      return { ...user, proposal: { ...ReviewFinding.parse(pick(data, ReviewFinding)), on: today } }
    case 'ReviewDismissed':
      return { ...user, proposal: null }
    default:
      return { ...user, measures: measuresAfter(user.measures, event as MeasureEvent) }
  }
}

const maskedOrNull = (text: string | undefined): string | null => (text === undefined ? null : masked(text))
