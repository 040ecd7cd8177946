import { z } from 'zod'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { GroupKind, GroupNo, GroupStatus, Uscc } from '#domain/group-user/fields.ts'
import { BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { GroupChange, groupChanges } from '#projections/group-user/changes.queries.ts'
import { GROUP_MODEL, GroupEntry, getGroup, groupTree, searchGroups, TreeNode } from '#projections/group-user/directory.queries.ts'
import { groupMembers, LinkEntry } from '#projections/group-user/links.queries.ts'
import { readBy } from '../access.ts'
import { etagOf } from '../conditional.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, readFailures, several } from '../schemas.ts'
import { OfGroup } from './commands.ts'
import { badCursor, type GroupReads, meant, membersSeen } from './seen.ts'

const config = readBy(PROVINCE_READERS, 'own')
const on = BusinessDate.optional().describe('As of that date; today when left out')
const after = z.string().max(500).optional().describe('`next` of the page before')
const limit = z.coerce.number().int().min(1).max(1000).default(50)
const flag = z.enum(['true', 'false']).default('false')

/** The large groups: found, shown with what became of them, their tree, members and changes. Of members and links a province sees its own. */
export const groupQueries =
  (reads: GroupReads) =>
  async (app: App): Promise<void> => {
    searchRoute(app, reads)
    groupRoute(app, reads)
    treeRoute(app, reads)
    membersRoute(app, reads)
    changesRoute(app, reads)
  }

const searchRoute = (app: App, reads: GroupReads): void => {
  const { pool, clock, fresh } = reads
  app.get(
    '/v1/groups',
    {
      config,
      schema: {
        operationId: 'listGroups',
        tags: ['group-user'],
        summary: 'Large groups, by name, number, code, province or member',
        description: 'JSON, NDJSON, CSV or XLSX by `Accept`. A province finds groups by its own members only, and `members` counts those.',
        querystring: z.strictObject({
          ...freshnessQuery,
          text: z.string().trim().min(2).max(100).optional().describe('Part of the name, or the beginning of the number or of the code'),
          uscc: Uscc.optional(),
          status: several(GroupStatus),
          kind: several(GroupKind),
          province: several(ProvinceCode).describe('Groups with a member there'),
          member: z.string().trim().min(2).max(100).optional().describe('A member’s number, or part of his name'),
          under: GroupNo.optional().describe('That group and those below it'),
          on,
          after,
          limit,
        }),
        response: { 200: z.object({ asOf: AsOf, groups: z.array(GroupEntry), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { text, uscc, status, kind, province, member, under, on = businessDateOf(clock.now()), after, limit } = request.query
      const provinces = await membersSeen(request, reads)
      await fresh.settle(request, reply, GROUP_MODEL)
      const page = await searchGroups(pool, { provinces, on, text, uscc, status, kind, inProvince: province, member, under, cursor: after, limit })
      if (page === 'BAD_CURSOR') throw badCursor()
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(GroupEntry.shape)) as never
      return reply.send({ asOf, groups: [...page.rows], next: page.next })
    },
  )
}

const groupRoute = (app: App, reads: GroupReads): void => {
  const { pool, clock, fresh } = reads
  app.get(
    '/v1/groups/:groupNo',
    {
      config,
      schema: {
        operationId: 'getGroup',
        tags: ['group-user'],
        summary: 'One group; `meant` is the group that its number stands for, another one after a merge',
        description: 'The ETag is the revision of the group’s stream: send it back as If-Match with a command.',
        params: OfGroup,
        querystring: z.strictObject({ ...freshnessQuery, on }),
        response: { 200: GroupEntry.extend({ meant: GroupNo, asOf: AsOf }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const { on = businessDateOf(clock.now()) } = request.query
      const provinces = await membersSeen(request, reads)
      await fresh.settle(request, reply, GROUP_MODEL)
      const { asOf, group } = await getGroup(pool, request.params.groupNo, on, provinces)
      if (!group) throw new Problem('NOT_FOUND')
      const stands = await meant(reads, group.groupNo, on)
      return reply.header('etag', etagOf(group.revision)).send({ ...group, meant: stands, asOf: await fresh.stamp(request, reply, asOf) })
    },
  )
}

const treeRoute = (app: App, reads: GroupReads): void => {
  const { pool, clock, fresh } = reads
  app.get(
    '/v1/groups/:groupNo/tree',
    {
      config,
      schema: {
        operationId: 'getGroupTree',
        tags: ['group-user'],
        summary: 'The tree in which a group stands on a date, from its top',
        params: OfGroup,
        querystring: z.strictObject({ ...freshnessQuery, on }),
        response: { 200: z.object({ asOf: AsOf, on: BusinessDate, nodes: z.array(TreeNode) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { on = businessDateOf(clock.now()) } = request.query
      const provinces = await membersSeen(request, reads)
      await fresh.settle(request, reply, GROUP_MODEL)
      const { asOf, nodes } = await groupTree(pool, await meant(reads, request.params.groupNo, on), on, provinces)
      const stamped = await fresh.stamp(request, reply, asOf)
      if (format !== 'json')
        return sendRows(
          reply,
          format,
          nodes.map(({ path, ...node }) => ({ ...node, path: path.join('/') })),
        ) as never
      return reply.send({ asOf: stamped, on, nodes: [...nodes] })
    },
  )
}

const membersRoute = (app: App, reads: GroupReads): void => {
  const { pool, clock, fresh } = reads
  app.get(
    '/v1/groups/:groupNo/members',
    {
      config,
      schema: {
        operationId: 'listGroupMembers',
        tags: ['group-user'],
        summary: 'The members of a date, or with `history` every link there ever was',
        params: OfGroup,
        querystring: z.strictObject({ ...freshnessQuery, on, history: flag, descendants: flag, province: ProvinceCode.optional(), after, limit }),
        response: { 200: z.object({ asOf: AsOf, on: BusinessDate, members: z.array(LinkEntry), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { on = businessDateOf(clock.now()), history, descendants, province, after, limit } = request.query
      const seen = await membersSeen(request, reads)
      const provinces = province === undefined ? seen : seen === undefined || seen.some((own) => own === province) ? [province] : []
      await fresh.settle(request, reply, GROUP_MODEL)
      const stands = await meant(reads, request.params.groupNo, on)
      // of a merged group its history is its own
      const groupNo = history === 'true' ? request.params.groupNo : stands
      const asked = { groupNo, provinces, on, history: history === 'true', descendants: descendants === 'true', cursor: after, limit }
      const page = await groupMembers(pool, asked)
      if (page === 'BAD_CURSOR') throw badCursor()
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(LinkEntry.shape)) as never
      return reply.send({ asOf, on, members: [...page.rows], next: page.next })
    },
  )
}

const changesRoute = (app: App, reads: GroupReads): void => {
  const { pool, clock, fresh } = reads
  app.get(
    '/v1/groups/:groupNo/changes',
    {
      config,
      schema: {
        operationId: 'listGroupChanges',
        tags: ['group-user'],
        summary: 'What happened to a group and its links, the latest first',
        params: OfGroup,
        querystring: z.strictObject({ ...freshnessQuery, after, limit }),
        response: { 200: z.object({ asOf: AsOf, changes: z.array(GroupChange), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { after, limit } = request.query
      const provinces = await membersSeen(request, reads)
      await fresh.settle(request, reply, GROUP_MODEL)
      await meant(reads, request.params.groupNo, businessDateOf(clock.now()))
      const page = await groupChanges(pool, request.params.groupNo, provinces, { cursor: after, limit })
      if (page === 'BAD_CURSOR') throw badCursor()
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(GroupChange.shape)) as never
      return reply.send({ asOf, changes: [...page.rows], next: page.next })
    },
  )
}
