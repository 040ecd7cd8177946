import { z } from 'zod'
import { judgedBy } from '#application/screening/use-cases.ts'
import { whatIf } from '#application/screening/what-if.ts'
import { PROVINCE_READERS } from '#application/shared/authorise.ts'
import { Entry } from '#domain/industry-list/fields.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { readBy } from '../access.ts'
import { CommandHeaders } from '../command-route.ts'
import { commandIdOf } from '../idempotency.ts'
import { actorOf } from '../identity.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, commandFailures, readFailures } from '../schemas.ts'
import type { ScreeningNeeds } from './needs.ts'
import { notTooLate, Run, rulesFor, runOnWire, SCREENERS, StartRun } from './runs.ts'
import { runIn } from './sight.ts'

const Count = z.strictObject({ province: ProvinceCode, fromLevel: Level.nullable(), toLevel: Level.nullable(), customers: z.int() })
const WhatIf = z
  .strictObject({
    before: Run,
    after: Run,
    own: z.array(z.strictObject({ before: Run, after: Run })).describe('Provinces with rules of their own, where another industry list was asked about'),
    unaffected: z.array(ProvinceCode).describe('Provinces with rules of their own, where only national rules were asked about'),
    comeIn: z.int(),
    goOut: z.int(),
    counts: z.array(Count),
  })
  .meta({ id: 'ScreeningWhatIf', description: 'What publishing would change: the rules in force beside those asked about, by province and level' })
const Ask = StartRun.extend({
  rules: StartRun.shape.rules.unwrap().default('draft'),
  industryList: z
    .union([z.literal('draft'), z.array(Entry).max(5000)])
    .optional()
    .describe('Other trades than those of the industry list in force; `draft`: those of its open draft'),
})
const Move = z.strictObject({
  province: ProvinceCode,
  consNo: ConsNo,
  orgCode: OrgCode,
  fromLevel: Level.nullable(),
  toLevel: Level.nullable(),
  fromScore: z.int(),
  toScore: z.int(),
})

/** A dry run of the draft beside what is in force: who would come in, who would go out. */
export const whatIfRoutes = (app: App, needs: ScreeningNeeds): void => {
  const { engine, clock, store, shipped } = needs
  const judged = () => judgedBy(store, shipped, needs.provinces(), businessDateOf(clock.now()))
  const draftedTrades = async (): Promise<readonly Entry[]> => {
    const { draft } = (await needs.readList()).list
    if (!draft) throw new Problem('NOT_FOUND', { detail: 'no industry list is being drafted' })
    return [...draft.entries.values()]
  }
  const sides = [
    {
      url: '/v1/screening/what-if/national',
      name: 'National',
      params: z.strictObject({}),
      scope: 'nation',
      roles: SCREENERS.filter((role) => role.startsWith('HQ_')),
    },
    { url: '/v1/screening/what-if/:province', name: 'Provincial', params: z.strictObject({ province: ProvinceCode }), scope: 'province', roles: SCREENERS },
  ] as const
  for (const { url, name, params, scope, roles } of sides)
    app.post(
      url,
      {
        config: readBy(roles, scope),
        schema: {
          operationId: `askScreeningWhatIf${name}`,
          tags: ['screening'],
          summary: 'What a draft of the rules, or other trades on the industry list, would change',
          headers: CommandHeaders,
          params: params as z.ZodType,
          body: Ask,
          response: { 200: WhatIf, ...commandFailures() },
        },
      },
      async (request) => {
        const { province } = request.params as { readonly province?: ProvinceCode }
        const { asOf, rules, industryList } = request.body
        notTooLate(needs, asOf)
        const actor = actorOf(request)
        const own = province === undefined ? (await judged()).filter(({ scope }) => scope !== 'national') : []
        const theirs = new Set(own.flatMap(({ provinces }) => provinces))
        const { main, counts, ...beside } = await whatIf(needs, {
          ...{
            id: commandIdOf(request, actor),
            asOf,
            by: actor.userId,
            at: clock.now(),
            own,
            trades: industryList === 'draft' ? await draftedTrades() : industryList,
          },
          provinces: province === undefined ? needs.provinces().filter((one) => !theirs.has(one)) : [province],
          inForce: await rulesFor(needs, province ?? 'national', 'in-force'),
          asked: await rulesFor(needs, province ?? 'national', rules),
        })
        const onWire = ({ before, after }: typeof main) => ({ before: runOnWire(before), after: runOnWire(after) })
        const sum = (of: (count: (typeof counts)[number]) => boolean): number => counts.reduce((all, count) => all + (of(count) ? count.customers : 0), 0)
        return {
          ...onWire(main),
          own: beside.own.map(onWire),
          unaffected: [...beside.unaffected],
          comeIn: sum(({ fromLevel }) => fromLevel === null),
          goOut: sum(({ toLevel }) => toLevel === null),
          counts: [...counts],
        }
      },
    )
  app.get(
    '/v1/screening/what-if/:province/:before/:after',
    {
      config: readBy(PROVINCE_READERS, 'province'),
      schema: {
        operationId: 'listScreeningMoves',
        tags: ['screening'],
        summary: 'The customers of a province whom two runs judge differently; all of them as NDJSON, CSV or XLSX, the first 1000 as JSON',
        params: z.strictObject({ province: ProvinceCode, before: z.uuid(), after: z.uuid() }),
        response: { 200: z.strictObject({ moves: z.array(Move), more: z.boolean() }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const { province, before, after } = request.params
      for (const runId of [before, after]) await runIn(request, needs, { province, runId })
      const format = formatOf(request)
      const pages = engine.moves(before, after, [province])
      if (format !== 'json') return sendRows(reply, format, flat(pages), Object.keys(Move.shape)) as never
      for await (const moves of pages) return { moves: [...moves], more: moves.length >= 1000 }
      return { moves: [], more: false }
    },
  )
}

async function* flat<T>(pages: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const page of pages) yield* page
}
