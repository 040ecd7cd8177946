import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { groupLinkStream } from '#application/group-user/aggregates.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { everything } from '#test/contracts/event-store.ts'
import { cons, day } from '#test/support/arbitraries/values.ts'
import { groupsInLog } from '#test/support/group-index.ts'
import { no } from '#test/support/group-user.ts'
import { type GroupWorld, groupWorld, must, P13S } from '#test/support/group-world.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'

let database: TestDatabase
let log: Awaited<ReturnType<typeof openPostgresEventLog>>
let w: GroupWorld
beforeEach(async () => {
  database = await freshDatabase()
  log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  w = await groupWorld(log)
})
afterEach(async () => {
  await log.close()
  await database.drop()
})

const count = <T>(all: readonly T[], of: T): number => all.filter((one) => one === of).length

test('64 callers who want to link one customer to as many groups at once: one of them does', async () => {
  const groups = Array.from({ length: 8 }, (_, i) => `G0${i}`)
  for (const group of groups) must(await w.register(group))
  const outcomes = await Promise.all(Array.from({ length: 64 }, (_, i) => w.propose('1', groups[i % 8]!, '2026-01-01', undefined, `l${i}`)))
  const said = outcomes.map((one) => (one.kind === 'rejected' ? one.rejection.code : one.kind))
  expect([count(said, 'done'), count(said, 'ALREADY_LINKED')]).toEqual([1, 63])
  expect(await everything(log.store, groupLinkStream({ province: P13S, consNo: cons('1') }))).toHaveLength(1)
})

test('64 callers who confirm links of one customer, overlapping and entered backwards in time: on no date two groups', async () => {
  const groups = Array.from({ length: 4 }, (_, i) => `G0${i}`)
  for (const group of groups) must(await w.register(group))
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, async (_, i) => {
      const from = `2026-01-${String(28 - (i % 28)).padStart(2, '0')}`
      const until = i % 3 === 0 ? undefined : `2026-02-${String((i % 27) + 1).padStart(2, '0')}`
      const proposed = await w.propose('1', groups[i % 4]!, from, until, `l${i}`)
      return proposed.kind === 'done' ? w.confirm('1', `l${i}`) : proposed
    }),
  )
  expect(outcomes.some(({ kind }) => kind === 'done')).toBe(true)
  expect(outcomes.every((one) => one.kind === 'done' || (one.kind === 'rejected' && one.rejection.code === 'ALREADY_LINKED'))).toBe(true)
  const [links] = [...(await groupsInLog(log.feed)).links.values()]
  const confirmed = [...links!.links.values()].filter(({ status }) => status === 'confirmed')
  for (let n = 1; n <= 28; n++) {
    const date = day(`2026-02-${String(n).padStart(2, '0')}`)
    expect(confirmed.filter(({ effectiveFrom, endedOn }) => effectiveFrom <= date && (endedOn === undefined || date < endedOn)).length).toBeLessThanOrEqual(1)
  }
})

test('placed below each other at the same moment by many: no circle comes to be', async () => {
  const groups = ['G01', 'G02', 'G03', 'G04']
  for (const group of groups) must(await w.register(group))
  const wanted = Array.from({ length: 24 }, (_, i) => [groups[i % 4]!, groups[(i + 1 + (i % 3)) % 4]!] as const)
  const outcomes = await Promise.all(wanted.map(([group, parent]) => w.group(group, { type: 'PlaceGroup', data: { parent: no(parent) } })))
  expect(outcomes.some((one) => one.kind === 'rejected' && one.rejection.code === 'CYCLE')).toBe(true)
  await w.settle()
  const parents = new Map(
    [...(await groupsInLog(log.feed)).groups.values()].flatMap((group) => (group.status === 'active' ? [[group.groupNo, group.parent]] : [])),
  )
  for (const group of groups) {
    let above = parents.get(no(group))
    for (let steps = 0; above !== undefined; steps++) {
      expect(steps).toBeLessThan(4)
      above = parents.get(above)
    }
  }
})

const MEMBERS = 60

/** Runs the approval in a process of its own and kills it, hard, when it has said so many appends. Answers what it said. */
const killedAfter = async (appends: number): Promise<readonly string[]> => {
  const script = fileURLToPath(new URL('../support/group-merge.ts', import.meta.url))
  const child = spawn(process.execPath, [script, database.url, String(appends)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (said.length === appends) child.kill('SIGKILL')
  }
  await gone
  return said
}

test.each([1, 2, 9, 40])('killed after %i steps, a merge is finished by another process: nobody is lost, nothing is done twice', async (appends) => {
  must(await w.register('G01'))
  must(await w.register('G02'))
  const customers = Array.from({ length: MEMBERS }, (_, i) => String(100 + i))
  await Promise.all(customers.map((consNo) => w.linked(consNo, 'G01', '2026-01-01')))
  must(await w.proposeMerge('G01', 'G02'))
  const said = await killedAfter(appends)
  expect(count(said, 'LinkMoved')).toBeLessThan(MEMBERS)
  const halfway = await w.statusOf('G01')
  expect(halfway).toBe('merging')
  await w.settle()
  expect(await w.statusOf('G01')).toBe('merged')
  const [before, after] = [await w.members('2026-02-28'), await w.members('2026-03-01')]
  expect(customers.map((consNo) => [before.get(cons(consNo)), after.get(cons(consNo))])).toEqual(customers.map(() => ['G01', 'G02']))
  const types = (await log.feed.read(undefined, 1000)).map(({ type }) => type)
  expect([count(types, 'LinkMoved'), count(types, 'GroupMerged'), count(types, 'GroupLeft')]).toEqual([MEMBERS, 1, 1])
})
