import { z } from 'zod'
import { GroupNo } from '#domain/group-user/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { GROUP_MODEL } from '#projections/group-user/directory.queries.ts'
import { memberSums } from '#projections/group-user/electricity.queries.ts'
import { figuresOf, GroupFigures } from '#projections/group-user/figures.queries.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, readFailures } from '../schemas.ts'
import { Names, namesOn } from '../statistics/names.ts'
import { OfGroup } from './commands.ts'
import { askedOf, config, Head, sumsOf, Told } from './electricity-asked.ts'
import { flatFigures } from './flat.ts'
import { badCursor, type GroupReads, meant } from './seen.ts'

const ProvinceRow = z.object({ province: ProvinceCode, ...Names, figures: GroupFigures })

/** A group's figures by province. */
export const groupElectricityProvinces = (app: App, reads: GroupReads): void => {
  const { fresh, directory } = reads
  app.get(
    '/v1/groups/:groupNo/electricity/provinces',
    {
      config,
      schema: {
        operationId: 'listGroupElectricityProvinces',
        tags: ['group-user'],
        summary: 'The same by province; a province sees its own line',
        params: OfGroup,
        querystring: z.strictObject(Told),
        response: { 200: z.object({ ...Head, provinces: z.array(ProvinceRow) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      await fresh.settle(request, reply, GROUP_MODEL)
      const { asked, head } = await askedOf(request, reads, request.params.groupNo, request.query)
      const { groupNo, asOf, told, standing } = await sumsOf(reads, [{ ref: 'now', on: asked.date }], { ...asked, byProvince: true })
      const names = namesOn(directory, asked.date)
      const rows = [...told.get('now')!.provinces]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([province, sums]) => ({ province, ...names(province), figures: figuresOf(sums) }))
      const stamped = await fresh.stamp(request, reply, asOf)
      if (format !== 'json')
        return sendRows(
          reply,
          format,
          rows.map(({ figures, ...row }) => ({ ...row, ...flatFigures(figures) })),
        ) as never
      return reply.send({ ...head, groupNo, asOf: stamped, kept: standing, provinces: rows })
    },
  )
}

const MemberRow = z.object({
  province: ProvinceCode,
  consNo: ConsNo,
  groupNo: GroupNo,
  name: z.string().nullable(),
  orgCode: OrgCode.nullable(),
  memberFrom: BusinessDate,
  memberUntil: BusinessDate.nullable().describe('The first day on which he is none'),
  figures: GroupFigures,
})

/** The members whose figures add up to the group's. */
export const groupElectricityMembers = (app: App, reads: GroupReads): void => {
  const { pool, fresh } = reads
  app.get(
    '/v1/groups/:groupNo/electricity/members',
    {
      config,
      schema: {
        operationId: 'listGroupElectricityMembers',
        tags: ['group-user'],
        summary: 'The members whose figures add up to the group’s on a date',
        params: OfGroup,
        querystring: z.strictObject({
          ...Told,
          province: ProvinceCode.optional(),
          membershipOn: BusinessDate.optional().describe('The date whose members are told; `date` when left out'),
          after: z.string().max(100).optional().describe('`next` of the page before'),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: z.object({ ...Head, members: z.array(MemberRow), next: z.string().nullable() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      await fresh.settle(request, reply, GROUP_MODEL)
      const { province, membershipOn, after, limit } = request.query
      const { asked, head } = await askedOf(request, reads, request.params.groupNo, request.query)
      const provinces =
        province === undefined ? asked.provinces : asked.provinces === undefined || asked.provinces.some((own) => own === province) ? [province] : []
      const from = after === undefined ? undefined : cursorOf(after)
      const groupNo = await meant(reads, asked.groupNo, asked.date)
      const { asOf, members } = await memberSums(
        pool,
        { ...asked, groupNo, provinces, membershipOn: membershipOn ?? asked.date },
        { after: from, limit: limit + 1 },
      )
      const rows = members.slice(0, limit).map(({ province, cons_no, group_no, name, org_code, valid_from, valid_to, sums }) => ({
        ...{ province, consNo: cons_no, groupNo: group_no, name, orgCode: org_code, memberFrom: valid_from },
        memberUntil: valid_to === '9999-12-31' ? null : valid_to,
        figures: figuresOf(sums),
      }))
      const last = rows.at(-1)
      const next = last && members.length > limit ? `${last.province}~${last.consNo}` : null
      const stamped = await fresh.stamp(request, reply, asOf)
      if (next !== null) void reply.header('epm-next', next)
      if (format !== 'json')
        return sendRows(
          reply,
          format,
          rows.map(({ figures, ...row }) => ({ ...row, ...flatFigures(figures) })),
        ) as never
      return reply.send({ ...head, groupNo, asOf: stamped, kept: { keptSince: null, behind: false }, members: rows, next })
    },
  )
}

const cursorOf = (text: string): { readonly province: string; readonly consNo: string } => {
  const [province, consNo] = text.split('~')
  if (!ProvinceCode.safeParse(province).success || !ConsNo.safeParse(consNo).success) throw badCursor()
  return { province: province!, consNo: consNo! }
}
