import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { PROVINCE_READERS, ROLES } from '#application/shared/authorise.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { Acknowledgement, acknowledgementBoard, ScreenedProvince, screeningBoard } from '#projections/industry-list/in-force.queries.ts'
import { readBy } from '../access.ts'
import type { Freshness } from '../freshness.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, readFailures } from '../schemas.ts'
import { IN_FORCE, OfVersion, URL } from './commands.ts'

export type BoardNeeds = {
  readonly pool: Pick<DatabasePool, 'any'>
  readonly fresh: Freshness
  readonly directory: Directory
  readonly clock: Clock
}

/** Who has taken note of a version. */
export const acknowledgements = (app: App, { pool, fresh, directory, clock }: BoardNeeds): void => {
  const National = z.object({ provinces: z.int(), acknowledged: z.int(), onTime: z.int(), overdue: z.int() })
  app.get(
    `${URL}/versions/:version/acknowledgements`,
    {
      config: readBy(PROVINCE_READERS, 'own'),
      schema: {
        operationId: 'getIndustryListAcknowledgements',
        tags: ['industry-list'],
        summary: 'Which provinces have acknowledged a version (签收情况)',
        params: OfVersion,
        querystring: z.strictObject(freshnessQuery),
        response: { 200: z.strictObject({ asOf: AsOf, national: National, provinces: z.array(Acknowledgement) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      await directory.refresh()
      await fresh.settle(request, reply, IN_FORCE)
      const now = clock.now()
      const provinces = directory.provincesOn(businessDateOf(now)).map(({ code }) => code as string as ProvinceCode)
      const { asOf, rows, national } = await acknowledgementBoard(pool, request.params.version, provinces, now)
      if (rows.length === 0) throw new Problem('NOT_FOUND')
      const stamped = await fresh.stamp(request, reply, asOf)
      return format === 'json'
        ? reply.send({ asOf: stamped, national, provinces: [...rows] })
        : (sendRows(reply, format, rows, Object.keys(Acknowledgement.shape)) as never)
    },
  )
}

/** What a version came to in each province. */
export const screenings = (app: App, { pool, fresh, directory, clock }: BoardNeeds): void => {
  app.get(
    `${URL}/versions/:version/screenings`,
    {
      config: readBy(ROLES.headquarters, 'nation'),
      schema: {
        operationId: 'getIndustryListScreenings',
        tags: ['industry-list'],
        summary: 'What screening each province by a version came to (重新筛选): candidates and reviews proposed',
        params: OfVersion,
        querystring: z.strictObject(freshnessQuery),
        response: { 200: z.strictObject({ asOf: AsOf, provinces: z.array(ScreenedProvince) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      await directory.refresh()
      await fresh.settle(request, reply, IN_FORCE)
      const provinces = directory.provincesOn(businessDateOf(clock.now())).map(({ code }) => code as string as ProvinceCode)
      const { asOf, rows } = await screeningBoard(pool, request.params.version, provinces)
      if (rows.length === 0) throw new Problem('NOT_FOUND')
      const stamped = await fresh.stamp(request, reply, asOf)
      return format === 'json'
        ? reply.send({ asOf: stamped, provinces: [...rows] })
        : (sendRows(reply, format, rows, Object.keys(ScreenedProvince.shape)) as never)
    },
  )
}
