import { z } from 'zod'
import { ROLES } from '#application/shared/authorise.ts'
import { GroupNo } from '#domain/group-user/fields.ts'
import { BillMonth } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { HeldBack, heldBackReleases, RELEASE_MODEL, Release, releases } from '#projections/group-user/release.queries.ts'
import { readBy } from '../access.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, AsOf, freshnessQuery, readFailures, several } from '../schemas.ts'
import { badCursor, type GroupReads } from './seen.ts'

const config = readBy([...ROLES.headquarters, 'SYS'], 'nation')
const Asked = {
  ...freshnessQuery,
  group: GroupNo.optional(),
  month: several(BillMonth),
  after: z.string().max(500).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
}

/** What headquarters has told provinces of each other's members, and what it holds back (集团数据发布). */
export const groupReleaseQueries =
  (reads: GroupReads) =>
  async (app: App): Promise<void> => {
    releasesRoute(app, reads)
    heldBackRoute(app, reads)
  }

const releasesRoute = (app: App, { pool, fresh }: GroupReads): void => {
  app.get(
    '/v1/group-releases',
    {
      config,
      schema: {
        operationId: 'listGroupReleases',
        tags: ['group-user'],
        summary: 'What was released of groups to which province, as it was told',
        description: 'Recorded once and for good, each with the rules by which it was released and rounded; the events stand in `GroupRelease-national`.',
        querystring: z.strictObject({ ...Asked, province: ProvinceCode.optional().describe('What that province was told') }),
        response: { 200: z.object({ asOf: AsOf, releases: z.array(Release), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { group, month, province, after, limit } = request.query
      await fresh.settle(request, reply, RELEASE_MODEL)
      const page = await releases(pool, { groupNo: group, months: month, reader: province, cursor: after, limit })
      if (page === 'BAD_CURSOR') throw badCursor()
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(Release.shape)) as never
      return reply.send({ asOf, releases: [...page.rows], next: page.next })
    },
  )
}

const heldBackRoute = (app: App, { pool, fresh }: GroupReads): void => {
  app.get(
    '/v1/group-releases/held-back',
    {
      config,
      schema: {
        operationId: 'listGroupReleasesHeldBack',
        tags: ['group-user'],
        summary: 'Closed months of groups that are held back from provinces, and why',
        description: 'Groups with too few members elsewhere are not looked at and do not stand here.',
        querystring: z.strictObject(Asked),
        response: { 200: z.object({ asOf: AsOf, heldBack: z.array(HeldBack), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { group, month, after, limit } = request.query
      await fresh.settle(request, reply, RELEASE_MODEL)
      const page = await heldBackReleases(pool, { groupNo: group, months: month, cursor: after, limit })
      if (page === 'BAD_CURSOR') throw badCursor()
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(HeldBack.shape)) as never
      return reply.send({ asOf, heldBack: [...page.rows], next: page.next })
    },
  )
}
