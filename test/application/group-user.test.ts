import { beforeEach, describe, expect, test } from 'vitest'
import { groupLinkAggregate, groupLinkStream, groupUserStream } from '#application/group-user/aggregates.ts'
import { historyPage } from '#application/replay/replay.ts'
import type { Unsigned } from '#application/shared/asked.ts'
import { handle } from '#application/shared/handle.ts'
import type { GroupCommand, GroupLinkCommand } from '#domain/group-user/commands.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { day } from '#test/support/arbitraries/values.ts'
import { CODES, link, member, no, profile } from '#test/support/group-user.ts'
import { dyingAt, type GroupWorld, groupWorld, must } from '#test/support/group-world.ts'

const open = () => groupWorld(createMemoryEventLog({ now: () => '2026-03-02T01:00:00.000Z' as never }))
let w: GroupWorld
beforeEach(async () => {
  w = await open()
})
const typesOf = async (groupNo: string, world = w) => (await historyPage(world.log.store, groupUserStream(no(groupNo)), 0n, 50)).map(({ type }) => type)

describe('a group', () => {
  test('stands in the register and in its own stream, and registering again is the same registration', async () => {
    const asked = w.who.groupClerk()
    const command: Unsigned<GroupCommand> = { type: 'RegisterGroup', data: { profile: profile('东海特钢', { uscc: CODES.baosteel }), distinctFrom: [] } }
    expect(await w.group('G01', command, asked)).toMatchObject({ kind: 'done', repeated: false, recorded: 1 })
    expect(await w.group('G01', command, asked)).toMatchObject({ kind: 'done', repeated: true, recorded: 0 })
    expect(await w.group('G02', { type: 'RegisterGroup', data: { profile: profile('魏桥', { uscc: CODES.baosteel }), distinctFrom: [] } })).toMatchObject({
      rejection: { code: 'DUPLICATE_GROUP', groupNo: 'G01' },
    })
    expect(await w.register('G02', '河北东海特钢有限公司')).toMatchObject({
      rejection: { code: 'SIMILAR_GROUP', groups: [{ groupNo: 'G01', name: '东海特钢' }] },
    })
    expect(await w.statusOf('G02')).toBe('absent')
    await w.settle()
    expect(await typesOf('G01')).toEqual(['GroupRegistered'])
  })

  test('is amended and placed through the register', async () => {
    for (const groupNo of ['G01', 'G02', 'G03']) must(await w.register(groupNo))
    must(await w.group('G02', { type: 'PlaceGroup', data: { parent: no('G01') } }))
    must(await w.group('G02', { type: 'AmendGroup', data: { profile: profile('神华', { note: 'new' }), distinctFrom: [] } }))
    expect(await typesOf('G02')).toEqual(['GroupRegistered', 'ParentChanged', 'GroupAmended'])
    expect(await w.group('G01', { type: 'PlaceGroup', data: { parent: no('G02') } })).toMatchObject({ rejection: { code: 'CYCLE' } })
    expect(await w.group('G09', { type: 'PlaceGroup', data: { parent: null } })).toMatchObject({ rejection: { code: 'NOT_FOUND' } })
    expect(await w.group('G01', { type: 'PlaceGroup', data: { parent: no('G03') } }, { ...w.who.groupClerk(), pinned: 7n } as never)).toMatchObject({
      kind: 'conflict',
      pinned: true,
    })
    await w.settle()
    expect(await typesOf('G02')).toHaveLength(3)
  })

  test('put below another, and that one below it at the same moment: one of the two is refused', async () => {
    must(await w.register('G01'))
    must(await w.register('G02'))
    const outcomes = await Promise.all([
      w.group('G01', { type: 'PlaceGroup', data: { parent: no('G02') } }),
      w.group('G02', { type: 'PlaceGroup', data: { parent: no('G01') } }),
    ])
    expect(outcomes.map((one) => (one.kind === 'rejected' ? one.rejection.code : one.kind)).toSorted()).toEqual(['CYCLE', 'done'])
  })

  test('is dissolved only without links, and what stands under it moves up', async () => {
    for (const groupNo of ['G01', 'G02', 'G03']) must(await w.register(groupNo))
    must(await w.group('G02', { type: 'PlaceGroup', data: { parent: no('G01') } }))
    must(await w.group('G03', { type: 'PlaceGroup', data: { parent: no('G02') } }))
    const dissolve = () => w.group('G02', { type: 'DissolveGroup', data: { on: day('2026-03-01'), reason: 'closed' } }, w.who.hqLead())
    must(await w.propose('1', 'G02', '2026-01-01'))
    expect(await dissolve()).toMatchObject({ rejection: { code: 'HAS_MEMBERS', links: 1 } })
    must(await w.onLink('1', { type: 'RejectLink', data: { linkId: link('l1'), reason: 'no' } }, w.who.lead()))
    must(await dissolve())
    expect(await typesOf('G02')).toEqual(['GroupRegistered', 'ParentChanged', 'GroupDissolved'])
    expect(await typesOf('G03')).toEqual(['GroupRegistered', 'ParentChanged', 'ParentChanged'])
    expect(await w.propose('1', 'G02', '2026-01-01', undefined, 'l2')).toMatchObject({ rejection: { code: 'GROUP_NOT_ACTIVE' } })
    expect(await w.group('G02', { type: 'AmendGroup', data: { profile: profile('x'), distinctFrom: [] } })).toMatchObject({
      rejection: { code: 'INVALID_STATE' },
    })
  })

  test('dissolved in the moment in which a link is confirmed into it keeps none: it ends with the group', async () => {
    must(await w.register('G01'))
    const [dissolved] = await Promise.all([
      w.group('G01', { type: 'DissolveGroup', data: { on: day('2026-03-01'), reason: 'closed' } }, w.who.hqLead()),
      w.linked('1', 'G01', '2026-01-01').catch(() => undefined),
    ])
    await w.settle()
    if (dissolved.kind === 'done') expect((await w.members('2026-03-01')).size).toBe(0)
    else expect(dissolved).toMatchObject({ rejection: { code: 'HAS_MEMBERS' } })
  })

  test('is headquarters’ matter, and its links are the province’s', async () => {
    must(await w.register('G01'))
    const province = w.who.clerk()
    expect(await w.group('G01', { type: 'PlaceGroup', data: { parent: null } }, province)).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_ROLE' })
    expect(await w.approveMerge('G01', w.who.groupClerk())).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_ROLE' })
    const other = { ...w.who.lead(), actor: { ...w.who.lead().actor, orgCode: 'P11' as never } }
    must(await w.propose('1', 'G01', '2026-01-01'))
    expect(await w.onLink('1', { type: 'ConfirmLink', data: { linkId: link('l1') } }, other)).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_SCOPE' })
    must(await w.onLink('1', { type: 'ConfirmLink', data: { linkId: link('l1') } }, w.who.groupClerk()))
    expect(await w.propose('91', 'G01', '2026-01-01')).toMatchObject({ rejection: { code: 'UNKNOWN_CUSTOMER' } })
  })
})

