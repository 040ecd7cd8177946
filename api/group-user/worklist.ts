import { z } from 'zod'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { GroupNo } from '#domain/group-user/fields.ts'
import { addDays, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { GROUP_MODEL } from '#projections/group-user/directory.queries.ts'
import { LinkEntry, LinkQuality, LinkTask, linkTasks } from '#projections/group-user/links.queries.ts'
import { linkQuality, Suggestion, SuggestionReason, suggestions } from '#projections/group-user/suggestions.queries.ts'
import { readBy } from '../access.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, AsOf, freshnessQuery, readFailures, several } from '../schemas.ts'
import { Names, namesOn } from '../statistics/names.ts'
import { badCursor, type GroupReads, membersSeen } from './seen.ts'

const config = readBy(PROVINCE_READERS, 'own')
const Paged = {
  ...freshnessQuery,
  province: several(ProvinceCode),
  after: z.string().max(500).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
}

/** The provinces asked for that the caller may see. */
const narrowed = (seen: readonly ProvinceCode[] | undefined, asked: readonly ProvinceCode[] | undefined): readonly ProvinceCode[] | undefined =>
  seen === undefined ? asked : asked === undefined ? seen : seen.filter((own) => asked.includes(own))

/** What a province has to do about its customers' links: confirm, look after what ends, take up or dismiss what is suggested; and how good the links are. */
export const groupWorkQueries =
  (reads: GroupReads) =>
  async (app: App): Promise<void> => {
    tasksRoute(app, reads)
    suggestionsRoute(app, reads)
    qualityRoute(app, reads)
  }

const tasksRoute = (app: App, reads: GroupReads): void => {
  const { pool, clock, fresh } = reads
  app.get(
    '/v1/group-links/worklist',
    {
      config,
      schema: {
        operationId: 'listGroupLinkTasks',
        tags: ['group-user'],
        summary: 'Links that wait for confirmation, or that end in the days to come',
        querystring: z.strictObject({
          ...Paged,
          kind: LinkTask.default('proposed'),
          within: z.coerce.number().int().min(1).max(366).default(30).describe('Ending within so many days'),
        }),
        response: { 200: z.object({ asOf: AsOf, today: BusinessDate, links: z.array(LinkEntry), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { province, kind, within, after, limit } = request.query
      const today = businessDateOf(clock.now())
      const provinces = narrowed(await membersSeen(request, reads), province)
      await fresh.settle(request, reply, GROUP_MODEL)
      const page = await linkTasks(pool, { provinces, kind, today, until: addDays(today, within), cursor: after, limit })
      if (page === 'BAD_CURSOR') throw badCursor()
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(LinkEntry.shape)) as never
      return reply.send({ asOf, today, links: [...page.rows], next: page.next })
    },
  )
}

const suggestionsRoute = (app: App, reads: GroupReads): void => {
  const { pool, clock, fresh } = reads
  app.get(
    '/v1/group-links/suggestions',
    {
      config,
      schema: {
        operationId: 'listGroupLinkSuggestions',
        tags: ['group-user'],
        summary: 'Customers who seem to belong to a group, each with the reason and a score',
        description:
          'Accept one by proposing the link, dismiss it with its `facts` (one by one or in bulk, see the commands on group links); a dismissed one stays away until its facts change. By code 100 (the group’s) or 90 (a member’s), by name up to 80, and 30 less where the names say two cities.',
        querystring: z.strictObject({
          ...Paged,
          group: GroupNo.optional(),
          reason: several(SuggestionReason),
          minScore: z.coerce.number().int().min(0).max(100).optional(),
        }),
        response: { 200: z.object({ asOf: AsOf, suggestions: z.array(Suggestion), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { province, group, reason, minScore, after, limit } = request.query
      const provinces = narrowed(await membersSeen(request, reads), province)
      await fresh.settle(request, reply, GROUP_MODEL)
      const today = businessDateOf(clock.now())
      const page = await suggestions(pool, { provinces, today, groupNo: group, reasons: reason, minScore, cursor: after, limit })
      if (page === 'BAD_CURSOR') throw badCursor()
      const asOf = await fresh.stamp(request, reply, page.asOf)
      if (page.next !== null) void reply.header('epm-next', page.next)
      if (format !== 'json') return sendRows(reply, format, page.rows, Object.keys(Suggestion.shape)) as never
      return reply.send({ asOf, suggestions: [...page.rows], next: page.next })
    },
  )
}

const QualityRow = LinkQuality.extend(Names)

const qualityRoute = (app: App, reads: GroupReads): void => {
  const { pool, clock, directory, fresh } = reads
  app.get(
    '/v1/statistics/group-links',
    {
      config,
      schema: {
        operationId: 'getGroupLinkQuality',
        tags: ['group-user', 'statistics'],
        summary: 'The quality of links by province: linked, proposed, suggested, conflicting, ending',
        querystring: z.strictObject({ ...freshnessQuery, province: several(ProvinceCode), on: BusinessDate.optional().describe('Today when left out') }),
        response: { 200: z.object({ asOf: AsOf, on: BusinessDate, provinces: z.array(QualityRow) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { province, on = businessDateOf(clock.now()) } = request.query
      const seen = narrowed(await membersSeen(request, reads), province)
      await fresh.settle(request, reply, GROUP_MODEL)
      const all = directory.provincesOn(on).map(({ code }) => code as string as ProvinceCode)
      const names = namesOn(directory, on)
      const { asOf, rows } = await linkQuality(pool, on, seen === undefined ? all : all.filter((code) => seen.includes(code)))
      const provinces = rows.map((row) => ({ ...row, ...names(row.province) }))
      const stamped = await fresh.stamp(request, reply, asOf)
      if (format !== 'json') return sendRows(reply, format, provinces) as never
      return reply.send({ asOf: stamped, on, provinces })
    },
  )
}
