import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupUserStream } from '#application/group-user/aggregates.ts'
import { nothingRead, readRegisterFrom } from '#application/group-user/read-register.ts'
import { groupRegister } from '#domain/group-user/register.ts'
import { isWithin } from '#domain/group-user/register-state.ts'
import { entriesOf } from '#domain/group-user/table.ts'
import { addDays } from '#domain/shared/dates.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { cons, day, province } from '#test/support/arbitraries/values.ts'
import { groupsInLog } from '#test/support/group-index.ts'
import { link, no, profile } from '#test/support/group-user.ts'
import { dyingAt, type GroupWorld, groupWorld, must } from '#test/support/group-world.ts'

const GROUPS = ['G01', 'G02', 'G03', 'G04'] as const
const CUSTOMERS = ['1', '2', '3', '4'] as const
const FIRST = day('2026-02-20')
const DAYS = 12 // the last is today and beyond
const dateOf = (n: number) => addDays(FIRST, n)

type Step =
  | { readonly do: 'link'; readonly customer: string; readonly group: string; readonly from: number; readonly until: number | undefined }
  | { readonly do: 'end'; readonly customer: string; readonly on: number }
  | { readonly do: 'merge'; readonly group: string; readonly into: string; readonly on: number; readonly dies: number | undefined }
  | { readonly do: 'split'; readonly group: string; readonly on: number; readonly dies: number | undefined }
  | { readonly do: 'place'; readonly group: string; readonly under: string }
  | { readonly do: 'dissolve'; readonly group: string; readonly on: number }
  | { readonly do: 'work' }

const aGroup = fc.constantFrom(...GROUPS)
const aCustomer = fc.constantFrom(...CUSTOMERS)
const aDay = fc.integer({ min: 0, max: DAYS - 2 })
const dies = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('link' as const), customer: aCustomer, group: aGroup, from: aDay, until: fc.option(aDay, { nil: undefined }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), customer: aCustomer, on: aDay }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const), group: aGroup, into: aGroup, on: aDay, dies }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('split' as const), group: aGroup, on: aDay, dies }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('place' as const), group: aGroup, under: aGroup }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dissolve' as const), group: aGroup, on: aDay }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('work' as const) }) },
)

/** Who belongs where, day by day: what the business says, without links, streams or processes. */
type Belonging = Map<string, (string | undefined)[]>