/** Two groups, five members of the first (one only later, one in two stretches, one proposed), one of the second. */
const twoGroups = async (world: GroupWorld): Promise<void> => {
  must(await world.register('G01'))
  must(await world.register('G02'))
  must(await world.register('G03'))
  must(await world.group('G03', { type: 'PlaceGroup', data: { parent: no('G01') } }))
  await world.linked('1', 'G01', '2026-01-01')
  await world.linked('2', 'G01', '2026-01-01', '2026-07-01')
  await world.linked('3', 'G01', '2026-05-01')
  await world.linked('4', 'G01', '2026-01-01', '2026-02-01')
  await world.linked('4', 'G01', '2026-02-15', undefined, 'l2')
  must(await world.propose('5', 'G01', '2026-01-01'))
  await world.linked('6', 'G02', '2026-01-01')
  must(await world.proposeMerge('G01', 'G02'))
}

const MERGED = {
  '2026-02-20': ['G01', 'G01', '', 'G01', '', 'G02'],
  '2026-03-01': ['G02', 'G02', '', 'G02', '', 'G02'],
  '2026-08-01': ['G02', '', 'G02', 'G02', '', 'G02'],
}

const expectMerged = async (world: GroupWorld): Promise<void> => {
  for (const [date, groups] of Object.entries(MERGED)) {
    const members = await world.members(date)
    expect(['1', '2', '3', '4', '5', '6'].map((consNo) => members.get(consNo as never) ?? '')).toEqual(groups)
  }
  expect(await world.statusOf('G01')).toBe('merged')
  expect(await typesOf('G03', world)).toEqual(['GroupRegistered', 'ParentChanged', 'ParentChanged'])
}

