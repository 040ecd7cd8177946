import { z } from 'zod'
import type { ListAsRead } from '#application/industry-list/read.ts'
import { EVERYBODY, ROLES } from '#application/shared/authorise.ts'
import { Entry, VersionNo } from '#domain/industry-list/fields.ts'
import { BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { getVersion, impactPreview, ListVersion, listInForce, listVersions, type WholeList } from '#projections/industry-list/in-force.queries.ts'
import { readBy } from '../access.ts'
import { etagOf } from '../conditional.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, readFailures } from '../schemas.ts'
import { acknowledgements, type BoardNeeds, screenings } from './boards.ts'
import { IN_FORCE, OfVersion, URL } from './commands.ts'

type Needs = BoardNeeds & { readonly read: () => Promise<ListAsRead> }

const ListEntry = Entry.extend({ standard: z.string(), code: z.string(), policyRef: z.string().nullable(), note: z.string().nullable() })
const Version = ListVersion.extend({ entries: z.array(ListEntry), diff: z.unknown().nullable(), asOf: AsOf }).meta({ id: 'IndustryListVersion' })
const OnDate = z.strictObject({ ...freshnessQuery, date: BusinessDate.optional().describe('Today when left out') })
const Impact = z.object({ gained: z.int(), lost: z.int(), kept: z.int() })

/** The industry list: versions, what is in force, who has acknowledged, and what the draft would change. */
export const industryListQueries =
  (needs: Needs) =>
  async (app: App): Promise<void> => {
    versions(app, needs)
    draft(app, needs)
    acknowledgements(app, needs)
    screenings(app, needs)
  }

const versions = (app: App, { pool, fresh, clock }: Needs): void => {
  const config = readBy(EVERYBODY, 'own')
  const today = (): BusinessDate => businessDateOf(clock.now())
  app.get(
    `${URL}/versions`,
    {
      config,
      schema: {
        operationId: 'listIndustryListVersions',
        tags: ['industry-list'],
        summary: 'Every version, as it stands on a date',
        querystring: OnDate,
        response: { 200: z.strictObject({ asOf: AsOf, versions: z.array(ListVersion) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      await fresh.settle(request, reply, IN_FORCE)
      const { asOf, rows } = await listVersions(pool, request.query.date ?? today())
      const stamped = await fresh.stamp(request, reply, asOf)
      return format === 'json' ? reply.send({ asOf: stamped, versions: [...rows] }) : (sendRows(reply, format, rows, Object.keys(ListVersion.shape)) as never)
    },
  )
  app.get(
    `${URL}/versions/:version`,
    {
      config,
      schema: {
        operationId: 'getIndustryListVersion',
        tags: ['industry-list'],
        summary: 'One version with its trades; the trades alone as NDJSON or CSV',
        params: OfVersion,
        querystring: OnDate,
        response: { 200: Version, ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      await fresh.settle(request, reply, IN_FORCE)
      const { asOf, list } = await getVersion(pool, request.params.version, request.query.date ?? today())
      const stamped = await fresh.stamp(request, reply, asOf)
      return whole(list, (found) =>
        format === 'json' ? reply.send({ ...found, asOf: stamped }) : sendRows(reply, format, found.entries, Object.keys(Entry.shape)),
      ) as never
    },
  )
  app.get(
    `${URL}/in-force`,
    {
      config,
      schema: {
        operationId: 'getIndustryListInForce',
        tags: ['industry-list'],
        summary: 'The version in force on a date (现行清单)',
        querystring: OnDate,
        response: { 200: Version, ...readFailures() },
      },
    },
    async (request, reply) => {
      await fresh.settle(request, reply, IN_FORCE)
      const { asOf, list } = await listInForce(pool, request.query.date ?? today())
      const stamped = await fresh.stamp(request, reply, asOf)
      return whole(list, (found) => reply.send({ ...found, asOf: stamped }))
    },
  )
}

const whole = <T>(list: WholeList | undefined, answer: (list: WholeList) => T): T => {
  if (!list) throw new Problem('NOT_FOUND')
  return answer(list)
}

/** The draft from the log itself: who has just changed it sees it. */
const draft = (app: App, { read, pool, fresh, clock }: Needs): void => {
  const config = readBy(ROLES.headquarters, 'nation')
  const Draft = z.strictObject({ version: VersionNo, entries: z.array(Entry) })
  const found = async () => {
    const { list, revision } = await read()
    if (!list.draft) throw new Problem('NOT_FOUND')
    return { ...list.draft, revision, entries: [...list.draft.entries.values()] }
  }
  app.get(
    `${URL}/draft`,
    {
      config,
      schema: { operationId: 'getIndustryListDraft', tags: ['industry-list'], summary: 'The open draft', response: { 200: Draft, ...readFailures() } },
    },
    async (_, reply) => {
      const { version, entries, revision } = await found()
      return reply.header('etag', etagOf(revision)).send({ version, entries })
    },
  )
  app.get(
    `${URL}/draft/impact`,
    {
      config,
      schema: {
        operationId: 'previewIndustryListImpact',
        tags: ['industry-list'],
        summary: 'Registered users whom the draft would bring under the list or let go (影响预览)',
        querystring: OnDate,
        response: { 200: z.strictObject({ asOf: AsOf, national: Impact, provinces: z.array(Impact.extend({ province: z.string() })) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const { entries } = await found()
      await fresh.settle(request, reply, IN_FORCE)
      const { asOf, national, provinces } = await impactPreview(pool, entries, request.query.date ?? businessDateOf(clock.now()))
      return reply.send({ asOf: await fresh.stamp(request, reply, asOf), national, provinces: [...provinces] })
    },
  )
}
