import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import type { UserCase } from './document.ts'

/**
 * What a date hangs on: a decision on a candidate, a plan for a user of level I, a measure, a guarantee's end, a promise, the
 * customer's next contact, a hold's end, a recheck, an override's end, a review that came to another level where none is overridden, a delisting to decide, a review
 * proposed over a new industry list, the next review of the level.
 */
export const DueKind = z.enum([
  ...['candidate', 'plan', 'measure', 'guarantee', 'promise', 'contact'],
  ...['hold', 'recheck', 'override', 'level', 'delisting', 'review', 'level-review'],
] as const)
export type DueKind = z.output<typeof DueKind>
/**
 * `on`: the day itself, but for a plan the day since when he is at level I, and for a review of the level that of the last one, or
 * since when he stands at it: when they are due follows from rules that change.
 */
export type Due = { readonly kind: DueKind; readonly ref: string; readonly on: BusinessDate }

/** Everything in a user's case that waits for a day. What is settled waits for nothing. */
export const duesOf = (user: UserCase): readonly Due[] => [...standingDues(user), ...workDues(user)]

const standingDues = ({ status, statusSince, recheckAfter }: UserCase): readonly Due[] => {
  if (status === 'candidate') return [{ kind: 'candidate', ref: '', on: statusSince }]
  if (status === 'dismissed' && recheckAfter !== null) return [{ kind: 'recheck', ref: '', on: recheckAfter }]
  return status === 'delist-pending' ? [{ kind: 'delisting', ref: '', on: statusSince }] : []
}

const isListed = ({ status }: UserCase): boolean => status === 'listed' || status === 'delist-pending'

const workDues = (user: UserCase): readonly Due[] => {
  if (user.status === 'closed') return []
  const running = user.measures.filter(({ state }) => state === 'planned' || state === 'in-force')
  const dues: Due[] = running.map(({ measureId, dueOn }) => ({ kind: 'measure', ref: measureId, on: dueOn }))
  for (const { measureId, details } of running) {
    const expiry = BusinessDate.safeParse(details.expiresOn)
    if (expiry.success) dues.push({ kind: 'guarantee', ref: measureId, on: expiry.data })
  }
  for (const { promiseId, state, dueOn } of user.promises) if (state === 'open') dues.push({ kind: 'promise', ref: promiseId, on: dueOn })
  return isListed(user) ? [...dues, ...listedDues(user, running.length > 0)] : dues
}

const listedDues = ({ level, levelSince, overrideExpiresOn, review, proposal, holds, contacts }: UserCase, planned: boolean): readonly Due[] => {
  const dues: Due[] = []
  const hold = holds.at(-1)
  const contact = contacts[0]
  if (level === 'I' && levelSince !== null && !planned) dues.push({ kind: 'plan', ref: '', on: levelSince })
  if (levelSince !== null) dues.push({ kind: 'level-review', ref: '', on: review !== null && review.on > levelSince ? review.on : levelSince })
  if (overrideExpiresOn !== null) dues.push({ kind: 'override', ref: '', on: overrideExpiresOn })
  if (review !== null && review.computedLevel !== level && overrideExpiresOn === null) dues.push({ kind: 'level', ref: '', on: review.on })
  if (proposal !== null) dues.push({ kind: 'review', ref: String(proposal.industryListVersion), on: proposal.on })
  if (hold && hold.releasedOn === null) dues.push({ kind: 'hold', ref: '', on: hold.until })
  if (contact && contact.nextOn !== null) dues.push({ kind: 'contact', ref: contact.contactId, on: contact.nextOn })
  return dues
}