describe('a merge', () => {
  test('moves every member by one event of his own, and what is only proposed too', async () => {
    await twoGroups(w)
    must(await w.approveMerge('G01'))
    await expectMerged(w)
    const [merged] = (await historyPage(w.log.store, groupUserStream(no('G01')), 0n, 50)).slice(-1)
    expect((merged!.data as { moved: { consNo: string }[] }).moved.map(({ consNo }) => consNo)).toEqual(['1', '2', '3', '4'])
    expect(await w.confirm('5', 'l1')).toMatchObject({ rejection: { code: 'LINK_STATE', is: 'rejected' } })
    const [again] = await w.grouping.groups.openLinks(no('G02'), day('2026-03-01')).then((links) => links.filter(({ confirmed }) => !confirmed))
    must(await w.onLink('5', { type: 'ConfirmLink', data: { linkId: again!.linkId } }, w.who.lead()))
    expect((await w.members('2026-03-01')).get('5' as never)).toBe('G02')
    expect(await w.propose('7', 'G01', '2026-01-01')).toMatchObject({ rejection: { code: 'GROUP_NOT_ACTIVE', into: 'G02' } })
  })

  test('wants two people', async () => {
    await twoGroups(w)
    const both = { ...w.who.hqLead(), actor: { ...w.who.groupClerk().actor, roles: ['HQ_LEAD' as const] } }
    expect(await w.approveMerge('G01', both)).toMatchObject({ rejection: { code: 'SELF_APPROVAL' } })
    must(await w.group('G01', { type: 'RejectMerge', data: { reason: 'no' } }, w.who.hqLead()))
    expect(await w.statusOf('G01')).toBe('active')
  })

  test('and the merge the other way round, approved at the same moment: one is carried out, the other called off', async () => {
    await twoGroups(w)
    must(await w.proposeMerge('G02', 'G01'))
    await Promise.all([w.approveMerge('G01'), w.approveMerge('G02')])
    await w.settle()
    const statuses = [await w.statusOf('G01'), await w.statusOf('G02')].toSorted()
    expect(statuses).toEqual(['active', 'merged'])
    expect((await w.members('2026-03-01')).size).toBe(4)
    expect(new Set((await w.members('2026-03-01')).values()).size).toBe(1)
  })

  test('into a group that merges in its turn ends where that one ends', async () => {
    await twoGroups(w)
    must(await w.register('G04'))
    must(await w.proposeMerge('G02', 'G04'))
    await Promise.all([w.approveMerge('G01'), w.approveMerge('G02')])
    await w.settle()
    expect([await w.statusOf('G02'), await w.statusOf('G04')]).toEqual(['merged', 'active'])
    const members = await w.members('2026-03-01')
    if ((await w.statusOf('G01')) === 'merged') expect([...members.values()]).toEqual(['G04', 'G04', 'G04', 'G04'])
    else expect([...members.values()].toSorted()).toEqual(['G01', 'G01', 'G01', 'G04'])
  })

  test('holds back the dissolution of the group into which it goes until everybody has arrived', async () => {
    await twoGroups(w)
    must(await w.register('G05'))
    must(await w.register('G06'))
    must(await w.proposeMerge('G05', 'G06'))
    const dead = await groupWorld(w.log, { through: (store) => dyingAt(store, 2, 'after') })
    must(await dead.approveMerge('G05')) // approved and left the register; then it died
    expect(await w.statusOf('G05')).toBe('merging')
    const dissolve = () => w.group('G06', { type: 'DissolveGroup', data: { on: day('2026-03-01'), reason: 'closed' } }, w.who.hqLead())
    expect(await dissolve()).toMatchObject({ rejection: { code: 'MEMBERS_ARRIVING', from: 'G05' } })
    await w.settle()
    must(await dissolve())
  })

  test.each(['before', 'after'] as const)('that dies at any of its steps (%s it is written) is finished by the process, never half', async (how) => {
    let steps = 0
    for (let nth = 1; ; nth++) {
      const world = await open()
      await twoGroups(world)
      let store: ReturnType<typeof dyingAt> | undefined
      const dead = await groupWorld(world.log, { through: (inner) => (store = dyingAt(inner, nth, how)) })
      await dead.approveMerge('G01').catch(() => undefined)
      const died = store!.died()
      await world.settle()
      if ((await world.statusOf('G01')) === 'active') {
        expect([nth, how]).toEqual([1, 'before']) // the approval itself was never written
        continue
      }
      await expectMerged(world)
      if (!died) break
      steps++
    }
    expect(steps).toBeGreaterThan(7)
  })

  test('is finished once by several workers at the same time', async () => {
    await twoGroups(w)
    const dead = await groupWorld(w.log, { through: (store) => dyingAt(store, 4, 'after') })
    await dead.approveMerge('G01')
    w.later(60_000)
    await Promise.all([w.worker()(w.clock.at), w.worker()(w.clock.at), w.worker()(w.clock.at)])
    await expectMerged(w)
    const all = await w.log.feed.read(undefined, 1000)
    expect(all.filter(({ type }) => type === 'LinkMoved')).toHaveLength(4)
    expect(all.filter(({ type }) => type === 'GroupMerged')).toHaveLength(1)
  })

  test('takes along who is confirmed while it is under way, and who is confirmed when it is over already', async () => {
    await twoGroups(w)
    must(await w.propose('8', 'G01', '2026-01-01'))
    const dead = await groupWorld(w.log, { through: (store) => dyingAt(store, 1, 'after') })
    await dead.approveMerge('G01').catch(() => undefined)
    must(await w.confirm('8')) // the register still has the group
    await w.settle()
    expect((await w.members('2026-03-01')).get('8' as never)).toBe('G02')
    // As if its check had been done before the group left, and its writing after everything was over.
    const { store } = w.log
    const asked = w.who.clerk()
    const signed = { at: w.clock.at, by: asked.actor.userId }
    const customer = { province: member('11').province, consNo: member('11').consNo }
    const late = { linkId: link('late'), groupNo: no('G01'), basis: 'equity', effectiveFrom: day('2026-01-01'), reason: 'late' } as const
    const request = { ...asked, role: 'PV_TARIFF', at: w.clock.at } as const
    const proposal: GroupLinkCommand = { type: 'ProposeLink', data: { ...signed, ...customer, ...late, evidence: [], target: { kind: 'open' }, known: true } }
    must(await handle(store, groupLinkAggregate, groupLinkStream(customer), proposal, request))
    const lead = w.who.lead()
    const confirmation = { type: 'ConfirmLink', data: { at: w.clock.at, by: lead.actor.userId, linkId: link('late'), target: { kind: 'open' } } } as const
    must(await handle(store, groupLinkAggregate, groupLinkStream(customer), confirmation, { ...lead, role: 'PV_LEAD', at: w.clock.at }))
    expect((await w.members('2026-03-01')).get('11' as never)).toBe('G01')
    await w.settle()
    expect((await w.members('2026-03-01')).get('11' as never)).toBe('G02')
    expect((await w.members('2026-02-20')).get('11' as never)).toBe('G01')
  })
})

