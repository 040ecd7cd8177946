import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { ReviewFinding } from '#domain/high-risk-user/fields.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import { masked } from '#domain/shared/personal.ts'
import { pick, type UserCase } from './document.ts'
import { altered, type MeasureEvent, measuresAfter } from './measures.ts'

const MOST_CONTACTS = 200

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
export type WorkEvent = Exclude<HighRiskUserEvent, { type: Standing }>

/** The case after what was done about a user, whatever his standing on the list. */
export const workAfter = (user: UserCase, event: WorkEvent, today: BusinessDate): UserCase => {
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
