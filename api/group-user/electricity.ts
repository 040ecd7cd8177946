import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { GroupNo } from '#domain/group-user/fields.ts'
import { addDays, addMonths, BillMonth, BusinessDate, businessDateOf, lastDay, monthOf, sameDay } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { GROUP_MODEL } from '#projections/group-user/directory.queries.ts'
import { groupSums, KeptStanding, MembershipView, memberSums, type Ref, type SumsAsked } from '#projections/group-user/electricity.queries.ts'
import { changesOf, figuresOf, GroupChanges, GroupFigures } from '#projections/group-user/figures.queries.ts'
import { GroupRisk, groupRisk } from '#projections/group-user/high-risk.queries.ts'
import { ReleasedTotals, releasedTotals } from '#projections/group-user/release.queries.ts'
import { readBy } from '../access.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, AsOf, freshnessQuery, readFailures } from '../schemas.ts'
import { Names, namesOn } from '../statistics/names.ts'
import { OfGroup } from './commands.ts'
import { flatFigures } from './flat.ts'
import { badCursor, type GroupReads, meant, membersSeen } from './seen.ts'

const config = readBy(PROVINCE_READERS, 'own')
const Told = {
  ...freshnessQuery,
  date: BusinessDate.optional().describe('Yesterday when left out; not after today'),
  membership: MembershipView.default('then').describe('`then`: members as they were on each date; `current`: the members of `date`, carried back in time'),
  descendants: z.enum(['true', 'false']).default('false').describe('With the groups below, by the tree of the same date as the members'),
}
const Head = {
  asOf: AsOf,
  kept: KeptStanding,
  groupNo: GroupNo,
  date: BusinessDate,
  membership: MembershipView,
  descendants: z.boolean(),
  scope: z.enum(['nation', 'province']),
}
const OTHERS = 'What headquarters has released of the members in other provinces, of the last released month; null for headquarters and when there is nothing'

/** Everything a question about a group's electricity turns on, read from the request. */
const askedOf = async (
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
const sumsOf = async ({ pool }: GroupReads, refs: readonly Ref[], asked: SumsAsked) => {
  const { meant: groupNo, ...sums } = await groupSums(pool, refs, asked)
  if (groupNo === undefined) throw new Problem('NOT_FOUND')
  return { groupNo, ...sums }
}

/** What a reader of a province is told of the others, of the last of some months. */
const othersOf = async ({ pool, releaseRules }: GroupReads, asked: Omit<SumsAsked, 'byProvince'>, months: readonly BillMonth[]) => {
  const reader = asked.provinces?.[0]
  if (reader === undefined) return new Map<BillMonth, ReleasedTotals>()
  return releasedTotals(pool, releaseRules, { groupNo: asked.groupNo, months, reader, descendants: asked.descendants })
}

/** Comprehensive electricity of a group (集团综合用电). Every figure is the sum of its members' on the date; a province sees its own members', and what is released of the others. */
export const groupElectricityQueries =
  (reads: GroupReads) =>
  async (app: App): Promise<void> => {
    figuresRoute(app, reads)
    monthsRoute(app, reads)
    provincesRoute(app, reads)
    membersRoute(app, reads)
  }

const figuresRoute = (app: App, reads: GroupReads): void => {
  const { pool, fresh } = reads
  app.get(
    '/v1/groups/:groupNo/electricity',
    {
      config,
      schema: {
        operationId: 'getGroupElectricity',
        tags: ['group-user'],
        summary: 'A group’s electricity, receivables, arrears and risk on a date, with comparisons',
        params: OfGroup,
        querystring: z.strictObject(Told),
        response: {
          200: z.object({
            ...Head,
            provincesTouched: z.int().describe('Provinces with members, of those the caller sees'),
            figures: GroupFigures,
            changes: GroupChanges,
            risk: GroupRisk,
            others: ReleasedTotals.nullable().describe(OTHERS),
          }),
          ...readFailures(),
        },
      },
    },
    async (request, reply) => {
      formatOf(request, ['json'])
      await fresh.settle(request, reply, GROUP_MODEL)
      const { asked, head } = await askedOf(request, reads, request.params.groupNo, request.query)
      const { date } = asked
      const refs: readonly Ref[] = [
        { ref: 'now', on: date },
        { ref: 'day', on: addDays(date, -1) },
        { ref: 'month', on: sameDay(date, -1) },
        { ref: 'year', on: sameDay(date, -12) },
      ]
      const lastMonths = Array.from({ length: 24 }, (_, n) => addMonths(monthOf(date), -1 - n))
      const { groupNo, asOf, told, standing } = await sumsOf(reads, refs, { ...asked, byProvince: true })
      const [risk, released] = await Promise.all([
        groupRisk(pool, { ...asked, groupNo, membershipOn: date }),
        othersOf(reads, { ...asked, groupNo }, lastMonths),
      ])
      const [now, day, month, year] = refs.map(({ ref }) => figuresOf(told.get(ref)!.whole)) as [GroupFigures, GroupFigures, GroupFigures, GroupFigures]
      const [others = null] = lastMonths.flatMap((one) => released.get(one) ?? [])
      return reply.send({
        ...head,
        groupNo,
        asOf: await fresh.stamp(request, reply, asOf),
        kept: standing,
        provincesTouched: told.get('now')!.provinces.size,
        figures: now,
        changes: changesOf(now, { day, month, year }),
        risk,
        others,
      })
    },
  )
}

const MonthRow = z.object({ month: BillMonth, date: BusinessDate, figures: GroupFigures, others: ReleasedTotals.nullable().describe(OTHERS) })

const monthsRoute = (app: App, reads: GroupReads): void => {
  const { fresh } = reads
  app.get(
    '/v1/groups/:groupNo/electricity/months',
    {
      config,
      schema: {
        operationId: 'listGroupElectricityMonths',
        tags: ['group-user'],
        summary: 'The same month by month: at the end of each, and in the last on the date itself',
        params: OfGroup,
        querystring: z.strictObject({ ...Told, months: z.coerce.number().int().min(1).max(36).default(24) }),
        response: { 200: z.object({ ...Head, months: z.array(MonthRow) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      await fresh.settle(request, reply, GROUP_MODEL)
      const { asked, head } = await askedOf(request, reads, request.params.groupNo, request.query)
      const months = Array.from({ length: request.query.months }, (_, n) => addMonths(monthOf(asked.date), n + 1 - request.query.months))
      const refs = months.map((month, index) => ({ ref: month, on: index === months.length - 1 ? asked.date : lastDay(month) }))
      const { groupNo, asOf, told, standing } = await sumsOf(reads, refs, { ...asked, byProvince: false })
      const released = await othersOf(reads, { ...asked, groupNo }, months)
      const rows = refs.map(({ ref, on }) => ({ month: ref, date: on, figures: figuresOf(told.get(ref)!.whole), others: released.get(ref) ?? null }))
      const stamped = await fresh.stamp(request, reply, asOf)
      if (format !== 'json')
        return sendRows(
          reply,
          format,
          rows.map(({ month, date, figures }) => ({ month, date, ...flatFigures(figures) })),
        ) as never
      return reply.send({ ...head, groupNo, asOf: stamped, kept: standing, months: rows })
    },
  )
}

const ProvinceRow = z.object({ province: ProvinceCode, ...Names, figures: GroupFigures })

const provincesRoute = (app: App, reads: GroupReads): void => {
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

const membersRoute = (app: App, reads: GroupReads): void => {
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