describe('a split', () => {
  const propose = (world: GroupWorld, members = [member('1'), member('2')], to = 'G09') =>
    world.group('G01', {
      type: 'ProposeSplit',
      data: { to: no(to), profile: profile('物流公司'), on: day('2026-03-01'), members, reason: 'sold', distinctFrom: [] },
    })
  const approve = (world: GroupWorld) => world.group('G01', { type: 'ApproveSplit', data: {} }, world.who.hqLead())
  const members = async (world: GroupWorld) => {
    must(await world.register('G01'))
    for (const consNo of ['1', '2', '3']) await world.linked(consNo, 'G01', '2026-01-01')
  }

  test('makes a group of its own for the members who leave', async () => {
    await members(w)
    expect(await propose(w, [member('9')])).toMatchObject({ rejection: { code: 'NOT_A_MEMBER' } })
    expect(await propose(w, [member('1')], 'G01')).toMatchObject({ rejection: { code: 'GROUP_NO_TAKEN' } })
    must(await propose(w))
    must(await approve(w))
    expect([...(await w.members('2026-03-01')).values()]).toEqual(['G09', 'G09', 'G01'])
    expect([...(await w.members('2026-02-28')).values()]).toEqual(['G01', 'G01', 'G01'])
    expect(await w.statusOf('G09')).toBe('active')
  })

  test('whose number was taken meanwhile is called off', async () => {
    await members(w)
    must(await propose(w))
    must(await w.register('G09', '别的集团'))
    must(await approve(w))
    expect(await typesOf('G01')).toEqual(['GroupRegistered', 'SplitProposed', 'SplitApproved', 'SplitRejected'])
    expect([...(await w.members('2026-03-01')).values()]).toEqual(['G01', 'G01', 'G01'])
  })

  test.each(['before', 'after'] as const)('that dies at any of its steps (%s it is written) is finished by the process', async (how) => {
    let steps = 0
    for (let nth = 1; ; nth++) {
      const world = await open()
      await members(world)
      must(await propose(world))
      let store: ReturnType<typeof dyingAt> | undefined
      const dead = await groupWorld(world.log, { through: (inner) => (store = dyingAt(inner, nth, how)) })
      await approve(dead).catch(() => undefined)
      await world.settle()
      if (nth === 1 && how === 'before') continue // the approval itself was never written
      expect([...(await world.members('2026-03-01')).values()]).toEqual(['G09', 'G09', 'G01'])
      expect((await typesOf('G01', world)).at(-1)).toBe('GroupSplit')
      expect(await typesOf('G09', world)).toEqual(['GroupRegistered'])
      if (!store!.died()) break
      steps++
    }
    expect(steps).toBeGreaterThan(4)
  })
})