const walk = async (steps: readonly Step[], reached: Set<string>): Promise<void> => {
  const world = await groupWorld(createMemoryEventLog({ now: () => '2026-03-02T01:00:00.000Z' as never }))
  for (const group of GROUPS) must(await world.register(group))
  const expected: Belonging = new Map(CUSTOMERS.map((customer) => [customer, Array.from({ length: DAYS }, () => undefined)]))
  const last = new Map<string, { linkId: string; from: number; until: number | undefined }>()
  let named = 0
  for (const one of steps) {
    const days = 'customer' in one ? expected.get(one.customer)! : []
    switch (one.do) {
      case 'link': {
        const linkId = `l${named++}`
        const until = one.until === undefined ? undefined : dateOf(one.until)
        const proposed = await world.propose(one.customer, one.group, dateOf(one.from), until, linkId)
        if (proposed.kind !== 'done') break
        must(await world.confirm(one.customer, linkId))
        days.forEach((before, n) => {
          if (n < one.from || (one.until !== undefined && n >= one.until)) return
          expect(before, 'a second group on one day').toBeUndefined()
          days[n] = one.group
        })
        last.set(one.customer, { linkId, from: one.from, until: one.until })
        reached.add('linked')
        break
      }
      case 'end': {
        const standing = last.get(one.customer)
        if (!standing) break
        const outcome = await world.onLink(
          one.customer,
          { type: 'EndLink', data: { linkId: link(standing.linkId), on: dateOf(one.on), reason: 'sold' } },
          world.who.lead(),
        )
        if (outcome.kind !== 'done' || outcome.recorded === 0) break
        for (let n = Math.max(one.on, standing.from); n < Math.min(standing.until ?? DAYS, DAYS); n++) days[n] = undefined
        last.delete(one.customer) // moved or ended: not named again
        reached.add('ended')
        break
      }
      case 'merge': {
        if ((await world.proposeMerge(one.group, one.into, dateOf(one.on))).kind !== 'done') break
        await approve(world, one.group, 'ApproveMerge', one.dies, reached)
        if ((await world.statusOf(one.group)) === 'active') {
          must(await world.group(one.group, { type: 'RejectMerge', data: { reason: 'died before' } }, world.who.hqLead()))
          break
        }
        last.clear()
        reached.add('merged')
        break
      }
      case 'split': {
        const members = (await world.grouping.groups.openLinks(no(one.group), dateOf(one.on))).filter(({ confirmed }) => confirmed).slice(0, 2)
        if (members.length === 0) break
        const to = `S${String(named++).padStart(3, '0')}`
        const leaving = members.map(({ consNo, linkId }) => ({ province: province('P13S'), consNo, linkId }))
        const data = { to: no(to), profile: profile(`分出${to}`), on: dateOf(one.on), members: leaving, reason: 'sold', distinctFrom: GROUPS.map(no) }
        if ((await world.group(one.group, { type: 'ProposeSplit', data })).kind !== 'done') break
        await approve(world, one.group, 'ApproveSplit', one.dies, reached)
        await world.settle()
        if ((await world.statusOf(to)) === 'absent') {
          must(await world.group(one.group, { type: 'RejectSplit', data: { reason: 'died before' } }, world.who.hqLead()))
          break
        }
        for (const { consNo, effectiveFrom, endedOn } of members)
          expected.get(consNo)!.forEach((_, n, all) => {
            const date = dateOf(n)
            if (n >= one.on && date >= effectiveFrom && (endedOn === null || date < endedOn)) all[n] = to
          })
        last.clear()
        reached.add('split')
        break
      }
      case 'place':
        if ((await world.group(one.group, { type: 'PlaceGroup', data: { parent: no(one.under) } })).kind === 'done') reached.add('placed')
        break
      case 'dissolve':
        if ((await world.group(one.group, { type: 'DissolveGroup', data: { on: dateOf(one.on), reason: 'closed' } }, world.who.hqLead())).kind === 'done')
          reached.add('dissolved')
        break
      case 'work':
        await world.settle()
    }
  }
  await world.settle()
  await hold(world, expected)
}

const approve = async (
  world: GroupWorld,
  group: string,
  type: 'ApproveMerge' | 'ApproveSplit',
  dies: number | undefined,
  reached: Set<string>,
): Promise<void> => {
  const at = dies === undefined ? world : await groupWorld(world.log, { through: (store) => dyingAt(store, dies, dies % 2 === 0 ? 'before' : 'after') })
  await at.group(group, { type, data: {} }, at.who.hqLead()).catch(() => undefined)
  const { groups } = world.grouping
  if ((await groups.unfinished(10)).length > 0) reached.add('died in the middle')
}

const hold = async (world: GroupWorld, expected: Belonging): Promise<void> => {
  const { register } = await readRegisterFrom(world.log.store, nothingRead())
  for (const [groupNo, { parent }] of entriesOf(register.groups)) if (parent !== undefined) expect(isWithin(register, parent, groupNo)).toBe(false)
  expect(groupRegister.initial.groups.length).toBe(register.groups.length)
  expect(await world.grouping.groups.unfinished(10)).toEqual([])
  expect(await world.grouping.groups.strays(10)).toEqual([])
  const { groups } = await groupsInLog(world.log.feed)
  /** A merge's day decides from when its members belong to the other group. */
  const carriedOver = (groupNo: string | undefined, date: string): string | undefined => {
    const group = groupNo === undefined ? undefined : groups.get(groupUserStream(no(groupNo)))
    return group?.status === 'merged' && date >= group.on ? carriedOver(group.into, date) : groupNo
  }
  for (let n = 0; n < DAYS; n++) {
    const members = await world.members(dateOf(n))
    for (const [customer, days] of expected) expect(members.get(cons(customer)), `${customer} on ${dateOf(n)}`).toBe(carriedOver(days[n], dateOf(n)))
  }
}

test('whatever is done, and whatever dies in the middle: everybody belongs where the business says, one group a day, no circle, nothing left undone', async () => {
  const reached = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => walk(steps, reached)),
    { numRuns: 60 },
  )
  expect([...reached].toSorted()).toEqual(['died in the middle', 'dissolved', 'ended', 'linked', 'merged', 'placed', 'split'])
})
