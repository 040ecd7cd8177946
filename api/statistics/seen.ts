import type { FastifyRequest } from 'fastify'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { sightOf } from '#application/shared/authorise.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { actorOf } from '../identity.ts'

/** The provinces whose figures the caller may see; undefined for all. A unit below its province sees none: sums are the province's. */
export const provincesSeen =
  (directory: Directory, clock: Clock) =>
  async (request: FastifyRequest): Promise<readonly ProvinceCode[] | undefined> => {
    await directory.refresh()
    const sight = sightOf(actorOf(request), directory, businessDateOf(clock.now()))
    if (sight.kind === 'all') return undefined
    return sight.kind === 'province' && sight.unit === undefined ? [sight.province] : []
  }