test.each(['before', 'after'] as const)(
  'whatever goes through the register and dies (%s it is written) is finished, by the process or by sending it again',
  async (how) => {
    const commands = (world: GroupWorld) =>
      [
        () => world.group('G05', { type: 'RegisterGroup', data: { profile: profile('新集团', { note: 'kept' }), parent: no('G01'), distinctFrom: [] } }),
        () => world.group('G02', { type: 'PlaceGroup', data: { parent: no('G03') } }),
        () => world.group('G02', { type: 'AmendGroup', data: { profile: profile('改名'), distinctFrom: [] } }),
        () => world.group('G01', { type: 'DissolveGroup', data: { on: day('2026-03-01'), reason: 'closed' } }, world.who.hqLead()),
      ] as const
    const outcomes = [
      ['G05', ['GroupRegistered']],
      ['G02', ['GroupRegistered', 'ParentChanged', 'ParentChanged']],
      ['G02', ['GroupRegistered', 'ParentChanged', 'GroupAmended']],
      ['G01', ['GroupRegistered', 'GroupDissolved']],
    ] as const
    for (const [which, [groupNo, types]] of outcomes.entries())
      for (const nth of [1, 2, 3]) {
        const world = await open()
        for (const one of ['G01', 'G02', 'G03']) must(await world.register(one))
        must(await world.group('G02', { type: 'PlaceGroup', data: { parent: no('G01') } }))
        const dead = await groupWorld(world.log, { through: (store) => dyingAt(store, nth, how) })
        await commands(dead)[which]!().catch(() => undefined)
        await world.settle()
        if (!(nth === 1 && how === 'before')) expect(await typesOf(groupNo, world)).toEqual(types)
        if (nth === 1 && how === 'before') must(await commands(world)[which]!())
        expect(await typesOf(groupNo, world)).toEqual(types)
      }
  },
)
