import { beforeAll, expect, test } from 'vitest'
import { groupsOf } from '#api/commands/screen-options.ts'
import type { Platform } from '#api/compose.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { judgedBy, type RuleScope, type RuleSetUseCases, ruleSetUseCases } from '#application/screening/use-cases.ts'
import type { Role } from '#domain/shared/actor.ts'
import { addDays, businessDateOf } from '#domain/shared/dates.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { province } from '#test/support/arbitraries/values.ts'
import { asking } from '#test/support/asking.ts'
import { testClock, world } from '#test/support/http.ts'
import { shipped } from './support.ts'

const [P11, P13N, P13S] = [province('P11'), province('P13N'), province('P13S')]
const provinces = [P11, P13N, P13S]
const clock = testClock()
const today = businessDateOf(clock.now())
let store: EventStore
let ruleSets: RuleSetUseCases
beforeAll(async () => {
  const log = createMemoryEventLog(clock)
  await (await world({ log })).app.close() // registers the units
  store = log.store
  ruleSets = ruleSetUseCases({ store, clock, scope: await openDirectory(store, clock) })
})

const by = (org: string, role: Role) => asking(role.toLowerCase(), org, role)
const draft = async (scope: RuleScope, score: number): Promise<void> => {
  const [org, role] = scope === 'national' ? (['HQ', 'HQ_TARIFF'] as const) : ([scope, 'PV_TARIFF'] as const)
  const content = { ...shipped.content, cutOffs: { ...shipped.content.cutOffs, III: score } }
  expect((await ruleSets.execute(scope, { type: 'DraftRuleSet', data: { content } }, by(org, role))).kind).toBe('done')
}
const publish = async (scope: RuleScope, effectiveFrom = today): Promise<void> => {
  const [org, role] = scope === 'national' ? (['HQ', 'HQ_LEAD'] as const) : ([scope, 'PV_LEAD'] as const)
  expect((await ruleSets.execute(scope, { type: 'PublishRuleSet', data: { effectiveFrom } }, by(org, role))).kind).toBe('done')
}
const platform = (): Platform => ({ store, reference: { ruleSet: shipped }, working: { clock } }) as unknown as Platform
const asked = (options: { draft?: boolean } = {}) => groupsOf(platform(), { asOf: today, provinces, months: 3, grace: 0 }, { months: '3', ...options })
const told = (groups: Awaited<ReturnType<typeof asked>>) =>
  groups.map(({ scope, provinces: judged, ruleSet }) => [scope, judged, ruleSet.version, ruleSet.content.cutOffs.III])

test('every province is judged by its own rules where it has any in force, else by those of the nation', async () => {
  const III = shipped.content.cutOffs.III
  expect(told(await asked())).toEqual([['national', provinces, 1, III]])
  await expect(asked({ draft: true })).rejects.toThrow('no rule set of these provinces is being drafted')
  await draft(P13S, 21)
  expect(told(await asked())).toEqual([['national', provinces, 1, III]])
  expect(told(await asked({ draft: true }))).toEqual([
    ['national', [P11, P13N], 1, III],
    [P13S, [P13S], 2, 21],
  ])
  await publish(P13S)
  await draft('national', 22)
  expect(told(await asked())).toEqual([
    ['national', [P11, P13N], 1, III],
    [P13S, [P13S], 2, 21],
  ])
  expect(told(await asked({ draft: true }))).toEqual([
    ['national', [P11, P13N], 2, 22],
    [P13S, [P13S], 2, 21],
  ])
  await publish('national', addDays(today, 3))
  const then = await judgedBy(store, shipped, provinces, addDays(today, 3))
  expect(told(then)).toEqual([
    ['national', [P11, P13N], 2, 22],
    [P13S, [P13S], 2, 21],
  ])
  expect(told(await judgedBy(store, shipped, [P13S], today))).toEqual([[P13S, [P13S], 2, 21]])
})
