import { z } from 'zod'
import { addDays, addMonths, BillMonth, BusinessDate, lastDay, monthOf, sameDay } from '#domain/shared/dates.ts'
import { GROUP_MODEL } from '#projections/group-user/directory.queries.ts'
import type { Ref } from '#projections/group-user/electricity.queries.ts'
import { changesOf, figuresOf, GroupChanges, GroupFigures } from '#projections/group-user/figures.queries.ts'
import { GroupRisk, groupRisk } from '#projections/group-user/high-risk.queries.ts'
import { ReleasedTotals } from '#projections/group-user/release.queries.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, readFailures } from '../schemas.ts'
import { OfGroup } from './commands.ts'
import { askedOf, config, Head, OTHERS, othersOf, sumsOf, Told } from './electricity-asked.ts'
import { groupElectricityMembers, groupElectricityProvinces } from './electricity-parts.ts'
import { flatFigures } from './flat.ts'
import type { GroupReads } from './seen.ts'

/** Comprehensive electricity of a group (集团综合用电). Every figure is the sum of its members' on the date; a province sees its own members', and what is released of the others. */
export const groupElectricityQueries =
  (reads: GroupReads) =>
  async (app: App): Promise<void> => {
    figuresRoute(app, reads)
    monthsRoute(app, reads)
    groupElectricityProvinces(app, reads)
    groupElectricityMembers(app, reads)
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
      const { groupNo, asOf, told, standing } = await sumsOf(reads, refs, { ...asked, byProvince: false })
      const [{ risk, provincesTouched }, released] = await Promise.all([
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
        provincesTouched,
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
