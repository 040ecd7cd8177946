import { beforeAll, expect, test } from 'vitest'
import { groupsOf, readOptions } from '#api/commands/screen-options.ts'
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
const asked = (options: { draft?: boolean } = {}) =>
  groupsOf(platform(), { asOf: today, provinces, months: 3, grace: 0, part: { from: 0, to: 100 } }, { months: '3', ...options })
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

test('what the command line asks is read, or refused by name', () => {
  const directory = { provincesOn: () => provinces.map((code) => ({ code })) }
  const read = (options: object) => readOptions({ directory } as unknown as Platform, { asOf: '2025-12-30', months: '3', ...options })
  expect(read({})).toEqual({ asOf: '2025-12-30', provinces, months: 3, grace: 30, part: { from: 0, to: 100 } })
  expect(read({ province: 'P13S,P11', grace: '0', part: '70-100' })).toMatchObject({ provinces: [P13S, P11], grace: 0, part: { from: 70, to: 100 } })
  for (const part of ['70', '70-70', '80-20', '0-101', 'a-b', '-5-10'])
    expect(() => read({ part })).toThrow(`--part ${part}: a part of 100 such as 0-70 is wanted`)
  for (const months of ['0', '25', '1.5', 'x']) expect(() => read({ months })).toThrow(`--months ${months}: a whole number from 1 to 24 is wanted`)
  expect(() => read({ grace: '401' })).toThrow('--grace 401: a whole number from 0 to 400 is wanted')
  expect(() => read({ province: 'P11,P99' })).toThrow('--province P99 is no provincial company')
  expect(() => read({ asOf: '2025-02-30' })).toThrow('--as-of wants a date')
  expect(() => read({ propose: true, backtest: true })).toThrow('only what is in force proposes or reviews')
})
