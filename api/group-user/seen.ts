import type { FastifyRequest } from 'fastify'
import type { DatabasePool } from 'slonik'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { sightOf } from '#application/shared/authorise.ts'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { groupMeant } from '#projections/group-user/directory.queries.ts'
import type { Freshness } from '../freshness.ts'
import { actorOf } from '../identity.ts'
import { Problem } from '../problem.ts'

export type GroupReads = {
  readonly pool: DatabasePool
  readonly directory: Directory
  readonly clock: Clock
  readonly fresh: Freshness
}

/** Whose members the caller may see, one by one: those of all provinces (undefined), of his own, or none. */
export const membersSeen = async (request: FastifyRequest, { directory, clock }: GroupReads): Promise<readonly [] | readonly [ProvinceCode] | undefined> => {
  await directory.refresh()
  const sight = sightOf(actorOf(request), directory, businessDateOf(clock.now()))
  if (sight.kind === 'all') return undefined
  // sums over a province and its links are the province's, not those of a unit below it
  return sight.kind === 'province' && sight.unit === undefined ? [sight.province] : []
}

/** The group that a number stands for on a date. Throws a Problem (404). */
export const meant = async ({ pool }: Pick<GroupReads, 'pool'>, groupNo: GroupNo, on: BusinessDate): Promise<GroupNo> => {
  const found = await groupMeant(pool, groupNo, on)
  if (found === undefined) throw new Problem('NOT_FOUND')
  return found
}

export const badCursor = (): Problem =>
  new Problem('VALIDATION_FAILED', {
    errors: [{ pointer: '/querystring/after', code: 'BAD_CURSOR', message: 'not the `next` of a page in this order' }],
  })
