import { z } from 'zod'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { Profile } from '#domain/high-risk-user/fields.ts'
import { BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { Level } from '#domain/shared/level.ts'

const Facts = Profile.pick({ standard: true, tradeCode: true, orgCode: true })
type Facts = z.output<typeof Facts>

/** A stretch of days in which a user is listed with one level and one set of facts; `to` is the first day after it. */
const Piece = z.object({ from: BusinessDate, to: BusinessDate.nullable(), level: Level, ...Facts.shape })
type Piece = z.output<typeof Piece>

/** What changes the number of listed users on a day. */
const Move = z.object({ on: BusinessDate, kind: z.enum(['listed', 'relisted', 'delisted', 'closed']), level: Level, ...Facts.shape })

export const Membership = z.object({ pieces: z.array(Piece), moves: z.array(Move), facts: Facts.nullable(), since: BusinessDate.nullable() })
export type Membership = z.output<typeof Membership>

export const NO_MEMBERSHIP: Membership = { pieces: [], moves: [], facts: null, since: null }

/** The membership after an event, and the first day that it changes; no day when no figure depends on it. */
export const afterEvent = (user: Membership, { type, data }: HighRiskUserEvent): readonly [Membership, BusinessDate?] => {
  switch (type) {
    case 'CandidateScreened':
    case 'CandidateNominated':
      return [{ ...user, facts: factsOf(data.profile) }]
    case 'UserListed':
      return joined({ ...user, facts: factsOf(data.profile) }, 'listed', data.listedOn, data.level)
    case 'UserRelisted':
      return joined(user, 'relisted', data.on, data.level)
    case 'RiskLevelChanged':
      return overlaid(user, data.on, { level: data.to })
    case 'ProfileAmended':
      return amended(user, factsOf(data.profile), businessDateOf(data.at))
    case 'UserDelisted':
      return left(user, 'delisted', data.on)
    case 'RecordClosed':
      return data.wasListed ? left(user, 'closed', data.on) : [user]
    default:
      return [user]
  }
}

const factsOf = ({ standard, tradeCode, orgCode }: Facts): Facts => ({ standard, tradeCode, orgCode })
const later = (a: BusinessDate, b: BusinessDate | null | undefined): BusinessDate => (b && b > a ? b : a)

/** A user is listed at most once on any day: what is dated back into an earlier listing begins where that one ended. */
const joined = (user: Membership, kind: 'listed' | 'relisted', on: BusinessDate, level: Level): readonly [Membership, BusinessDate?] => {
  if (!user.facts || user.since) return [user]
  const from = later(on, user.moves.at(-1)?.on)
  const piece = { from, to: null, level, ...user.facts }
  return [{ ...user, pieces: [...user.pieces, piece], moves: [...user.moves, { on: from, kind, level, ...user.facts }], since: from }, from]
}

/** From `on` the user is listed no more; a day before his listing means that he never was. */
const left = (user: Membership, kind: 'delisted' | 'closed', on: BusinessDate): readonly [Membership, BusinessDate?] => {
  if (!user.since) return [user]
  const to = later(on, user.since)
  const present = user.pieces.filter((piece) => piece.from >= user.since!)
  const last = present.findLast((piece) => piece.from < to) ?? present[0]
  if (!last) return [user]
  const pieces = user.pieces.filter((piece) => piece.from < to).map((piece) => (piece.to === null || piece.to > to ? { ...piece, to } : piece))
  const { level, standard, tradeCode, orgCode } = last
  return [{ ...user, pieces, moves: [...user.moves, { on: to, kind, level, standard, tradeCode, orgCode }], since: null }, to]
}

/** From `on` (not before the present listing) these values hold, whatever was said of those days before. */
const overlaid = (user: Membership, on: BusinessDate, values: Partial<Facts & { level: Level }>): readonly [Membership, BusinessDate?] => {
  if (!user.since) return [user]
  const from = later(on, user.since)
  const pieces = user.pieces.flatMap((piece): Piece[] => {
    if (piece.to !== null && piece.to <= from) return [piece]
    if (piece.from >= from) return [{ ...piece, ...values }]
    return [
      { ...piece, to: from },
      { ...piece, ...values, from },
    ]
  })
  return [{ ...user, pieces }, from]
}

const amended = (user: Membership, facts: Facts, on: BusinessDate): readonly [Membership, BusinessDate?] => {
  const same = user.facts?.standard === facts.standard && user.facts.tradeCode === facts.tradeCode && user.facts.orgCode === facts.orgCode
  return same ? [user] : overlaid({ ...user, facts }, on, facts)
}
