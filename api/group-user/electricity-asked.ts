import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { GroupNo } from '#domain/group-user/fields.ts'
import { addDays, type BillMonth, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { groupSums, KeptStanding, MembershipView, type Ref, type SumsAsked } from '#projections/group-user/electricity.queries.ts'
import { type ReleasedTotals, releasedTotals } from '#projections/group-user/release.queries.ts'
import { readBy } from '../access.ts'
import { Problem } from '../problem.ts'
import { AsOf, freshnessQuery } from '../schemas.ts'
import { type GroupReads, membersSeen } from './seen.ts'

export const config = readBy(PROVINCE_READERS, 'own')
export const Told = {
  ...freshnessQuery,
  date: BusinessDate.optional().describe('Yesterday when left out; not after today'),
  membership: MembershipView.default('then').describe('`then`: members as they were on each date; `current`: the members of `date`, carried back in time'),
  descendants: z.enum(['true', 'false']).default('false').describe('With the groups below, by the tree of the same date as the members'),
}
export const Head = {
  asOf: AsOf,
  kept: KeptStanding,
  groupNo: GroupNo,
  date: BusinessDate,
  membership: MembershipView,
  descendants: z.boolean(),
  scope: z.enum(['nation', 'province']),
}
export const OTHERS =
  'What headquarters has released of the members in other provinces, of the last released month; null for headquarters and when there is nothing'

/** Everything a question about a group's electricity turns on, read from the request. */
export const askedOf = async (
  request: FastifyRequest,
  reads: GroupReads,
  groupNo: GroupNo,
  query: { readonly date?: BusinessDate | undefined; readonly membership: MembershipView; readonly descendants: 'true' | 'false' },
) => {
  const today = businessDateOf(reads.clock.now())
  const date = query.date ?? addDays(today, -1)
  if (date > today)
    throw new Problem('VALIDATION_FAILED', { errors: [{ pointer: '/querystring/date', code: 'FUTURE_DATE', message: `after today, ${today}` }] })
  const provinces = await membersSeen(request, reads)
  const asked = { groupNo, date, membership: query.membership, descendants: query.descendants === 'true', provinces }
  const head = {
    date,
    membership: asked.membership,
    descendants: asked.descendants,
    scope: provinces === undefined ? ('nation' as const) : ('province' as const),
  }
  return { asked, head }
}

/** The sums of the group that is meant. Throws a Problem (404). */
export const sumsOf = async ({ pool }: GroupReads, refs: readonly Ref[], asked: SumsAsked) => {
  const { meant: groupNo, ...sums } = await groupSums(pool, refs, asked)
  if (groupNo === undefined) throw new Problem('NOT_FOUND')
  return { groupNo, ...sums }
}

/** What a reader of a province is told of the others, of the last of some months. */
export const othersOf = async ({ pool }: GroupReads, asked: Omit<SumsAsked, 'byProvince'>, months: readonly BillMonth[]) => {
  const reader = asked.provinces?.[0]
  if (reader === undefined) return new Map<BillMonth, ReleasedTotals>()
  return releasedTotals(pool, { groupNo: asked.groupNo, months, reader, descendants: asked.descendants })
}
