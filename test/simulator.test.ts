import { expect, test } from 'vitest'
import { breaches } from './simulator/invariants.ts'
import { noTrouble } from './simulator/network.ts'
import { runSeed } from './simulator/world.ts'

const SEEDS = 200

test(`${SEEDS} courses of events over a network that loses, delays and doubles end as they must`, async () => {
  const met = noTrouble()
  const ends = new Set<string>()
  let unknown = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const told = await runSeed(seed)
    expect(told.breaches, `npm run sim -- --seed ${seed}`).toEqual([])
    for (const name of Object.keys(met) as (keyof typeof met)[]) met[name] += told.trouble[name]
    for (const { kind, everUnknown } of told.sent) {
      ends.add(kind)
      if (everUnknown) unknown++
    }
  }
  for (const [trouble, count] of Object.entries(met)) expect(count, trouble).toBeGreaterThan(SEEDS / 10)
  expect([...ends]).toEqual(expect.arrayContaining(['done', 'rejected']))
  expect(unknown).toBeGreaterThan(0)
})

test('one seed is one course of events', async () => {
  const [first, second] = [await runSeed(17), await runSeed(17)]
  expect(second).toEqual(first)
  expect((await runSeed(18)).log).not.toEqual(first.log)
})

test('the invariants notice what they are for', async () => {
  const { log, sent, tables } = await runSeed(5)
  expect(breaches(log, sent, tables)).toEqual([])
  expect(log.length).toBeGreaterThan(10)
  const middle = Math.floor(log.length / 2)
  const without = log.filter((_, index) => index !== middle)
  const twice = [...log.slice(0, middle + 1), ...log.slice(middle)]
  const swapped = [...log.slice(0, middle - 1), log[middle]!, log[middle - 1]!, ...log.slice(middle + 1)]
  expect(breaches(without, sent, tables).join()).toMatch(/differs from its rebuild/)
  expect(breaches(twice, sent, tables).join()).toMatch(/stands 2 times/)
  expect(breaches(swapped, sent, tables).join()).toMatch(/goes on with|stands at|differs|^$/)
  expect(
    breaches(log, [{ ...sent.find(({ kind }) => kind === 'done')!, commandId: '00000000-0000-4000-8000-000000000000' as never, recorded: 1 }], tables).join(),
  ).toMatch(/was acknowledged, and its event 0 is not in the log/)
})
