import { expect, test } from 'vitest'
import { GROUP_RELEASE } from '#application/group-user/aggregates.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { type GroupReleaseNeeds, groupReleases, type ReleaseDue, type ReleaseFact } from '#application/processes/group-release.ts'
import { MEASURES, type Measure, ReleaseRules } from '#domain/group-user/fields.ts'
import { MOST_NAMED, releaseId } from '#domain/group-user/release.ts'
import type { BillMonth } from '#domain/shared/dates.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { cons, day, province, shanghai } from '#test/support/arbitraries/values.ts'
import { no } from '#test/support/group-user.ts'

const rules = ReleaseRules.parse({
  ...{ version: 1, effectiveFrom: '2025-01-01', measures: [...MEASURES], releasedOnDay: 8, minMembers: 3, minProvinces: 2 },
  ...{ provinceShareBasisPoints: 7_000, memberShareBasisPoints: 6_000, roundMoneyTo: '1', roundElectricityTo: '1' },
})
const NOW = shanghai('2026-03-09', '09:00')
const ten = Object.fromEntries(MEASURES.map((measure) => [measure, 10n])) as Record<Measure, bigint>
const due = (groupNo: string, ofMonth: string): ReleaseDue => ({
  groupNo: no(groupNo),
  month: ofMonth as BillMonth,
  epoch: '2026-01-01',
  onDate: day('2026-01-31'),
})
/** Three provinces with two members each; `gone` are not among them. */
const factsOf = ({ groupNo, month }: ReleaseDue, gone: readonly string[] = []): readonly ReleaseFact[] =>
  ['P11', 'P12', 'P13S'].flatMap((code) => {
    const members = [`${groupNo.length}1`, `${groupNo.length}2`].filter((one) => !gone.includes(`${code} ${one}`)).map(cons)
    return { groupNo, month, province: province(code), members, sums: ten, largest: ten }
  })

const needs = (store: EventStore, dues: readonly ReleaseDue[], over: Partial<GroupReleaseNeeds> = {}) => {
  const held: string[] = []
  const all: GroupReleaseNeeds = {
    store,
    rules: [rules],
    due: async () => dues,
    facts: async (some) => some.flatMap((one) => factsOf(one)),
    holdBack: async (one, why) => void held.push(`${releaseId(one)} ${why}`),
    ...over,
  }
  return { held, tick: groupReleases(all) }
}

const recorded = async (store: EventStore): Promise<string[]> => {
  const ids: string[] = []
  for await (const page of store.readStream(GROUP_RELEASE)) for (const { data } of page) ids.push(releaseId(data as never))
  return ids
}
const log = () => createMemoryEventLog({ now: () => NOW }).store

test('each total is released once, however often and by however many it is tried at once', async () => {
  const store = log()
  const dues = Array.from({ length: 50 }, (_, n) => due(`G${'0'.repeat((n % 5) + 1)}${n}`, n % 2 ? '202601' : '202602'))
  const workers = Array.from({ length: 8 }, () => needs(store, dues))
  for (let round = 0; round < 12; round++) await Promise.all(workers.map(({ tick }) => tick(NOW)))
  const ids = await recorded(store)
  expect(ids.length).toBeGreaterThan(5)
  expect(new Set(ids).size).toBe(ids.length)
  expect(await workers[0]!.tick(NOW)).toBe(0)
})

test('what another released in the meantime is judged with: who was overtaken writes nothing that would single anybody out', async () => {
  const store = log()
  const january = due('GAA', '202601')
  const february = due('GAA', '202602')
  const other = needs(store, [january])
  // another releases January while February, without one member, was found safe beside nothing
  const slow = needs(store, [february], {
    facts: async (some) => {
      await other.tick(NOW)
      return some.flatMap((one) => factsOf(one, ['P11 31']))
    },
  })
  expect(await slow.tick(NOW)).toBe(0)
  expect(slow.held).toEqual([])
  expect(await slow.tick(NOW)).toBe(0)
  expect(slow.held).toEqual(['GAA 202602 singles-out'])
  expect(await recorded(store)).toEqual(['GAA 202601'])
})

test('begins where it was read; one who starts anew judges beside all that stands', async () => {
  const store = log()
  const first = needs(store, [due('GAA', '202601')])
  expect(await first.tick(NOW)).toBe(1)
  const anew = needs(store, [due('GAA', '202602')], { facts: async (some) => some.flatMap((one) => factsOf(one, ['P12 32'])) })
  expect(await anew.tick(NOW)).toBe(0)
  expect(anew.held).toEqual(['GAA 202602 singles-out'])
})

test('without measures, and before any rule is in force, nothing is released', async () => {
  const store = log()
  expect(await needs(store, [due('GAA', '202601')], { rules: [{ ...rules, measures: [] }] }).tick(NOW)).toBe(0)
  expect(await needs(store, [due('GAA', '202601')], { rules: [{ ...rules, effectiveFrom: day('2027-01-01') }] }).tick(NOW)).toBe(0)
  expect(await recorded(store)).toEqual([])
})

test('as many as one append holds are named in one, with the longest numbers; more are held back, and nobody behind them waits', async () => {
  const store = log()
  const many = (of: ReleaseDue, count: number): readonly ReleaseFact[] =>
    ['P11', 'P12', 'P13S'].map((code, p) => {
      const members = Array.from({ length: Math.floor((count + p) / 3) }, (_, n) => cons(String(n).padStart(16, '0')))
      return { groupNo: of.groupNo, month: of.month, province: province(code), members, sums: ten, largest: ten }
    })
  const [huge, great, usual] = [due('GAA', '202601'), due('GAB', '202601'), due('GAC', '202601')]
  const { tick, held } = needs(store, [huge, great, usual], {
    facts: async (some) => some.flatMap((one) => (one === huge ? many(one, MOST_NAMED + 1) : one === great ? many(one, MOST_NAMED) : factsOf(one))),
  })
  expect(await tick(NOW)).toBe(2)
  expect(held).toEqual(['GAA 202601 too-many'])
  expect(await recorded(store)).toEqual(['GAB 202601', 'GAC 202601'])
})
